"""The batch transport and the delivery rule on a real Kafka: what fails here when Faust's private methods change."""

import asyncio
import logging
import os
import signal

import aiokafka
import pytest
from msgspec.structs import replace

from agents.runtime import worker as worker_module
from agents.runtime.worker import Worker
from agents.settings import Settings
from pipeline.stream.partitioner import partition_of
from pipeline.stream.stage import Output
from tests.integration.shell import (
    NOUN,
    Log,
    committed,
    create,
    fitting,
    ledger,
    output,
    read,
    stage,
    told,
    until,
    until_committed,
    working,
    write,
)

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

RECORDS = 500


@pytest.fixture
async def deployment(settings: Settings) -> Settings:
    """Topics of a deployment of its own, four partitions each."""
    fit = fitting(settings)
    await create(fit)
    return fit


def values(count: int, first: int = 0) -> list[bytes]:
    """Records that can be told apart."""
    return [b"value %d" % number for number in range(first, first + count)]


async def test_records_come_in_order_and_once(deployment: Settings) -> None:
    """Without a disturbance every record of every partition is handed out once, in order, in batches of the size that was set."""
    for partition in range(4):
        await write(deployment, values(RECORDS), partition=partition)
    log = Log()
    async with working(deployment, stage(log)):
        for partition in range(4):
            await until_committed(deployment, RECORDS, partition)
        await write(deployment, values(7), partition=2)
        await until_committed(deployment, RECORDS + 7, 2)
        await until(lambda: {number for _, number in log.caught_up} == {0, 1, 2, 3}, "all partitions are caught up")
    for partition in range(4):
        assert log.offsets(partition) == list(range(RECORDS + (7 if partition == 2 else 0)))
    assert max(log.batches) <= 2 * deployment.batch_records, "joined batches stay below twice the size of one"
    assert max(log.batches) > 1, "an event is a batch, not a record"
    book = await ledger(deployment)
    assert book.counts() == {"decide": {"decided": 4 * RECORDS + 7}}
    assert (book.gaps(), book.conflicts) == ([], [])


