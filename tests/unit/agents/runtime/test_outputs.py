"""Outputs are written in few batches, and `emit` returns when every one of them is acknowledged, or raises."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from agents.runtime import outputs as outputs_module
from agents.runtime.outputs import Emitter
from agents.settings import Settings
from pipeline.stream import Output, Written, partition_of
from schemas.errors import WinnowError
from tests.unit.agents.runtime.fakes import FakeBatch, FakeKafka, FakeProducer, Metadata, Network

SETTINGS = Settings()
TOPIC = SETTINGS.topic("decisions")


def output(number: int, *, key: bytes | None = None, value: bytes = b"v", noun: str = "decisions", broadcast: bool = False) -> Output:
    """An output that can be told from others."""
    return Output(
        noun=noun, key=key, value=value, id=f"id {number}", time_ms=0, source="s", lineage="", trace="", broadcast=broadcast
    )  # fmt: skip


def ids(kafka: FakeKafka, partition: int, topic: str = TOPIC) -> list[str]:
    """Ids in the order in which they were written."""
    return [dict(record.headers)["ce_id"].decode() for record in kafka.log(topic, partition)]


async def test_it_returns_only_when_all_batches_are_acknowledged() -> None:
    """Two topics: as long as one of the two acknowledgements is out, the outputs are not written."""
    kafka = FakeKafka(network=Network(held=True))
    writing = asyncio.ensure_future(Emitter(SETTINGS, FakeProducer(kafka)).emit([output(1), output(2, noun="actions.support")]))
    await kafka.network.until_asked(2)
    kafka.network.take(kafka.network.requests[0]).answer()
    done, _ = await asyncio.wait({writing}, timeout=0.02)
    assert not done
    kafka.network.take(kafka.network.requests[0]).answer()
    await asyncio.wait_for(writing, 1)


@pytest.mark.parametrize("done", [True, False], ids=["done, not heard of", "not done"])
@pytest.mark.parametrize("which", [0, 1])
async def test_one_failure_is_the_failure_of_all(which: int, done: bool) -> None:
    """A batch that is not acknowledged makes the step fail, whichever it is, with where and what it means."""
    kafka = FakeKafka(network=Network(held=True))
    writing = asyncio.ensure_future(Emitter(SETTINGS, FakeProducer(kafka)).emit([output(1), output(2, noun="actions.support")]))
    await kafka.network.until_asked(2)
    kafka.network.take(kafka.network.requests[1 - which]).answer()
    kafka.network.take(kafka.network.requests[0]).fail(done=done)
    with pytest.raises(WinnowError, match=rf"cannot write to {SETTINGS.topic('actions.support')}, {TOPIC} at .*Nothing was acknowledged"):
        await writing


async def test_a_step_is_one_batch_a_partition_until_that_is_full() -> None:
    """Many small outputs share a batch; what no longer fits begins another one, and the order stays."""
    kafka = FakeKafka()
    producer = FakeProducer(kafka, most_bytes=10)
    await Emitter(SETTINGS, producer).emit([output(number, key=b"", value=b"four") for number in range(7)])
    assert [len(batch.records) for batch in producer.sent] == [2, 2, 2, 1]
    assert ids(kafka, 0) == [f"id {number}" for number in range(7)]


async def test_an_output_larger_than_a_batch_has_one_of_its_own() -> None:
    """It is the broker that refuses what is too large; nothing is left out here."""
    kafka = FakeKafka()
    await Emitter(SETTINGS, FakeProducer(kafka, most_bytes=3)).emit([output(1), output(2, value=b"more than a batch"), output(3)])
    assert ids(kafka, 0) == ["id 1", "id 2", "id 3"]


async def test_keys_decide_the_partition_and_broadcasts_reach_all() -> None:
    """Without a key it is the id that decides, so that a repeated output lies beside the first."""
    kafka = FakeKafka(partitions=4)
    outputs = [*(output(number, key=b"key %d" % number) for number in range(20)), output(20), output(21, broadcast=True)]
    await Emitter(SETTINGS, FakeProducer(kafka)).emit(outputs)
    for one in outputs[:21]:
        assert one.id in ids(kafka, partition_of(one.key or one.id.encode(), 4))
    assert [ids(kafka, partition)[-1] for partition in range(4)] == ["id 21"] * 4
    assert sum(len(kafka.log(TOPIC, partition)) for partition in range(4)) == 21 + 4


async def test_nothing_to_write_is_written_at_once() -> None:
    """No batch is sent for a step without outputs."""
    producer = FakeProducer(FakeKafka(network=Network(held=True)))
    await Emitter(SETTINGS, producer).emit([])
    assert producer.sent == []


async def test_it_says_where_its_records_lie() -> None:
    """As the broker acknowledged them, in batches as they were sent; without broadcasts, and without what no stage reads."""
    kafka = FakeKafka()
    kafka.append(TOPIC, 0, [(b"k", b"of somebody else", ())] * 5)
    outputs = [output(1), output(2), output(3, broadcast=True), output(4), output(5, broadcast=True), output(6, noun="actions.support")]
    assert await Emitter(SETTINGS, FakeProducer(kafka)).emit(outputs) == [Written("decisions", 0, 5, 6), Written("decisions", 0, 8, 8)]
    small = FakeProducer(kafka, most_bytes=3)
    assert await Emitter(SETTINGS, small).emit([output(7), output(8, broadcast=True), output(9, value=b"more than a batch")]) == [
        Written("decisions", 0, 10, 10), Written("decisions", 0, 12, 12),
    ]  # fmt: skip
    assert await Emitter(SETTINGS, small).emit([output(10, broadcast=True)]) == []


async def test_outputs_bear_the_time_of_their_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unix milliseconds, the same for all of a step."""
    monkeypatch.setattr(outputs_module, "time", SimpleNamespace(time=lambda: 1_700_000_000.5))
    producer = FakeProducer(FakeKafka(), most_bytes=3)
    await Emitter(SETTINGS, producer).emit([output(number, value=b"four") for number in range(2)])
    assert [batch.timestamps for batch in producer.sent] == [[1_700_000_000_500]] * 2


async def test_partitions_are_counted_once_a_topic() -> None:
    """This runs for every output; and a topic that is not there is said, with what to do."""
    asked: list[str] = []

    class Producer(FakeProducer):
        """Knows one topic."""

        async def partitions_for(self, topic: str) -> set[int]:
            """Noted."""
            asked.append(topic)
            if topic != TOPIC:
                raise UnknownTopicOrPartitionError
            return await super().partitions_for(topic)

    emitter = Emitter(SETTINGS, Producer(FakeKafka()))
    for number in range(3):
        await emitter.emit([output(number)])
    assert asked == [TOPIC]
    with pytest.raises(WinnowError, match=r"topic winnow\.labels\.v1 does not exist at .*topics apply"):
        await emitter.emit([output(3, noun="labels")])


async def test_what_a_broker_knows_from_an_earlier_try_lies_nowhere() -> None:
    """It took the batch then, and no longer says where: the reader is not told of a place that is none."""

    class Producer(FakeProducer):
        """Sends twice."""

        async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
            """Acknowledged without an offset."""
            await super().send_batch(batch, topic, partition=partition)
            future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            future.set_result(Metadata(-1))
            return future

    assert await Emitter(SETTINGS, Producer(FakeKafka())).emit([output(1)]) == []
