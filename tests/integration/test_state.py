"""State in its changelog on a real Kafka: what was written comes back, nothing else does, and loss is noticed."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator

import aiokafka
import pytest
from aiokafka import TopicPartition

from agents.kafka import clients
from agents.runtime.changelog import StateStore
from agents.runtime.delivery import TOPICS_KEY
from agents.settings import Settings
from pipeline.stream.accounted import POSITION_KEY
from schemas.errors import WinnowError
from tests.integration.shell import NOUN, STAGE, Log, committed, create, fitting, read, stage, until_committed, working, write

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture
async def deployment(settings: Settings) -> Settings:
    """Topics of a deployment of its own, four partitions each."""
    fit = fitting(settings)
    await create(fit)
    return fit


@pytest.fixture
async def store(deployment: Settings) -> AsyncIterator[StateStore]:
    """The changelog of the recorder's stage."""
    producer = clients.state_producer(deployment)
    await producer.start()
    yield StateStore(deployment, STAGE, producer)
    await producer.stop()


async def test_the_latest_value_of_every_key_comes_back(store: StateStore) -> None:
    """Written, overwritten, deleted, deleted and written again; any bytes, also separators and none at all."""
    await store.write("posts/1", 1, {b"a": b"1", b"b": b"1", b"c": b"1", b"|/\x00\xff": b"\x00|", b"": b"nameless"})
    await store.write("posts/1", 1, {b"a": b"2", b"b": None, b"c": None, b"never": None, b"empty": b""})
    await store.write("posts/1", 1, {b"c": b"3"})
    await store.write("posts/1", 1, {})
    assert await store.read("posts/1", 1) == {b"a": b"2", b"c": b"3", b"|/\x00\xff": b"\x00|", b"": b"nameless", b"empty": b""}


async def test_shards_do_not_see_each_other(store: StateStore) -> None:
    """Two shards of one partition number, one's name a beginning of the other's, and the same shard's name in another partition."""
    await store.write("posts/1", 1, {b"k": b"posts"})
    await store.write("feedback/1", 1, {b"k": b"feedback"})
    await store.write("posts/11", 1, {b"k": b"eleven"})
    assert await store.read("posts/1", 1) == {b"k": b"posts"}
    assert await store.read("feedback/1", 1) == {b"k": b"feedback"}
    assert await store.read("posts/11", 1) == {b"k": b"eleven"}
    assert await store.read("posts/1", 2) == {}


async def test_what_a_former_owner_still_had_on_its_way_is_void(store: StateStore, deployment: Settings) -> None:
    """Suspended in the middle of a write, it comes back after another one went on: nothing of it counts, now and after compaction."""
    producer = clients.state_producer(deployment)
    await producer.start()
    try:
        former, now = StateStore(deployment, STAGE, producer), store
        await former.take_over("posts/1", 1)
        await former.write("posts/1", 1, {b"a": b"1", b"b": b"1", POSITION_KEY: b"10"})
        assert await now.take_over("posts/1", 1) == {b"a": b"1", b"b": b"1", POSITION_KEY: b"10"}
        await now.write("posts/1", 1, {b"a": b"2", b"b": None, POSITION_KEY: b"20"})
        await former.write("posts/1", 1, {b"a": b"late", b"b": b"late", b"c": b"late", POSITION_KEY: b"11"})
        assert await now.read("posts/1", 1) == {b"a": b"2", POSITION_KEY: b"20"}
        assert await StateStore(deployment, STAGE, producer).take_over("posts/1", 1) == {b"a": b"2", POSITION_KEY: b"20"}
    finally:
        await producer.stop()
    latest = {record.key: record.value for record in await read(deployment, f"{STAGE}-state")}
    assert {key: value for key, value in latest.items() if not key.endswith(b"@owner")} == {
        b"posts/1|a": b"2", b"posts/1|b": None, b"posts/1|c": None, b"posts/1|" + POSITION_KEY: b"20",
    }, "the last record of every key, all that compaction leaves, is the owner's"  # fmt: skip


async def test_one_batch_of_changes_is_one_record_batch(store: StateStore, deployment: Settings) -> None:
    """More than a usual batch holds is still written in one: a crash leaves all of it or nothing."""
    changes = {b"key %d" % number: os.urandom(2_000) for number in range(2_000)}
    await store.write("0", 0, changes)
    assert await store.read("0", 0) == changes
    place = TopicPartition(store.topic, 0)
    # A fetch hands out whole batches: with room for less than one record it is exactly the first one.
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=deployment.broker, max_partition_fetch_bytes=1_000)
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        assert len((await consumer.getmany(place, timeout_ms=10_000))[place]) == 2_000
    finally:
        await consumer.stop()


