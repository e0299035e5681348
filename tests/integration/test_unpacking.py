"""A small batch that unpacks to a large one, on a real Kafka: refused by name, and the partition goes on once it is taken out."""

import asyncio
import logging

import aiokafka
import pytest
from confluent_kafka import TopicPartition

from agents.kafka import clients
from agents.kafka.unpacking import LIMIT_BYTES
from agents.settings import Settings
from tests.integration.shell import NOUN, Log, create, fitting, ledger, stage, told, until_committed, working, write

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

MEBIBYTE = 1024 * 1024
RECORDS = LIMIT_BYTES // MEBIBYTE + 6


async def write_bomb(settings: Settings) -> None:
    """One batch of some kilobytes that unpacks to more than the limit."""
    producer = aiokafka.AIOKafkaProducer(
        bootstrap_servers=settings.broker, compression_type="zstd", max_batch_size=4 * LIMIT_BYTES, max_request_size=4 * LIMIT_BYTES
    )
    await producer.start()
    try:
        batch = producer.create_batch()
        for _ in range(RECORDS):
            assert batch.append(timestamp=None, key=None, value=bytes(MEBIBYTE)) is not None
        await (await producer.send_batch(batch, settings.topic(NOUN), partition=0))
    finally:
        await producer.stop()


async def test_a_batch_that_unpacks_to_too_much_is_refused_by_name(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The worker ends with a line that says which batch it is; after delete-records the rest is worked, and the hole is accounted for."""
    fit = fitting(settings)
    await create(fit)
    await write(fit, [b"before"] * 3)
    async with working(fit, stage(Log())):
        await until_committed(fit, 3)
    await write_bomb(fit)
    await write(fit, [b"behind"] * 2)
    with caplog.at_level(logging.ERROR, "winnow"):
        async with working(fit, stage(Log())) as worker:
            assert await asyncio.wait_for(asyncio.shield(worker), 60) == 1
    ours = [record for record in caplog.records if record.name == "winnow"]
    assert any(f"{fit.topic(NOUN)}/0, from offset 3 on, unpacks to more than 64 MiB" in record.getMessage() for record in ours)
    assert not any(record.exc_info for record in ours)
    end = 3 + RECORDS
    places = [TopicPartition(fit.topic(NOUN), 0, end)]
    await clients.administer(fit, "delete records", lambda admin: admin.delete_records(places))
    async with working(fit, stage(Log())):
        await until_committed(fit, end + 2)
    assert told(await ledger(fit), 0, [3, end - 1, end, end + 1]) == ["absent", "absent", "decided", "decided"]
