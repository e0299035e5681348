"""What a worker looks at beside its work, and what it makes of what it sees."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from agents.kafka import topics
from agents.runtime import watches
from agents.runtime.stage import Stage
from agents.runtime.watches import sources, watch_partitions, watch_state
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError
from schemas.topics import INPUTS

SETTINGS = Settings()


class Slept(Exception):
    """The watch has slept as often as the test wants."""


class Clock:
    """Time that passes only where the watch sleeps. ``rounds``: how often it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
        self.now = 5.0
        self.slept: list[float] = []
        self._rounds = rounds
        monkeypatch.setattr(watches, "time", self)
        monkeypatch.setattr(watches, "asyncio", self)

    def monotonic(self) -> float:
        """Seconds since the machine was started: not long ago."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """At once."""
        if len(self.slept) == self._rounds:
            raise Slept
        self.slept.append(seconds)
        self.now += seconds


class State:
    """A changelog whose looks end as a test says."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)

    async def look(self) -> None:
        """The next one."""
        if (error := self.ends.pop(0)) is not None:
            raise error


async def looked(monkeypatch: pytest.MonkeyPatch, *ends: Exception | None) -> tuple[State, Clock]:
    """A state and the time after it was watched."""
    clock, state = Clock(monkeypatch, len(ends)), State(*ends)
    with contextlib.suppress(Slept):
        await watch_state(state)  # type: ignore[arg-type]  # a port of one method
    return state, clock


async def test_state_is_looked_at_every_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that does not answer takes no late write either: it is asked again."""
    state, clock = await looked(monkeypatch, None, KafkaTimeoutError(), OSError("no route"), None)
    assert state.ends == []
    assert clock.slept == [5.0] * 4


async def test_what_is_wrong_with_state_ends_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """And with it the worker."""
    with pytest.raises(WinnowError, match="a newer format"):
        await looked(monkeypatch, None, WinnowError("a newer format"), None)


Counts = tuple[Mapping[str, int], str] | Exception


async def watched(monkeypatch: pytest.MonkeyPatch, stage: Stage, *answers: Counts, topic_ids: Sequence[Mapping[str, str]] = ()) -> Clock:
    """Watch partitions while these are the counts, and these the ids of the input topics; the time it took."""
    left = list(answers)
    clock = Clock(monkeypatch, len(left))

    async def in_use(settings: Settings, name: str) -> Any:
        assert (settings, name) == (SETTINGS, stage.name)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def identities(settings: Settings, names: list[str]) -> dict[str, str]:
        assert (settings, names) == (SETTINGS, [SETTINGS.topic(noun) for noun in INPUTS[stage.name]])
        return dict(ids.pop(0)) if ids else {}

    monkeypatch.setattr(topics, "in_use", in_use)
    monkeypatch.setattr(watches, "identities", identities)
    ids = list(topic_ids)
    with contextlib.suppress(Slept):
        await asyncio.wait_for(watch_partitions(SETTINGS, stage), 30)
    return clock


def made_for(name: str, **partitions: int) -> Stage:
    """A stage whose worker was made for so many."""
    return Stage(name, lambda _, __: pytest.fail("no shard is made"), partitions=partitions)


async def test_a_stage_that_depends_on_no_count_watches_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """All there are are worked."""
    assert (await watched(monkeypatch, made_for("learn"))).slept == []


async def test_as_long_as_they_are_as_many_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every twenty seconds; a broker that does not answer is asked again."""
    counts = {"posts": 4, "feedback": 2, "sift-state": 4}
    same = (counts, "")
    assert (await watched(monkeypatch, made_for("sift", **counts), same, Unavailable("no broker"), same)).slept == [20.0] * 3


