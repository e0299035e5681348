"""State changes of a shard in; one atomic record batch in the stage's changelog out, and the whole state back on restore."""

import time
from collections.abc import Callable, Mapping

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents import clients
from agents.settings import Settings
from schemas.errors import WinnowError

SEPARATOR = b"|"
FORMAT = 2
FORMAT_HEADER = ("winnow_state", str(FORMAT).encode())
"""State format version, on every record: a worker reads older ones by way of MIGRATIONS and refuses a newer one."""

Migration = Callable[[str, bytes, bytes], bytes]


def _as_it_was(_stage: str, _key: bytes, value: bytes) -> bytes:
    """The same value: 0 was written before the first release; 2 added what actions and policies in force did not say in 1."""
    return value


MIGRATIONS: Mapping[int, Migration] = {0: _as_it_was, 1: _as_it_was}
"""Format n -> the value that a (stage, key, value) of it has in format n + 1. Whoever raises FORMAT adds the way there.

Keys never change: the former key's record would outlive the tombstone of the new one. A changelog may hold several formats
at once, each value in that of its last change.
"""


class StateStore:
    """The changelog of one stage. Keys are ``<shard>|<state key>``; shards of one partition number share a partition.

    All changes of one input batch are ONE Kafka record batch, so a crash leaves all of them or none.
    """

    def __init__(self, settings: Settings, stage: str, producer: aiokafka.AIOKafkaProducer) -> None:
        self._settings = settings
        self._producer = producer
        self._stage = stage
        self.topic = settings.topic(f"{stage}-state")

    async def write(self, shard: str, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """Append the changes; returns when acknowledged. Raises WinnowError when that fails or they fit no batch."""
        if not changes:
            return
        batch = self._producer.create_batch()
        now_ms = int(time.time() * 1000)
        prefix = shard.encode() + SEPARATOR
        for key, value in changes.items():
            if batch.append(timestamp=now_ms, key=prefix + key, value=value, headers=[FORMAT_HEADER]) is None:
                size = sum(len(value or b"") for value in changes.values())
                raise WinnowError(
                    f"the state changes of one batch of {shard} ({size} bytes) fit no record batch of {self.topic}",
                    hint="Lower WINNOW_BATCH_RECORDS.",
                )
        try:
            batch.close()
            await (await self._producer.send_batch(batch, self.topic, partition=partition))
        except KafkaError as error:
            raise WinnowError(
                f"cannot write state to {self.topic}/{partition} at {self._settings.broker}: {error}",
                hint="Nothing was acknowledged; input will be read again.",
            ) from error

    async def read(self, shard: str, partition: int) -> dict[bytes, bytes]:
        """Latest value of every key of a shard. Raises WinnowError for a format of a newer Winnow."""
        found: dict[bytes, bytes] = {}
        prefix = shard.encode() + SEPARATOR
        place = TopicPartition(self.topic, partition)
        consumer = clients.reader(self._settings)
        await consumer.start()
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            begin = (await consumer.beginning_offsets([place]))[place]
            consumer.seek(place, begin)
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=1_000)).get(place, ()):
                    version = self._version(record)
                    key = record.key or b""
                    if not key.startswith(prefix):
                        continue
                    if record.value is None:
                        found.pop(key[len(prefix) :], None)
                    else:
                        found[key[len(prefix) :]] = self._current(version, key[len(prefix) :], record.value)
        finally:
            await consumer.stop()
        return found

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
