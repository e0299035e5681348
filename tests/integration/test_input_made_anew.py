"""An input topic that is deleted and made anew, on a real Kafka: its offsets begin again, and nothing of it may pass for what was done."""

import asyncio
import logging

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from agents.kafka import clients, identities
from agents.settings import Settings
from tests.integration.shell import NOUN, STAGE, WAIT_SECONDS, Log, create, fitting, ledger, stage, until_committed, working, write

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

DONE = 30


@pytest.fixture
async def deployment(settings: Settings) -> Settings:
    """Topics of a deployment of its own."""
    fit = fitting(settings)
    await create(fit)
    return fit


async def make_anew(settings: Settings) -> None:
    """Delete the stage's input topic, and make another one of its name."""
    topic = settings.topic(NOUN)
    former = (await identities(settings, [topic]))[topic]
    admin = clients.admin(settings)
    await admin.start()
    try:
        await admin.delete_topics([topic])
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
        while (await identities(settings, [topic])).get(topic, former) == former:  # the broker takes a while to forget it
            assert asyncio.get_running_loop().time() < deadline
            try:
                for code in (await admin.create_topics([NewTopic(topic, settings.partitions, 1)])).topic_errors:
                    assert code[1] in (0, TopicAlreadyExistsError.errno)
            except KafkaError:
                pass
            await asyncio.sleep(0.1)
    finally:
        await admin.close()


async def test_a_worker_does_not_begin_where_another_topic_ended(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It ends and says which topic its state is of; the new one may be as long as the former was."""
    log = Log()
    await write(deployment, [b"value"] * DONE)
    async with working(deployment, stage(log)):
        await until_committed(deployment, DONE)
    await make_anew(deployment)
    await write(deployment, [b"other"] * (2 * DONE))
    with caplog.at_level(logging.ERROR, "winnow"):
        for name in "bc":
            async with working(deployment, stage(log, name)) as worker:
                assert await asyncio.wait_for(asyncio.shield(worker), WAIT_SECONDS) == 1
    topic = deployment.topic(NOUN)
    said = [line for line in caplog.text.splitlines() if f"{STAGE} {NOUN}/0 has worked {topic}/0 to {DONE}, as a topic with the id" in line]
    assert len(said) == 2, "its successor finds the same"
    assert "begin anew under another WINNOW_PREFIX" in said[0]
    assert log.offsets(0) == [*range(DONE)]
    assert (await ledger(deployment)).counts()[STAGE] == {"decided": DONE}


async def test_a_worker_at_work_notices(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of the new topic is handed to a shard that has the offsets of the former one."""
    log = Log()
    await write(deployment, [b"value"] * DONE)
    with caplog.at_level(logging.ERROR, "winnow"):
        async with working(deployment, stage(log)) as worker:
            await until_committed(deployment, DONE)
            await make_anew(deployment)
            await write(deployment, [b"other"] * 3)
            assert await asyncio.wait_for(asyncio.shield(worker), WAIT_SECONDS) == 1
    assert "made anew" in caplog.text
    assert log.offsets(0) == [*range(DONE)]
