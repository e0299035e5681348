"""The supervisor and its children, played by a small program that stands in for the command line."""

import asyncio
import math
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.local import supervise
from agents.local.supervise import Child, Supervisor, last_line, port_near, why_it_ended
from schemas.errors import WinnowError

PLAYER = """
import http.server, os, pathlib, signal, sys, time
stage = sys.argv[2]
assert sys.argv[1] == "worker" and int(sys.argv[sys.argv.index("--parent") + 1]) == os.getppid()
with open("started", "a") as out:
    out.write(f"{stage} {os.getpid()} {os.environ['WINNOW_PREFIX']}\\n")
if stage == "misconfigured":
    print("a warning\\nwinnow: topics are missing. Run `winnow topics apply`.\\n", file=sys.stderr)
    sys.exit(2)
if stage == "early":
    print("winnow: cannot reach the broker", file=sys.stderr)
    sys.exit(75)
if stage == "crashing":
    sys.exit(1)
if stage == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if stage == "waiting" else 200)
        self.end_headers()
        self.wfile.write(b"no partitions assigned")
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["WINNOW_WEB_PORT"])), Answer).serve_forever()
"""


@pytest.fixture(autouse=True)
def stage_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which ``python -m agents.cli`` is the player."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "cli.py").write_text(PLAYER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started() -> list[tuple[str, int, str]]:
    """Stage, process id and prefix of every child that came up so far."""
    file = Path("started")
    lines = file.read_text().splitlines() if file.exists() else []
    return [(stage, int(pid), prefix) for stage, pid, prefix in (line.split() for line in lines)]


def is_gone(pid: int) -> bool:
    """Whether no process has this id any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, not for ever."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never came to pass: {what}; {started()}")


def company(*stages: str) -> Supervisor:
    """A supervisor of these."""
    return Supervisor(stages, {"WINNOW_PREFIX": "acme"}, Path("logs"))


async def test_children_run_until_the_end() -> None:
    """Every stage has a process of its own with the deployment's settings; afterwards none is left."""
    async with company("one", "two") as supervisor:
        await supervisor.until_ready(30)
        assert sorted((stage, prefix) for stage, _, prefix in started()) == [("one", "acme"), ("two", "acme")]
        assert not any(is_gone(pid) for _, pid, _ in started())
    assert all(is_gone(pid) for _, pid, _ in started())
    assert [child.restarts for child in supervisor.children] == [0, 0]


async def test_a_child_that_dies_is_started_again() -> None:
    """kill -9 of one: it comes back under another id and gets ready, the other one is left alone."""
    async with company("one", "two") as supervisor:
        await supervisor.until_ready(30)
        gone = supervisor.kill("one")
        await until(lambda: len(started()) == 3, "a third start")
        await supervisor.until_ready(30)
        assert is_gone(gone)
        assert [stage for stage, _, _ in started()].count("two") == 1
        assert [child.restarts for child in supervisor.children] == [1, 0]
    assert all(is_gone(pid) for _, pid, _ in started())


async def test_one_is_started_again_when_asked() -> None:
    """It ends in order, its successor is ready, and the other one never notices."""
    async with company("one", "two") as supervisor:
        await supervisor.until_ready(30)
        (former,) = [pid for stage, pid, _ in started() if stage == "one"]
        await supervisor.restart("one")
        assert is_gone(former)
        assert [stage for stage, _, _ in started()].count("one") == 2
        assert [stage for stage, _, _ in started()].count("two") == 1
        assert [child.ended for child in supervisor.children] == [-signal.SIGTERM, None]


async def test_a_child_that_keeps_dying_is_started_again_and_again() -> None:
    """Exit code 1 is a crash: it is tried anew, and ending does not wait for the next attempt."""
    async with company("crashing") as supervisor:
        await until(lambda: len(started()) >= 2, "a second start")
        await until(lambda: supervisor.children[0].restarts >= 2, "a second crash")
        await asyncio.wait_for(supervisor.stop(), 2)
    assert supervisor.failure is None
    assert all(is_gone(pid) for _, pid, _ in started())


