"""State topics that were deleted and made anew, and groups that somebody moved, on a real Kafka."""

import asyncio
import logging

import aiokafka
import pytest
from aiokafka import TopicPartition

from agents.kafka import clients, topics
from agents.runtime.stage import Stage
from agents.runtime.worker import Worker
from agents.settings import Settings
from agents.stages import build as stages
from tests.integration.shell import NOUN, STAGE, Log, create, fitting, read, stage, until_committed, working, write
from tests.integration.test_growth import EACH, post, until_correlated

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]


async def built(settings: Settings, name: str) -> Stage:
    """A stage as it is deployed."""
    return stages.stage(settings, name, await topics.needed_by(settings, name))


async def pieces(settings: Settings) -> list[aiokafka.ConsumerRecord]:
    """What sift wrote for correlate."""
    return [record for record in await read(settings, "information") if record.key is not None]


async def delete(settings: Settings, noun: str) -> None:
    """Delete a topic; returns when it is gone."""
    topic = settings.topic(noun)
    await clients.administer(settings, "delete", lambda client: client.delete_topics([topic]))
    for _ in range(200):
        if not await topics.existing(settings, [topic]):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{topic} is still there")


async def test_a_deleted_state_topic_and_apply_lead_to_a_start(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Correlate goes on from its commit, says what it lost, and waits for no shard of sift that has had nothing to say since."""
    deployment = fitting(settings, backfill_after_seconds=1e9)
    await create(deployment)
    async with working(deployment, await built(deployment, "sift")):
        async with working(deployment, await built(deployment, "correlate")):
            await post(deployment, 4, 0)
            for partition in range(4):
                await until_committed(deployment, EACH, partition, "sift", "posts")
            await until_correlated(deployment, await pieces(deployment))
        await delete(deployment, "correlate-state")
        created = [change.topic for change in await topics.apply(deployment, ["support"]) if change.verb == "create"]
        assert created == [deployment.topic("correlate-state")]
        async with working(deployment, await built(deployment, "correlate")) as worker:
            await post(deployment, 1, EACH)
            await until_committed(deployment, 2 * EACH, 0, "sift", "posts")
            await until_correlated(deployment, await pieces(deployment))
            assert not worker.done()
    assert f"without what it remembered: {deployment.topic('correlate-state')}/1 was made anew" in caplog.text


async def test_a_group_that_was_moved_is_named(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Reset to latest: the line names the group, from where to where, and how to set it back; done so, nothing is lost."""
    deployment = fitting(settings)
    await create(deployment)
    await write(deployment, [b"value"] * 10)
    async with working(deployment, stage(Log())):
        await until_committed(deployment, 10)
    await write(deployment, [b"value"] * 5)
    await move(deployment, 15)
    with caplog.at_level(logging.ERROR, "winnow"):
        assert await asyncio.wait_for(Worker(deployment, stage(Log())).run(), 60) == 1
    group, topic = f"{deployment.prefix}-{STAGE}", deployment.topic(NOUN)
    worked = f"but by its state {STAGE} {NOUN}/0 has worked to 10 only: somebody moved the group"
    assert f"group {group} is committed at 15 of {topic}/0, {worked}" in caplog.text
    assert f"--group {group} --topic {topic}:0 --reset-offsets --to-offset 10 --execute" in caplog.text
    await move(deployment, 10)
    log = Log()
    async with working(deployment, stage(log)):
        await until_committed(deployment, 15)
    assert log.offsets(0) == [10, 11, 12, 13, 14]


async def move(settings: Settings, offset: int) -> None:
    """Commit an offset for the recorder's group, as an administrator's tool does."""
    place = TopicPartition(settings.topic(NOUN), 0)
    consumer = aiokafka.AIOKafkaConsumer(**clients.connection(settings), group_id=f"{settings.prefix}-{STAGE}", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.commit({place: offset})
    finally:
        await consumer.stop()
