"""One stage as one Faust app, from its start to its orderly or sudden end.

Faust hands every batch of the batch transport to `agents.runtime.partitions`, whose runners do the work;
`agents.runtime.delivery` makes it durable.
Whatever fails is fatal: the worker ends without acknowledging, its supervisor restarts it, Kafka hands the batch out again.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import aiokafka
import faust
from aiokafka.errors import KafkaError
from faust.types import TP
from yarl import URL

from agents.hang import end_unless_renewed, never_mind
from agents.kafka import clients, identities
from agents.metrics import Metrics, keep_looking
from agents.runtime.changelog import StateStore
from agents.runtime.delivery import Delivery
from agents.runtime.lease import SessionLease
from agents.runtime.ledger_writer import LedgerWriter
from agents.runtime.outputs import Emitter
from agents.runtime.partition_runner import RunnerContext
from agents.runtime.partitions import Partitions
from agents.runtime.ports import SystemClock
from agents.runtime.probes import Web
from agents.runtime.progress import Progress
from agents.runtime.stage import Stage
from agents.runtime.transport import BatchConsumer, BatchScheduler, PassThrough, Transport
from agents.runtime.watches import sources, watch_partitions, watch_state
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError

log = logging.getLogger("winnow")

LOOK_SECONDS = 1.0
SHARDS_EVERY = 5
"""Looks between two looks into the shards, whose cost grows with what they hold."""
STOP_SECONDS = 3.5
"""For the batches in flight, and again for Faust."""
REBALANCE_SECONDS = 240.0
"""Longer than the members of a group may take, and Faust waits for offsets: beyond that no rebalance ends by itself any more."""
COORDINATOR_SECONDS = 600.0
"""aiokafka looks up the names that it was given only when it starts: brokers that all came back elsewhere are found by a new worker."""


def calm_collector() -> None:
    """Cycles are rare here and batches allocate by the ten thousand: look for them seldom, and never among what was loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


