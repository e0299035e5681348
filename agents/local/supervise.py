"""Child processes, one a stage, restarted when they die, all ended together: what `winnow up`, the demo and the bench run on."""

import asyncio
import contextlib
import importlib.util
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType

import aiohttp

from agents.local.ports import free_port
from schemas.errors import WinnowError

MISCONFIGURED = 2
BOARD = "board"
"""Runs beside the stages where the extra `board` is installed: a child like them, with pages on its port."""
_PORT = {BOARD: "WINNOW_BOARD_PORT"}
STOP_SECONDS = 12.0
RESTART_FROM_SECONDS = 1.0
RESTART_TO_SECONDS = 30.0
STEADY_SECONDS = 60.0
SAY_SECONDS = 60.0
"""A worker that keeps dying is spoken of so often."""
PROGRESS_SECONDS = 10.0
TAIL_BYTES = 65_536
_ERROR = " ERROR winnow "
_SILENT = "no output"


@dataclass(slots=True)
class Child:
    """One stage's process. ``restarts`` counts how often it had to be started again, ``ended`` is the exit code of the last that ended.

    ``own``: variables of its environment that the others do not get. ``log_from``: where in its log the lines of this process begin.
    """

    stage: str
    number: int
    port: int
    log: Path
    own: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    ended: int | None = None
    log_from: int = 0
    wanted: bool = True
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)


