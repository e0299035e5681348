"""Partitions added while all runs, on a real Kafka: to posts, where they are taken up; to a keyed topic, where that is refused."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiokafka
import pytest
from confluent_kafka.admin import NewPartitions

from agents.inspect.audit import run_audit
from agents.kafka import clients, topics
from agents.kafka.growth import grow
from agents.runtime import watches
from agents.runtime.worker import Worker
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.stream import source_header
from schemas.errors import WinnowError
from tests.integration.shell import WAIT_SECONDS, committed, create, fitting, ledger, read, until, until_committed
from tests.unit.pipeline.sift.world import event

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

EACH = 20


@pytest.fixture
async def deployment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics of a deployment of its own, four partitions each; workers look at them twice a second."""
    monkeypatch.setattr(watches, "PARTITIONS_SECONDS", 0.5)
    fit = fitting(settings, backfill_after_seconds=1e9)
    await create(fit)
    return fit


@asynccontextmanager
async def supervised(settings: Settings, name: str) -> AsyncIterator[list[int]]:
    """A worker of a stage that is started anew whenever it ends; with what it ended."""
    ended: list[int] = []

    async def keep_running() -> None:
        while True:
            built = stages.stage(settings, name, await topics.needed_by(settings, name))
            ended.append(await Worker(settings, built).run())

    task = asyncio.create_task(keep_running())
    try:
        yield ended
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.wait([task])


async def post(settings: Settings, count: int, since: int) -> None:
    """Write `EACH` posts to each of so many partitions, numbered from ``since``."""
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=settings.broker)
    await producer.start()
    try:
        for partition in range(count):
            for number in range(since, since + EACH):
                text = f"aurora air lost bag {partition} {number} of mine, which is number {number * partition}"
                await producer.send_and_wait(
                    settings.topic("posts"), event(f"{partition}-{number}", text), partition=partition, headers=[("source", b"signal")]
                )
    finally:
        await producer.stop()


async def add(settings: Settings, noun: str, count: int) -> None:
    """Add partitions as an administrator does, who does not know of Winnow."""
    more = NewPartitions(settings.topic(noun), count)
    await clients.administer(settings, "add partitions", lambda client: client.create_partitions([more]))
    await until_partitions(settings, noun, count)


async def until_correlated(settings: Settings, pieces: list[aiokafka.ConsumerRecord]) -> None:
    """Wait until correlate has committed all of these."""
    for piece in {piece.partition: piece for piece in pieces}.values():
        deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
        while (await committed(settings, piece.partition, "correlate", "information") or 0) <= piece.offset:
            assert asyncio.get_running_loop().time() < deadline, f"information/{piece.partition}/{piece.offset} is not done"
            await asyncio.sleep(0.05)


async def until_partitions(settings: Settings, noun: str, count: int) -> None:
    """Wait until the broker shows a topic with so many."""
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while (found := (await topics.partitions(settings, [noun]))[noun]) != count:
        assert asyncio.get_running_loop().time() < deadline, f"{noun} has {found} partitions"
        await asyncio.sleep(0.05)


