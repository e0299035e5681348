"""Decide and act as real processes on a real Kafka, fed with situations as correlate writes them, and what teams then see."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiokafka
import orjson
from aiokafka import TopicPartition

from agents.kafka import clients, topics
from agents.kafka.scan import Scanner
from agents.local.supervise import Supervisor
from agents.local.up import environment
from agents.settings import Settings
from pipeline.policy.load import load_policy
from pipeline.stream.partitioner import partition_of
from pipeline.stream.stage import WATERMARK, header
from schemas.times import iso
from tests.unit.pipeline.decide.world import headers, situation

READY_SECONDS = 180.0
PATIENCE_SECONDS = 120.0
UPSTREAM = "correlate/information/0"


def fast(settings: Settings, policy_file: Path, **changes: object) -> Settings:
    """A small deployment: one partition, one upstream shard. Who kills workers wants a shorter session: partitions wait for its end."""
    given = {"policy_file": policy_file, "partitions": 1, "session_timeout_seconds": 30.0, **changes}
    return settings.model_copy(update=given)


@asynccontextmanager
async def working(settings: Settings, logs: Path, stages: Iterable[str] = ("decide", "act")) -> AsyncIterator[Supervisor]:
    """The stages under a supervisor, ready."""
    async with Supervisor(stages, environment(settings), logs) as supervisor:
        await supervisor.until_ready(READY_SECONDS)
        yield supervisor


async def create(settings: Settings) -> None:
    """All topics, those of the policy's teams too."""
    await topics.apply(settings, [team.name for team in load_policy(settings.policy_file).teams])


def happening(name: str, revision: int = 1, **over: Any) -> dict[str, Any]:
    """A situation that happens now."""
    return situation(name, revision, int(time.time() * 1000), opened_at=iso(int(time.time() * 1000)), **over)


async def tell(settings: Settings, situations: Iterable[dict[str, Any]]) -> None:
    """Write situations as correlate does."""
    producer = clients.producer(settings)
    await producer.start()
    try:
        waiting = [
            await producer.send(
                settings.topic("situations"), orjson.dumps(one), key=one["id"].encode(), headers=headers(UPSTREAM, one["clock"]),
                partition=partition_of(one["id"].encode(), settings.partitions),
            )
            for one in situations
        ]  # fmt: skip
        await producer.flush()
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()


async def send(settings: Settings, noun: str, key: str, value: dict[str, Any]) -> None:
    """Write one record as a subscriber does."""
    producer = clients.producer(settings)
    await producer.start()
    try:
        await producer.send_and_wait(settings.topic(noun), json.dumps(value).encode(), key=key.encode())
    finally:
        await producer.stop()


async def seen(settings: Settings, noun: str) -> list[dict[str, Any]]:
    """All messages of a topic now; ``appended``: when each reached it, Unix ms."""
    found = []
    async with Scanner(settings) as scanner:
        async for place, records in scanner.records(await scanner.extents([noun])):
            for record in records:
                if record.value and header(record, "ce_type") != WATERMARK.encode():
                    found.append(orjson.loads(record.value) | {"appended": record.timestamp, "place": (place.partition, record.offset)})
    return found


async def until(what: str, look: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until an awaitable look comes back with something true; that."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"never came to pass: {what}")
        await asyncio.sleep(0.2)
    return found


async def committed(settings: Settings, group: str, noun: str) -> int:
    """Committed offsets of a group, summed over the topic's partitions."""
    places = [(settings.topic(noun), number) for number in range(settings.partitions if not noun.startswith("actions.") else 1)]
    return sum((await clients.committed(settings, group, places)).values())


async def end_of(settings: Settings, noun: str) -> int:
    """How many records a topic has had."""
    consumer: aiokafka.AIOKafkaConsumer = clients.reader(settings)
    await consumer.start()
    try:
        number = settings.partitions if not noun.startswith("actions.") else 1
        found = await consumer.end_offsets([TopicPartition(settings.topic(noun), one) for one in range(number)])
    finally:
        await consumer.stop()
    return sum(found.values())