class Supervisor:
    """Runs workers as child processes. Use as ``async with``; leaving it leaves no process behind.

    A child that ends is started again, after a growing pause and for ever; only one that says it is misconfigured (exit 2) is not.
    environment: WINNOW_* variables of the children, beside this process's own. logs: folder of their output. say: told in one line
    what dies and what is waited for.
    """

    def __init__(
        self, stages: Iterable[str], environment: Mapping[str, str], logs: Path, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self.children = [Child(stage, number, free_port(), logs / f"{stage}.log") for number, stage in enumerate(stages)]
        self.failure: str | None = None
        self._stopping = asyncio.Event()
        self._environment = dict(environment)
        self._say = say
        self._said: dict[tuple[str, float], float] = {}

    async def __aenter__(self) -> "Supervisor":
        for child in self.children:
            child.task = asyncio.create_task(self._keep_running(child))
            child.task.add_done_callback(partial(self._over, child))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.stop()

    async def stop(self) -> None:
        """End all children: SIGTERM, and SIGKILL for who does not go within the bound."""
        self._stopping.set()
        for child in self.children:
            child.wanted = False
            self._signal(child, signal.SIGTERM)
        running = [child.task for child in self.children if child.task is not None]
        if not running:
            return
        _, pending = await asyncio.wait(running, timeout=STOP_SECONDS)
        if pending:
            for child in self.children:
                self._signal(child, signal.SIGKILL)
            await asyncio.wait(pending)

    def kill(self, stage: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send one worker a signal, kill -9 by default (the supervisor starts it again); its process id."""
        child = self._child(stage)
        assert child.process is not None, f"{stage} was not started yet"
        self._signal(child, number)
        return child.process.pid

    async def restart(self, stage: str) -> None:
        """End one worker in order, and wait until its successor is ready; the others go on.

        Raises WinnowError as `until_ready` does, and for one that does not run here.
        """
        child = self._child(stage)
        former = child.process
        self._signal(child, signal.SIGTERM)
        if former is not None:
            try:
                await asyncio.wait_for(former.wait(), STOP_SECONDS)
            except TimeoutError:
                self._signal(child, signal.SIGKILL)
        await self.until_ready()

    def _child(self, stage: str) -> Child:
        for child in self.children:
            if child.stage == stage:
                return child
        raise WinnowError(f"{stage} does not run here", hint=f"What runs: {', '.join(child.stage for child in self.children)}.")

    @staticmethod
    def _signal(child: Child, number: signal.Signals) -> None:
        if child.process is not None and child.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(number)

    def _over(self, child: Child, task: "asyncio.Task[None]") -> None:
        """Nobody keeps a child running any more whose task has failed: that ends all, and is said."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = self.failure or f"{child.stage}: {error!r}"

    async def _keep_running(self, child: Child) -> None:
        wait = RESTART_FROM_SECONDS
        while child.wanted:
            started = time.monotonic()
            try:
                code = child.ended = await self._ran(child)
                ended = how_it_ended(code)
            except OSError as error:  # no folder for its log, no memory for a process: that may pass like any other end
                code, ended = None, f"cannot be started ({error})"
            if not child.wanted:
                return
            if code == MISCONFIGURED:
                self.failure = self.failure or f"{child.stage}: {why_it_ended(child)}"
                return
            child.restarts += 1
            wait = RESTART_FROM_SECONDS if time.monotonic() - started > STEADY_SECONDS else min(wait * 2, RESTART_TO_SECONDS)
            often = f", restart {child.restarts}" if child.restarts > 1 else ""
            line = f"{child.stage} {ended} and starts again in {wait:.0f} s{often}: {why_it_ended(child)}"
            self._mention(child, line, SAY_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _ran(self, child: Child) -> int:
        """Start a child and wait for its end; its exit code. Raises OSError when it cannot be started."""
        child.log.parent.mkdir(parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            child.log_from = log.tell()
            child.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agents.cli", *_command(child.stage), "--parent", str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **self._environment, **child.own, _PORT.get(child.stage, "WINNOW_WEB_PORT"): str(child.port)},
            )  # fmt: skip
        return await child.process.wait()

    def _mention(self, child: Child, line: str, every_seconds: float) -> None:
        last = self._said.get((child.stage, every_seconds))
        if last is None or time.monotonic() - last >= every_seconds:
            self._said[child.stage, every_seconds] = time.monotonic()
            with contextlib.suppress(OSError):  # whoever listened is gone: no reason to leave a stage alone
                self._say(line)

    async def until_ready(self, timeout_seconds: float = math.inf) -> None:
        """Wait until every worker says so, saying now and then who is waited for.

        Raises WinnowError with the reason of a worker that is misconfigured, or of the first that is not ready in time.
        """
        started = time.monotonic()
        for child in self.children:
            self._said.setdefault((child.stage, PROGRESS_SECONDS), started)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            for child in self.children:
                while (missing := await _missing(session, child)) is not None:
                    if self.failure:
                        raise WinnowError(self.failure)
                    waited = time.monotonic() - started
                    self._mention(child, f"{child.stage} after {waited:.0f} s: {missing}; {last_line(child.log)}", PROGRESS_SECONDS)
                    if waited > timeout_seconds:
                        raise WinnowError(f"{child.stage} is not ready after {timeout_seconds:.0f} s ({missing})", hint=f"See {child.log}.")
                    await asyncio.sleep(0.2)


def board_is_installed() -> bool:
    """Whether the extra `board` is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("starlette", "uvicorn"))


def port_near(wanted: int) -> int:
    """The port that is wanted, if nobody has it, so that an address stays the same from one start to the next; any free one otherwise, or
    for 0.
    """
    if not wanted:
        return free_port()
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        return wanted


def _command(stage: str) -> list[str]:
    return [BOARD] if stage == BOARD else ["worker", stage]


async def _missing(session: aiohttp.ClientSession, child: Child) -> str | None:
    try:
        async with session.get(f"http://127.0.0.1:{child.port}/ready") as answer:
            return None if answer.status == 200 else (await answer.text()).strip()
    except (aiohttp.ClientError, TimeoutError):
        return "not listening yet"


def how_it_ended(code: int) -> str:
    """An exit code for people.

    >>> how_it_ended(75), how_it_ended(-9)
    ('ended (75)', 'was ended (Killed)')
    """
    return f"ended ({code})" if code >= 0 else f"was ended ({signal.strsignal(-code)})"


def last_line(log: Path) -> str:
    """The last line a process wrote."""
    return _lines(log)[-1]


def why_it_ended(child: Child) -> str:
    """The line that says what a child died of: its last error, when it ended by itself, as libraries have their last words after that."""
    lines = _lines(child.log, child.log_from)
    errors = [line for line in lines if _ERROR in line] if (child.ended or 0) >= 0 else []
    return (errors or lines)[-1]


def _lines(log: Path, begin: int = 0) -> list[str]:
    """The last lines of a log from an offset on, without empty ones; one that says so when there are none."""
    if not log.exists():
        return [_SILENT]
    with log.open("rb") as written:
        written.seek(max(written.seek(0, os.SEEK_END) - TAIL_BYTES, begin))
        return [line for line in written.read().decode(errors="replace").splitlines() if line.strip()] or [_SILENT]
