"""A process that hangs is ended, whatever it hangs in; one that comes round is left alone."""

import subprocess
import sys

import pytest

HANGS = "import re; from agents.runtime.hang import end_unless_renewed; end_unless_renewed(0.5); re.fullmatch('(a|a)*b', 'a' * 64)"
COMES_ROUND = """
import time
from agents.runtime.hang import end_unless_renewed, never_mind
for _ in range(10):
    end_unless_renewed(4.0)
    time.sleep(0.5)
never_mind()
time.sleep(4.5)
"""


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
