"""Local times of day become spans of time."""

from datetime import UTC, datetime, time

from pipeline.policy.windows import spans


def at(text: str) -> int:
    """Unix ms of a UTC time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_night_of_the_change_to_summer_time_is_an_hour_shorter() -> None:
    """In Berlin the clock goes from 2 to 3 on 2026-03-29: from 22 to 6 o'clock are seven hours."""
    found = next(spans(time(22), time(6), ("sat",), "Europe/Berlin", at("2026-03-28T12:00")))
    assert found == (at("2026-03-28T21:00"), at("2026-03-29T04:00"))


def test_the_span_that_is_open_comes_first() -> None:
    """Also when it began the day before; then the following ones in order; an end that equals the start is a whole day."""
    nights = spans(time(22), time(6), ("mon", "tue"), "UTC", at("2026-03-03T05:59"))
    assert [next(nights), next(nights)] == [
        (at("2026-03-02T22:00"), at("2026-03-03T06:00")),
        (at("2026-03-03T22:00"), at("2026-03-04T06:00")),
    ]
    assert next(spans(time(0), time(0), ("sun",), "UTC", at("2026-03-02T00:00"))) == (at("2026-03-08T00:00"), at("2026-03-09T00:00"))