async def test_changes_that_fit_no_batch_are_refused(store: StateStore) -> None:
    """Nothing is written, and the message says which setting makes batches smaller."""
    changes = {b"key %d" % number: bytes(1_000_000) for number in range(40)}
    with pytest.raises(
        WinnowError, match=r"the state changes of one batch of 0 \(40000000 bytes\) fit no record batch.*WINNOW_BATCH_RECORDS"
    ):
        await store.write("0", 0, changes)
    assert await store.read("0", 0) == {}


@pytest.mark.parametrize("headers", [[("winnow_state", b"99")], [("winnow_state", b"x")], []], ids=["newer", "nonsense", "none"])
async def test_a_foreign_format_is_refused(store: StateStore, deployment: Settings, headers: list[tuple[str, bytes]]) -> None:
    """A record that another version wrote is not guessed at: place, version and what to do."""
    await store.write("0", 0, {b"k": b"v"})
    producer = clients.producer(deployment)
    await producer.start()
    try:
        await producer.send_and_wait(store.topic, b"v", key=b"0|k", partition=0, headers=headers)
    finally:
        await producer.stop()
    with pytest.raises(WinnowError, match=rf"{store.topic}/0/1 has state format b'(99|x|)', this Winnow reads .*newer"):
        await store.read("0", 0)


async def test_a_topic_that_is_not_there_is_an_error(deployment: Settings) -> None:
    """Writing to it fails in bounded time."""
    hasty = deployment.model_copy(update={"request_timeout_seconds": 10.0})
    producer = clients.state_producer(hasty)
    await producer.start()
    try:
        with pytest.raises((WinnowError, AssertionError)):
            await StateStore(hasty, "nonsense", producer).write("0", 0, {b"k": b"v"})
    finally:
        await producer.stop()


async def test_lost_state_is_noticed(deployment: Settings, store: StateStore, caplog: pytest.LogCaptureFixture) -> None:
    """State behind the committed offset: the worker ends, says so, touches nothing; accepting the loss lets it go on from the commit."""
    await write(deployment, [b"value"] * 50)
    async with working(deployment, stage(Log())):
        await until_committed(deployment, 50)
    kept = await store.take_over(f"{NOUN}/0", 0)
    assert len(kept) == 52, "each record, the position, and which topic it is of"
    await store.write(f"{NOUN}/0", 0, dict.fromkeys(kept))
    await write(deployment, [b"value"] * 5)
    before = len(await read(deployment, "ledger"))
    with caplog.at_level(logging.ERROR, "winnow"):
        async with working(deployment, stage(Log())) as worker:
            assert await asyncio.wait_for(asyncio.shield(worker), 60) == 1
    assert f"group {deployment.prefix}-{STAGE} is committed at 50 of {deployment.topic(NOUN)}/0, but by its state" in caplog.text
    assert f"or {store.topic} has lost records" in caplog.text
    assert "WINNOW_ACCEPT_STATE_LOSS=true" in caplog.text
    assert await committed(deployment) == 50
    assert len(await read(deployment, "ledger")) == before
    log = Log()
    async with working(fitting(deployment, accept_state_loss=True), stage(log)):
        await until_committed(deployment, 55)
    assert log.offsets(0) == [50, 51, 52, 53, 54]


async def test_state_ahead_of_the_commit_is_no_loss(deployment: Settings, store: StateStore) -> None:
    """A crash between state and commit: the position in the state wins, and what lies before it is not worked again."""
    await write(deployment, [b"value"] * 20)
    log = Log()
    async with working(deployment, stage(log)):
        await until_committed(deployment, 20)
    admin = clients.admin(deployment)
    await admin.start()
    try:
        place = TopicPartition(deployment.topic(NOUN), 0)
        await _go_back(deployment, place, 5)
    finally:
        await admin.close()
    assert await committed(deployment) == 5
    again = Log()
    async with working(deployment, stage(again)):
        await until_committed(deployment, 20)
        await write(deployment, [b"value"] * 3)
        await until_committed(deployment, 23)
    (state,) = [state for _, number, state in again.restored if number == 0]
    assert POSITION_KEY in state
    assert len([key for key in state if key != POSITION_KEY]) == 20
    final = await store.read(f"{NOUN}/0", 0)
    assert final.keys() - {POSITION_KEY, TOPICS_KEY} == {b"offset/%d" % offset for offset in range(23)}


async def _go_back(settings: Settings, place: TopicPartition, offset: int) -> None:
    """Commit an earlier offset for the recorder's group, as if the later commit had never come."""
    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=settings.broker, group_id=f"{settings.prefix}-{STAGE}", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.commit({place: offset})
    finally:
        await consumer.stop()