async def test_what_was_not_settled_is_not_committed(deployment: Settings) -> None:
    """A shard that settles half: the commit stands before the first open offset, whatever was acknowledged, also after the end."""
    await write(deployment, values(RECORDS))
    log = Log()
    async with working(deployment, stage(log, settle_before=RECORDS // 2)):
        await until(lambda: len(log.handed) == RECORDS, "all records are handed out")
        await until_committed(deployment, RECORDS // 2)
    assert await committed(deployment) == RECORDS // 2
    assert told(await ledger(deployment), 0, [RECORDS // 2 - 1, RECORDS // 2]) == ["decided", None]
    again = Log()
    async with working(deployment, stage(again)):
        await until_committed(deployment, RECORDS)
    assert again.offsets(0) == list(range(RECORDS // 2, RECORDS)), "exactly what was open is handed out again"


@pytest.mark.parametrize(
    ("failing", "problem"),
    [
        (lambda offset: output("nonsense", offset), "does not exist"),
        (lambda offset: output("decisions", offset, value=os.urandom(1_500_000)), "MessageSizeTooLargeError"),
    ],
    ids=["missing topic", "record too large"],
)
async def test_a_failed_write_ends_the_worker(
    deployment: Settings, caplog: pytest.LogCaptureFixture, failing: object, problem: str
) -> None:
    """Exit code 1 and a line that says why; nothing of the batch is committed, remembered or accounted for; then it is done again."""
    deployment = deployment.model_copy(update={"request_timeout_seconds": 10.0})  # which a missing topic takes
    await write(deployment, values(120))
    log = Log()

    def outputs(offset: int) -> list[Output]:
        return [output("decisions", offset)] if offset < 100 else [failing(offset)]  # type: ignore[operator]  # see above

    with caplog.at_level(logging.ERROR, "winnow"):
        async with working(deployment, stage(log, write=outputs)) as worker:
            assert await asyncio.wait_for(asyncio.shield(worker), 60) == 1
    assert problem in caplog.text
    assert "Traceback" not in caplog.text
    position = await committed(deployment) or 0
    assert position <= 100
    assert told(await ledger(deployment), 0, range(100, 120)) == [None] * 20
    again = Log()
    async with working(deployment, stage(again, write=lambda offset: [output("decisions", offset)])):
        await until_committed(deployment, 120)
    assert again.offsets(0) == list(range(again.offsets(0)[0], 120))
    assert again.offsets(0)[0] <= 100, "what was not durable is handed out again"
    assert {dict(record.headers)["ce_id"] for record in await read(deployment, "decisions")} == {b"decisions/%d" % n for n in range(120)}
    assert told(await ledger(deployment), 0, range(120)) == ["decided"] * 120


async def test_an_error_in_a_shard_ends_the_worker(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A bug is no reason to go on: exit code 1, the traceback in the log, the record not committed."""
    await write(deployment, values(1))

    def fail(offset: int) -> list[Output]:
        raise ZeroDivisionError(f"a bug at {offset}")

    with caplog.at_level(logging.ERROR, "winnow"):
        async with working(deployment, stage(Log(), write=fail)) as worker:
            assert await asyncio.wait_for(asyncio.shield(worker), 60) == 1
    assert "a bug at 0" in caplog.text
    assert "Traceback" in caplog.text
    assert await committed(deployment) in (None, 0)


async def test_sigterm_ends_it_in_order(deployment: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is told to stop finishes what it has in hand, commits it and exits with 0."""
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 60.0)  # on a slow machine too
    await write(deployment, values(RECORDS))
    log = Log()
    task = asyncio.create_task(Worker(deployment, stage(log)).run())
    await until(lambda: len(log.handed) > 0, "the first record is handed out")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(task, 60) == 0
    done = len(log.handed)
    assert await committed(deployment) == done, "all that was worked is committed"
    again = Log()
    async with working(deployment, stage(again)):
        await until_committed(deployment, RECORDS)
    assert again.offsets(0) == list(range(done, RECORDS))


async def test_a_second_worker_takes_over_partitions_and_their_state(deployment: Settings) -> None:
    """Two share the partitions; each record is worked once; what moved comes back from the changelog as it was; and back again."""
    for partition in range(4):
        await write(deployment, values(60, 100 * partition), partition=partition)
    log = Log()
    async with working(deployment, stage(log, "a")):
        for partition in range(4):
            await until_committed(deployment, 60, partition)
        async with working(deployment, stage(log, "b")):
            await until(lambda: len(set(log.partitions("b"))) == 2, "the second worker has two partitions")
            moved = sorted(set(log.partitions("b")))
            for worker, partition, state in log.restored:
                if worker == "b":
                    assert {key: value for key, value in state.items() if key != b"@position"} == {
                        b"offset/%d" % offset: b"value %d" % (100 * partition + offset) for offset in range(60)
                    }
            for partition in range(4):
                await write(deployment, values(40), partition=partition)
                await until_committed(deployment, 100, partition)
            assert {who for who, number, offset in log.handed if number in moved and offset >= 60} == {"b"}
            assert {who for who, number, offset in log.handed if number not in moved and offset >= 60} == {"a"}
        for partition in range(4):
            await write(deployment, values(10), partition=partition)
            await until_committed(deployment, 110, partition)
    assert {who for who, _, offset in log.handed if offset >= 100} == {"a"}
    for partition in range(4):
        assert log.offsets(partition) == list(range(110)), "once each, in order, whoever it was"
    book = await ledger(deployment)
    assert book.counts() == {"decide": {"decided": 440}}
    assert (book.gaps(), book.conflicts) == ([], [])


async def test_offsets_that_the_broker_skips_are_absent(deployment: Settings) -> None:
    """A transactional producer leaves markers: they are accounted for as absent, inside and at the end of what there is."""
    for number in range(3):
        await write(deployment, values(5, 10 * number), transactional_id=f"{deployment.prefix}-writer")
    log = Log()
    async with working(deployment, stage(log)):
        await until_committed(deployment, 18)
        await until(lambda: ("a", 0) in log.caught_up, "the partition with a marker at its end is caught up")
        await write(deployment, values(1))
        await until_committed(deployment, 19)
    expected = [*range(5), *range(6, 11), *range(12, 17), 18]
    assert log.offsets(0) == expected
    assert told(await ledger(deployment), 0, range(19)) == ["decided" if offset in expected else "absent" for offset in range(19)]


async def test_outputs_go_where_the_java_client_puts_them(deployment: Settings) -> None:
    """Keyed outputs lie in the partition of their key with all headers, broadcasts in every one; per partition they keep their order."""
    keys = [b"key %d" % number for number in range(50)]
    await write(deployment, values(50))

    def outputs(offset: int) -> list[Output]:
        single = replace(output("decisions", offset, key=keys[offset]), clock=offset)
        return [single, replace(single, key=None, broadcast=True, type="winnow.watermark.v1")] if offset == 49 else [single]

    async with working(deployment, stage(Log(), write=outputs)):
        await until_committed(deployment, 50)
    records = await read(deployment, "decisions")
    marks = [record for record in records if dict(record.headers)["ce_type"] == b"winnow.watermark.v1"]
    assert [record.partition for record in marks] == [0, 1, 2, 3]
    keyed = [record for record in records if record.key is not None]
    assert len(keyed) == 50
    assert {record.partition for record in keyed} == {0, 1, 2, 3}
    for record in keyed:
        assert record.partition == partition_of(record.key, 4)
        headers = dict(record.headers)
        assert headers["ce_source"] == f"/{deployment.prefix}/decide/situations/0".encode()
        promised = ("specversion", "id", "type", "time", "lineage", "clock", "dataschema")
        assert {*(f"ce_{name}" for name in promised), "content-type", "traceparent"} <= headers.keys()
    for partition in range(4):
        offsets = [int(dict(record.headers)["ce_lineage"].split(b"/")[2]) for record in keyed if record.partition == partition]
        assert offsets == sorted(offsets)


async def test_another_producers_default_agrees(deployment: Settings) -> None:
    """A stock client that writes the same keys to the same topic puts them beside ours."""
    keys = [b"subject %d" % number for number in range(20)]
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=deployment.broker)
    await producer.start()
    try:
        placed = [await producer.send_and_wait(deployment.topic(NOUN), b"", key=key) for key in keys]
    finally:
        await producer.stop()
    assert [meta.partition for meta in placed] == [partition_of(key, 4) for key in keys]


async def test_a_membership_that_the_broker_refuses_ends_it(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """aiokafka tells it who fetches, and waits; nobody fetches before the first assignment. Once it stood there without a word."""
    unheard_of = deployment.model_copy(update={"session_timeout_seconds": 3_600.0})  # brokers take half an hour at most
    with caplog.at_level(logging.ERROR, "winnow"):
        assert await asyncio.wait_for(Worker(unheard_of, stage(Log())).run(), 60) == 1
    assert "InvalidSessionTimeoutError" in caplog.text


async def test_a_spare_worker_stays_in_the_group(deployment: Settings) -> None:
    """Who has no partition fetches nothing: after 1,000 s of that aiokafka would leave the group, and never join it again."""
    worker = Worker(deployment, stage(Log()))
    task = asyncio.create_task(worker.run())
    try:
        await until(lambda: hasattr(worker, "app") and worker.ready() is None, "it is a member")
        assert worker.consumer._thread._consumer._coordinator._max_poll_interval > 24 * 86_400
    finally:
        task.cancel()
        await asyncio.wait([task])