class Worker:
    """Runs one stage until told to stop; `run` returns the process's exit code.

    ending: called once, when it begins to end for whatever reason. What waits for a broker that is gone is left behind then, and neither
    the event loop nor the interpreter ends before it: a process has `agents.hang.leave_soon` called.
    """

    def __init__(self, settings: Settings, stage: Stage, *, parent: int = 0, ending: Callable[[], object] = lambda: None) -> None:
        self.settings = settings
        self._parent = parent
        self._ending = ending
        self.stage = stage
        self.metrics = Metrics(stage.name)
        self._failure: asyncio.Future[BaseException] | None = None
        self._assigned = False
        self._progress = Progress()
        self._looks = 0
        self._steady: float | None = None
        self._led: float | None = None
        self._trouble: BaseException | None = None
        self._lease = SessionLease(settings.session_timeout_seconds)

    # -- life --------------------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Start, work, stop. Raises WinnowError when something that was asked for is not there."""
        loop = asyncio.get_running_loop()
        self._failure = loop.create_future()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        log.info("%s: loading kernels; a machine's first start compiles them, for minutes", self.stage.name)
        await asyncio.to_thread(self.stage.warm_up)
        calm_collector()
        async with contextlib.AsyncExitStack() as stack:
            try:
                return await self._live(stack, stop)
            finally:
                self._ending()

    async def _live(self, stack: contextlib.AsyncExitStack, stop: asyncio.Event) -> int:
        """Open what it needs, on the stack that closes it, and work until it is over; the exit code."""
        if not await self._begin(stop):
            return 0
        self._lease = SessionLease(self.settings.session_timeout_seconds)
        stack.callback(never_mind)
        renewing = asyncio.create_task(self._renew_lease())
        stack.callback(renewing.cancel)
        emitter = Emitter(self.settings, await self._producer(stack, clients.producer(self.settings)))
        state = StateStore(self.settings, self.stage.name, await self._producer(stack, clients.state_producer(self.settings)))
        stack.push_async_callback(lambda: self._within(1.0, state.close()))
        self._watch_beside(stack, watch_state(state))
        self._watch_beside(stack, watch_partitions(self.settings, self.stage))
        self._partitions = Partitions(self._context(emitter, state), self._fail)
        web = Web(self.settings, self.metrics, self.ready, self.alive)
        await web.start()
        stack.push_async_callback(web.stop)
        # Faust insists on a folder for tables that nobody here uses.
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="winnow-"))
        self.app = self._build_app(scratch)
        stack.push_async_callback(self._stop_app)
        # It comes back when partitions were assigned and restored for the first time, which may take as long as a broker is away.
        starting = asyncio.ensure_future(self.app.start())
        stack.callback(starting.cancel)
        if self.stage.name == "monitor":
            self._watch_beside(stack, keep_looking(self.settings, self.metrics))

        def started(begun: "asyncio.Future[Any]") -> None:
            if not begun.cancelled() and begun.exception() is None:
                log.info("%s: up, metrics at %s", self.stage.name, web.address)

        starting.add_done_callback(started)
        return await self._until_over(stop, starting)

    async def _begin(self, stop: asyncio.Event) -> bool:
        """Learn what shards have to know from Kafka before there is one; False when told to stop meanwhile."""
        beginning: asyncio.Future[Any] = asyncio.ensure_future(self.stage.begin())
        stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        await asyncio.wait({beginning, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not beginning.done():
            beginning.cancel()
            return False
        await beginning
        return True

    def _context(self, emitter: Emitter, state: StateStore) -> RunnerContext:
        settings, clock = self.settings, SystemClock()
        delivery = Delivery(
            outputs=emitter, changelog=state, ledger=LedgerWriter(self.stage.name, emitter), lease=self._lease,
            metrics=self.metrics, clock=clock, kafka_name=settings.topic,
        )  # fmt: skip
        committed = partial(clients.committed, settings, f"{settings.prefix}-{self.stage.name}")
        return RunnerContext(
            settings, self.stage, delivery, committed, self.metrics, clock, partial(sources, settings, self.stage),
            identities=partial(identities, settings),
        )  # fmt: skip

    def _watch_beside(self, stack: contextlib.AsyncExitStack, watching: Coroutine[Any, Any, None]) -> None:
        """Run this beside the work until the worker ends; what ends it ends the worker."""

        def ended(task: "asyncio.Task[None]") -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self._fail(error)

        task = asyncio.create_task(watching)
        task.add_done_callback(ended)
        stack.callback(task.cancel)

    async def _renew_lease(self) -> None:
        """Renew the lease as long as the loop runs; the worker ends when that came too late."""
        while True:
            self._lease.renew()
            end_unless_renewed(self.settings.live_silence_seconds)
            try:
                self._lease.check()
            except WinnowError as error:
                return self._fail(error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _producer(self, stack: contextlib.AsyncExitStack, producer: aiokafka.AIOKafkaProducer) -> aiokafka.AIOKafkaProducer:
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await self._within(1.0, producer.stop())
            raise clients.unreachable(self.settings, error) from error
        stack.push_async_callback(lambda: self._within(1.0, producer.stop()))
        return producer

    async def _until_over(self, stop: asyncio.Event, starting: "asyncio.Future[Any]") -> int:
        assert self._failure is not None
        stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
        while True:
            over: set[asyncio.Future[Any]] = {stopping, self._failure}
            started = time.monotonic()
            await asyncio.wait(over, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                stopping.cancel()
                return self._report(self._failure.result())
            if stopping.done() or (self._parent and os.getppid() != self._parent):
                stopping.cancel()
                log.info("%s: stopping", self.stage.name)
                return 0
            if self.app.crashed:
                stopping.cancel()
                return self._report(self.app.crash_reason or RuntimeError("the Faust app crashed"))
            looked = time.monotonic()
            if starting.done():
                starting.result()  # raises what the start failed of
                self._watch(max(looked - started - LOOK_SECONDS, 0.0))
            self._look_at_group(looked)

    def _look_at_group(self, now: float) -> None:
        """End the worker when it will never be a member of its group again: neither Faust nor aiokafka says so by itself."""
        trouble, known = self.consumer.trouble(), self._trouble
        self._trouble = trouble
        if trouble is not None and trouble is known:  # at two looks: nobody takes it up
            self._fail(trouble)
        if self._steady is None or not self.app.rebalancing:
            self._steady = now
        elif now - self._steady > REBALANCE_SECONDS:
            stuck = f"{self.stage.name} has been rebalancing for {now - self._steady:.0f} s"
            self._fail(WinnowError(stuck, hint="The supervisor restarts it; are all brokers there if this repeats?"))
        if self._led is None or self.consumer.has_coordinator():
            self._led = now
        elif now - self._led > COORDINATOR_SECONDS:
            lost = f"{self.stage.name} has found no broker that leads its group for {now - self._led:.0f} s"
            self._fail(Unavailable(lost, hint="The supervisor starts a new worker, which looks the brokers up anew; are they there?"))

    def _report(self, error: BaseException) -> int:
        if isinstance(error, KafkaError) and "Authorization" in type(error).__name__:
            error = clients.unreachable(self.settings, error)
        expected = isinstance(error, WinnowError)
        log.error("%s: %s", self.stage.name, error, exc_info=None if expected else error)
        return 1

    async def _stop_app(self) -> None:
        self._partitions.stop_taking()
        failed = self._failure is not None and self._failure.done()
        if not failed:
            await self._within(STOP_SECONDS, self._partitions.finish(self.consumer))
        await self._within(STOP_SECONDS, self.app.stop())

    async def _within(self, seconds: float, stopping: Coroutine[Any, Any, Any]) -> None:
        """Await the end of something; what waits for a broker that is gone is left behind, as it does not let itself be cancelled."""
        task = asyncio.ensure_future(stopping)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            task.cancel()
        elif (error := task.exception()) is not None:
            log.debug("while stopping: %s", error)

    def _build_app(self, scratch: str) -> faust.App:
        settings = self.settings
        app = faust.App(
            f"{settings.prefix}-{self.stage.name}",
            broker=f"kafka://{settings.broker.replace(',', ';kafka://')}",
            datadir=scratch,
            env_prefix="WINNOW_FAUST_IGNORED_",
            broker_credentials=clients.faust_credentials(settings),
            broker_commit_interval=settings.commit_interval_seconds,
            broker_session_timeout=settings.session_timeout_seconds,
            broker_heartbeat_interval=settings.session_timeout_seconds / 4,
            broker_request_timeout=max(settings.request_timeout_seconds, settings.session_timeout_seconds + 5),
            broker_rebalance_timeout=60.0,
            consumer_max_fetch_size=1024 * 1024,
            stream_wait_empty=False,
            stream_buffer_maxsize=8,
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            ConsumerScheduler=type("Scheduler", (BatchScheduler,), {"most_records": settings.batch_records}),
            debug=False,
        )
        app.transport = Transport([URL(f"kafka://{host}") for host in settings.broker.split(",")], app)
        topic = app.topic(*self._partitions.topics, schema=PassThrough(), key_serializer="raw", value_serializer="raw")

        @app.agent(topic, name=self.stage.name, concurrency=1)  # type: ignore[untyped-decorator]  # faust is untyped here
        async def work(stream: Any) -> None:
            async for event in stream.noack().events():
                await self._deliver(event)
                event.ack()

        app.on_partitions_revoked.connect(self._on_revoked, weak=False)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        app.finalize()
        return app

    @property
    def consumer(self) -> BatchConsumer:
        """The batch consumer of the running app."""
        found = self.app.consumer
        assert isinstance(found, BatchConsumer)
        return found

    def ready(self) -> str | None:
        """None when this worker is assigned, restored and committing; otherwise what is missing."""
        if not self._assigned:
            return "no partitions assigned"
        if self.app.rebalancing:
            return "rebalancing"
        waiting = self._partitions.unrestored()
        if waiting:
            return f"restoring {', '.join(waiting)}"
        if not self._partitions.places():
            return "none of its partitions is in use"
        oldest, held = self._progress.oldest_commit(), self._partitions.held()
        if held is None and oldest is not None and oldest[1] > self.settings.ready_commit_age_seconds:
            return f"no word that {oldest[0].topic}/{oldest[0].partition} is committed for {oldest[1]:.0f} s: is the broker there?"
        return held

    def alive(self) -> str | None:
        """None while the loop runs and nothing has failed; otherwise why this worker should be restarted."""
        if self._failure is not None and self._failure.done():
            return f"ending: {self._failure.result()}"
        silent = self._lease.age()
        return f"the watchdog has not looked for {silent:.0f} s" if silent > self.settings.live_silence_seconds else None

    # -- partitions --------------------------------------------------------------------------------------------------

    async def _on_revoked(self, _: Any, revoked: set[TP], **__: Any) -> None:
        self.metrics.rebalanced()
        await self._partitions.revoke(revoked, self.consumer)

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        self._assigned = bool(assigned)
        await self._partitions.open(assigned, self.consumer)

    async def _deliver(self, event: Any) -> None:
        if event.message.generation_id == self.app.consumer_generation_id:
            await self._partitions.deliver(event.value)

    def _fail(self, error: BaseException) -> None:
        """The first failure ends the worker; what fails while it ends says nothing new."""
        if self._failure is not None and not self._failure.done():
            self._failure.set_result(error)

    # -- watchdog ----------------------------------------------------------------------------------------------------

    def _watch(self, loop_delay: float = 0.0) -> None:
        """End the worker when its commits stand still although there is input: it would never recover by itself."""
        now = time.monotonic()
        partitions = self._partitions
        standings = self._progress.look(self.consumer, partitions.places(), now, int(time.time() * 1000), partitions.worked)
        self.metrics.positions(
            {(partitions.noun(tp), tp.partition): (standing.lag, standing.commit_age) for tp, standing in standings.items()}
        )
        self.metrics.worker(ready=self.ready() is None, loop_delay=loop_delay)
        if self._looks % SHARDS_EVERY == 0:
            self.metrics.shards(self._partitions.shards())
        self._looks += 1
        for tp, standing in standings.items():
            if standing.stalled > self.settings.watchdog_seconds:
                stalled = f"{self.stage.name} has committed nothing of {tp.topic}/{tp.partition} for {standing.stalled:.0f} s"
                hint = "The supervisor restarts it; look for what blocks it if this repeats."
                self._fail(WinnowError(f"{stalled} although input waits", hint=hint))
