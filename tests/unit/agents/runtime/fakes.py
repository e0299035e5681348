"""Kafka in memory: logs, producers and readers as `agents.runtime` uses them, over a network whose every answer a test may hold back,
lose or fail.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka.errors import KafkaTimeoutError

from tests.unit.agents.runtime.controlled_loop import PROCESS, Process


class FakeRecord(NamedTuple):
    """A record of a log; also what a shard is handed."""

    offset: int
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


@dataclass(eq=False)
class Request:
    """Something asked of a broker. ``lane``: what the broker works in the order in which it was asked; ``apply`` is what it does."""

    lane: tuple[Any, ...]
    apply: Callable[[], Any]
    future: "asyncio.Future[Any]"
    process: Process | None

    def answer(self) -> None:
        """It is done, and the asker is told."""
        try:
            result = self.apply()
        except KafkaTimeoutError as error:
            self._tell(error)
        else:
            if not self.future.done():
                self.future.set_result(result)

    def fail(self, *, done: bool) -> None:
        """The asker hears of a failure, whether it was done or not."""
        if done:
            with contextlib.suppress(KafkaTimeoutError):
                self.apply()
        self._tell(KafkaTimeoutError())

    def _tell(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)


@dataclass
class Network:
    """Requests on their way. ``held``: whether a test answers them itself; otherwise each is answered at once."""

    held: bool = False
    requests: list[Request] = field(default_factory=list)
    _asked: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, lane: tuple[Any, ...], apply: Callable[[], Any]) -> "asyncio.Future[Any]":
        """Ask a broker."""
        request = Request(lane, apply, asyncio.get_running_loop().create_future(), PROCESS.get())
        if self.held:
            self.requests.append(request)
            self._asked.set()
        else:
            request.answer()
        return request.future

    async def until_asked(self, amount: int) -> None:
        """Wait until so many requests are on their way."""
        while len(self.requests) < amount:
            self._asked.clear()
            await self._asked.wait()

    def first_of_lanes(self) -> list[Request]:
        """What may be answered next."""
        lanes: dict[tuple[Any, ...], Request] = {}
        for request in self.requests:
            lanes.setdefault((request.process, *request.lane), request)
        return list(lanes.values())

    def take(self, request: Request) -> Request:
        """Take a request off the network, to answer or to forget it."""
        self.requests.remove(request)
        return request


class FakeKafka:
    """Logs by (topic, partition). ``landed``: called with every batch that was appended."""

    def __init__(self, partitions: int = 1, network: Network | None = None) -> None:
        self.partitions = partitions
        self.network = network or Network()
        self.logs: dict[tuple[str, int], list[FakeRecord]] = {}
        self.landed: Callable[[str, int, list[FakeRecord]], None] = lambda *_: None

    def log(self, topic: str, partition: int = 0) -> list[FakeRecord]:
        """A partition's records."""
        return self.logs.setdefault((topic, partition), [])

    def append(self, topic: str, partition: int, records: Iterable[tuple[bytes | None, bytes | None, Any]]) -> int:
        """Append (key, value, headers); the offset of the first."""
        log = self.log(topic, partition)
        first = log[-1].offset + 1 if log else 0
        new = [FakeRecord(first + at, partition, key, value, tuple(headers)) for at, (key, value, headers) in enumerate(records)]
        log += new
        self.landed(topic, partition, new)
        return first

    def compact(self, topic: str, partition: int = 0) -> None:
        """Keep the last record of every key."""
        log = self.log(topic, partition)
        last = {record.key: record.offset for record in log}
        log[:] = [record for record in log if last[record.key] == record.offset]


class FakeBatch:
    """aiokafka's BatchBuilder."""

    def __init__(self, most_bytes: int) -> None:
        self.records: list[tuple[bytes | None, bytes | None, Any]] = []
        self.timestamps: list[int] = []
        self.closed = False
        self._left = most_bytes

    def append(self, *, timestamp: int, key: bytes | None, value: bytes | None, headers: Any) -> object | None:
        """None when it is full; the first record is always taken."""
        size = len(key or b"") + len(value or b"")
        if self.records and size > self._left:
            return None
        self._left -= size
        self.records.append((key, value, headers))
        self.timestamps.append(timestamp)
        return self

    def record_count(self) -> int:
        """How many it holds."""
        return len(self.records)

    def close(self) -> None:
        """Nothing is appended from here on."""
        self.closed = True


class Metadata(NamedTuple):
    """Where a batch was put."""

    offset: int


class FakeProducer:
    """aiokafka's producer, as far as batches go."""

    def __init__(self, kafka: FakeKafka, most_bytes: int = 1_000_000) -> None:
        self._kafka = kafka
        self._most_bytes = most_bytes
        self.sent: list[FakeBatch] = []

    def create_batch(self) -> FakeBatch:
        """An empty one."""
        return FakeBatch(self._most_bytes)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        """The future of its acknowledgement."""
        assert batch.closed
        self.sent.append(batch)
        return self._kafka.network.ask((topic, partition), lambda: Metadata(self._kafka.append(topic, partition, batch.records)))

    async def partitions_for(self, topic: str) -> set[int]:
        """All topics have as many."""
        return set(range(self._kafka.partitions))


class FakeReader:
    """aiokafka's consumer without a group. ``page``: the most records of one answer."""

    def __init__(self, kafka: FakeKafka, page: int = 3) -> None:
        self._kafka = kafka
        self._page = page
        self._positions: dict[Any, int] = {}
        self.running = False

    async def start(self) -> None:
        """Connect."""
        self.running = True

    async def stop(self) -> None:
        """Disconnect."""
        self.running = False

    def assign(self, places: Iterable[Any]) -> None:
        """Read these."""
        self._positions = dict.fromkeys(places, 0)

    def seek(self, place: Any, offset: int) -> None:
        """Read on from there."""
        self._positions[place] = offset

    async def position(self, place: Any) -> int:
        """Where the next read begins."""
        return self._positions[place]

    async def beginning_offsets(self, places: Iterable[Any]) -> dict[Any, int]:
        """Where logs begin."""
        return {place: next((record.offset for record in self._kafka.log(*place)), 0) for place in places}

    async def end_offsets(self, places: Iterable[Any]) -> dict[Any, int]:
        """Where logs end."""
        assert self.running
        return await self._kafka.network.ask(("read",), lambda: {place: self._end(place) for place in places})

    def _end(self, place: Any) -> int:
        log = self._kafka.log(*place)
        return log[-1].offset + 1 if log else 0

    async def getmany(self, place: Any, *, timeout_ms: int) -> Mapping[Any, list[FakeRecord]]:
        """The next records."""
        found = await self._kafka.network.ask(("read",), lambda: self._records(place))
        if found:
            self._positions[place] = found[-1].offset + 1
        return {place: found}

    def _records(self, place: Any) -> list[FakeRecord]:
        begin = self._positions[place]
        return [record for record in self._kafka.log(*place) if record.offset >= begin][: self._page]
