"""Outputs of a step in; acknowledged record batches in Kafka out, keyed to the same partition as the Java client's."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import aiokafka
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder

from agents.kafka import clients
from agents.settings import Settings
from pipeline.stream import Output, Written
from schemas.errors import WinnowError
from schemas.topics import READ


class _Route:
    """One topic of a step: its batches as they fill, by partition, and which of their records are broadcasts."""

    __slots__ = ("broadcasts", "count", "noun", "open", "topic")

    def __init__(self, noun: str, topic: str, count: int) -> None:
        self.noun = noun
        self.topic = topic
        self.count = count
        self.open: list[BatchBuilder | None] = [None] * count
        self.broadcasts: list[list[int]] = [[] for _ in range(count)]


class _Sent(NamedTuple):
    """A batch on its way: ``future`` is its acknowledgement, ``broadcasts`` are the indices of those among its ``amount`` records."""

    future: "asyncio.Future[Any]"
    noun: str
    partition: int
    amount: int
    broadcasts: list[int]

    def written(self) -> Iterator[Written]:
        """Where its records lie, without broadcasts: a stage that is not told of a watermark has lost no event."""
        base = int(self.future.result().offset)
        if base < 0:  # the broker knows the batch from an earlier try, and no longer where it put it
            return
        start = 0
        for stop in (*self.broadcasts, self.amount):
            if start < stop:
                yield Written(self.noun, self.partition, base + start, base + stop - 1)
            start = stop + 1


class Emitter:
    """Writes outputs in as few record batches as fit and returns when the brokers have acknowledged every one of them.

    Any failure to write is a `WinnowError`: the worker dies without acknowledging its input, and Kafka hands it out again.
    """

    def __init__(self, settings: Settings, producer: aiokafka.AIOKafkaProducer) -> None:
        self._settings = settings
        self._producer = producer
        self._partitions: dict[str, int] = {}

    async def emit(self, outputs: Sequence[Output]) -> list[Written]:
        """Write all outputs; per partition they keep their order. Returns where those lie that another stage has to read."""
        if not outputs:
            return []
        now_ms = int(time.time() * 1000)
        routes: dict[str, _Route] = {}
        sent: list[_Sent] = []
        try:
            # This runs for every output: one look-up by noun, and nothing awaited unless a batch is full.
            for output in outputs:
                route = routes.get(output.noun) or routes.setdefault(output.noun, await self._route(output.noun))
                headers = output.headers(self._settings.prefix)
                key, value = output.key, output.value
                for partition in range(route.count) if output.broadcast else (output.partition(route.count),):
                    batch = route.open[partition]
                    if batch is None or batch.append(timestamp=now_ms, key=key, value=value, headers=headers) is None:
                        if batch is not None:
                            sent.append(await self._send(batch, route, partition))
                        # The first record of a batch is taken whatever its size: the broker refuses what is too large.
                        batch = route.open[partition] = self._producer.create_batch()
                        batch.append(timestamp=now_ms, key=key, value=value, headers=headers)
                    if output.broadcast:
                        route.broadcasts[partition].append(batch.record_count() - 1)
            for route in routes.values():
                for partition, batch in enumerate(route.open):
                    if batch is not None:
                        sent.append(await self._send(batch, route, partition))
            await asyncio.gather(*(one.future for one in sent))
        except KafkaError as error:
            topics = ", ".join(sorted(route.topic for route in routes.values())) or "Kafka"
            raise clients.unwritten(self._settings, f"to {topics}", error) from error
        return [written for one in sent if one.noun in READ for written in one.written()]

    async def _send(self, batch: BatchBuilder, route: _Route, partition: int) -> _Sent:
        batch.close()
        broadcasts, route.broadcasts[partition] = route.broadcasts[partition], []
        future: asyncio.Future[Any] = await self._producer.send_batch(batch, route.topic, partition=partition)
        return _Sent(future, route.noun, partition, batch.record_count(), broadcasts)

    async def _route(self, noun: str) -> _Route:
        topic = self._settings.topic(noun)
        count = self._partitions.get(topic)
        if count is None:
            try:
                count = len(await self._producer.partitions_for(topic))
            except UnknownTopicOrPartitionError as error:
                raise WinnowError(f"topic {topic} does not exist at {self._settings.broker}", hint="Run `winnow topics apply`.") from error
            self._partitions[topic] = count
        return _Route(noun, topic, count)
