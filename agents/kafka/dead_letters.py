"""`winnow rejected`: records that could not be read and that nobody has handled; put back after a fix, or dismissed.

What was handled is what the group ``<prefix>-rejected`` has committed (`agents.kafka.handled`): nobody else needs to remember it.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiokafka
import orjson
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from agents.kafka import clients
from agents.kafka.handled import Handled, read_handled
from agents.kafka.scan import Scanner
from agents.settings import Settings
from pipeline.stream import WATERMARK, header, original
from schemas.times import to_milliseconds

GROUP = "rejected"
RETURNABLE = ("posts", "feedback", "outcomes", "labels")
"""Topics that others write: a record on them may be good once its reader is mended. The rest is Winnow's own."""


@dataclass(slots=True)
class Heap:
    """Unhandled records of one stage, reason code and topic."""

    stage: str
    code: str
    topic: str
    records: int = 0
    oldest_ms: int = 0
    example: str = ""
    reason: str = ""

    def line(self, now_ms: int) -> str:
        """For people."""
        age = max(now_ms - self.oldest_ms, 0) / 3_600_000
        return f"{self.records:>8,} {self.stage} {self.code} on {self.topic}, oldest {age:.1f} h ({self.example}): {self.reason}"

    def to_json(self, now_ms: int) -> dict[str, Any]:
        """For --json."""
        return {
            "stage": self.stage, "code": self.code, "topic": self.topic, "records": self.records,
            "oldest_age_seconds": max(now_ms - self.oldest_ms, 0) / 1000, "example": self.example, "reason": self.reason,
        }  # fmt: skip


