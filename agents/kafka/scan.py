"""Reads topics as they were when asked, bounded and without a group. For audit and explain."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.kafka import clients
from agents.kafka.stall import Stall
from agents.settings import Settings
from schemas.errors import WinnowError

Progress = Callable[[int, int], None]
"""Told (records read, records to read) now and then."""

MOST_RECORDS = 20_000
FETCH_BYTES = 8 * 1024 * 1024


class Scanner:
    """A reader for one question: use it in ``async with``; every failure to reach the broker is a `WinnowError`."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        self._settings = settings
        self._progress = progress
        # As the stages read: what a producer took back was never there. The embedded broker knows no transactions.
        isolation = "read_committed" if settings.broker_is_real else "read_uncommitted"
        # aiokafka sleeps so long for each topic that it has not heard of yet.
        self._consumer = clients.reader(settings, fetch_max_bytes=FETCH_BYTES, retry_backoff_ms=5, isolation_level=isolation)
        self._partitions: dict[str, int] = {}
        self.done = 0
        self.expected = 0

    async def __aenter__(self) -> Self:
        try:
            self._partitions = await clients.partition_counts(self._settings)
            await self._consumer.start()
        except (KafkaError, OSError) as error:
            await self._consumer.stop()
            raise clients.unreachable(self._settings, error) from error
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._consumer.stop()
        if isinstance(error, KafkaError | OSError):
            raise clients.unreachable(self._settings, error) from error

    def nouns(self, wanted: Iterable[str], *, optional: bool = False) -> list[str]:
        """The nouns whose topics exist, ``actions`` standing for those of all teams. Raises WinnowError when one is missing."""
        found, missing = [], []
        for noun in wanted:
            if noun == "actions":
                teams = sorted(self._settings.noun(name) for name in self._partitions if self._settings.is_of_actions(name))
                found += teams
                missing += [] if teams else [self._settings.topic("actions.<team>")]
            elif self._settings.topic(noun) in self._partitions:
                found.append(noun)
            else:
                missing.append(self._settings.topic(noun))
        if missing and not optional:
            raise WinnowError(f"topics are missing at {self._settings.broker}: {', '.join(missing)}", hint="Run `winnow topics apply`.")
        return found

    def places(self, nouns: Iterable[str]) -> list[TopicPartition]:
        """Every partition of these topics."""
        return [TopicPartition(name, number) for name in map(self._settings.topic, nouns) for number in range(self._partitions[name])]

    async def extents(self, nouns: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
        """First offset and the one behind the last of every partition of these topics, now."""
        places = self.places(nouns)
        if not places:
            return {}
        begins = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        return {place: (begins[place], ends[place]) for place in places}

    async def offsets_at(self, extents: Mapping[TopicPartition, tuple[int, int]], at_ms: int) -> dict[TopicPartition, int]:
        """The first offset of each partition that was appended at ``at_ms`` (Unix ms) or later, within these; their end where none was."""
        if not extents:
            return {}
        found = await self._consumer.offsets_for_times(dict.fromkeys(extents, max(at_ms, 0)))
        return {
            place: end if found.get(place) is None else min(max(found[place].offset, begin), end) for place, (begin, end) in extents.items()
        }

    def expect(self, extents: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Add these to what `Progress` is told about."""
        self.expected += sum(end - begin for begin, end in extents.values())

    async def records(self, extents: Mapping[TopicPartition, tuple[int, int]]) -> AsyncIterator[tuple[TopicPartition, list[Any]]]:
        """All records between these offsets, some of one partition at a time, each partition in order.

        Raises Unavailable when nothing comes for a minute.
        """
        open_ends = {place: end for place, (begin, end) in extents.items() if begin < end}
        if not open_ends:
            return
        self._consumer.assign(list(open_ends))
        for place in open_ends:
            self._consumer.seek(place, extents[place][0])
        positions = {place: extents[place][0] for place in open_ends}
        stall = Stall(self._settings.broker)
        while open_ends:
            found = await self._consumer.getmany(timeout_ms=500, max_records=MOST_RECORDS)
            for place, records in found.items():
                end = open_ends.get(place)
                if end is None:
                    continue
                if records[-1].offset >= end:
                    records = [record for record in records if record.offset < end]  # noqa: PLW2901  # the same, cut
                if records:
                    yield place, records
            for place in list(open_ends):
                position = min(await self._consumer.position(place), open_ends[place])
                if position > positions[place]:
                    self.done += position - positions[place]
                    positions[place] = position
                if position >= open_ends[place]:
                    del open_ends[place]
                    self._consumer.pause(place)
            if self._progress is not None:
                self._progress(self.done, self.expected)
            stall.look(sum(positions.values()), open_ends)
