"""The demo as a person runs it: embedded broker, all stages, a report, and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from schemas.topics import STAGES

pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[2]


class Demo:
    """`winnow demo` with a few events, as a process of its own."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._out, self._err = folder / "out", folder / "err"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agents.cli", "demo", "--events", "600", *words],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip

    @property
    def out(self) -> str:
        """What it said so far."""
        return self._out.read_text()

    @property
    def err(self) -> str:
        """What went wrong so far."""
        return self._err.read_text()

    def workers(self) -> list[str]:
        """Command lines of its workers that run now: they name their parent."""
        listed = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout.splitlines()
        return [line for line in listed if f"--parent {self.process.pid}" in line]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition while it runs."""
        deadline = time.monotonic() + 150
        while not condition():
            assert self.process.poll() is None, f"ended before {what}: {self.out} {self.err}"
            assert time.monotonic() < deadline, f"never came to pass: {what}; {self.out} {self.err}"
            time.sleep(0.05)

    def ended(self) -> int:
        """Its exit code."""
        return self.process.wait(250)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts a demo; whatever the test does, it does not outlive it."""
    started: list[Demo] = []

    def start(*words: str) -> Demo:
        started.append(Demo(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_a_short_demo_balances(demo: Callable[..., Demo]) -> None:
    """Exit code 0, one JSON object that says balanced, every event accounted for, no gap in the broker's offsets, no process left."""
    running = demo("--json")
    running.until(lambda: len(running.workers()) >= len(STAGES), "all workers and the board run")
    assert running.ended() == 0, running.err
    report = orjson.loads(running.out)
    assert report["balanced"] is True
    assert report["audit"]["balanced"] is True
    assert report["audit"]["gaps"] == []
    assert report["audit"]["events"] == 600
    assert sum(report["audit"]["dispositions"]["sift"].values()) == 600
    assert "absent" not in report["audit"]["dispositions"]["sift"]
    assert report["scenario"]["events"] == 600
    assert report["situations"]
    assert running.workers() == []


@pytest.mark.parametrize("moment", ["while the stages start", "in mid-stream"])
@pytest.mark.parametrize("number", [signal.SIGINT])
def test_an_interrupted_demo_leaves_nothing_behind(demo: Callable[..., Demo], moment: str, number: signal.Signals) -> None:
    """Ctrl-C whenever it comes: exit code 130, a word about it, no traceback, no process left."""
    running = demo()
    if moment == "in mid-stream":
        running.until(lambda: "replaying" in running.out, "the replay begins")
    else:
        running.until(lambda: len(running.workers()) >= 2, "two workers run")
    running.process.send_signal(number)
    assert running.ended() == 130, running.err
    assert running.workers() == []
    assert "interrupted" in running.err
    assert "Traceback" not in running.err + running.out
