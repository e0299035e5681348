"""A process that hangs is ended, whatever it hangs in; one that comes round is left alone."""

import subprocess
import sys

import pytest

from agents import hang

HANGS = "import re; from agents.hang import end_unless_renewed; end_unless_renewed(0.5); re.fullmatch('(a|a)*b', 'a' * 64)"
COMES_ROUND = """
import time
from agents.hang import end_unless_renewed, never_mind
for _ in range(10):
    end_unless_renewed(4.0)
    time.sleep(0.5)
never_mind()
time.sleep(4.5)
"""
CANNOT_BE_CANCELLED = """
import asyncio
from agents import hang
hang.LAST_SECONDS = 0.5

async def waits_for_a_broker():
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass

async def run():
    task = asyncio.create_task(waits_for_a_broker())
    await asyncio.sleep(0)
    hang.leave_soon("sift")

asyncio.run(run())
"""
THREAD_WAITS = """
import asyncio, threading
from agents import hang
hang.LAST_SECONDS = 0.5

async def run():
    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
    hang.leave_soon("sift")

asyncio.run(run())
"""
ENDS_IN_TIME = "from agents import hang; hang.leave_soon('sift')"


def ran(program: str) -> subprocess.CompletedProcess[str]:
    """What became of a process."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_a_call_that_never_comes_back_ends_the_process() -> None:
    """Even one in C that holds Python's lock; where it was is said."""
    found = ran(HANGS)
    assert found.returncode == 1
    assert "fullmatch" in found.stderr


@pytest.mark.slow
def test_a_process_that_comes_round_lives() -> None:
    """Each time the end is put off; and when nothing is watched any more, nothing happens."""
    found = ran(COMES_ROUND)
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize("program", [CANNOT_BE_CANCELLED, THREAD_WAITS])
def test_what_never_ends_does_not_keep_the_process(program: str) -> None:
    """Neither a task that does not let itself be cancelled, which the loop waits for, nor a thread, which the interpreter waits for."""
    found = ran(program)
    assert found.returncode == 1
    assert "sift: left what it still waited for" in found.stderr


def test_who_ends_in_time_is_not_held() -> None:
    """The limit keeps nothing alive; it is below the ten seconds that Docker and a rolling restart give."""
    found = ran(ENDS_IN_TIME)
    assert (found.returncode, found.stderr) == (0, "")
    timer = hang.leave_soon("sift")
    timer.cancel()
    assert timer.interval == 9.0
