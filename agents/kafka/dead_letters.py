"""`winnow rejected`: records that could not be read and that nobody has handled; put back after a fix, or dismissed.

What was handled is what the group ``<prefix>-rejected`` has committed: nobody else needs to remember it.
"""

import base64
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiokafka
import orjson
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.kafka import clients
from agents.kafka.scan import Scanner
from agents.settings import Settings
from pipeline.stream import WATERMARK, header
from schemas.times import to_milliseconds

GROUP = "rejected"
RETURNABLE = ("posts", "feedback", "outcomes", "labels")
"""Topics that others write: a record on them may be good once its reader is mended. The rest is Winnow's own."""

Extents = dict[TopicPartition, tuple[int, int]]


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
    """What came of putting records back: how many went, and why others did not."""

    records: int = 0
    left: Counter[str] = field(default_factory=Counter)


async def unhandled(settings: Settings, scanner: Scanner) -> Extents:
    """What nobody has handled yet: partition -> first such offset and the one behind the last."""
    extents = await scanner.extents(scanner.nouns(["rejected"]))
    places = [(place.topic, place.partition) for place in extents]
    done = await clients.committed(settings, f"{settings.prefix}-{GROUP}", places)
    return {place: (min(max(done.get((place.topic, place.partition), 0), begin), end), end) for place, (begin, end) in extents.items()}


class Oldest:
    """Remembers when the first unhandled record of each partition was written, so that a look costs a read only when it moved."""

    def __init__(self) -> None:
        self._known: dict[TopicPartition, tuple[int, int]] = {}

    async def look(self, settings: Settings, scanner: Scanner) -> tuple[int, int | None]:
        """How many offsets are unhandled, and when the oldest was written (Unix ms); None when there is none."""
        waiting = {place: extent for place, extent in (await unhandled(settings, scanner)).items() if extent[0] < extent[1]}
        self._known = {place: known for place, known in self._known.items() if place in waiting and known[0] == waiting[place][0]}
        fresh = {place: (begin, begin + 1) for place, (begin, _) in waiting.items() if place not in self._known}
        async for place, records in scanner.records(fresh):
            self._known[place] = (fresh[place][0], records[0].timestamp)
        return sum(end - begin for begin, end in waiting.values()), min((at for _, at in self._known.values()), default=None)


async def heaps(settings: Settings) -> list[Heap]:
    """All that is unhandled, by stage, code and topic, the largest first."""
    found: dict[tuple[str, str, str], Heap] = {}
    async with Scanner(settings) as scanner:
        async for record in _records(scanner, await unhandled(settings, scanner)):
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
    """Write unhandled records to where they came from, byte for byte, and call them all handled; ``code``: only those are written.

    Raises WinnowError when the broker does not take them: nothing is called handled then.
    """
    result = Returned()
    producer = clients.producer(settings)
    try:
        await producer.start()
        async with Scanner(settings) as scanner:
            extents = await unhandled(settings, scanner)
            async for record in _records(scanner, extents):
                message = orjson.loads(record.value)
                why = _stays(message, code)
                if why is not None:
                    result.left[why] += 1
                    continue
                await _write(settings, producer, message)
                result.records += 1
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await producer.stop()
    await _handled(settings, extents)
    return result


async def dismiss(settings: Settings) -> int:
    """Call all that is unhandled handled; how many offsets."""
    async with Scanner(settings) as scanner:
        extents = await unhandled(settings, scanner)
    await _handled(settings, extents)
    return sum(end - begin for begin, end in extents.values())


def _stays(message: dict[str, Any], code: str | None) -> str | None:
    """Why a record is not put back; None when it is."""
    if code is not None and message["code"] != code:
        return f"reason {message['code']}"
    if message["truncated"]:
        return "too large to be kept whole"
    return None if message["lineage"]["topic"] in RETURNABLE else f"from {message['lineage']['topic']}, which Winnow writes itself"


async def _write(settings: Settings, producer: aiokafka.AIOKafkaProducer, message: dict[str, Any]) -> None:
    key = None if message["key_base64"] is None else base64.b64decode(message["key_base64"])
    headers = [(name, value.encode()) for name, value in message["headers"].items()]
    lineage = message["lineage"]
    value = base64.b64decode(message["raw_base64"])
    await producer.send_and_wait(settings.topic(lineage["topic"]), value, key=key, partition=lineage["partition"], headers=headers)


async def _records(scanner: Scanner, extents: Extents) -> AsyncIterator[Any]:
    async for _, records in scanner.records(extents):
        for record in records:
            if record.value and header(record, "ce_type") != WATERMARK.encode():
                yield record


async def _handled(settings: Settings, extents: Extents) -> None:
    group = f"{settings.prefix}-{GROUP}"
    consumer = aiokafka.AIOKafkaConsumer(**clients.connection(settings), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(list(extents))
        await consumer.commit({place: end for place, (_, end) in extents.items()})
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await consumer.stop()


def now_ms() -> int:
    """The wall clock, Unix ms."""
    return int(time.time() * 1000)
