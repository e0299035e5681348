"""Outputs of a step in; acknowledged record batches in Kafka out, keyed to the same partition as the Java client's."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.settings import Settings
from pipeline.partition import partition_of
from pipeline.stage import Output
from schemas.errors import WinnowError

Place = tuple[str, int]


class Emitter:
    """Writes outputs in as few record batches as fit and returns when the brokers have acknowledged every one of them.

    Any failure to write is a `WinnowError`: the worker dies without acknowledging its input, and Kafka hands it out again.
    """

    def __init__(self, settings: Settings, producer: aiokafka.AIOKafkaProducer) -> None:
        self._settings = settings
        self._producer = producer
        self._partitions: dict[str, int] = {}

    async def emit(self, outputs: Sequence[Output]) -> None:
        """Write all outputs; per partition they keep their order."""
        if not outputs:
            return
        now_ms = int(time.time() * 1000)
        open_batches: dict[Place, BatchBuilder] = {}
        sent: list[asyncio.Future[Any]] = []
        try:
            for output in outputs:
                topic = self._settings.topic(output.noun)
                count = self._partitions.get(topic) or await self._learn_partitions(topic)
                headers = output.headers()
                for partition in self._targets(output, count):
                    place = (topic, partition)
                    batch = open_batches.get(place) or open_batches.setdefault(place, self._producer.create_batch())
                    if batch.append(timestamp=now_ms, key=output.key, value=output.value, headers=headers) is None:
                        sent.append(await self._send(batch, place))
                        batch = open_batches[place] = self._producer.create_batch()
                        if batch.append(timestamp=now_ms, key=output.key, value=output.value, headers=headers) is None:
                            raise WinnowError(f"an output of {len(output.value)} bytes to {topic} fits no message")
            sent += [await self._send(batch, place) for place, batch in open_batches.items()]
            await asyncio.gather(*sent)
        except KafkaError as error:
            topics = ", ".join(sorted({topic for topic, _ in open_batches})) or "Kafka"
            raise WinnowError(
                f"cannot write to {topics} at {self._settings.broker}: {error}", hint="Nothing was acknowledged; input will be read again."
            ) from error

    async def _send(self, batch: BatchBuilder, place: Place) -> "asyncio.Future[Any]":
        batch.close()
        future: asyncio.Future[Any] = await self._producer.send_batch(batch, place[0], partition=place[1])
        return future

    @staticmethod
    def _targets(output: Output, count: int) -> Sequence[int]:
        if output.broadcast:
            return range(count)
        return (partition_of(output.key or output.id.encode(), count),)

    async def _learn_partitions(self, topic: str) -> int:
        found = await self._producer.partitions_for(topic)
        if not found:
            raise WinnowError(f"topic {topic} does not exist at {self._settings.broker}", hint="Run `winnow topics apply`.")
        self._partitions[topic] = len(found)
        return len(found)
