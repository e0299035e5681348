"""instant and the times of messages: one form out of the many that networks write."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.messages import Label, Outcome
from schemas.sources.instant import EARLIEST_MS, LATEST_MS, _in_any_form, instant
from schemas.sources.malformed import Malformed
from schemas.times import iso

unhurried = settings(deadline=None)
"""A shared machine may stall for longer than any deadline."""

milliseconds = st.integers(EARLIEST_MS, LATEST_MS - 1)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-17T07:36:05.123Z", "2026-02-17T07:36:05.123Z"),
        ("2026-02-17T07:36:05Z", "2026-02-17T07:36:05.000Z"),
        ("2026-02-17T07:36:05.123999Z", "2026-02-17T07:36:05.123Z"),
        ("2026-02-17T07:36:05.123+00:00", "2026-02-17T07:36:05.123Z"),
        ("2026-02-17T00:36:05-07:00", "2026-02-17T07:36:05.000Z"),
        ("2026-02-17 07:36:05", "2026-02-17T07:36:05.000Z"),
        ("2026-02-17", "2026-02-17T00:00:00.000Z"),
        ("20260217T073605.123456Z", "2026-02-17T07:36:05.123Z"),
        ("2026-W08-2T07:36:05.123Z", "2026-02-17T07:36:05.123Z"),
        ("2026-02-17T07:36:05.123z", "2026-02-17T07:36:05.123Z"),
        ("2026-02-17 07:36:05 UTC", "2026-02-17T07:36:05.000Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
        ("2016-12-31T23:59:60.500+00:00", "2016-12-31T23:59:59.500Z"),
        ("Tue, 17 Feb 2026 08:36:05 +0100", "2026-02-17T07:36:05.000Z"),
        ("17 Feb 2026 07:36 GMT", "2026-02-17T07:36:00.000Z"),
        ("Tue, 17 Feb 2026 00:06:05 -0730 (Somewhere)", "2026-02-17T07:36:05.000Z"),
        ("Tue Feb 17 07:36:05 +0000 2026", "2026-02-17T07:36:05.000Z"),
        ("1771313765", "2026-02-17T07:36:05.000Z"),
        ("1771313765.125", "2026-02-17T07:36:05.125Z"),
        (1771313765, "2026-02-17T07:36:05.000Z"),
        (1771313765.5, "2026-02-17T07:36:05.500Z"),
        (1771313765123, "2026-02-17T07:36:05.123Z"),
        (1771313765123456, "2026-02-17T07:36:05.123Z"),
        (1771313765123456789, "2026-02-17T07:36:05.123Z"),
    ],
)
def test_every_form_comes_out_alike(written: object, expected: str) -> None:
    """Zones become UTC, digits behind the millisecond are cut, a missing zone is UTC; Unix times are known by their size."""
    found = instant(written, "at")
    assert not isinstance(found, Malformed)
    assert found[0] == expected
    assert iso(found[1]) == expected


@pytest.mark.parametrize(
    "written", ["now", "17/02/2026", "2026-02-30T00:00:00Z", "2026-02-17T25:00:00Z", "Tue Feb 17 2026", "２０２６-02-17"]
)
def test_what_is_no_instant_is_bad_time(written: str) -> None:
    """Other formats are refused, not guessed: 02/03 is two different days."""
    found = instant(written, "at")
    assert isinstance(found, Malformed)
    assert found.code == "bad_time"


@pytest.mark.parametrize(
    "written", ["0001-01-01T00:00:00+14:00", "1989-12-31T23:59:59.999Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_impossible_instants_are_out_of_range(written: str) -> None:
    """A nonsense date must not reach the event-time clock of a partition."""
    found = instant(written, "at")
    assert isinstance(found, Malformed)
    assert found.code == "out_of_range"


@unhurried
@given(milliseconds, st.integers(-14 * 60, 14 * 60))
def test_zones_do_not_matter(ms: int, offset_minutes: int) -> None:
    """The same instant written in any zone gives the same text and number."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    assert instant(moment.astimezone(timezone(timedelta(minutes=offset_minutes))).isoformat(), "at") == (iso(ms), ms)


@unhurried
@given(
    st.sampled_from(["2026-02-17", "1990-01-01", "2099-12-31", "2026-02-30", "0000-01-01"]),
    st.sampled_from("Tt "),
    st.from_regex(r"(23|24|00|7):[05]9:(00|59|60|6)", fullmatch=True),
    st.from_regex(r"([.,]?[0-9]{0,10})", fullmatch=True) | st.sampled_from([".", ".٣", ".12 ", ".-1", "._1"]),
    st.sampled_from(["Z", "z", "", "+00:00", "-00:00", "+14:00", "-07:30", "+05:45", "+07:07", "+24:00", "+0100", "+01", " Z", "+1:00"]),
)
def test_the_quick_way_says_what_the_slow_one_says(day: str, between: str, clock: str, digits: str, zone: str) -> None:
    """What most networks write is read by look-ups: text and number, or refusal, should be those of reading any form."""
    written = f"{day}{between}{clock}{digits}{zone}"
    assert instant(written, "at") == _in_any_form(written, "at")


@unhurried
@given(milliseconds)
def test_message_times_survive_json(ms: int) -> None:
    """A model writes a time exactly as it was read, to the millisecond: no rounding through floating point."""
    label = Label(information="i", subject="s", facet="noise", value="v", given_by="g", action_id=None, at=iso(ms))
    assert label.model_dump(mode="json")["at"] == iso(ms)


def test_message_times_become_utc() -> None:
    """A team may answer in its own zone; what is written is UTC."""
    outcome = Outcome.model_validate({"action_id": "a", "team": "t", "status": "done", "at": "2026-02-17T08:36:05+01:00"})
    assert outcome.model_dump(mode="json")["at"] == "2026-02-17T07:36:05.000Z"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "9999-12-31T00:00:00.000Z"),
        (9 * 10**18, "9999-12-31T16:00:00.000Z"),
        (-(10**17), "0001-01-01T14:13:20.000Z"),
    ],
)
def test_what_no_date_can_hold_is_written_all_the_same(moment: int, written: str) -> None:
    """A producer's clock may say anything: it should be told as the first or last day, and stop nobody."""
    assert iso(moment) == written
