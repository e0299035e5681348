"""Records of the topic ``silences`` become the silences of a worker."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from agents.operate.silences import draft_silence, ended_early
from agents.runtime import silence_feed
from agents.runtime.silence_feed import SilenceFeed, follow_policy
from agents.settings import Settings
from pipeline.policy import read_silence
from schemas.errors import Unavailable
from schemas.messages import SilenceRecord

NOW = int(time.time() * 1000)


@dataclass
class Record:
    """What a consumer hands out."""

    key: bytes | None
    value: bytes | None


def silence(name: str, **over: Any) -> SilenceRecord:
    """A silence that holds."""
    until = datetime.now(UTC) + timedelta(hours=1)
    values: dict[str, Any] = {"name": name, "when": "hour > 3", "author": "jo", "reason": "r", "until": until, "now_ms": NOW}
    return draft_silence(**{**values, **over})


def record(one: SilenceRecord) -> Record:
    """As it is written."""
    return Record(one.id.encode(), one.model_dump_json().encode())


async def told(feed: SilenceFeed, *records: Record) -> list[str]:
    """Names in force after these records."""
    for one in records:
        feed.take_in(one)
    await feed.take_up()
    return [found.name for found in feed.current]


async def test_the_latest_record_of_an_id_counts() -> None:
    """In order of ids whoever was first; without a value it is removed; ended ones stay for what is still read of their time."""
    feed = SilenceFeed(Settings())
    b, a, other = silence("b"), silence("a"), silence("a", author="mo")
    assert await told(feed, record(b), record(a), record(other)) == ["a", "a", "b"]
    assert await told(feed, record(ended_early(b, "mo", None, NOW + 1))) == ["a", "a", "b"]
    assert feed.current[2].until_ms == NOW + 1
    assert await told(feed, Record(other.id.encode(), None), Record(b.id.encode(), b"")) == ["a"]
    assert feed.current[0].author == "jo"


async def test_what_ended_a_week_ago_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy does not grow for ever; what is younger by a millisecond is still read of its time."""
    feed = SilenceFeed(Settings())
    week_ago = datetime.fromtimestamp(NOW / 1000, UTC) - timedelta(days=7)
    gone, read = (silence(name).model_copy(update={"until": week_ago + timedelta(milliseconds=more)}) for more, name in enumerate("gr"))
    monkeypatch.setattr(silence_feed, "time", SimpleNamespace(time=lambda: (NOW + 0.5) / 1000))
    assert await told(feed, record(silence("a")), record(gone), record(read)) == ["a", "r"]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"{", "JSON"),
        (b'{"name": "x"}', "id"),
        (silence("x").model_copy(update={"when": "hours > 3"}).model_dump_json().encode(), "unknown name"),
        (silence("x").model_dump_json().replace('"reason"', '"surprise":1,"reason"').encode(), "surprise"),
    ],
)
async def test_what_is_no_silence_silences_nothing(value: bytes, why: str, caplog: pytest.LogCaptureFixture) -> None:
    """One line says which and why, however often the topic changes; the others hold."""
    feed = SilenceFeed(Settings())
    with caplog.at_level(logging.ERROR, "winnow"):
        assert await told(feed, Record(b"x/1", value), record(silence("a"))) == ["a"]
        assert await told(feed, record(silence("b"))) == ["a", "b"]
    (line,) = [one.message for one in caplog.records]
    assert line.startswith("silence x/1 silences nothing")
    assert why in line


class Topic:
    """The topic as a feed follows it: ``there`` are its records; None: it cannot be read. ``followed``: how often it was begun to."""

    there: ClassVar[list[Record] | None] = None
    followed: ClassVar[int] = 0

    def __init__(self, _: Settings, noun: str, take_in: Callable[[Any], None], caught_up: Callable[[], Awaitable[None]]) -> None:
        assert noun == "silences"
        self._take_in, self._caught_up = take_in, caught_up

    def follow(self) -> None:
        """Hand out what is there."""
        Topic.followed += 1
        self.task = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        if Topic.there is not None:
            for one in Topic.there:
                self._take_in(one)
            await self._caught_up()


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> type[Topic]:
    """A topic that cannot be read until a test says what is there."""
    monkeypatch.setattr(silence_feed, "CompactedTopic", Topic)
    monkeypatch.setattr(Topic, "there", None)
    monkeypatch.setattr(Topic, "followed", 0)
    return Topic


async def test_a_policy_is_silenced_before_anything_is_asked_by_it(topic: type[Topic]) -> None:
    """What a worker begins with holds all that the topic says, once it has begun."""
    topic.there = [record(silence("strike"))]
    watch, begin = follow_policy(Settings())
    assert [one.name for one in watch.policy.silences] == []
    await begin()
    assert [one.name for one in watch.policy.silences] == ["strike"]
    assert topic.followed == 1


async def test_without_the_topic_nobody_begins(topic: type[Topic]) -> None:
    """It is not known what is to be left alone, so nothing is asked of anybody."""
    _, begin = follow_policy(Settings().model_copy(update={"request_timeout_seconds": 0.01}))
    with pytest.raises(Unavailable, match=r"winnow\.silences\.v1 cannot be read"):
        await begin()


async def test_a_value_that_was_read_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading compiles a condition: once for each, as long as it is in force."""
    read: list[bytes] = []

    def reading(value: bytes) -> Any:
        read.append(value)
        return read_silence(value)

    monkeypatch.setattr(silence_feed, "read_silence", reading)
    feed = SilenceFeed(Settings())
    a, b = record(silence("a")), record(silence("b"))
    assert await told(feed, a) == ["a"]
    assert await told(feed, b) == ["a", "b"]
    assert await told(feed, Record(a.key, None)) == ["b"]
    assert await told(feed, a) == ["a", "b"]
    assert read == [a.value, b.value, a.value]
