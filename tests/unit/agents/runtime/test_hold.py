"""How long a runner holds batches back, who notices, and what ends it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import generate_latest

from agents.metrics import Metrics
from agents.runtime import hold
from agents.runtime.hold import LIMIT_SECONDS, Hold
from agents.runtime.inbox import Inbox
from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.stage import Prepare, Stage
from pipeline.stream import Record, Shard
from schemas.errors import WinnowError

POSTS, FEEDBACK = InputPartition("winnow.posts.v1", 3), InputPartition("winnow.feedback.v1", 3)
BATCHES = [RecordBatch(tp, [Record(0, 0, None, value, ())]) for tp, value in ((POSTS, b"a"), (FEEDBACK, b"b"))]


class FakeClock:
    """Every look costs a minute."""

    def __init__(self) -> None:
        self.now = 0.0
        self.fifth_minute = asyncio.Event()

    def seconds(self) -> float:
        """A minute later than before."""
        self.now += 60
        if self.now >= 300:
            self.fifth_minute.set()
        return self.now

    def now_ms(self) -> int:
        """The same, Unix ms."""
        return int(self.now * 1000)


def no_shard(topic: str, partition: int) -> Shard:
    """Nobody works here."""
    raise AssertionError


class Held:
    """A hold of a stage that answers what a test says, and what it measured."""

    def __init__(self, prepare: Prepare | None) -> None:
        self.metrics = Metrics("sift")
        self.inbox = Inbox()
        self.clock = FakeClock()
        nouns = {POSTS: "posts", FEEDBACK: "feedback"}
        self.hold = Hold(Stage("sift", no_shard, prepare=prepare), self.metrics, self.clock, self.inbox, nouns)

    def measured(self) -> dict[str, str]:
        """The held partitions as Prometheus sees them."""
        text = generate_latest(self.metrics.registry).decode()
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("winnow_held_seconds{"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing sleeps."""
    monkeypatch.setattr(hold, "LOOK_SECONDS", 0.0)


async def test_a_stage_that_prepares_nothing_holds_nothing_back() -> None:
    """And an empty take neither."""

    async def prepare(_: Sequence[Any]) -> str | None:
        raise AssertionError

    assert await Held(None).hold.until_prepared(BATCHES)
    assert await Held(prepare).hold.until_prepared([])


async def test_it_waits_until_all_is_there_and_that_shows() -> None:
    """All records of the take are asked for together; looks count, and the measured time ends at 0."""
    asked: list[list[bytes]] = []
    seen: list[dict[str, str]] = []

    async def prepare(records: Sequence[Any]) -> str | None:
        asked.append([record.value for record in records])
        seen.append(held.measured())
        return "away" if len(asked) < 3 else None

    held = Held(prepare)
    assert await held.hold.until_prepared(BATCHES)
    assert asked == [[b"a", b"b"]] * 3
    assert (held.hold.looks, held.hold.why) == (2, None)
    place = 'winnow_held_seconds{partition="3",stage="sift",topic="%s"}'
    assert seen == [{place % "feedback": waited, place % "posts": waited} for waited in ("0.0", "60.0", "120.0")]
    assert held.measured() == {place % "feedback": "0.0", place % "posts": "0.0"}


@pytest.mark.parametrize("asking", [True, False], ids=["while it asks", "while it waits"])
async def test_a_revoked_partition_does_not_wait(monkeypatch: pytest.MonkeyPatch, asking: bool) -> None:
    """What was taken is not worked: the next owner reads it again."""
    monkeypatch.setattr(hold, "LOOK_SECONDS", 1_000.0)
    started = asyncio.Event()

    async def prepare(_: Sequence[Any]) -> str | None:
        started.set()
        if asking:
            await asyncio.Event().wait()
        return "away"

    held = Held(prepare)
    waiting = asyncio.create_task(held.hold.until_prepared(BATCHES))
    await started.wait()
    for _ in range(10):  # until it has its answer and waits
        await asyncio.sleep(0)
    held.inbox.close()
    assert not await asyncio.wait_for(waiting, 5)


async def test_it_does_not_wait_for_ever() -> None:
    """Before Kafka takes the partitions away the worker ends by itself, and says what it waited for; no acknowledgement is given."""

    async def prepare(_: Sequence[Any]) -> str | None:
        return "the registry is away"

    held = Held(prepare)
    with pytest.raises(WinnowError, match=rf"sift has waited {LIMIT_SECONDS:.0f} s: the registry is away"):
        await held.hold.until_prepared(BATCHES)


async def test_a_long_attempt_counts_as_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes the worker for one that stands still while its stage asks for much."""
    monkeypatch.setattr(hold, "LONG_SECONDS", 0.01)
    enough = asyncio.Event()

    async def prepare(_: Sequence[Any]) -> str | None:
        await enough.wait()
        return None

    held = Held(prepare)
    waiting = asyncio.create_task(held.hold.until_prepared(BATCHES))
    await held.clock.fifth_minute.wait()
    assert held.hold.looks >= 4
    assert held.hold.why == "its batch is being prepared"
    enough.set()
    assert await waiting
    assert held.hold.why is None
    assert set(held.measured().values()) == {"0.0"}


async def test_a_fault_of_the_stage_ends_the_runner() -> None:
    """It is no reason to wait."""

    async def prepare(_: Sequence[Any]) -> str | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Held(prepare).hold.until_prepared(BATCHES)
