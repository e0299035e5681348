"""Follows the topics into the board's database for as long as the board runs, whatever happens to the brokers meanwhile."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.board.changes import Changes, Touched
from agents.board.seen import Seen, from_record
from agents.board.store import Place, Store
from agents.kafka import clients
from agents.settings import Settings
from pipeline.stream import WATERMARK, header
from schemas.errors import WinnowError

log = logging.getLogger("winnow")
T = TypeVar("T")

FOLLOWED = ("situations", "decisions", "outcomes", "ledger", "health", "silences")
"""What the board reads, beside the actions of every team."""
LOOK_SECONDS = 10.0
"""How often it looks for the topics of new teams."""
CHECK_SECONDS = 1.0
RETRY_SECONDS = 1.0
ANSWER_SECONDS = 5.0
MOST_RECORDS = 5_000


class TopicFollower:
    """Reads from where the database stands. `run` goes on until cancelled; pages ask `caught_up`, `as_of_ms` and `trouble`."""

    def __init__(
        self, settings: Settings, store: Store, changes: Changes, *, now_ms: Callable[[], int] = lambda: int(time.time() * 1000)
    ) -> None:
        self._settings = settings
        self._store = store
        self._changes = changes
        self._now_ms = now_ms
        self._writer = ThreadPoolExecutor(1, "board-writer")
        self._positions: dict[Place, int] = {}
        self._applied = asyncio.Condition()
        self.caught_up = False
        """Whether all that the topics held when it started has been taken in."""
        self.as_of_ms = 0
        """When (Unix ms) nothing was last left to read: how fresh pages are."""
        self.behind = 0
        """Records that wait to be read."""
        self.trouble: str | None = None
        """Why nothing new comes, in one line; None while all is well."""

    async def run(self) -> None:
        """Follow until cancelled; what fails is said and tried again."""
        self._positions = await asyncio.to_thread(self._store.positions)
        try:
            while True:
                try:
                    await self._follow()
                except (KafkaError, OSError, WinnowError) as error:
                    self._troubled(error)
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._writer.shutdown(wait=True)

    def _troubled(self, error: Exception) -> None:
        found = error if isinstance(error, WinnowError) else clients.unreachable(self._settings, error)
        if self.trouble is None:
            log.warning("the board reads nothing new: %s", found)
        self.trouble = str(found)
        self._changes.note_state()

    def _well(self) -> None:
        if self.trouble is not None:
            log.info("the board reads again")
            self.trouble = None
            self._changes.note_state()

    async def _follow(self) -> None:
        isolation = "read_committed" if self._settings.broker_is_real else "read_uncommitted"
        consumer = clients.reader(self._settings, isolation_level=isolation, retry_backoff_ms=20)
        try:
            await consumer.start()
            await self._read(consumer)
        finally:
            await consumer.stop()

    async def _read(self, consumer: Any) -> None:
        looked = checked = float("-inf")
        nouns: dict[str, str] = {}
        while True:
            now = time.monotonic()
            if now - looked > LOOK_SECONDS:
                looked = now
                nouns = await self._assign(consumer, nouns)
            if not nouns:
                raise WinnowError(f"no topic of {self._settings.prefix} at {self._settings.broker}", hint="Run `winnow topics apply`.")
            found = await consumer.getmany(timeout_ms=200, max_records=MOST_RECORDS)
            if found:
                await self._take(nouns, found)
            if time.monotonic() - checked > CHECK_SECONDS:
                checked = time.monotonic()
                await self._check(consumer)

    async def _assign(self, consumer: Any, known: dict[str, str]) -> dict[str, str]:
        """Read every topic that there is by now, from where the database stands."""
        there = await asyncio.wait_for(clients.partition_counts(self._settings), ANSWER_SECONDS * 4)
        wanted = [self._settings.topic(noun) for noun in FOLLOWED]
        nouns = {name: self._settings.noun(name) for name in there if name in wanted or self._settings.is_of_actions(name)}
        if nouns.keys() == known.keys() or not nouns:
            return nouns
        places = [TopicPartition(name, number) for name in nouns for number in range(there[name])]
        ends = await asyncio.wait_for(consumer.end_offsets(places), ANSWER_SECONDS * 4)
        if any(self._positions.get((nouns[place.topic], place.partition), 0) > end for place, end in ends.items()):
            log.warning("a topic ends before where the board had read it: it was made anew, and so is the board's database")
            await self._on_writer(self._store.forget)
            self._positions = {}
            self.caught_up = False
        starts = await asyncio.wait_for(consumer.beginning_offsets(places), ANSWER_SECONDS * 4)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, max(self._positions.get((nouns[place.topic], place.partition), 0), starts[place]))
        return nouns

    async def _take(self, nouns: dict[str, str], found: dict[TopicPartition, list[Any]]) -> None:
        seen: list[Seen] = []
        positions: dict[Place, int] = {}
        for place, records in found.items():
            noun = nouns[place.topic]
            positions[noun, place.partition] = records[-1].offset + 1
            seen += [from_record(noun, record) for record in records if header(record, "ce_type") != WATERMARK.encode()]
        touched = await self._on_writer(lambda: self._store.apply(seen, positions, self._now_ms()))
        self._positions |= positions
        if self.caught_up:  # until then pages say that they are not complete; then all are read again
            self._changes.note(touched)
        async with self._applied:
            self._applied.notify_all()

    async def _on_writer(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def _check(self, consumer: Any) -> None:
        """Whether the brokers answer, and how much is left to read. Raises KafkaError or TimeoutError when they do not."""
        places = consumer.assignment()
        ends = await asyncio.wait_for(consumer.end_offsets(places), ANSWER_SECONDS)
        # Behind a transaction's marker nothing is handed out: the consumer's own position is what counts.
        self.behind = sum([max(0, end - await consumer.position(place)) for place, end in ends.items()])
        if self.behind == 0:
            self.as_of_ms = self._now_ms()
            if not self.caught_up:
                self.caught_up = True
                self._changes.note(Touched(everything=True))
        self._well()

    async def until(self, condition: Callable[[], bool], timeout_seconds: float) -> bool:
        """Wait until what was read makes a condition true (asked in a thread); False when it does not in time."""
        deadline = time.monotonic() + timeout_seconds
        while not await asyncio.to_thread(condition):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            try:
                async with self._applied:
                    await asyncio.wait_for(self._applied.wait(), min(left, 0.25))
            except TimeoutError:
                continue
        return True
