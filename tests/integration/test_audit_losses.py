"""What the broker no longer has, on a real Kafka: records deleted before they were read are lost, markers and aborted records are not."""

import asyncio
import time
from collections.abc import Sequence

import aiokafka
import orjson
import pytest
from aiokafka.admin import RecordsToDelete
from typer.testing import CliRunner, Result

from agents.cli import app
from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import clients, topics
from agents.kafka.scan import Scanner
from agents.settings import Settings
from agents.stages import build as stages
from schemas.times import iso
from tests.integration.by_hand import ByHand, raw, signal, unique
from tests.integration.shell import fitting, working

pytestmark = pytest.mark.kafka


def complaints(first: int, amount: int) -> list[tuple[str, str, bytes, bytes]]:
    """Posts that sift makes information of, each of an author and with a text of its own."""
    at = iso(int(time.time() * 1000) - 60_000)
    return [
        raw("posts", "signal", signal(f"p{n}", f"Aurora Air cancelled flight {n} and lost bag {n * 7}, no help at desk {n}", f"a{n}", at))
        for n in range(first, first + amount)
    ]


@pytest.fixture
async def world(settings: Settings) -> ByHand:
    """A deployment with its topics."""
    world = ByHand(unique(settings))
    await world.prepare()
    return world


async def delete_all(settings: Settings, noun: str) -> None:
    """Delete all records that a topic has, as retention or an operator does."""
    async with Scanner(settings) as scanner:
        extents = await scanner.extents([noun])
    admin = clients.admin(settings)
    await admin.start()
    try:
        await admin.delete_records({place: RecordsToDelete(before_offset=end) for place, (begin, end) in extents.items() if begin < end})
    finally:
        await admin.close()


async def transaction(settings: Settings, noun: str, values: Sequence[bytes], *, abort: bool) -> None:
    """Write in one transaction, which is committed or aborted, to the partition that the key of `raw` goes to."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.broker, transactional_id=f"{settings.prefix}-{noun}")
    await producer.start()
    try:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(settings.topic(noun), value, key=b"0", headers=[("source", b"signal")])
        await (producer.abort_transaction() if abort else producer.commit_transaction())
    finally:
        await producer.stop()


async def audited(settings: Settings) -> Result:
    """What `winnow audit --json` prints, and its exit code."""
    env = {"WINNOW_BROKER": settings.broker, "WINNOW_PREFIX": settings.prefix, "WINNOW_PARTITIONS": str(settings.partitions)}
    return await asyncio.to_thread(CliRunner().invoke, app, ["audit", "--json"], env=env)


@pytest.mark.parametrize("read_before", [0, 30])
async def test_information_that_is_deleted_ahead_of_correlate_is_a_loss(world: ByHand, read_before: int) -> None:
    """Audit exits 1 and names the number, at once and after correlate went on behind it, whether it had read some before or not."""
    if read_before:
        await world.send(complaints(0, read_before))
        await world.work()
    before = (await run_audit(world.settings)).outputs.get("information", 0)
    await world.send(complaints(1_000, 40))
    await world.work(("sift",))
    report = await run_audit(world.settings)
    assert report.balanced, report.lines()
    unread = report.outputs["information"] - before
    assert unread >= 40
    await delete_all(world.settings, "information")
    for order in ((), ("correlate",)):
        if order:
            await world.send(complaints(2_000, 5))
            await world.work(("sift", *order))
        done = await audited(world.settings)
        assert done.exit_code == 1, done.output
        told = orjson.loads(done.stdout)
        correlate = [loss for loss in told["losses"] if loss["stage"] == "correlate"]
        assert sum(loss["amount"] for loss in correlate) == unread
        assert all(loss["topic"] == "information" and loss["deleted"] for loss in correlate)
        assert [name for name, amount in told["totals"].items() if amount] == ["losses"]


async def sifted(settings: Settings) -> None:
    """A real worker of sift comes, works all that there is to read, and goes."""
    built = stages.stage(settings, "sift", await topics.needed_by(settings, "sift"))
    async with working(settings, built):
        assert await wait_until_done(settings, timeout_seconds=60, stages=["sift"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("read_before", [0, 30])
async def test_posts_that_are_deleted_ahead_of_sift_are_a_loss(settings: Settings, read_before: int) -> None:
    """Audit exits 1 and names the number, at once and after sift went on behind it; what was there before sift ever came is nobody's."""
    world = ByHand(fitting(unique(settings)))
    await world.prepare()
    if read_before:
        await world.send(complaints(0, read_before))
        await sifted(world.settings)
    await world.send(complaints(1_000, 40))
    await delete_all(world.settings, "posts")
    for goes_on in (False, True):
        if goes_on:
            await world.send(complaints(2_000, 5))
            await sifted(world.settings)
        done = await audited(world.settings)
        told = orjson.loads(done.stdout)
        assert done.exit_code == (1 if read_before else 0), done.output
        assert told["totals"]["losses"] == (40 if read_before else 0)
        assert all((loss["stage"], loss["topic"], loss["deleted"]) == ("sift", "posts", True) for loss in told["losses"])
        assert [name for name, amount in told["totals"].items() if amount] == (["losses"] if read_before else [])
    assert told["dispositions"]["sift"]["information"] == read_before + 5


async def test_what_was_read_before_it_was_deleted_is_no_loss(world: ByHand) -> None:
    """Retention that comes behind every reader takes nothing from anybody, and nothing waits for it."""
    await world.send(complaints(0, 30))
    await world.work()
    for noun in ("posts", "information", "situations", "decisions"):
        await delete_all(world.settings, noun)
    report = await run_audit(world.settings, until_end=True)
    assert report.balanced, report.lines()
    assert report.losses == []
    assert {stage: report.pending[stage] for stage in ("sift", "correlate", "decide", "act")} == dict.fromkeys(
        ("sift", "correlate", "decide", "act"), 0
    )


async def test_markers_and_aborted_records_are_no_loss(world: ByHand) -> None:
    """Twenty aborted records at the start of an input of strangers and of one of ours, markers in the middle: balanced, nothing waits."""
    settings = world.settings
    texts = [value for _, _, _, value in complaints(0, 20)]
    await transaction(settings, "posts", texts, abort=True)
    for partition_topic in ("posts", "information"):
        await transaction(settings, partition_topic, [b"{}"] * 20, abort=True)
    report = await run_audit(settings, until_end=True)
    assert report.balanced, report.lines()
    assert not any(report.pending.values())
    await transaction(settings, "posts", texts, abort=False)
    await world.send(complaints(100, 5))
    await world.work()
    report = await run_audit(settings, until_end=True)
    assert report.balanced, report.lines()
    assert report.events == 25
    assert report.absent["sift"] == 1, "the marker of the committed transaction; what lies before the first record is nobody's"
    assert report.losses == []
