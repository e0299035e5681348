"""State changes of a shard in; one atomic record batch in the stage's changelog out, and the whole state back on restore.

Written by `agents.runtime.delivery`, taken over by the partition runners, measured by ``winnow bench``.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents.kafka import Stall, clients
from agents.runtime.own_writes import OwnWrites
from agents.settings import Settings
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

SEPARATOR = b"|"
FORMAT = 6
FORMAT_HEADER = ("winnow_state", str(FORMAT).encode())
"""State format version, on every record: a worker reads older ones by way of MIGRATIONS and refuses a newer one."""

Migration = Callable[[str, bytes, bytes], bytes]


def _as_it_was(_stage: str, _key: bytes, value: bytes) -> bytes:
    """The same value: 0 was written before the first release; 2 added what actions and policies in force did not say in 1; 3 what texts,
    series and situations did not say in 2, each of which reads its former versions; 4 long gaps as numbers and what was written where;
    5 what decisions and actions did not say in 4, whose former versions are read; 6 what evidence and policies did not say in 5,
    what became of posts, and what each added where."""
    return value


MIGRATIONS: Mapping[int, Migration] = {0: _as_it_was, 1: _as_it_was, 2: _as_it_was, 3: _as_it_was, 4: _as_it_was, 5: _as_it_was}
"""Format n -> the value that a (stage, key, value) of it has in format n + 1. Whoever raises FORMAT adds the way there.

