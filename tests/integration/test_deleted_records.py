"""A worker that retention overtakes, on a real Kafka: a long gap is one short entry, said and counted; and what was written is told."""

import logging

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from agents.kafka import clients
from agents.runtime.worker import Worker
from agents.settings import Settings
from pipeline.ledger import Entry, read_entry
from pipeline.stream.offsets import LONG_GAP
from pipeline.stream.stage import Output
from tests.integration.shell import (
    NOUN,
    STAGE,
    Log,
    create,
    fitting,
    ledger,
    output,
    read,
    running,
    stage,
    told,
    until_committed,
    working,
    write,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

READ, DELETED, LEFT = 5, 5_000, 3
METRIC = "winnow_deleted_unread_events_total"


@pytest.fixture
async def deployment(settings: Settings) -> Settings:
    """Topics of a deployment of its own."""
    fit = fitting(settings)
    await create(fit)
    return fit


async def delete_before(settings: Settings, offset: int) -> None:
    """Delete what lies before an offset of the stage's first partition."""
    admin = clients.admin(settings)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(settings.topic(NOUN), 0): RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def test_a_worker_that_retention_overtook_goes_on_and_says_so(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It reads on behind what was deleted while it was away; state, ledger and commit agree, and the number is counted."""
    log = Log()
    await write(deployment, [b"read"] * READ)
    async with working(deployment, stage(log)):
        await until_committed(deployment, READ)
    await write(deployment, [b"deleted"] * DELETED)
    await delete_before(deployment, READ + DELETED)
    await write(deployment, [b"left"] * LEFT)
    end = READ + DELETED + LEFT
    worker = Worker(deployment, stage(log, "b"))
    with caplog.at_level(logging.ERROR, logger="winnow"):
        async with running(worker):
            await until_committed(deployment, end)
    assert log.offsets(0) == [*range(READ), *range(READ + DELETED, end)]
    book = await ledger(deployment)
    assert book.gaps() == []
    assert book.counts()[STAGE] == {"absent": DELETED, "decided": READ + LEFT}
    assert told(book, 0, [READ - 1, READ, READ + DELETED - 1, READ + DELETED]) == ["decided", "absent", "absent", "decided"]
    longest = max(len(record.value) for record in await read(deployment, "ledger"))
    assert longest < LONG_GAP, "a byte for each offset would be longer"
    assert worker.metrics.registry.get_sample_value(METRIC, {"stage": STAGE, "topic": NOUN}) == DELETED
    said = [record.message for record in caplog.records if "deleted before they were read" in record.message]
    assert len(said) == 1
    assert f"offsets {READ} to {READ + DELETED - 1} of {deployment.topic(NOUN)}/0" in said[0]


async def test_the_ledger_says_where_every_output_lies(deployment: Settings) -> None:
    """What the worker wrote for the next stage is in its entries, record by record: as many as there are, where they are."""
    await write(deployment, [b"value"] * 120)

    def outputs(offset: int) -> list[Output]:
        return [output("decisions", offset, key=b"key %d" % offset), output("actions.support", offset)]

    async with working(deployment, stage(Log(), write=outputs)):
        await until_committed(deployment, 120)
    entries = [read_entry(record.value) for record in await read(deployment, "ledger")]
    runs = [run for entry in entries if isinstance(entry, Entry) for run in entry.written]
    said = {(run.topic, run.partition, offset) for run in runs for offset in range(run.first, run.last + 1)}
    there = {("decisions", record.partition, record.offset) for record in await read(deployment, "decisions")}
    assert said == there
    assert len(said) == 120