async def test_a_broker_that_is_away_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 75 is tried again beyond any count, with the others left alone; it is said, and not each time."""
    monkeypatch.setattr(supervise, "RESTART_FROM_SECONDS", 0.01)
    monkeypatch.setattr(supervise, "RESTART_TO_SECONDS", 0.02)
    monkeypatch.setattr(supervise, "PROGRESS_SECONDS", math.inf)  # here it is about restarts
    said: list[str] = []
    async with Supervisor(["one", "early"], {"WINNOW_PREFIX": "acme"}, Path("logs"), say=said.append) as supervisor:
        waiting = asyncio.ensure_future(supervisor.until_ready())
        await until(lambda: supervisor.children[1].restarts >= 6 or waiting.done(), "six restarts")
        assert not waiting.done()
        waiting.cancel()
        assert supervisor.failure is None
        assert said == ["early ended (75) and starts again in 0 s: winnow: cannot reach the broker"]
        assert supervisor.children[0].restarts == 0


async def test_a_slow_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is waited for, why, and the last line of its log: kernels may compile for minutes."""
    monkeypatch.setattr(supervise, "PROGRESS_SECONDS", 0.05)
    told = asyncio.Event()
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        told.set()

    async with Supervisor(["waiting"], {"WINNOW_PREFIX": "acme"}, Path("logs"), say=say) as supervisor:
        waiting = asyncio.ensure_future(supervisor.until_ready())
        await asyncio.wait_for(told.wait(), 20)
        waiting.cancel()
    assert re.match(r"waiting after \d+ s: n", said[0])
    assert said[0].endswith("; no output")


async def test_a_misconfigured_child_is_not_started_again() -> None:
    """Exit code 2 is for a person to mend: its last words are the failure, and whoever waits for it is told at once."""
    async with company("misconfigured", "one") as supervisor:
        with pytest.raises(WinnowError, match=r"misconfigured: winnow: topics are missing\. Run `winnow topics apply`"):
            await supervisor.until_ready(30)
        await until(lambda: len(started()) == 2, "both starts")
        assert supervisor.children[0].restarts == 0
        assert supervisor.failure == "misconfigured: winnow: topics are missing. Run `winnow topics apply`."
    assert [stage for stage, _, _ in started()].count("misconfigured") == 1
    assert all(is_gone(pid) for _, pid, _ in started())


async def test_who_never_gets_ready_is_named() -> None:
    """With what it waits for and where its log is."""
    async with company("waiting") as supervisor:
        await until(lambda: bool(started()), "a start")
        with pytest.raises(WinnowError, match=r"waiting is not ready after 1 s \(n.*\). See logs/waiting.log"):
            await supervisor.until_ready(1)


async def test_who_does_not_go_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that ignores SIGTERM is gone as well when the supervisor has stopped."""
    monkeypatch.setattr(supervise, "STOP_SECONDS", 0.3)
    async with company("stubborn", "one") as supervisor:
        await supervisor.until_ready(30)
    assert all(is_gone(pid) for _, pid, _ in started())
    assert {child.stage: child.process.returncode for child in supervisor.children if child.process} == {
        "stubborn": -signal.SIGKILL, "one": -signal.SIGTERM,
    }  # fmt: skip


async def test_a_failure_inside_leaves_no_process() -> None:
    """Whatever ends the block ends the children."""

    async def fail() -> None:
        async with company("one") as supervisor:
            await supervisor.until_ready(30)
            raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        await fail()
    assert all(is_gone(pid) for _, pid, _ in started())


async def test_a_stage_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of logs that is in the way, no memory for a process: that may pass, and no stage is left alone for it."""
    monkeypatch.setattr(supervise, "RESTART_FROM_SECONDS", 0.01)
    monkeypatch.setattr(supervise, "SAY_SECONDS", 0.0)
    logs = Path("logs")
    logs.write_text("not a folder")  # noqa: ASYNC240  # nobody waits
    said: list[str] = []
    async with Supervisor(["one"], {"WINNOW_PREFIX": "acme"}, Path("logs"), say=said.append) as supervisor:
        await until(lambda: len(said) >= 2, "two tries")
        logs.unlink()  # noqa: ASYNC240
        await supervisor.until_ready(30)
    assert said[0].startswith("one cannot be started ([Errno ")
    assert said[0].endswith("and starts again in 0 s: no output")


