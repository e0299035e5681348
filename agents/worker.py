"""One stage as one Faust app: batches in through the batch transport, steps made durable in order, positions back.

For every batch, each step awaited: outputs acknowledged -> state changes with the position they reach -> ledger -> input offset.
Whatever fails is fatal: the worker ends without acknowledging, its supervisor restarts it, Kafka hands the batch out again.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiokafka
import faust
from aiokafka.errors import KafkaError
from faust.types import TP
from yarl import URL

from agents import clients
from agents.emit import Emitter
from agents.ledger import LedgerWriter
from agents.metrics import Metrics
from agents.metrics_group import keep_looking
from agents.metrics_progress import Consumed, Progress
from agents.settings import Settings
from agents.state import StateStore
from agents.transport import BatchConsumer, BatchScheduler, PassThrough, RecordBatch, Transport
from agents.web import Web
from pipeline.stage import Batch, Shard, Step
from schemas.errors import WinnowError
from schemas.topics import INPUTS

log = logging.getLogger("winnow")

TICK_SECONDS = 0.1
LOOK_SECONDS = 1.0
SHARDS_EVERY = 5
"""Looks between two looks into the shards, whose cost grows with what they hold."""
LIVE_SECONDS = 30.0
READY_COMMIT_AGE_SECONDS = 15.0
STOP_SECONDS = 3.5
"""For the batches in flight, and again for Faust."""
LAST_SECONDS = 9.0
"""After SIGTERM a worker is gone by then."""
RESTORE_LIMIT_SECONDS = 300.0
MakeShard = Callable[[str, int], Shard]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage's module says of itself.

    together: one shard serves partition n of all inputs (they are co-partitioned); otherwise one shard a topic and partition.
    make: (topic noun, partition) -> fresh shard. every_batch: called between batches, e.g. to look for a new policy.
    """

    name: str
    make: MakeShard
    together: bool = False
    warm_up: Callable[[], None] = lambda: None
    between_batches: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Running:
    """A shard at work: its queue, and where it stands."""

    name: str
    partition: int
    shard: Shard
    places: set[TP]
    queue: "asyncio.Queue[RecordBatch]" = field(default_factory=lambda: asyncio.Queue(maxsize=8))
    done_to: dict[TP, int] = field(default_factory=dict)
    ended: dict[TP, int] = field(default_factory=dict)
    restored: bool = False
    closing: bool = False
    task: "asyncio.Task[None] | None" = None


