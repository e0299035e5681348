"""Outputs of a step in; acknowledged record batches in Kafka out, keyed to the same partition as the Java client's."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.kafka import clients
from agents.settings import Settings
from pipeline.stream import Output, partition_of
from schemas.errors import WinnowError


class _Route:
    """One topic of a step: its batches as they fill, by partition."""

    __slots__ = ("count", "open", "topic")

    def __init__(self, topic: str, count: int) -> None:
        self.topic = topic
        self.count = count
        self.open: list[BatchBuilder | None] = [None] * count


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
        routes: dict[str, _Route] = {}
        sent: list[asyncio.Future[Any]] = []
        try:
            # This runs for every output: one look-up by noun, and nothing awaited unless a batch is full.
            for output in outputs:
                route = routes.get(output.noun) or routes.setdefault(output.noun, await self._route(output.noun))
                headers = output.headers()
                key, value = output.key, output.value
                for partition in range(route.count) if output.broadcast else (partition_of(key or output.id.encode(), route.count),):
                    batch = route.open[partition]
                    if batch is None or batch.append(timestamp=now_ms, key=key, value=value, headers=headers) is None:
                        if batch is not None:
                            sent.append(await self._send(batch, route.topic, partition))
                        # The first record of a batch is taken whatever its size: the broker refuses what is too large.
                        batch = route.open[partition] = self._producer.create_batch()
                        batch.append(timestamp=now_ms, key=key, value=value, headers=headers)
            for route in routes.values():
                for partition, batch in enumerate(route.open):
                    if batch is not None:
                        sent.append(await self._send(batch, route.topic, partition))
            await asyncio.gather(*sent)
        except KafkaError as error:
            topics = ", ".join(sorted(route.topic for route in routes.values())) or "Kafka"
            raise clients.unwritten(self._settings, f"to {topics}", error) from error

    async def _send(self, batch: BatchBuilder, topic: str, partition: int) -> "asyncio.Future[Any]":
        batch.close()
        future: asyncio.Future[Any] = await self._producer.send_batch(batch, topic, partition=partition)
        return future

    async def _route(self, noun: str) -> _Route:
        topic = self._settings.topic(noun)
        count = self._partitions.get(topic)
        if count is None:
            try:
                count = len(await self._producer.partitions_for(topic))
            except UnknownTopicOrPartitionError as error:
                raise WinnowError(f"topic {topic} does not exist at {self._settings.broker}", hint="Run `winnow topics apply`.") from error
            self._partitions[topic] = count
        return _Route(topic, count)
