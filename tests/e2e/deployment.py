"""A whole deployment on a real Kafka for tests: fed with a simulated stream, disturbed on purpose, compared with an undisturbed one."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import orjson

from agents.inspect.audit import AuditReport, run_audit, wait_until_done
from agents.local.flow_view import FlowView, View
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.settings import Settings, load_settings
from agents.stages import build as stages
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.stage import Output
from schemas.topics import STAGES

SCENARIO = Scenario(seed=11, events=6_000, start_ms=1_795_000_000_000, hours=2.0)
READY_SECONDS = 120.0
DONE_SECONDS = 240.0

Disturb = Callable[["Deployment"], Awaitable[None]]


def fitting(broker: str, prefix: str, **changes: object) -> Settings:
    """Small batches, so that there is a middle of the stream to disturb; the stream counts as fresh however old it is."""
    given: dict[str, object] = {
        "broker": broker, "prefix": prefix, "batch_records": 20, "batch_interval_seconds": 0.1, "backfill_after_seconds": 1e9,
        "idle_history_seconds": 5.0, "session_timeout_seconds": 6.0,
    }  # fmt: skip
    return load_settings(**{**given, **changes})


def arrivals(scenario: Scenario = SCENARIO) -> Iterator[Arrival]:
    """The scenario as producers write it."""
    return (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario))


def expected(settings: Settings, scenario: Scenario = SCENARIO) -> dict[tuple[str, str], Output]:
    """What the flow without Kafka writes for it: (topic noun, id) -> output."""
    return {(output.noun, output.id): output for output in stages.flow(settings).run(arrivals(scenario))}


FROM_THE_CLOCK = {"digest", "escalate", "waited"}
"""Actions that wall time may bring about; everything else follows from the input alone."""


def action_kinds(outputs: Iterable[Output]) -> dict[str, str]:
    """Action id -> its kind, of what the flow wrote; ``waited`` for an ask that was not sent when it was decided, as its team had no room
    for it: it comes as event time goes on, for sources that have fallen idle with the clock.
    """
    found = list(outputs)
    decided = {(one["id"], one["decided_at"]) for one in (orjson.loads(output.value) for output in found if output.noun == "decisions")}
    actions = [orjson.loads(output.value) for output in found if output.noun.startswith("actions.")]
    at_once = {one["action_id"] for one in actions if (one["decision"], one["created_at"]) in decided}
    return {one["action_id"]: one["kind"] if one["kind"] in FROM_THE_CLOCK or one["action_id"] in at_once else "waited" for one in actions}


@dataclass(slots=True)
class Deployment:
    """A running deployment: its supervisors, and what is seen of it."""

    settings: Settings
    supervisors: list[Supervisor]
    view: View = field(default_factory=View)

    async def until(self, condition: Callable[[View], bool], what: str) -> None:
        """Wait until the view fulfils a condition."""
        for _ in range(int(DONE_SECONDS * 20)):
            if condition(self.view):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"never came to pass: {what}; {dict(self.view.dispositions)}")

    def kill(self, stage: str, number: signal.Signals = signal.SIGKILL, *, of: int = 0) -> None:
        """Send a worker of a stage a signal, kill -9 by default, while there is still work to be disturbed."""
        assert sum(self.view.dispositions[stage].values()) < SCENARIO.events * 0.9, f"{stage} was done before it could be killed"
        self.supervisors[of].kill(stage, number)

    async def until_sifted(self, share: float) -> None:
        """Wait until sift has accounted for this share of the scenario."""
        await self.until(lambda view: sum(view.dispositions["sift"].values()) >= share * SCENARIO.events, f"{share:.0%} sifted")

    async def until_correlated(self, amount: int) -> None:
        """Wait until correlate has accounted for this many records."""
        await self.until(lambda view: sum(view.dispositions["correlate"].values()) >= amount, f"{amount} correlated")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    view: View
    report: AuditReport
    restarts: dict[str, int]

    def action_ids(self) -> set[str]:
        """Ids of all actions."""
        return self.view.action_ids


async def run(
    settings: Settings,
    folder: Path,
    *,
    groups: Sequence[Sequence[str]] = (STAGES,),
    disturb: Disturb | None = None,
    more_environment: Mapping[str, str] = MappingProxyType({}),
    stream: Iterable[Arrival] | None = None,
) -> Outcome:
    """Feed the scenario or another stream, start the stages (one supervisor a group), disturb them, wait until all is done, audit."""
    teams = await prepare(settings, None)
    await run_replay(settings, arrivals() if stream is None else stream, speed=None)
    async with AsyncExitStack() as stack:
        supervisors = [
            await stack.enter_async_context(Supervisor(group, {**environment(settings), **more_environment}, folder / str(number)))
            for number, group in enumerate(groups)
        ]
        watch = await stack.enter_async_context(FlowView(settings, teams))
        deployment = Deployment(settings, supervisors, watch.view)
        if disturb is not None:
            await disturb(deployment)
        for supervisor in supervisors:
            await supervisor.until_ready(READY_SECONDS)
        assert await wait_until_done(settings, timeout_seconds=DONE_SECONDS), (
            f"not done: {json.dumps(watch.view.dispositions, default=dict)}"
        )
        report = await run_audit(settings, until_end=True)
        await deployment.until(
            lambda view: sum(view.dispositions["act"].values()) >= sum(report.dispositions["act"].values()), "all was seen"
        )
    restarts = {child.stage: child.restarts for supervisor in supervisors for child in supervisor.children}
    return Outcome(watch.view, report, restarts)
