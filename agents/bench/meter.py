"""How many events a second workers settled or wrote, start-up excluded, read off the topics they write to."""

import asyncio
import time
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from agents.kafka import clients
from agents.settings import Settings
from pipeline.ledger import read_entry
from pipeline.stream import Unreadable
from schemas.errors import WinnowError

STALLED_SECONDS = 30.0
POLL_SECONDS = 0.02
START_UP = 512
"""So many events of a partition are start-up: a worker takes few at a time until it knows what they cost it."""


@dataclass(slots=True)
class Pace:
    """Events settled, by the broker's clock. The first `START_UP` events of every partition do not count, and their first batch never."""

    events: int = 0
    warm: int = 0
    dispositions: dict[int, int] = field(default_factory=dict)
    _seen: dict[tuple[str, int], int] = field(default_factory=dict)
    _warm_ms: dict[tuple[str, int], int] = field(default_factory=dict)
    _last_ms: int = 0

    def add(self, place: tuple[str, int], events: int, at_ms: int) -> None:
        """Note that ``events`` of an input partition were done at ``at_ms``."""
        self.events += events
        seen = self._seen.get(place, 0)
        self._seen[place] = seen + events
        if seen < START_UP:
            self.warm += events
            self._warm_ms[place] = at_ms
        self._last_ms = max(self._last_ms, at_ms)

    @property
    def seconds(self) -> float:
        """From the end of the first partition's start-up to the last batch done."""
        return max((self._last_ms - min(self._warm_ms.values())) / 1000, 0.001)

    @property
    def per_second(self) -> float:
        """Events a second behind start-up."""
        return (self.events - self.warm) / self.seconds


async def settled(settings: Settings, stage: str, events: int, *, topic: str | None = None) -> Pace:
    """Read the ledger until it accounts for so many events (of one input topic's noun, or all).

    Raises WinnowError when nothing is settled for half a minute.
    """
    pace = Pace()
    consumer = clients.reader(settings)
    await consumer.start()
    moved = time.monotonic()
    try:
        name = settings.topic("ledger")
        consumer.assign([TopicPartition(name, p) for p in range(settings.partitions)])
        while pace.events < events:
            for found in (await consumer.getmany(timeout_ms=100)).values():
                for record in found:
                    entry = read_entry(record.value)
                    if isinstance(entry, Unreadable) or entry.stage != stage or (topic and entry.span.topic != topic):
                        continue
                    moved = time.monotonic()
                    pace.add((entry.span.topic, entry.span.partition), entry.span.amount, record.timestamp)
                    for code, amount in entry.span.counts().items():
                        pace.dispositions[code] = pace.dispositions.get(code, 0) + amount
            if time.monotonic() - moved > STALLED_SECONDS:
                raise WinnowError(f"{stage} stands still: {pace.events} of {events} events settled")
    finally:
        await consumer.stop()
    return pace


async def written(settings: Settings, noun: str, events: int) -> float:
    """Watch a topic's end offsets until so many records are there; records a second behind the first look beyond start-up."""
    consumer = clients.reader(settings)
    await consumer.start()
    places = [TopicPartition(settings.topic(noun), p) for p in range(settings.partitions)]
    first: tuple[float, int] | None = None
    last = (time.monotonic(), 0)
    try:
        while last[1] < events:
            total = sum((await consumer.end_offsets(places)).values())
            now = time.monotonic()
            if total > last[1]:
                last = (now, total)
                if total > START_UP * len(places):
                    first = first or last
            elif now - last[0] > STALLED_SECONDS:
                raise WinnowError(f"nothing is written to {settings.topic(noun)} any more: {last[1]} of {events} records")
            await asyncio.sleep(POLL_SECONDS)
    finally:
        await consumer.stop()
    assert first is not None
    return (last[1] - first[1]) / max(last[0] - first[0], 0.001)
