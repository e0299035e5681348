"""A small compacted topic in: all that it holds, and from then on what is added, handed to who follows it. For models and silences."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.kafka import Stall, clients
from agents.settings import Settings
from schemas.errors import Unavailable

log = logging.getLogger("winnow")

LOOK_SECONDS = 1.0
MOST_RECORDS = 1_000


class CompactedTopic:
    """Follows a topic by its noun. ``take_in`` gets each record in order of its partition, ``caught_up`` is awaited when all were read
    that there were, and again whenever some more were.
    """

    def __init__(self, settings: Settings, noun: str, take_in: Callable[[Any], None], caught_up: Callable[[], Awaitable[None]]) -> None:
        self._settings = settings
        self._noun = noun
        self._topic = settings.topic(noun)
        self._take_in = take_in
        self._caught_up = caught_up
        self._task: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """Begin to follow, in the running loop; further calls do nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name=self._noun)

    async def _follow(self) -> None:
        while True:
            try:
                await self._read_on()
            except (KafkaError, OSError, Unavailable) as error:
                log.warning("cannot read the topic of %s, will try again: %r", self._noun, error)
            except Exception:  # what was known stays in force, and nobody is deaf from now on for what one record says
                log.exception("what the topic of %s says cannot be taken up, will try again", self._noun)
            await asyncio.sleep(LOOK_SECONDS)

    async def _read_on(self) -> None:
        """Read the topic, then look for more once in a while."""
        consumer = clients.reader(self._settings)
        try:
            await consumer.start()
            # A fetch that waits for what hardly ever comes costs the broker more than asking where the topic ends.
            places = [TopicPartition(self._topic, number) for number in range(await self._count())]
            positions = dict.fromkeys(places, 0)
            consumer.assign(places)
            consumer.pause(*places)
            known = False
            while True:
                ends = await consumer.end_offsets(places)
                if any(positions[place] > ends[place] for place in places):
                    raise OSError(f"{self._topic} ends before where it was read: it was made anew")
                behind = [place for place in places if positions[place] < ends[place]]
                if behind:
                    await self._catch_up(consumer, behind, positions, ends)
                if behind or not known:
                    await self._caught_up()
                    known = True
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await consumer.stop()

    async def _count(self) -> int:
        admin = clients.admin(self._settings)
        try:
            await admin.start()
            (found,) = await admin.describe_topics([self._topic])
        finally:
            await admin.close()
        if not found["partitions"]:
            raise OSError(f"{self._topic} does not exist")
        return len(found["partitions"])

    async def _catch_up(self, consumer: Any, behind: list[TopicPartition], positions: dict[Any, int], ends: Mapping[Any, int]) -> None:
        for place in behind:
            consumer.seek(place, max(positions[place], (await consumer.beginning_offsets([place]))[place]))
        consumer.resume(*behind)
        stall = Stall(self._settings.broker)
        while True:
            at = {place: await consumer.position(place) for place in behind}
            if not (left := [place for place in behind if at[place] < ends[place]]):
                break
            stall.look(sum(at.values()), left)
            for records in (await consumer.getmany(timeout_ms=500, max_records=MOST_RECORDS)).values():
                for record in records:
                    self._take_in(record)
        positions |= at
        consumer.pause(*behind)
