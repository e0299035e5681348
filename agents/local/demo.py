"""The main job from nothing to a report: embedded broker, all stages, a simulated stream, what came of it, and the audit."""

import asyncio
import signal
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from agents.console import echo_json
from agents.inspect import AuditReport, run_audit, wait_until_done
from agents.local.demo_report import show_report
from agents.local.demo_screen import Screen
from agents.local.embedded import EmbeddedBroker
from agents.local.flow_view import FlowView, View
from agents.local.up import board_line, embedded_settings, prepare, with_board
from agents.operate import run_replay
from agents.settings import Settings
from pipeline.flow import Arrival
from pipeline.simulation import Scenario, describe, simulate
from schemas.topics import STAGES

HOURS = 2.0
REPLAY_SECONDS = 40.0
READY_SECONDS = 1_800.0
"""Kernels compile for minutes on a slow machine; what is waited for is said all the while."""
DONE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a demo came to."""

    scenario: dict[str, object]
    view: View
    report: AuditReport
    seconds: float

    @property
    def balanced(self) -> bool:
        """Every event accounted for, none missing from the broker, nothing left waiting."""
        return self.report.balanced and not any(self.report.absent.values())

    def to_json(self) -> dict[str, object]:
        """For --json."""
        view = self.view
        return {
            "balanced": self.balanced,
            "seconds": round(self.seconds, 1),
            "scenario": self.scenario,
            "audit": self.report.to_json(),
            "situations": dict(Counter(situation["kind"] for situation in view.situations.values())),
            "decisions": dict(Counter(decision["rule"] for decision in view.decisions.values())),
            "actions": {team: dict(kinds) for team, kinds in sorted(view.actions.items())},
            "latency_seconds": {"p50": view.percentile(0.5), "p99": view.percentile(0.99)},
        }


async def run_demo(*, events: int, seed: int, as_json: bool, keep: bool = False) -> int:
    """Run the demo; 0 if the audit balances, 1 if not, 130 when interrupted; ``keep``: goes on until then.
    No process is left behind either way."""
    work = asyncio.ensure_future(_demo(events, seed, quiet=as_json, keep=keep))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        result = await work
    except asyncio.CancelledError:
        Console(stderr=True).print("interrupted; all processes ended")
        return 130
    if as_json:
        echo_json(result.to_json())
    else:
        show_report(result.view, result.report, result.scenario, balanced=result.balanced, seconds=result.seconds)
    return 0 if result.balanced else 1


async def _demo(events: int, seed: int, *, quiet: bool, keep: bool) -> Result:
    started = time.monotonic()
    scenario = Scenario(seed=seed, events=events, start_ms=int((time.time() - HOURS * 3600) * 1000), hours=HOURS)
    screen = Screen(events, Console(stderr=quiet))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="winnow-demo-")))
        broker = stack.enter_context(EmbeddedBroker())
        settings = embedded_settings(broker, prefix="demo", idle_history_seconds=3.0)
        teams = await prepare(settings, broker)
        screen.say(f"broker at {broker.address} (embedded), {len(STAGES)} stages starting ...")
        own = {"WINNOW_BOARD_FOLDER": str(folder / "board")}
        supervisor = await stack.enter_async_context(with_board(settings, folder, screen.say, more=own))
        await supervisor.until_ready(READY_SECONDS)
        screen.say(f"look at it while it runs:{board_line(supervisor).removeprefix('  board     ')}")
        screen.say(f"all stages are up after {time.monotonic() - started:.0f} s; replaying {events:,} events of {HOURS:.0f} hours")
        watch = await stack.enter_async_context(FlowView(settings, teams))
        await _replay_and_watch(settings, scenario, screen, watch.view)
        report = await run_audit(settings, until_end=True)
        await watch.caught_up()
        result = Result(describe(scenario), watch.view, report, time.monotonic() - started)
        if keep:
            show_report(result.view, report, result.scenario, balanced=result.balanced, seconds=result.seconds)
            screen.say(f"kept running:{board_line(supervisor).removeprefix('  board     ')} (Ctrl-C ends it)")
            await asyncio.get_running_loop().create_future()
        return result


async def _replay_and_watch(settings: Settings, scenario: Scenario, screen: Screen, view: View) -> None:
    arrivals = (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario))
    speed = HOURS * 3600 / min(REPLAY_SECONDS, scenario.events / 200)

    async def job() -> bool:
        await run_replay(settings, arrivals, speed=speed, progress=screen.replayed)
        return await wait_until_done(settings, timeout_seconds=DONE_SECONDS)

    running = asyncio.ensure_future(job())
    try:
        with screen.shown(view):
            while not running.done():
                await asyncio.wait({running}, timeout=0.25 if screen.is_live else 5.0)
                if not screen.is_live:
                    screen.say(screen.plain(view))
        if not running.result():
            screen.say(f"not all events were worked off within {DONE_SECONDS:.0f} s")
    finally:
        running.cancel()
