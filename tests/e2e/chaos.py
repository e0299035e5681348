"""Chaos on three brokers: leaders, coordinators and majorities killed, workers killed and paused, while a stream is fed.

At the end the books must balance, no supervisor may have given up, and situations and decisions must be those of the flow
without Kafka. `make chaos` runs the long form, tests/e2e/test_chaos.py the short one; ``Chaos.run`` is both.
"""

import argparse
import asyncio
import contextlib
import logging
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import clients
from agents.local.cluster import LocalCluster
from agents.local.flow_view import FlowView
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import STAGES
from tests.e2e.chaos_forms import Form, long_form
from tests.e2e.deployment import Deployment, arrivals, fitting
from tests.e2e.verdict import Flowed, flowed, judge

DONE_SECONDS = 240.0
KINDS = 5
REPLICATED_SECONDS = 120.0
LOOK_SECONDS = 0.25
LED = ("posts", "feedback", "information", "situations", "decisions", "ledger", "sift-state", "correlate-state")


@dataclass(slots=True)
class Chaos:
    """One run. ``say`` is told in one line whatever is done."""

    form: Form
    cluster: LocalCluster
    folder: Path
    say: Callable[[str], None]
    faults: dict[str, int] = field(default_factory=dict)
    _random: random.Random = field(init=False)
    _started: float = field(init=False, default=0.0)
    _settings: Settings = field(init=False)
    _running: Deployment = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.form.seed)  # what goes wrong, not a secret
        self._settings = fitting(
            self.cluster.address,
            f"chaos{self.form.seed}",
            replication=len(self.cluster.brokers),
            idle_history_seconds=self.form.grace_seconds,
        )

    async def run(self) -> list[str]:
        """Feed and disturb, wait until all is done, audit and compare; what is wrong, one line each (none: all is well)."""
        settings = self._settings
        teams = await prepare(settings, None)
        async with AsyncExitStack() as stack:
            pool = stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
            expected = asyncio.get_running_loop().run_in_executor(pool, flowed, settings, self.form.scenario)
            if not self.form.seconds:
                await self._feed(None)
            supervisors = [
                await stack.enter_async_context(Supervisor(group, environment(given), self.folder / f"workers-{number}", say=self._tell))
                for number, (group, given) in enumerate(self._groups())
            ]
            watch = await stack.enter_async_context(FlowView(settings, teams))
            self._running = Deployment(settings, supervisors, watch.view)
            for supervisor in supervisors:
                await supervisor.until_ready(DONE_SECONDS)
            self._started = time.monotonic()
            await self._disturb()
            return await self._verdict(await expected)

    def _groups(self) -> Iterator[tuple[list[str], Settings]]:
        """Stages that one supervisor runs, and their settings."""
        for stages in (STAGES, self.form.helpers):
            yield ["sift"], self._settings.model_copy(update=self.form.sift_pace())
            yield [stage for stage in stages if stage != "sift"], self._settings

    async def _feed(self, speed: float | None) -> None:
        # A feed that gave up would lose input that Winnow never saw: it waits out every outage.
        patient = self._settings.model_copy(update={"request_timeout_seconds": 600.0})
        fed = await run_replay(patient, arrivals(self.form.scenario), speed=speed)
        self._tell(f"fed {fed:,} events")

    async def _disturb(self) -> None:
        """Let things go wrong, while input is fed at an even pace or is there already."""
        seconds = self.form.seconds
        feed = asyncio.create_task(self._feed(self.form.scenario.hours * 3600 / seconds)) if seconds else None
        told = asyncio.create_task(self._tell_each_minute())
        try:
            async for name, fault in self._deck():
                if time.monotonic() - self._started >= seconds if seconds else len(self.faults) == KINDS:
                    break
                self.faults[name] = self.faults.get(name, 0) + 1
                await fault()
                await asyncio.sleep(self._random.uniform(*self.form.rest_seconds))  # the rest itself
            if feed is not None:
                await feed
            self._tell(f"{sum(self.faults.values())} faults: {self.faults}")
        finally:
            told.cancel()
            if feed is not None:
                feed.cancel()

    async def _deck(self) -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
        """Faults without end, each kind once before any comes again."""
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "leader killed": self._kill_leader, "coordinator killed": self._kill_coordinator, "two of three killed": self._kill_two,
            "worker killed": self._kill_worker, "worker paused": self._pause_worker,
        }  # fmt: skip
        while True:
            for name in self._random.sample(sorted(kinds), len(kinds)):
                yield name, kinds[name]

    # -- faults --------------------------------------------------------------------------------------------------------

    async def _kill_leader(self) -> None:
        noun = self._random.choice(LED)
        partition = self._random.randrange(self._settings.partitions)
        async with self._admin() as admin:
            (found,) = await admin.describe_topics([self._settings.topic(noun)])
        parts = {part["partition"]: part["leader"] for part in found["partitions"]}
        await self._without([parts[partition % len(parts)]], f"leader of {noun}/{partition % len(parts)}")

    async def _kill_coordinator(self) -> None:
        group = f"{self._settings.prefix}-{self._random.choice(STAGES)}"
        async with self._admin() as admin:
            node = await admin.find_coordinator(group)
        await self._without([node], f"coordinator of {group}")

    async def _kill_two(self) -> None:
        await self._without(self._random.sample(self.cluster.running(), 2), "two of three")

    async def _without(self, nodes: list[int], why: str) -> None:
        """Kill these brokers, start them again after a while, and wait until every partition is everywhere again."""
        seconds = self._random.uniform(2.0, 6.0)
        self._tell(f"kill -9 of broker {' and '.join(map(str, nodes))} ({why}) for {seconds:.1f} s")
        for node in nodes:
            await asyncio.to_thread(self.cluster.kill, node)
        await asyncio.sleep(seconds)  # the outage itself
        await asyncio.to_thread(self.cluster.start, nodes)
        came = time.monotonic()
        await self._until_replicated()
        self._tell(f"broker {' and '.join(map(str, nodes))} back, all replicas in sync after {time.monotonic() - came:.1f} s more")

    async def _until_replicated(self) -> None:
        deadline = time.monotonic() + REPLICATED_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(Exception):  # brokers that come back refuse this and that; the deadline tells
                async with self._admin() as admin:
                    topics = await admin.describe_topics()
                if all(len(part["isr"]) == len(self.cluster.brokers) for topic in topics for part in topic["partitions"]):
                    return
            await asyncio.sleep(LOOK_SECONDS)
        raise AssertionError(f"replicas were not in sync {REPLICATED_SECONDS:.0f} s after all brokers were back")

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator["clients.AIOKafkaAdminClient"]:
        admin = clients.admin(self._settings)
        try:
            await admin.start()
            yield admin
        finally:
            await admin.close()

    async def _a_worker(self) -> tuple[Supervisor, str, int, int]:
        """One of those that run: its supervisor, stage, process id and how often it was restarted; a starved machine may end all."""
        while not (found := self._workers()):  # noqa: ASYNC110  # nothing tells of a start
            await asyncio.sleep(0.1)
        return self._random.choice(found)

    def _workers(self) -> list[tuple[Supervisor, str, int, int]]:
        return [
            (supervisor, child.stage, child.process.pid, child.restarts)
            for supervisor in self._running.supervisors
            for child in supervisor.children
            if child.process is not None and child.process.returncode is None
        ]

    async def _kill_worker(self) -> None:
        supervisor, stage, pid, _ = await self._a_worker()
        self._tell(f"kill -9 of {stage} ({pid})")
        supervisor.kill(stage)

    async def _pause_worker(self) -> None:
        supervisor, stage, pid, _ = await self._a_worker()
        seconds = self._settings.session_timeout_seconds + self._random.uniform(1.0, 4.0)
        self._tell(f"SIGSTOP of {stage} ({pid}) for {seconds:.1f} s, session {self._settings.session_timeout_seconds:.0f} s")
        supervisor.kill(stage, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)  # the pause itself
        finally:
            supervisor.kill(stage, signal.SIGCONT)

    # -- telling -------------------------------------------------------------------------------------------------------

    def _tell(self, line: str) -> None:
        seconds = time.monotonic() - self._started if self._started else 0.0
        self.say(f"{seconds:7.1f} s  {line}")

    async def _tell_each_minute(self) -> None:
        minute = 0
        while True:
            await asyncio.sleep(60)  # a clock
            minute += 1
            done = {stage: sum(counts.values()) for stage, counts in self._running.view.dispositions.items()}
            self._tell(f"minute {minute}: accounted for {done}; restarts {self._restarts()}; brokers {self.cluster.running()}")

    def _restarts(self) -> dict[str, int]:
        return {
            f"{child.stage}/{number}": child.restarts
            for number, supervisor in enumerate(self._running.supervisors)
            for child in supervisor.children
            if child.restarts
        }

    # -- the end -------------------------------------------------------------------------------------------------------

    async def _verdict(self, expected: Flowed) -> list[str]:
        for supervisor in self._running.supervisors:
            await supervisor.until_ready(DONE_SECONDS)
        # Each merge may sit out its grace before it knows that nothing more comes.
        seconds = DONE_SECONDS + 4 * self.form.grace_seconds
        if not await wait_until_done(self._settings, timeout_seconds=seconds):
            return [f"not done {seconds:.0f} s after the last fault: {dict(self._running.view.dispositions)}"]
        report = await run_audit(self._settings, until_end=True)
        for line in report.lines():
            self._tell(line)
        self._tell(f"restarts {self._restarts()}")
        wrong = await judge(self._settings, report, expected, self.form.events, self._tell)
        return [*wrong, *[line async for line in self._gave_up()]]

    async def _gave_up(self) -> AsyncIterator[str]:
        for supervisor in self._running.supervisors:
            try:
                await supervisor.until_ready(DONE_SECONDS)  # who has just ended itself comes back
            except WinnowError as error:
                yield f"a supervisor gave up: {error}"


def main() -> int:
    """The long form, for a person: 0 when all is well, 1 otherwise."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=1_200.0, help="For how long things go wrong.")
    options.add_argument("--rate", type=float, default=20.0, help="Events fed a second.")
    options.add_argument("--seed", type=int, default=None, help="What goes wrong and when; one by chance when not given.")
    options.add_argument(
        "--folder", type=Path, default=None, help="Where brokers' data and workers' logs go; kept when something is wrong."
    )
    given = options.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(100_000)
    form = long_form(seed, given.seconds, given.rate)
    # aiokafka says several times a second that a broker is dead: here that is no news.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="winnow-chaos-"))
    print(f"chaos: seed {seed}, {given.seconds:.0f} s, {form.events:,} events, folder {folder}", flush=True)  # noqa: T201  # a command
    with LocalCluster(folder / "kafka") as cluster:
        wrong = asyncio.run(Chaos(form, cluster, folder, lambda line: print(line, flush=True)).run())  # noqa: T201  # a command
    for line in wrong:
        print(f"WRONG: {line}")  # noqa: T201  # a command
    print(f"chaos: seed {seed}: {f'{len(wrong)} things are wrong, logs in {folder}' if wrong else 'all as promised'}")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