async def test_nobody_who_listens_is_no_reason_to_leave_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is gone, the disk of what is said full: stages go on being started."""
    monkeypatch.setattr(supervise, "RESTART_FROM_SECONDS", 0.01)
    monkeypatch.setattr(supervise, "SAY_SECONDS", 0.0)

    def broken(_: str) -> None:
        raise BrokenPipeError

    async with Supervisor(["crashing"], {"WINNOW_PREFIX": "acme"}, Path("logs"), say=broken) as supervisor:
        await until(lambda: supervisor.children[0].restarts >= 3, "three restarts")
        assert supervisor.failure is None


async def test_a_supervising_task_that_fails_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in it: nobody would start that stage again, so all ends."""

    async def bug(*_: object) -> int:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Supervisor, "_ran", bug)
    async with company("one") as supervisor:
        await until(lambda: supervisor.failure is not None, "it is seen")
        assert supervisor.failure == "one: ZeroDivisionError('a bug')"


async def test_who_does_not_end_when_asked_to_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """`winnow up --restart` waits no longer than a stop does."""
    monkeypatch.setattr(supervise, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(supervise, "RESTART_FROM_SECONDS", 0.01)
    async with company("stubborn") as supervisor:
        await supervisor.until_ready(30)
        await asyncio.wait_for(supervisor.restart("stubborn"), 60)
        assert supervisor.children[0].ended == -signal.SIGKILL


async def test_restarts_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who ended, how, how often by now, and its last words."""
    monkeypatch.setattr(supervise, "RESTART_FROM_SECONDS", 0.01)
    monkeypatch.setattr(supervise, "SAY_SECONDS", 0.0)
    said: list[str] = []
    async with Supervisor(["one", "crashing"], {"WINNOW_PREFIX": "acme"}, Path("logs"), say=said.append) as supervisor:
        await until(lambda: len(said) >= 2, "two crashes")
        await until(lambda: any(stage == "one" for stage, _, _ in started()), "a start")
        supervisor.kill("one")
        await until(lambda: any("one" in line for line in said), "a word about who was killed")
    assert said[0] == "crashing ended (1) and starts again in 0 s: no output"
    assert "crashing ended (1) and starts again in 0 s, restart 2: no output" in said
    assert next(line for line in said if line.startswith("one")) == "one was ended (Killed) and starts again in 0 s: no output"


def test_an_address_stays_unless_somebody_has_it() -> None:
    """The port that is wanted, also right after its former owner has gone; another one while somebody listens there."""
    wanted = port_near(0)
    assert port_near(wanted) == wanted
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", wanted))
        taken.listen()
        other = port_near(wanted)
    assert other not in (wanted, 0)
    assert port_near(wanted) == wanted


def test_the_last_line_is_what_a_worker_died_of(tmp_path: Path) -> None:
    """Empty lines at the end and bad bytes do not hide it; an empty log says so."""
    log = tmp_path / "log"
    log.write_bytes(b"first\nlast \xff words\n\n \n")
    assert last_line(log) == "last \ufffd words"
    log.write_bytes(b"\n")
    assert last_line(log) == "no output"


@pytest.mark.parametrize(("ended", "found"), [(1, "now ERROR winnow act: the reason"), (-9, "RuntimeError: Event loop is closed")])
def test_why_a_worker_ended_is_its_last_error(tmp_path: Path, ended: int, found: str) -> None:
    """Not what a library says on the way out, unless it was killed, nor what its predecessor ended with."""
    log = tmp_path / "log"
    log.write_text("then ERROR winnow act: another one\n")
    child = Child("act", 0, 0, log, ended=ended, log_from=log.stat().st_size)
    assert why_it_ended(child) == "no output"
    with log.open("a") as more:
        more.write("now ERROR winnow act: the reason\nTraceback\nRuntimeError: Event loop is closed\n")
    assert why_it_ended(child) == found
