"""Windows in which a silence holds again and again: local times of day, also across midnight and the change of the clocks."""

from datetime import UTC, datetime
from typing import Any

from pipeline.policy import RecurringWindow


def at(text: str) -> int:
    """Unix ms of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def window(**stated: Any) -> RecurringWindow:
    """A window as a file states it."""
    return RecurringWindow.model_validate(stated)


def test_a_night_of_the_change_to_summer_time_is_an_hour_shorter() -> None:
    """In Berlin the clock goes from 2 to 3 on 2026-03-29: from 22 to 6 o'clock ends at 4 UTC, and begins at 21."""
    night = window(start="22:00", end="06:00", days=["sat"], time_zone="Europe/Berlin")
    assert night.closes(at("2026-03-28T20:59")) is None
    assert night.closes(at("2026-03-28T21:00")) == at("2026-03-29T04:00")
    assert night.closes(at("2026-03-29T04:00")) is None


def test_a_window_that_began_the_day_before_is_open() -> None:
    """Until its end, which is its own no more; an end that equals the start is a whole day."""
    nights = window(start="22:00", end="06:00", days=["mon", "tue"])
    assert nights.closes(at("2026-03-03T05:59")) == at("2026-03-03T06:00")
    assert nights.closes(at("2026-03-03T06:00")) is None
    assert nights.closes(at("2026-03-04T05:59")) == at("2026-03-04T06:00")
    sunday = window(start="00:00", end="00:00", days=["sun"])
    assert sunday.closes(at("2026-03-02T00:00")) is None
    assert sunday.closes(at("2026-03-08T00:00")) == at("2026-03-09T00:00")
