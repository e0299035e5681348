"""A recording stage on a real Kafka: what it was handed, what it may settle, and everything the shell wrote for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiokafka
import orjson
import pytest
from aiokafka import TopicPartition

from agents.kafka import clients, topics
from agents.runtime import worker as worker_module
from agents.runtime.stage import Stage
from agents.runtime.worker import Worker
from agents.settings import Settings
from pipeline.ledger.book import Book
from pipeline.stream.accounted import POSITION_KEY
from pipeline.stream.offsets import OffsetTracker
from pipeline.stream.stage import Batch, Output, Step

STAGE, NOUN = "decide", "situations"
"""The recorder plays this stage, which has one input."""

WAIT_SECONDS = 120.0


def fitting(settings: Settings, **changes: object) -> Settings:
    """Quick to commit; whoever stands still for twenty seconds on a busy machine is not given up, nor are the tests ended with a worker."""
    given: dict[str, object] = {
        "commit_interval_seconds": 0.1, "session_timeout_seconds": 30.0, "request_timeout_seconds": 40.0, "batch_records": 50,
        "batch_interval_seconds": 0.0, "live_silence_seconds": 600.0,
    }  # fmt: skip
    return settings.model_copy(update={**given, **changes})


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition, not for ever."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never came to pass: {what}"
        await asyncio.sleep(0.02)


@dataclass(slots=True)
class Log:
    """What recording shards saw, all of them together: (worker, partition, offset), and restored states by partition."""

    handed: list[tuple[str, int, int]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    restored: list[tuple[str, int, dict[bytes, bytes]]] = field(default_factory=list)
    caught_up: set[tuple[str, int]] = field(default_factory=set)

    def offsets(self, partition: int, worker: str | None = None) -> list[int]:
        """Offsets of a partition in the order in which they were handed out."""
        return [offset for who, number, offset in self.handed if number == partition and worker in (None, who)]

    def partitions(self, worker: str) -> list[int]:
        """Partitions that a worker restored, in order of their last restart."""
        return [number for who, number, _ in self.restored if who == worker]


class Recorder:
    """A shard that remembers every offset as a state key, settles what it may, and writes what it is told to."""

    def __init__(self, log: Log, worker: str, partition: int, *, settle_before: float, write: Callable[[int], Iterable[Output]]) -> None:
        self._log = log
        self._worker = worker
        self._partition = partition
        self._settle_before = settle_before
        self._write = write
        self._settlement = OffsetTracker(STAGE, NOUN, partition)

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over, and note what was taken over."""
        self._log.restored.append((self._worker, self._partition, dict(items)))
        if POSITION_KEY in items:
            self._settlement.load(orjson.loads(items[POSITION_KEY]))
        return Step(positions=self._positions())

    def state_lost(self) -> None:
        """Nothing to be done."""

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Note, settle, write."""
        step = Step()
        self._log.batches.append(len(batch.records))
        for record in batch.records:
            self._log.handed.append((self._worker, batch.partition, record.offset))
            if self._settlement.arrive(record.offset) and record.offset < self._settle_before:
                self._settlement.settle(record.offset, "decided")
                step.changes[b"offset/%d" % record.offset] = record.value
                step.outputs += self._write(record.offset)
        self._settlement.skip_to(batch.end)
        step.spans += self._settlement.take()
        step.changes[POSITION_KEY] = orjson.dumps(self._settlement.dump())
        step.positions.update(self._positions())
        return step

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Note that there is nothing left to read."""
        if caught_up:
            self._log.caught_up.add((self._worker, self._partition))
        return None

    def _positions(self) -> dict[tuple[str, int], int]:
        position = self._settlement.position
        return {} if position is None else {(NOUN, self._partition): position}


def stage(
    log: Log, worker: str = "a", *, settle_before: float = float("inf"), write: Callable[[int], Iterable[Output]] = lambda _: ()
) -> Stage:
    """A stage of recorders."""
    return Stage(STAGE, lambda _, partition: Recorder(log, worker, partition, settle_before=settle_before, write=write))


@asynccontextmanager
async def working(settings: Settings, built: Stage) -> AsyncIterator["asyncio.Task[int]"]:
    """A worker of a stage in this process."""
    async with running(Worker(settings, built)) as task:
        yield task


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator["asyncio.Task[int]"]:
    """A worker in this process; leaving the block ends it in order, as SIGTERM does.

    However long that takes on a slow machine: what a process leaves behind ends with it, here it would keep its partitions.
    """
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr(worker_module, "STOP_SECONDS", 60.0)
        task = asyncio.create_task(worker.run())
        try:
            yield task
        finally:
            if not task.done():
                task.cancel()
            await asyncio.wait([task])


async def create(settings: Settings) -> None:
    """All topics."""
    await topics.apply(settings, ["support"])


async def write(
    settings: Settings, values: Iterable[bytes], *, partition: int = 0, noun: str = NOUN, transactional_id: str | None = None
) -> None:
    """Append records to a partition; in one transaction if an id for it is given."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id=transactional_id)
    await producer.start()
    try:
        if transactional_id is not None:
            await producer.begin_transaction()
        sent = [await producer.send(settings.topic(noun), value, partition=partition) for value in values]
        await asyncio.gather(*sent)
        if transactional_id is not None:
            await producer.commit_transaction()
    finally:
        await producer.stop()


async def committed(settings: Settings, partition: int = 0, name: str = STAGE, noun: str = NOUN) -> int | None:
    """Committed offset of a stage's input partition; None before the first commit."""
    place = (settings.topic(noun), partition)
    return (await clients.committed(settings, f"{settings.prefix}-{name}", [place])).get(place)


async def until_committed(settings: Settings, position: int, partition: int = 0, name: str = STAGE, noun: str = NOUN) -> None:
    """Wait until a stage's input partition is committed up to a position."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while (found := await committed(settings, partition, name, noun)) != position:
        assert asyncio.get_running_loop().time() < deadline, f"{noun}/{partition} stands at {found}, not at {position}"
        assert found is None or found < position, f"{noun}/{partition} is committed beyond {position}: {found}"
        await asyncio.sleep(0.05)


async def read(settings: Settings, noun: str) -> list[aiokafka.ConsumerRecord]:
    """All records of a topic, partition by partition in order."""
    topic = settings.topic(noun)
    count = (await topics.partitions(settings, [noun]))[noun]
    places = [TopicPartition(topic, number) for number in range(count)]
    consumer = clients.reader(settings)
    await consumer.start()
    found: list[aiokafka.ConsumerRecord] = []
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
    finally:
        await consumer.stop()
    return sorted(found, key=lambda record: (record.partition, record.offset))


async def ledger(settings: Settings) -> Book:
    """The ledger as it stands."""
    book = Book()
    for record in await read(settings, "ledger"):
        book.read(record.value)
    return book


def told(book: Book, partition: int, offsets: Sequence[int], name: str = STAGE, noun: str = NOUN) -> list[str | None]:
    """Dispositions of these offsets."""
    return [book.disposition(name, noun, partition, offset) for offset in offsets]


def output(noun: str, offset: int, *, value: bytes = b"{}", key: bytes = b"key") -> Output:
    """An output that a record of situations/0 led to."""
    return Output(noun, key, value, f"{noun}/{offset}", 0, f"{STAGE}/{NOUN}/0", f"{NOUN}/0/{offset}/0", "")
