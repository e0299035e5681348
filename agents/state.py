"""State changes of a shard in; one atomic record batch in the stage's changelog out, and the whole state back on restore."""

import time
from collections.abc import Mapping

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from agents import clients
from agents.settings import Settings
from schemas.errors import WinnowError

SEPARATOR = b"|"
FORMAT_HEADER = ("winnow_state", b"1")
"""State format version, on every record: a worker refuses a newer one."""


class StateStore:
    """The changelog of one stage. Keys are ``<shard>|<state key>``; shards of one partition number share a partition.

    All changes of one input batch are ONE Kafka record batch, so a crash leaves all of them or none.
    """

    def __init__(self, settings: Settings, stage: str, producer: aiokafka.AIOKafkaProducer) -> None:
        self._settings = settings
        self._producer = producer
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
        """Latest value of every key of a shard. Raises WinnowError for a state format from a newer Winnow."""
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
                    self._check_format(record)
                    key = record.key or b""
                    if not key.startswith(prefix):
                        continue
                    if record.value is None:
                        found.pop(key[len(prefix) :], None)
                    else:
                        found[key[len(prefix) :]] = record.value
        finally:
            await consumer.stop()
        return found

    def _check_format(self, record: aiokafka.ConsumerRecord) -> None:
        version = dict(record.headers).get(FORMAT_HEADER[0], b"")
        if version != FORMAT_HEADER[1]:
            raise WinnowError(
                f"{self.topic}/{record.partition}/{record.offset} has state format {version!r}, this Winnow reads {FORMAT_HEADER[1]!r}",
                hint="Run the version that wrote it, or a newer one.",
            )