Keys never change: the former key's record would outlive the tombstone of the new one. A changelog may hold several formats
at once, each value in that of its last change.
"""


EPOCH_KEY = b"@owner"
EPOCH_HEADER = "winnow_owner"
"""Under which epoch of its shard a record was written; every new owner begins one. What a former owner still had on its way when
another one took over is void: readers pass over it, and its successor writes the keys anew before compaction takes what counts for
older. `agents.kafka.topics` leaves it an hour for that."""


MARKS, MARK_KEY = b"@mark/", b"left"
"""The key of what an owner leaves for the next one (`agents.runtime.suspicion.Mark`) begins unlike any shard's name: no part of the
state that shards see, of this release or a former one."""


@dataclass(slots=True)
class _Found:
    """State of a shard as far as it was read.

    mark: the newest, and under which epoch it was left. stale: keys over which a former owner has written since; they are owed a
    rewrite. blank: nothing of it is older than the topic, and nobody has written anything but that the shard is his.
    """

    epoch: int = 0
    mark: tuple[int, bytes] = (0, b"")
    items: dict[bytes, bytes] = field(default_factory=dict)
    stale: set[bytes] = field(default_factory=set)
    blank: bool = True

    def anew(self) -> dict[bytes, bytes | None]:
        """What the keys that are owed a rewrite have to say."""
        return {key: b"" if key == EPOCH_KEY else self.items.get(key) for key in sorted(self.stale)}


class StateStore:
    """The changelog of one stage. Keys are ``<shard>|<state key>``; shards of one partition number share a partition.

    All changes of one input batch are ONE Kafka record batch, so a crash leaves all of them or none. Kafka does not fence who was
    suspended in the middle of a write, so every record bears its owner's epoch, and readers pass over those of former ones. (It
    would, with a transaction for every write: 23 ms each instead of .6.) An owner goes on looking for such writes: `look`, `guard`.
    open_reader: makes a consumer that begins at the first record.
    """

    def __init__(
        self,
        settings: Settings,
        stage: str,
        producer: aiokafka.AIOKafkaProducer,
        *,
        open_reader: Callable[[Settings], aiokafka.AIOKafkaConsumer] = clients.reader,
    ) -> None:
        self._settings = settings
        self._producer = producer
        self._stage = stage
        self._open_reader = open_reader
        self._epochs: dict[str, int] = {}
        self._own: dict[str, OwnWrites] = {}
        self._ends: dict[int, int] = {}
        self._blank: set[str] = set()
        self._asker: aiokafka.AIOKafkaConsumer | None = None
        self._marks: dict[str, bytes] = {}
        self.topic = settings.topic(f"{stage}-state")

    async def write(self, shard: str, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """Append the changes; returns when acknowledged. Raises WinnowError when that fails or they fit no batch."""
        if changes:
            await self._append(shard, partition, changes)

    def mark(self, shard: str) -> bytes:
        """What the former owner of a shard that was taken over had left for the next one; empty when nothing."""
        return self._marks[shard]

    async def leave_mark(self, shard: str, partition: int, mark: bytes) -> None:
        """Leave something for the next owner. Raises as `write` does."""
        if mark != self._marks[shard]:
            await self._append(shard, partition, {MARK_KEY: mark}, of=MARKS)
            self._marks[shard] = mark

    async def take_over(self, shard: str, partition: int, still_ours: Callable[[], None] = lambda: None) -> dict[bytes, bytes]:
        """Become the owner of a shard: its state, and from here on nothing counts that a former owner writes.

        Raises WinnowError as `read` and `write` do, and when another one takes over at the same time: one of the two is a former
        owner that does not know it yet, and with equal epochs the writes of both would count. still_ours: raises when the shard may
        be somebody else's; asked before every write, as one that was held up would end the epoch of its rightful owner.
        """
        found = _Found()
        begin = await self._read(shard, partition, found, 0, None)
        still_ours()
        epoch = self._epochs[shard] = found.epoch + 1
        self._marks[shard] = found.mark[1]
        claimed = await self._append(shard, partition, {EPOCH_KEY: b""})
        if begin < claimed:  # what came between the two is a former owner's, and in time
            await self._read(shard, partition, found, begin, claimed)
        if found.epoch >= epoch:
            raise WinnowError(
                f"another worker took over {self._stage} {shard} at the same time",
                hint="Nothing was written: the supervisor starts a new worker.",
            )
        (self._blank.add if found.blank else self._blank.discard)(shard)
        self._own[shard] = OwnWrites(partition, epoch, claimed + 1)
        await self._write_anew(shard, partition, found, still_ours)
        return found.items

    def blank(self, shard: str) -> bool:
        """Whether nobody had ever written state of this shard when it was taken over: it is new, or its topic was deleted and made anew."""
        return shard in self._blank

    async def _write_anew(self, shard: str, partition: int, found: _Found, still_ours: Callable[[], None]) -> None:
        if found.stale:
            still_ours()
            log.warning("%s %s: %d keys that a former owner wrote too late are written anew", self._stage, shard, len(found.stale))
            await self.write(shard, partition, found.anew())

    # -- while it is ours --------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Ask where the partitions of our shards end: one request, for `guard` to go by. Raises KafkaError when nobody says."""
        places = {TopicPartition(self.topic, own.partition) for own in self._own.values()}
        if not places:
            return
        if self._asker is None:
            asker = self._open_reader(self._settings)
            try:
                await asker.start()
            except BaseException:
                await asker.stop()
                raise
            self._asker = asker
        self._ends = {place.partition: end for place, end in (await self._asker.end_offsets(places)).items()}

    async def close(self) -> None:
        """No more looks."""
        asker, self._asker = self._asker, None
        if asker is not None:
            await asker.stop()

    async def guard(self, shard: str, partition: int, still_ours: Callable[[], None] = lambda: None) -> None:
        """Write anew what somebody wrote over who owned this shard before us. To be called by who writes it, between two writes.

        Costs nothing as long as all that was appended since the last look is our own. Raises WinnowError when a later owner has
        written: this one is a former owner that does not know it yet.
        """
        own = self._own.get(shard)
        if own is None or self._ends.get(partition, 0) <= own.clear_to:
            return
        found = _Found(own.epoch)
        end = await self._read(shard, partition, found, own.clear_to, None)
        if found.stale:  # what they should say stands anywhere before
            found = _Found()
            end = await self._read(shard, partition, found, 0, None)
        if found.epoch > own.epoch:
            raise WinnowError(
                f"another worker took over {self._stage} {shard}: its state in {self.topic}/{partition} has owner {found.epoch}, "
                f"this one is {own.epoch}",
                hint="Nothing more is written: the supervisor starts a new worker.",
            )
        own.looked_to(end)
        await self._write_anew(shard, partition, found, still_ours)

    # -- records -----------------------------------------------------------------------------------------------------

    async def _append(self, shard: str, partition: int, changes: Mapping[bytes, bytes | None], *, of: bytes = b"") -> int:
        """Append one record batch; the offset of its first record. of: what stands before the shard's name in keys."""
        batch = self._producer.create_batch()
        now_ms = int(time.time() * 1000)
        prefix = of + shard.encode() + SEPARATOR
        headers = [FORMAT_HEADER, (EPOCH_HEADER, b"%d" % self._epochs.get(shard, 0))]
        for key, value in changes.items():
            if batch.append(timestamp=now_ms, key=prefix + key, value=value, headers=headers) is None:
                size = sum(len(value or b"") for value in changes.values())
                raise WinnowError(
                    f"the state changes of one batch of {shard} ({size} bytes) fit no record batch of {self.topic}",
                    hint="Lower WINNOW_BATCH_RECORDS.",
                )
        try:
            batch.close()
            written = await (await self._producer.send_batch(batch, self.topic, partition=partition))
        except KafkaError as error:
            raise clients.unwritten(self._settings, f"state to {self.topic}/{partition}", error) from error
        if written.offset >= 0:  # unknown when it was sent twice: then it looks like a hole, and is read
            for own in self._own.values():
                if own.partition == partition:
                    own.wrote(written.offset, written.offset + len(changes))
        return int(written.offset)

    async def read(self, shard: str, partition: int) -> dict[bytes, bytes]:
        """Latest value of every key of a shard. Raises WinnowError for a format of a newer Winnow."""
        found = _Found()
        await self._read(shard, partition, found, 0, None)
        return found.items

    async def _read(self, shard: str, partition: int, found: _Found, begin: int, end: int | None) -> int:
        """Add records ``begin`` (included) to ``end`` (excluded; None: all there are) to what was found; where the next read begins."""
        prefix = shard.encode() + SEPARATOR
        mark = MARKS + prefix + MARK_KEY
        place = TopicPartition(self.topic, partition)
        consumer = self._open_reader(self._settings)
        await consumer.start()
        try:
            consumer.assign([place])
            last = (await consumer.end_offsets([place]))[place] if end is None else end
            oldest = (await consumer.beginning_offsets([place]))[place]
            found.blank = found.blank and oldest == 0
            consumer.seek(place, max(begin, oldest))
            stall = Stall(self._settings.broker)
            while (position := await consumer.position(place)) < last:
                stall.look(position, [place])
                for record in (await consumer.getmany(place, timeout_ms=1_000)).get(place, ()):
                    version = self._version(record)
                    if record.offset < last and (record.key or b"").startswith(prefix):
                        self._take(found, record.key[len(prefix) :], record, version)
                    elif record.key == mark and _epoch_of(record) >= found.mark[0]:
                        found.mark = _epoch_of(record), record.value or b""
        finally:
            await consumer.stop()
        return int(last)

    def _take(self, found: _Found, key: bytes, record: aiokafka.ConsumerRecord, version: int) -> None:
        epoch = _epoch_of(record)
        found.blank = found.blank and key == EPOCH_KEY
        if epoch < found.epoch:
            found.stale.add(key)
            return
        found.epoch = epoch
        found.stale.discard(key)
        if record.value is None:
            found.items.pop(key, None)
        elif key != EPOCH_KEY:
            found.items[key] = self._current(version, key, record.value)

    def _current(self, version: int, key: bytes, value: bytes) -> bytes:
        """The value in the current format, whatever format it was written in."""
        for former in range(version, FORMAT):
            value = MIGRATIONS[former](self._stage, key, value)
        return value

    def _version(self, record: aiokafka.ConsumerRecord) -> int:
        """Format of a record. Raises WinnowError for one that cannot be read: never skipped, never guessed."""
        said = dict(record.headers).get(FORMAT_HEADER[0], b"")
        version = int(said) if said.isdigit() else -1
        if version != FORMAT and version not in MIGRATIONS:
            raise WinnowError(
                f"{self.topic}/{record.partition}/{record.offset} has state format {said!r}, "
                f"this Winnow reads {min(MIGRATIONS)} to {FORMAT}",
                hint="Run the version that wrote it, or a newer one.",
            )
        return version


def _epoch_of(record: aiokafka.ConsumerRecord) -> int:
    """Under which epoch a record was written; 0 before there were any."""
    return int(dict(record.headers).get(EPOCH_HEADER, b"0"))