def calm_collector() -> None:
    """Cycles are rare here and batches allocate by the ten thousand: look for them seldom, and never among what was loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _insist(stage: str) -> threading.Timer:
    """End this process soon, whatever is still waited for: what was acknowledged is durable, the rest is read again."""

    def leave() -> None:
        log.warning("%s: left without the broker's word that the last offsets are committed", stage)
        os._exit(1)

    timer = threading.Timer(LAST_SECONDS, leave)
    timer.daemon = True
    timer.start()
    return timer


class Worker:
    """Runs one stage until told to stop; `run` returns the process's exit code."""

    def __init__(self, settings: Settings, stage: Stage, *, parent: int = 0) -> None:
        self.settings = settings
        self._parent = parent
        self.stage = stage
        self.metrics = Metrics(stage.name)
        self.nouns = INPUTS[stage.name]
        self._topics = {settings.topic(noun): noun for noun in self.nouns}
        self._shards: dict[str, _Running] = {}
        self._failure: asyncio.Future[BaseException] | None = None
        self._assigned = False
        self._progress = Progress()
        self._looks = 0
        self._looked = time.monotonic()
        self._last: threading.Timer | None = None
        self._left_behind = False

    # -- life --------------------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Start, work, stop. Raises WinnowError when something that was asked for is not there."""
        loop = asyncio.get_running_loop()
        self._failure = loop.create_future()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await asyncio.to_thread(self.stage.warm_up)
        calm_collector()
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(self._gone)
            self._emitter = Emitter(self.settings, await self._producer(stack, clients.producer(self.settings)))
            self._state = StateStore(self.settings, self.stage.name, await self._producer(stack, clients.state_producer(self.settings)))
            self._ledger = LedgerWriter(self.stage.name, self._emitter)
            web = Web(self.settings, self.metrics, self.ready, self.alive)
            await web.start()
            stack.push_async_callback(web.stop)
            # Faust insists on a folder for tables that nobody here uses.
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="winnow-"))
            self.app = self._build_app(scratch)
            await self.app.start()
            stack.push_async_callback(self._stop_app)
            if self.stage.name == "monitor":
                looking = asyncio.create_task(keep_looking(self.settings, self.metrics.group_lags, self.metrics.broken))
                stack.callback(looking.cancel)
            log.info("%s: up, metrics at %s", self.stage.name, web.address)
            return await self._until_over(stop)

    async def _producer(self, stack: contextlib.AsyncExitStack, producer: aiokafka.AIOKafkaProducer) -> aiokafka.AIOKafkaProducer:
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await producer.stop()
            raise clients.unreachable(self.settings, error) from error
        stack.push_async_callback(lambda: self._within(1.0, producer.stop()))
        return producer

    async def _until_over(self, stop: asyncio.Event) -> int:
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
                if stop.is_set():
                    self._last = _insist(self.stage.name)
                return 0
            if self.app.crashed:
                stopping.cancel()
                return self._report(self.app.crash_reason or RuntimeError("the Faust app crashed"))
            self._watch(max(time.monotonic() - started - LOOK_SECONDS, 0.0))

    def _report(self, error: BaseException) -> int:
        if isinstance(error, KafkaError) and "Authorization" in type(error).__name__:
            error = clients.unreachable(self.settings, error)
        expected = isinstance(error, WinnowError)
        log.error("%s: %s", self.stage.name, error, exc_info=None if expected else error)
        return 1

    async def _stop_app(self) -> None:
        for running in self._shards.values():
            running.closing = True
        failed = self._failure is not None and self._failure.done()
        if not failed:
            await self._within(STOP_SECONDS, self._finish())
        await self._within(STOP_SECONDS, self.app.stop())

    async def _within(self, seconds: float, stopping: Coroutine[Any, Any, Any]) -> None:
        """Await the end of something; what waits for a broker that is gone is left behind, as it does not let itself be cancelled."""
        task = asyncio.ensure_future(stopping)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            task.cancel()
            self._left_behind = True
        elif (error := task.exception()) is not None:
            log.debug("while stopping: %s", error)

    def _gone(self) -> None:
        """All has come to its end: nobody needs to insist any more."""
        if self._last is not None and not self._left_behind:
            self._last.cancel()

    async def _finish(self) -> None:
        """Let the batches in flight become durable, and commit them."""
        await self._close_shards()
        await self.consumer.commit()

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
        topic = app.topic(*self._topics, schema=PassThrough(), key_serializer="raw", value_serializer="raw")

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
        waiting = [running.name for running in self._shards.values() if not running.restored]
        if waiting or not self._shards:
            return f"restoring {', '.join(waiting)}"
        oldest = self._progress.oldest_commit()
        if oldest is not None and oldest[1] > READY_COMMIT_AGE_SECONDS:
            return f"no word that {oldest[0].topic}/{oldest[0].partition} is committed for {oldest[1]:.0f} s: is the broker there?"
        return None

    def alive(self) -> str | None:
        """None while the loop runs and nothing has failed; otherwise why this worker should be restarted."""
        if self._failure is not None and self._failure.done():
            return f"ending: {self._failure.result()}"
        silent = time.monotonic() - self._looked
        return f"the watchdog has not looked for {silent:.0f} s" if silent > LIVE_SECONDS else None

    # -- partitions --------------------------------------------------------------------------------------------------

    async def _on_revoked(self, _: Any, revoked: set[TP], **__: Any) -> None:
        self.metrics.rebalanced()
        await self._close_shards()
        await self.consumer.commit()
        self.consumer.forget(revoked)

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        await self._close_shards()
        self._assigned = bool(assigned)
        for tp in sorted(assigned):
            if tp.topic in self._topics:
                self._shard_of(tp)
        for running in self._shards.values():
            running.task = asyncio.create_task(self._guard(running), name=running.name)

    def _shard_of(self, tp: TP) -> _Running:
        noun = self._topics[tp.topic]
        name = str(tp.partition) if self.stage.together else f"{noun}/{tp.partition}"
        running = self._shards.get(name)
        if running is None:
            running = self._shards[name] = _Running(name, tp.partition, self.stage.make(noun, tp.partition), set())
        running.places.add(tp)
        return running

    async def _close_shards(self) -> None:
        """Let every batch in flight become durable, drop what waits (it will be read again), forget the shards."""
        shards, self._shards = list(self._shards.values()), {}
        for running in shards:
            running.closing = True
            while not running.queue.empty():
                running.queue.get_nowait()
        tasks = [running.task for running in shards if running.task is not None]
        if tasks:
            await asyncio.wait(tasks)

    async def _deliver(self, event: Any) -> None:
        batch: RecordBatch = event.value
        if event.message.generation_id != self.app.consumer_generation_id:
            return
        name = str(batch.tp.partition) if self.stage.together else f"{self._topics[batch.tp.topic]}/{batch.tp.partition}"
        running = self._shards.get(name)
        if running is not None and not running.closing:
            await running.queue.put(batch)

    # -- work --------------------------------------------------------------------------------------------------------

    async def _guard(self, running: _Running) -> None:
        """Whatever ends a shard but a request to close ends the worker."""
        assert self._failure is not None
        try:
            await self._work(running)
        except BaseException as error:  # noqa: BLE001  # handed to `run`, which reports it and ends the process
            if not self._failure.done():
                self._failure.set_result(error)

    async def _work(self, running: _Running) -> None:
        await asyncio.wait_for(self._restore(running), RESTORE_LIMIT_SECONDS)
        while not running.closing:
            started = time.monotonic()
            batches = await self._next(running)
            self.stage.between_batches()
            now_ms = int(time.time() * 1000)
            if batches:
                for batch in self._joined(batches):
                    await self._process(running, batch, now_ms)
            else:
                await self._tick(running, now_ms)
            pause = self.settings.batch_interval_seconds - (time.monotonic() - started)
            if pause > 0 and batches and sum(len(b.records) for b in batches) < self.settings.batch_records:
                await asyncio.sleep(pause)

    async def _next(self, running: _Running) -> list[RecordBatch]:
        """What is there to do: all waiting batches up to the limit, or nothing after a tick."""
        try:
            found = [await asyncio.wait_for(running.queue.get(), TICK_SECONDS)]
        except TimeoutError:
            return []
        records = len(found[0].records)
        while not running.queue.empty() and records < self.settings.batch_records:
            found.append(running.queue.get_nowait())
            records += len(found[-1].records)
        return found

    def _joined(self, batches: list[RecordBatch]) -> list[Batch]:
        records: dict[TP, list[Any]] = {}
        for batch in batches:
            records.setdefault(batch.tp, []).extend(batch.records)
        return [Batch(self._topics[tp.topic], tp.partition, found) for tp, found in records.items()]

    async def _process(self, running: _Running, batch: Batch, now_ms: int) -> None:
        started = time.perf_counter()
        step = running.shard.process(batch, now_ms)
        self.metrics.batch(len(batch.records), time.perf_counter() - started)
        running.done_to[TP(self.settings.topic(batch.topic), batch.partition)] = batch.records[-1].offset + 1
        further = self._look_up(running, now_ms) if running.queue.empty() and not step.more else None
        if further is not None and not (further.changes or further.spans or further.positions):
            # Only a word to those downstream, e.g. that nothing waits here: it goes out with the rest.
            step.outputs += further.outputs
            further = None
        await self._make_durable(running, step)
        while step.more and not running.closing:
            further = running.shard.tick(now_ms, caught_up=False)
            if further is None:
                return
            step, further = further, None
            await self._make_durable(running, step)
        if further is not None:
            await self._make_durable(running, further)

    async def _tick(self, running: _Running, now_ms: int) -> None:
        for tp, worked_to in list(running.done_to.items()):
            end = self.consumer.trailing(tp, worked_to)
            if end is not None and running.ended.get(tp) != end:
                running.ended[tp] = end
                await self._make_durable(running, running.shard.process(Batch(self._topics[tp.topic], tp.partition, (), end), now_ms))
        step = self._look_up(running, now_ms)
        if step is not None:
            await self._make_durable(running, step)

    def _look_up(self, running: _Running, now_ms: int) -> Step | None:
        """Let the shard see the clock, and whether all that there is to read was worked."""
        consumer = self.consumer
        caught_up = all(consumer.end_reached(tp) and running.done_to.get(tp) == consumer.handed(tp) for tp in running.places)
        return running.shard.tick(now_ms, caught_up=caught_up)

    async def _make_durable(self, running: _Running, step: Step) -> None:
        """The delivery rule."""
        started = time.perf_counter()
        await self._emitter.emit(step.outputs)
        await self._state.write(running.name, running.partition, step.changes)
        await self._ledger.write(step.spans)
        self._settle(step.positions)
        self.metrics.step(step, time.perf_counter() - started)

    def _settle(self, positions: Mapping[tuple[str, int], int]) -> None:
        for (noun, partition), position in positions.items():
            self.consumer.settle(TP(self.settings.topic(noun), partition), position)

    async def _restore(self, running: _Running) -> None:
        started = time.monotonic()
        items = await self._state.read(running.name, running.partition)
        step = running.shard.restore(items)
        await self._refuse_lost_state(running, step)
        await self._ledger.write(step.spans)
        self._settle(step.positions)
        running.restored = True
        self.metrics.recovered(time.monotonic() - started)
        if items:
            log.info("%s %s: restored %d keys in %.1f s", self.stage.name, running.name, len(items), time.monotonic() - started)

    async def _refuse_lost_state(self, running: _Running, step: Step) -> None:
        """State is written before offsets: a position behind the committed offset means that state was lost."""
        if self.settings.accept_state_loss:
            return
        group = f"{self.settings.prefix}-{self.stage.name}"
        committed = await clients.committed(self.settings, group, [(tp.topic, tp.partition) for tp in running.places])
        for tp in running.places:
            position = step.positions.get((self._topics[tp.topic], tp.partition), 0)
            if committed.get((tp.topic, tp.partition), 0) > position:
                raise WinnowError(
                    f"state of {self.stage.name} {running.name} ends at {position} of {tp.topic}/{tp.partition}, but offset "
                    f"{committed[tp.topic, tp.partition]} is committed: {self._state.topic} has lost records",
                    hint="Restore that topic, or set WINNOW_ACCEPT_STATE_LOSS=true to go on without what it remembered.",
                )

    # -- watchdog ----------------------------------------------------------------------------------------------------

    def _watch(self, loop_delay: float = 0.0) -> None:
        """End the worker when its commits stand still although there is input: it would never recover by itself."""
        self._looked = now = time.monotonic()
        places = [tp for running in self._shards.values() if running.restored for tp in running.places]
        standings = self._progress.look(Consumed(self.consumer), places, now, int(time.time() * 1000))
        self.metrics.positions(
            {(self._topics[tp.topic], tp.partition): (standing.lag, standing.commit_age) for tp, standing in standings.items()}
        )
        self.metrics.worker(ready=self.ready() is None, loop_delay=loop_delay)
        if self._looks % SHARDS_EVERY == 0:
            self.metrics.shards(running.shard for running in self._shards.values() if running.restored)
        self._looks += 1
        for tp, standing in standings.items():
            if standing.stalled > self.settings.watchdog_seconds and self._failure is not None and not self._failure.done():
                self._failure.set_result(
                    WinnowError(
                        f"{self.stage.name} has committed nothing of {tp.topic}/{tp.partition} for {standing.stalled:.0f} s although "
                        "input waits",
                        hint="The supervisor restarts it; look for what blocks it if this repeats.",
                    )
                )