async def test_posts_grows_while_all_runs(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Partitions that were added by other means are spoken of; once sift's state has grown, sift and correlate take them up.

    What was written to them before is read, and correlate merges what the new shards of sift write: nothing is refused, nothing lost.
    """
    async with AsyncExitStack() as stack:
        sift, correlate = [await stack.enter_async_context(supervised(deployment, name)) for name in ("sift", "correlate")]
        await post(deployment, 4, 0)
        for partition in range(4):
            await until_committed(deployment, EACH, partition, "sift", "posts")
        await add(deployment, "posts", 6)
        line = f"nobody reads partitions 4 to 5 of {deployment.topic('posts')}: run `winnow topics grow posts 6`"
        await until(lambda: line in caplog.text, "said what to do")
        await post(deployment, 6, EACH)
        for partition in range(4):
            await until_committed(deployment, 2 * EACH, partition, "sift", "posts")
        assert (sift, correlate) == ([], []), "what was there is worked on meanwhile"
        assert (await run_audit(deployment, stages=("sift",))).waiting["sift"] == 2 * EACH, "what nobody reads is not passed over"
        await grow(deployment, "posts", 6)
        for partition in range(4, 6):
            await until_committed(deployment, EACH, partition, "sift", "posts")
        await post(deployment, 6, 2 * EACH)
        for partition in range(4):
            await until_committed(deployment, 3 * EACH, partition, "sift", "posts")
        for partition in range(4, 6):
            await until_committed(deployment, 2 * EACH, partition, "sift", "posts")
        pieces = [record for record in await read(deployment, "information") if record.key is not None]
        await until_correlated(deployment, pieces)
        assert (sift, correlate) == ([1], [1]), "each started anew, once"
    report = await run_audit(deployment, stages=("sift", "correlate"))
    assert report.balanced
    assert report.waiting["sift"] == 0
    book = await ledger(deployment)
    assert sum(book.counts()["sift"].values()) == (4 + 6 + 6) * EACH
    assert "rejected" not in book.counts()["correlate"]
    by_shard = Counter(source_header(dict(record.headers)) for record in pieces)
    assert by_shard == {f"sift/posts/{n}": 3 * EACH if n < 4 else 2 * EACH for n in range(6)}
    assert sum(book.counts()["correlate"].values()) - book.counts()["correlate"]["watermark"] == len(pieces)


async def test_growing_in_one_step(deployment: Settings) -> None:
    """The command gives sift's state its partitions first, may be repeated, and the plan has nothing to say about it."""
    said: list[str] = []
    await grow(deployment, "posts", 6, said.append)
    await grow(deployment, "feedback", 5, said.append)
    await grow(deployment, "posts", 6, said.append)
    state, posts, feedback = (deployment.topic(noun) for noun in ("sift-state", "posts", "feedback"))
    assert said == [
        f"{state}: 4 -> 6 partitions", f"{posts}: 4 -> 6 partitions",
        f"{state}: has 6 partitions", f"{feedback}: 4 -> 5 partitions",
        f"{state}: has 6 partitions", f"{posts}: has 6 partitions",
    ]  # fmt: skip
    assert {change.verb for change in await topics.plan(deployment, ["support"])} == {"keep"}
    for stage, known in (("sift", {"posts": 6, "feedback": 5}), ("correlate", {"posts": 6, "feedback": 5, "information": 4})):
        assert known.items() <= (await topics.needed_by(deployment, stage)).items()


async def test_what_cannot_grow_is_refused(deployment: Settings) -> None:
    """A keyed topic, and fewer partitions than there are."""
    with pytest.raises(WinnowError, match=r"'information' cannot grow: only posts and feedback can.*keyed"):
        await grow(deployment, "information", 6)
    with pytest.raises(WinnowError, match=r"has 4 partitions, more than 3\. Kafka cannot take them away"):
        await grow(deployment, "posts", 3)
    await add(deployment, "posts", 6)
    plan = {change.topic: change for change in await topics.plan(deployment, ["support"]) if change.verb != "keep"}
    assert {name: change.verb for name, change in plan.items()} == {deployment.topic("sift-state"): "refuse"}
    assert "`winnow topics grow` for the one of posts and feedback that has 6" in plan[deployment.topic("sift-state")].detail
    assert (await topics.needed_by(deployment, "correlate"))["posts"] == 4, "who merges waits for nobody that does not work"


async def test_a_keyed_topic_that_grew_ends_its_readers(deployment: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Within a minute, in one line that names the topic and says what to do; and nothing starts before that was done."""
    built = stages.stage(deployment, "decide", await topics.needed_by(deployment, "decide"))
    worker = asyncio.create_task(Worker(deployment, built).run())
    await add(deployment, "situations", 5)
    with caplog.at_level(logging.ERROR, "winnow"):
        assert await asyncio.wait_for(worker, 30) == 1
    line = f"{deployment.topic('situations')} has 5 partitions, {deployment.topic('decide-state')} only 4"
    assert line in caplog.text
    assert "Only posts and feedback may grow. deploy/GROW.md" in caplog.text
    with pytest.raises(WinnowError, match=line):
        await topics.needed_by(deployment, "decide")
    wider = deployment.model_copy(update={"partitions": 5})
    for change in await topics.plan(wider, ["support"]):
        if change.verb == "refuse":
            await add(deployment, deployment.noun(change.topic), 5)
    assert {change.verb for change in await topics.plan(wider, ["support"])} == {"keep"}, "the way to go on that deploy/GROW.md says"
    assert (await topics.needed_by(wider, "decide"))["situations"] == 5
