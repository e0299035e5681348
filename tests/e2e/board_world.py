"""A running flow on a real Kafka with a board beside it, for tests that look through a browser; the flow's loop has a thread of its own."""

import asyncio
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from agents.inspect.audit import wait_until_done
from agents.local.ports import free_port
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.settings import Settings, load_settings
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from schemas.topics import STAGES

T = TypeVar("T")
HOURS = 1.0
READY_SECONDS = 180.0
PATIENCE_SECONDS = 60.0


def recent(seed: int, events: int) -> list[Arrival]:
    """A simulated hour that ends now."""
    scenario = Scenario(seed=seed, events=events, start_ms=int((time.time() - HOURS * 3600) * 1000), hours=HOURS)
    return [Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario)]


def until(what: str, look: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until a look comes back with something true; that."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"never came to pass: {what}"
        time.sleep(0.05)
    return found


class RunningFlow:
    """All stages on a real Kafka, fed with a simulated hour; use in ``with``."""

    def __init__(self, settings: Settings, folder: Path, events: int = 2_500) -> None:
        self.settings = settings
        self.teams: list[str] = []
        self.sift = ""
        """Where its sift shows metrics."""
        self._folder = folder
        self._events = events
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="flow", daemon=True)
        self._stack = AsyncExitStack()

    def __enter__(self) -> "RunningFlow":
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 300.0) -> T:
        """Do something on the flow's loop."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(seconds)

    async def _start(self) -> None:
        self.teams = await prepare(self.settings, None)
        await run_replay(self.settings, recent(11, self._events), speed=None)
        supervisor = Supervisor(STAGES, environment(self.settings), self._folder)
        self.sift = f"http://127.0.0.1:{supervisor.children[0].port}/metrics"
        await self._stack.enter_async_context(supervisor)
        await supervisor.until_ready(READY_SECONDS)
        assert await wait_until_done(self.settings, timeout_seconds=READY_SECONDS)


class BoardProcess:
    """`winnow board` as a process of its own, on one port for as long as the object lives, however often it is killed."""

    def __init__(self, settings: Settings, folder: Path, **changes: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "board.log"
        self._environment = {
            **os.environ, **environment(settings), "WINNOW_BOARD_PORT": str(self.port), "WINNOW_BOARD_FOLDER": str(folder / "board"),
            **{f"WINNOW_BOARD_{name.upper()}": value for name, value in changes.items()},
        }  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "BoardProcess":
        """Run it, and wait until its pages are complete."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "agents.cli", "board"], env=self._environment, stdout=log, stderr=log)
        try:
            until(f"the board is ready; see {self.log}", self.ready, READY_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def ready(self) -> bool:
        """Whether it says that its pages are complete."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> "BoardProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                pytest.fail("the board did not stop within a minute of SIGTERM")


def settings_of(kafka: str, prefix: str) -> Settings:
    """A small deployment whose flow is quick to catch up."""
    return load_settings(broker=kafka, prefix=prefix, partitions=2, idle_history_seconds=3.0, session_timeout_seconds=6.0)