@pytest.mark.parametrize(
    ("name", "partitions", "found", "said"),
    [
        (
            "sift", {"posts": 4, "feedback": 2}, {"posts": 5, "feedback": 3},
            "winnow.feedback.v1 3 instead of 2, winnow.posts.v1 5 instead of 4",
        ),
        ("sift", {"posts": 4}, {"posts": 3}, "winnow.posts.v1 3 instead of 4"),
        ("correlate", {"information": 4, "posts": 4}, {"information": 4, "posts": 5}, "winnow.posts.v1 5 instead of 4"),
        ("correlate", {"information": 4, "posts": 4}, {"information": 6, "posts": 4}, "winnow.information.v1 6 instead of 4"),
    ],
)  # fmt: skip
async def test_a_worker_ends_when_others_are_in_use_than_it_was_made_for(
    monkeypatch: pytest.MonkeyPatch, name: str, partitions: dict[str, int], found: dict[str, int], said: str
) -> None:
    """Of its inputs, and of what may grow above a stage that merges: its successor takes them up."""
    with pytest.raises(WinnowError, match="more partitions are in use") as told:
        await watched(monkeypatch, made_for(name, **partitions), (partitions, ""), (found, ""))
    assert str(told.value).startswith(f"more partitions are in use: {said}")


@pytest.mark.parametrize(
    ("name", "noun"), [("sift", "sift-state"), ("monitor", "posts"), ("correlate", "chaff")], ids=["state", "does not merge", "is keyed"]
)
async def test_other_topics_may_have_as_many_as_they_like(monkeypatch: pytest.MonkeyPatch, name: str, noun: str) -> None:
    """No shard of this stage depends on them."""
    clock = await watched(monkeypatch, made_for(name, **{noun: 4}), ({noun: 9}, ""), ({noun: 9}, ""))
    assert len(clock.slept) == 2


async def test_a_topic_that_was_made_anew_ends_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its successor looks whether it may go on; one that is just not seen was not."""
    same: Counts = ({"posts": 4}, "")
    ids = [{"winnow.posts.v1": "a"}, {}, {"winnow.posts.v1": "a", "winnow.feedback.v1": "b"}, {"winnow.posts.v1": "c"}]
    with pytest.raises(WinnowError, match=r"topics were deleted and made anew: winnow\.posts\.v1"):
        await watched(monkeypatch, made_for("sift", posts=4), same, same, same, same, topic_ids=ids)
    assert len((await watched(monkeypatch, made_for("sift", posts=4), same, same, same, topic_ids=ids[:3])).slept) == 3


async def test_what_is_wrong_with_topics_ends_the_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic whose records are keyed has grown: nothing goes on."""
    with pytest.raises(WinnowError, match="keys have moved"):
        await watched(monkeypatch, made_for("decide", situations=4), WinnowError("keys have moved"))


@pytest.mark.parametrize(("name", "lines"), [("sift", 3), ("correlate", 0)])
async def test_that_nobody_reads_a_partition_is_said_once_a_minute(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, lines: int
) -> None:
    """At once, however short the machine has been up, and by sift alone; not when all are read."""
    counts: dict[str, int] = {"posts": 4}
    unread = (counts, "nobody reads partition 4 of winnow.posts.v1")
    with caplog.at_level(logging.WARNING, "winnow"):
        clock = await watched(monkeypatch, made_for(name, **counts), *[unread] * 7, (counts, ""), (counts, ""))
    assert clock.slept == [20.0] * 9
    assert [record.getMessage() for record in caplog.records] == [f"{name}: {unread[1]}"] * lines


@pytest.mark.parametrize(
    ("stage", "found"),
    [
        (made_for("decide", situations=2), {"correlate/information/0", "correlate/information/1"}),
        (made_for("decide"), set()),
        (made_for("sift", posts=2), set()),
    ],
    ids=["merges", "nothing is known", "does not merge"],
)
async def test_the_sources_of_a_merge_are_the_shards_before_it(monkeypatch: pytest.MonkeyPatch, stage: Stage, found: set[str]) -> None:
    """As many as there are now."""

    async def in_use(settings: Settings, name: str) -> Any:
        assert (settings, name) == (SETTINGS, stage.name)
        return {"information": 2, "posts": 2, "situations": 2}, ""

    monkeypatch.setattr(topics, "in_use", in_use)
    assert await sources(SETTINGS, stage) == found
