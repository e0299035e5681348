"""All stages as supervised processes on one machine, until interrupted."""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from agents.console import say
from agents.kafka import topics
from agents.local import restart_request
from agents.local.embedded import PARTITIONS, EmbeddedBroker
from agents.local.stage_lines import StageLines
from agents.local.supervise import (
    BOARD,
    RESTART_FROM_SECONDS,
    RESTART_TO_SECONDS,
    SAY_SECONDS,
    Supervisor,
    board_is_installed,
    port_near,
)
from agents.settings import Settings, load_settings
from agents.stages.sift import sift_config
from pipeline.policy import load_policy
from schemas.errors import Unavailable, WinnowError
from schemas.topics import STAGES

WEB_PORT = 8441
"""Where the first stage shows its metrics, each further one a port behind, unless WINNOW_WEB_PORT says another or somebody is there."""


def embedded_settings(broker: EmbeddedBroker, **changes: object) -> Settings:
    """Settings that fit the embedded broker: four partitions, larger and fewer batches (it hands out one batch a fetch)."""
    fitting: dict[str, object] = {
        "broker": broker.address, "broker_is_real": False, "partitions": PARTITIONS,
        "batch_interval_seconds": 0.3, "session_timeout_seconds": 8.0,
    }  # fmt: skip
    return load_settings(**{**fitting, **changes})


def environment(settings: Settings) -> dict[str, str]:
    """The settings that differ from the defaults as WINNOW_* variables, for child processes."""
    found = {}
    for name, value in settings.model_dump(exclude_defaults=True, context={"secrets": True}).items():
        plain = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        if plain is not None:
            found[f"WINNOW_{name.upper()}"] = str(plain)
    return found


async def prepare(settings: Settings, broker: EmbeddedBroker | None) -> list[str]:
    """Make all topics exist; returns the teams of the policy. Raises WinnowError for files that no stage would start with, before that."""
    teams = sorted(team.name for team in load_policy(settings.policy_file).teams)
    sift_config(settings)
    if broker is not None:
        broker.create(topics.wanted(settings, teams))
        return teams
    refused = [change for change in await topics.apply(settings, teams, align=False) if change.verb == "refuse"]
    if refused:
        raise WinnowError(
            f"topic {refused[0].topic} {refused[0].detail}", hint="Set WINNOW_PARTITIONS to what exists, or take another WINNOW_PREFIX."
        )
    return teams


def with_board(
    settings: Settings, logs: Path, said: Callable[[str], None], *, first_port: int | None = None, more: Mapping[str, str] | None = None
) -> Supervisor:
    """A supervisor of all stages, and of a board where that is installed.

    first_port: where the first stage shows its metrics, each further one a port behind; any free ones when None. more: further variables
    of their environment.
    """
    everyone = (*STAGES, BOARD) if board_is_installed() else STAGES
    supervisor = Supervisor(everyone, environment(settings) | dict(more or {}), logs, say=said)
    for child in supervisor.children:
        if child.stage != BOARD:
            child.port = child.port if first_port is None else port_near(first_port + child.number)
            continue
        child.port = port_near(settings.board_port)
        if not settings.board_workers:
            sift = next(one for one in supervisor.children if one.stage == "sift")
            child.own["WINNOW_BOARD_WORKERS"] = f"http://127.0.0.1:{sift.port}/metrics"
    return supervisor


def board_line(supervisor: Supervisor) -> str:
    """Where people look, or how to get it."""
    ports = [child.port for child in supervisor.children if child.stage == BOARD]
    return f"  board      http://127.0.0.1:{ports[0]}/" if ports else "  board      not installed: pip install 'winnow-pipeline[board]'"


async def prepared(settings: Settings, broker: EmbeddedBroker | None, stop: asyncio.Event) -> list[str] | None:
    """As `prepare`, tried again, after a growing pause and for ever, while the broker is not there, which is said once a minute.

    None when told to stop first. Raises WinnowError for what only a person can mend.
    """
    wait, said = RESTART_FROM_SECONDS, -math.inf
    while not stop.is_set():
        try:
            return await prepare(settings, broker)
        except Unavailable as error:
            if time.monotonic() - said >= SAY_SECONDS:
                said = time.monotonic()
                _say(f"{str(error).rstrip(chr(46))}. It is tried again until it answers.")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
        wait = min(wait * 2, RESTART_TO_SECONDS)
    return None


def _say(line: str) -> None:
    say(f"winnow: {line}", err=True)


async def _ready(supervisor: Supervisor, stop: asyncio.Event) -> bool:
    """Wait for all stages however long it takes; False when told to stop first. Raises WinnowError for a misconfigured one."""
    ready, stopped = asyncio.ensure_future(supervisor.until_ready()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({ready, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            await ready
        return ready.done()
    finally:
        ready.cancel()
        stopped.cancel()


async def run_up(*, embedded: bool) -> int:
    """Start everything, say where, wait for the end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    logs = Path(".winnow") / "logs"
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(EmbeddedBroker()) if embedded else None
        settings = embedded_settings(broker) if broker else load_settings()
        restart_request.forget()
        stack.callback(restart_request.give_up)
        teams = await prepared(settings, broker, stop)
        if teams is None:
            return 0
        supervisor = with_board(settings, logs, _say, first_port=settings.web_port or WEB_PORT)
        await stack.enter_async_context(supervisor)
        if not await _ready(supervisor, stop):
            return 0
        kind = " (embedded, nothing is kept)" if embedded else ""
        say(f"up at {settings.broker}{kind}; logs in {logs}; pid {os.getpid()}; Ctrl-C ends it")
        for child in supervisor.children:
            if child.stage != BOARD:
                say(f"  {child.stage:10} http://127.0.0.1:{child.port}/metrics")
        say(board_line(supervisor))
        say(f"  teams: {', '.join(teams)}; try: WINNOW_BROKER={settings.broker} winnow replay FILE --speed max")
        await stack.enter_async_context(StageLines(supervisor.children).shown())
        await _run(supervisor, stop)
    return 0


async def _run(supervisor: Supervisor, stop: asyncio.Event) -> None:
    """Until told to stop, start again what somebody asks to have started again. Raises WinnowError for what only a person can mend."""
    restarts: set[asyncio.Task[None]] = set()
    while not stop.is_set():
        if supervisor.failure:
            raise WinnowError(supervisor.failure)
        restarts = {one for one in restarts if not one.done()}
        restarts |= {asyncio.create_task(_restart(supervisor, stage)) for stage in restart_request.take()}
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 1.0)


async def _restart(supervisor: Supervisor, stage: str) -> None:
    try:
        await supervisor.restart(stage)
    except WinnowError as error:
        restart_request.refuse(stage, str(error))
    else:
        restart_request.done(stage)