@dataclass(slots=True)
class Returned:
    """What came of putting records back: how many went, and why others still wait."""

    records: int = 0
    left: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One partition of rejected: where its records begin and end, and what of them somebody has handled."""

    begin: int
    end: int
    handled: Handled

    def offsets(self) -> int:
        """How many offsets nobody has handled."""
        return sum(behind - first for first, behind in self.handled.waiting(self.begin, self.end))

    def first(self) -> int | None:
        """The first of them."""
        return next((first for first, _ in self.handled.waiting(self.begin, self.end)), None)


async def unhandled(settings: Settings, scanner: Scanner) -> dict[TopicPartition, Waiting]:
    """What nobody has handled yet, by partition."""
    extents = await scanner.extents(scanner.nouns(["rejected"]))
    places = [(place.topic, place.partition) for place in extents]
    done = await clients.committed_with_notes(settings, f"{settings.prefix}-{GROUP}", places)
    found = {}
    for place, (begin, end) in extents.items():
        handled = read_handled(*done.get((place.topic, place.partition), (0, "")))
        # What retention has taken waits no longer.
        found[place] = Waiting(begin, end, handled.with_runs([(0, begin)]))
    return found


class Oldest:
    """Remembers when the first unhandled record of each partition was written, so that a look costs a read only when it moved."""

    def __init__(self) -> None:
        self._known: dict[TopicPartition, tuple[int, int]] = {}

    async def look(self, settings: Settings, scanner: Scanner) -> tuple[int, int | None]:
        """How many offsets are unhandled, and when the oldest was written (Unix ms); None when there is none."""
        there = await unhandled(settings, scanner)
        waiting = {place: first for place, one in there.items() if (first := one.first()) is not None}
        self._known = {place: known for place, known in self._known.items() if waiting.get(place) == known[0]}
        fresh = {place: (first, first + 1) for place, first in waiting.items() if place not in self._known}
        async for place, records in scanner.records(fresh):
            self._known[place] = (fresh[place][0], records[0].timestamp)
        return sum(one.offsets() for one in there.values()), min((at for _, at in self._known.values()), default=None)


async def heaps(settings: Settings) -> list[Heap]:
    """All that is unhandled, by stage, code and topic, the largest first."""
    found: dict[tuple[str, str, str], Heap] = {}
    async with Scanner(settings) as scanner:
        async for _, record in _records(scanner, await unhandled(settings, scanner)):
            message = orjson.loads(record.value)
            lineage = message["lineage"]
            key = (message["stage"], message["code"], lineage["topic"])
            heap = found.setdefault(key, Heap(*key))
            heap.records += 1
            at_ms = to_milliseconds(message["appended_at"])
            if not heap.oldest_ms or at_ms < heap.oldest_ms:
                heap.oldest_ms, heap.reason = at_ms, message["reason"]
                heap.example = f"{lineage['topic']}:{lineage['partition']}:{lineage['offset']}"
    return sorted(found.values(), key=lambda heap: (-heap.records, heap.stage, heap.code, heap.topic))


async def put_back(settings: Settings, *, code: str | None = None) -> Returned:
    """Write unhandled records to where they came from, byte for byte, and call them handled; ``code``: only those with this reason.

    What is not put back waits on. Raises WinnowError when the broker does not take one: nothing is called handled then.
    """
    result = Returned()
    producer = clients.producer(settings)
    try:
        await producer.start()
        async with Scanner(settings) as scanner:
            there = await unhandled(settings, scanner)
            done = await _choose(scanner, there, lambda message: _stays(message, code), result)
            async for place, record in _records(scanner, there):
                if record.offset in done[place] and record.offset not in there[place].handled:
                    await _write(settings, producer, orjson.loads(record.value))
                    result.records += 1
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await producer.stop()
    await _commit(settings, done)
    return result


async def dismiss(settings: Settings, *, code: str | None = None) -> Returned:
    """Call all that is unhandled handled, or what has this reason; what still waits, and why."""
    result = Returned()
    async with Scanner(settings) as scanner:
        there = await unhandled(settings, scanner)
        if code is None:
            done = {place: Handled(one.end) for place, one in there.items()}
            result.records = sum(one.offsets() for one in there.values())
        else:
            done = await _choose(scanner, there, lambda message: _other(message, code), result)
            result.records = sum(one.offsets() for one in there.values()) - sum(
                Waiting(one.begin, one.end, done[place]).offsets() for place, one in there.items()
            )
    await _commit(settings, done)
    return result


async def _choose(
    scanner: Scanner, there: Mapping[TopicPartition, Waiting], stays: Callable[[dict[str, Any]], str | None], result: Returned
) -> dict[TopicPartition, Handled]:
    """What is handled once those that do not stay are; why others stay is counted in ``result``.

    What Kafka keeps beside an offset is small: where handled and waiting records alternate by the thousand, the later ones wait.
    """
    runs: dict[TopicPartition, list[tuple[int, int]]] = {place: [] for place in there}
    async for place, record in _records(scanner, there):
        if (why := stays(orjson.loads(record.value))) is not None:
            result.left[why] += 1
        elif runs[place] and runs[place][-1][1] == record.offset:
            runs[place][-1] = (runs[place][-1][0], record.offset + 1)
        else:
            runs[place].append((record.offset, record.offset + 1))
    found = {}
    for place, one in there.items():
        count = len(runs[place])
        while not (handled := one.handled.with_runs(runs[place][:count])).fits():
            count = count * 9 // 10
        if late := sum(behind - first for first, behind in runs[place][count:]):
            result.left["too scattered among others that wait: handle those first, then repeat this"] += late
        found[place] = handled
    return found


def _other(message: Mapping[str, Any], code: str | None) -> str | None:
    """Why a record is not meant; None when it is."""
    return f"reason {message['code']}" if code is not None and message["code"] != code else None


def _stays(message: dict[str, Any], code: str | None) -> str | None:
    """Why a record is not put back; None when it is."""
    if (why := _other(message, code)) is not None:
        return why
    if message["lineage"]["topic"] not in RETURNABLE:
        return f"from {message['lineage']['topic']}, which Winnow writes itself"
    found = original(message)
    return found if isinstance(found, str) else None


async def _write(settings: Settings, producer: aiokafka.AIOKafkaProducer, message: dict[str, Any]) -> None:
    found, lineage = original(message), message["lineage"]
    assert not isinstance(found, str), "what cannot be put back was not chosen"
    topic = settings.topic(lineage["topic"])
    await producer.send_and_wait(topic, found.value, key=found.key, partition=lineage["partition"], headers=found.headers)


async def _records(scanner: Scanner, there: Mapping[TopicPartition, Waiting]) -> AsyncIterator[tuple[TopicPartition, Any]]:
    """Those that nobody has handled, with their partition."""
    extents = {place: (first, one.end) for place, one in there.items() if (first := one.first()) is not None}
    async for place, records in scanner.records(extents):
        for record in records:
            if record.offset not in there[place].handled and record.value and header(record, "ce_type") != WATERMARK.encode():
                yield place, record


async def _commit(settings: Settings, done: Mapping[TopicPartition, Handled]) -> None:
    group = f"{settings.prefix}-{GROUP}"
    consumer = aiokafka.AIOKafkaConsumer(**clients.connection(settings), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(list(done))
        await consumer.commit({place: OffsetAndMetadata(handled.position, handled.note()) for place, handled in done.items()})
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await consumer.stop()


def now_ms() -> int:
    """The wall clock, Unix ms."""
    return int(time.time() * 1000)
