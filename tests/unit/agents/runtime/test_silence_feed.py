"""Records of the topic ``silences`` become the silences of a worker."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.operate.silences import draft_silence, ended_early
from agents.runtime.silence_feed import SilenceFeed
from agents.settings import Settings
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


async def test_what_ended_long_ago_is_left_out() -> None:
    """A policy does not grow for ever."""
    feed = SilenceFeed(Settings())
    gone = silence("gone").model_copy(update={"until": datetime.now(UTC) - timedelta(days=8)})
    assert await told(feed, record(silence("a")), record(gone)) == ["a"]


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
