"""The sift stage on a real Kafka: whatever arrives, it goes on, and every record is accounted for."""

import base64
from collections import Counter, defaultdict
from collections.abc import Sequence

import aiokafka
import orjson
import pytest

from agents.kafka import topics
from agents.operate.replay import run_replay
from agents.runtime.stage import Stage
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.flow import Arrival
from pipeline.simulation.hostile import MALFORMED
from pipeline.simulation.stream import Mix, Scenario, Simulated, simulate
from pipeline.stream.partitioner import partition_of
from schemas.messages import Rejected
from schemas.sources import CODES
from tests.integration.shell import create, fitting, ledger, read, told, until_committed, working
from tests.unit.pipeline.sift.world import event

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

SCENARIO = Scenario(seed=3, events=1_500, start_ms=1_795_000_000_000, hours=1.0, mix=Mix(malformed=0.06))


@pytest.fixture
async def deployment(settings: Settings) -> Settings:
    """Topics of a deployment of its own; old events are as good as new ones."""
    fit = fitting(settings, batch_records=200, backfill_after_seconds=1e9)
    await create(fit)
    return fit


async def sift(settings: Settings) -> Stage:
    """The stage as it is deployed."""
    return stages.stage(settings, "sift", await topics.needed_by(settings, "sift"))


async def until_sifted(settings: Settings, stream: Sequence[tuple[str, bytes]]) -> None:
    """Wait until all of it is committed; (topic, key) of each record."""
    for (noun, partition), count in Counter((noun, partition_of(key, 4)) for noun, key in stream).items():
        await until_committed(settings, count, partition, "sift", noun)


async def test_all_malformed_records_are_rejected(deployment: Settings) -> None:
    """Each with the simulator's code, the place it came from and its very bytes; nothing else is; the worker outlives them all."""
    stream = list(simulate(SCENARIO))
    count = await run_replay(
        deployment, (Arrival(s.topic, s.key, s.value, (("source", s.source.encode()),), s.at_ms) for s in stream), speed=None
    )
    assert count == SCENARIO.events
    async with working(deployment, await sift(deployment)) as worker:
        await until_sifted(deployment, [(s.topic, s.key) for s in stream])
        assert not worker.done()
    truth = _by_place(stream)
    found = {}
    for record in await read(deployment, "rejected"):
        message = Rejected.model_validate(orjson.loads(record.value))
        place = (message.lineage.topic, message.lineage.partition, message.lineage.offset)
        assert place not in found
        found[place] = message
        assert message.code == truth[place].truth["code"], truth[place].truth
        assert message.code in {*CODES, "future_time"}
        assert message.reason
        assert base64.b64decode(message.raw_base64) == truth[place].value[: 256 * 1024]
        assert message.headers["source"] == truth[place].source
    assert set(found) == {place for place, one in truth.items() if one.truth["expected"] == "rejected"}
    assert {one.truth["variant"] for one in stream if "code" in one.truth} == {variant for variant, _, _ in MALFORMED}, (
        "all ways to ruin one"
    )
    book = await ledger(deployment)
    assert (book.gaps(), book.conflicts) == ([], [])
    assert sum(book.counts()["sift"].values()) == SCENARIO.events
    for place in found:
        assert book.disposition("sift", *place) == "rejected"


async def test_unknown_sources_are_told_the_known_ones(deployment: Settings) -> None:
    """A record without a source is canonical, one of an unknown source is rejected with the list of those that are known."""
    await _send(
        deployment, [(event("1"), None), (event("2"), b"friendscape"), (event("3", "aurora air is late for the third time"), b"\xff")]
    )
    async with working(deployment, await sift(deployment)):
        await until_committed(deployment, 3, 0, "sift", "posts")
    messages = [Rejected.model_validate(orjson.loads(record.value)) for record in await read(deployment, "rejected")]
    assert [(message.code, message.lineage.offset) for message in messages] == [("unknown_source", 1), ("unknown_source", 2)]
    assert "winnow source list" in messages[0].reason
    assert told(await ledger(deployment), 0, range(3), "sift", "posts") == ["information", "rejected", "rejected"]


@pytest.mark.parametrize("place", [0, 20, 40])
async def test_one_bad_record_loses_none_of_its_batch(deployment: Settings, place: int) -> None:
    """First, in the middle or last of a batch of forty-one: the forty others come through, whatever the bad one is."""
    good = [event(f"event {number}", f"aurora air lost bag number {number} of mine") for number in range(40)]
    bad: list[bytes | None] = [b"", b"\xff", b"[" * 3_000, b"x" * 600_000]
    values: list[bytes | None] = []
    for wrong in bad:
        block: list[bytes | None] = [one.replace(b'"event ', b'"%d event ' % len(values)) for one in good]
        values += [*block[:place], wrong, *block[place:]]
    await _send(deployment, [(value, b"signal") for value in values])
    async with working(deployment, await sift(deployment)):
        await until_committed(deployment, len(values), 0, "sift", "posts")
    expected = ["rejected" if value in bad else "information" for value in values]
    endings = told(await ledger(deployment), 0, range(len(values)), "sift", "posts")
    assert [("information" if ending == "copy" else ending) for ending in endings] == expected
    heard = {dict(record.headers)["ce_lineage"] for record in await read(deployment, "information") if record.key is not None}
    assert heard == {b"posts/0/%d/0" % offset for offset, ending in enumerate(expected) if ending == "information"}
    codes = [orjson.loads(record.value)["code"] for record in await read(deployment, "rejected")]
    assert sorted(codes) == ["empty", "not_utf8", "too_deep", "too_large"]


def _by_place(stream: Sequence[Simulated]) -> dict[tuple[str, int, int], Simulated]:
    """Where each record lies, as replay puts them: by key, one after the other."""
    ends: defaultdict[tuple[str, int], int] = defaultdict(int)
    found = {}
    for one in stream:
        place = (one.topic, partition_of(one.key, 4))
        found[(*place, ends[place])] = one
        ends[place] += 1
    return found


async def _send(settings: Settings, values: Sequence[tuple[bytes | None, bytes | None]]) -> None:
    """(value, source header) of posts, all into partition 0."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.broker, linger_ms=50)
    await producer.start()
    try:
        for value, source in values:
            headers = [] if source is None else [("source", source)]
            await producer.send(settings.topic("posts"), value, key=b"k", partition=0, headers=headers)
        await producer.flush()
    finally:
        await producer.stop()
