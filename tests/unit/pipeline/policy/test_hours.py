"""When a team works, and when so much working time is over: windows, holidays, summer time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.policy.errors import PolicyError
from pipeline.policy.hours import Hours
from pipeline.policy.load import parse_policy
from pipeline.policy.reference import file_schemas
from pipeline.policy.snapshot import dump_policy, policy_of

HOUR = 3_600_000
WEEK = {"days": ["mon", "tue", "wed", "thu", "fri"], "time_zone": "Europe/Berlin"}
DESK = Hours.model_validate({"start": "09:00", "end": "17:00", "holidays": ["DE-BY", "12-24", "2026-05-15"], **WEEK})
SHIFTS = Hours.model_validate(
    {
        "windows": [
            {"start": "08:00", "end": "12:00", "days": ["mon", "tue", "wed", "thu", "fri"]},
            {"start": "13:00", "end": "17:00", "days": ["mon", "tue", "wed", "thu"]},
            {"start": "22:00", "end": "02:00", "days": ["fri"]},
            {"start": "11:00", "end": "14:00", "days": ["wed"]},
        ]
    }
)


def ms(text: str) -> int:
    """Unix ms of an instant in ISO 8601."""
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


def at(instant: int) -> str:
    """An instant as it is read in Berlin's winter, to the minute; UTC for what has no zone of its own."""
    return f"{datetime.fromtimestamp(instant / 1000, UTC):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02T10:00+01:00", "Mon 2026-03-02 09:00"),  # at work
        ("2026-03-06T17:00+01:00", "Mon 2026-03-09 08:00"),  # the end is not worked any more
        ("2026-04-02T18:00+02:00", "Tue 2026-04-07 07:00"),  # Good Friday, the weekend, Easter Monday
        ("2026-01-06T10:00+01:00", "Wed 2026-01-07 08:00"),  # Epiphany, in Bavaria
        ("2026-12-23T18:00+01:00", "Mon 2026-12-28 08:00"),  # Christmas Eve is free every year, 25 and 26 by law
        ("2027-12-23T18:00+01:00", "Mon 2027-12-27 08:00"),
        ("2026-05-13T18:00+02:00", "Mon 2026-05-18 07:00"),  # Ascension Day, and a bridge day of its own
        ("2026-03-27T18:00+01:00", "Mon 2026-03-30 07:00"),  # summer time has begun
    ],
)
def test_holidays_are_no_working_days(now: str, opens: str) -> None:
    """Public holidays of the country or its part, own days, days of every year."""
    assert at(DESK.open_from(ms(now))) == opens


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-02T12:30+00:00", "Mon 2026-03-02 13:00"),  # the break
        ("2026-03-04T12:30+00:00", "Wed 2026-03-04 12:30"),  # no break on Wednesdays
        ("2026-03-06T14:00+00:00", "Fri 2026-03-06 22:00"),
        ("2026-03-07T01:00+00:00", "Sat 2026-03-07 01:00"),  # the night of Friday
        ("2026-03-07T02:00+00:00", "Mon 2026-03-09 08:00"),
    ],
)
def test_a_team_has_several_windows(now: str, opens: str) -> None:
    """Breaks, days with other hours, a night that ends on the next day, windows that overlap."""
    assert at(SHIFTS.open_from(ms(now))) == opens
    assert SHIFTS.is_open(ms(now)) is (at(ms(now)) == opens)


@pytest.mark.parametrize(
    ("start", "worked", "end"),
    [
        ("2026-03-02T10:00+01:00", 2, "Mon 2026-03-02 11:00"),
        ("2026-03-06T16:00+01:00", 4, "Mon 2026-03-09 11:00"),  # one hour on Friday, three on Monday
        ("2026-03-07T12:00+01:00", 8, "Mon 2026-03-09 16:00"),  # to the last minute of the day
        ("2026-04-02T16:00+02:00", 16, "Wed 2026-04-08 14:00"),  # over Easter
        ("2026-03-27T16:00+01:00", 2, "Mon 2026-03-30 08:00"),  # summer time begins between
    ],
)
def test_working_time_passes_at_work(start: str, worked: int, end: str) -> None:
    """Deadlines count hours in which somebody is there."""
    assert at(DESK.later(ms(start), worked * HOUR)) == end


def test_overlapping_windows_count_once() -> None:
    """From 08:00 to 17:00 on Wednesdays are nine hours, whatever the windows."""
    assert at(SHIFTS.later(ms("2026-03-04T00:00+00:00"), 9 * HOUR)) == "Wed 2026-03-04 17:00"


def test_the_longest_that_work_takes_is_told() -> None:
    """Eight hours of work that begin at the end of 23 December, before four free days, take until the 28th in the evening."""
    assert DESK.longest(8 * HOUR) == 5 * 24 * HOUR


@settings(deadline=None, max_examples=150)
@given(
    st.integers(ms("2025-01-01T00:00+00:00") // 1000, ms("2028-01-01T00:00+00:00") // 1000),
    st.integers(0, 40 * 3600),
    st.integers(0, 40 * 3600),
    st.sampled_from([DESK, SHIFTS]),
)
def test_working_time_adds_up(start: int, one: int, other: int, hours: Hours) -> None:
    """It never runs back, so much and so much more is both together, and what is over begins and ends at work."""
    begin, first, both = start * 1000, one * 1000, (one + other) * 1000
    end = hours.later(begin, both)
    assert hours.later(hours.later(begin, first), other * 1000) in (end, hours.open_from(end))
    assert begin <= hours.later(begin, first) <= end
    assert end - begin >= both
    assert hours.is_open(end) or hours.is_open(end - 1)


def test_a_time_stamp_gone_wild_waits_for_nobody() -> None:
    """In the year 9999 no calendar is asked."""
    wild = 253_402_300_799_000
    assert DESK.open_from(wild) == wild


def test_hours_are_what_they_were_when_they_come_from_state() -> None:
    """A policy that a shard dumped opens at the same times."""
    text = (
        "version: 1\nteams:\n  - name: a\n    hours: {start: '09:00', end: '17:00', holidays: [GB-SCT, '12-24', 2026-03-03]}\nrules: []\n"
    )
    policy = parse_policy(text, "p")
    again = policy_of(dump_policy(policy))
    assert again is not None
    assert again.teams == policy.teams
    hours = again.teams[0].hours
    assert hours is not None
    for day in range(400):
        moment = ms("2026-01-01T12:00+00:00") + int(timedelta(days=day).total_seconds() * 1000)
        assert hours.is_open(moment) is (policy.teams[0].hours or DESK).is_open(moment)
    assert not hours.is_open(ms("2026-11-30T12:00+00:00"))  # St Andrew's Day


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        ("{start: '09:00'}", "start and end are missing, or a list of windows with them"),
        ("{end: '09:00', windows: [{start: '09:00', end: '10:00'}]}", "start, end and days stand in each of the windows"),
        ("{windows: [{start: '09:00', end: '10:00', day: [mon]}]}", "there is no such key (did you mean 'days'?)"),
        ("{start: '09:00', end: '10:00', holidays: [XX]}", "'XX' is no day, and no country whose holidays are known: AD, AE, "),
        (
            "{start: '09:00', end: '10:00', holidays: [GB-LON]}",
            "'GB-LON' is no part of GB with holidays of its own; known are GB-ENG, GB-NIR",
        ),
        ("{start: '09:00', end: '10:00', holidays: ['02-30']}", "'02-30' is no day such as 2026-12-24"),
        ("{start: '09:00', end: '10:00', holidays: [NO]}", "NO is false in YAML 1.1"),
        ("{start: '09:00', end: '10:00', holidays: DE}", "should be a list, e.g. [a, b], is 'DE'"),
        ("{start: '09:00', end: '10:00', days: [monday]}", "'monday' is none of mon, tue"),
    ],
)
def test_wrong_hours_are_refused(hours: str, reason: str) -> None:
    """Told at their line, with what is allowed."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"version: 1\nteams:\n  - name: a\n    hours: {hours}\nrules: []\n", "p")
    assert [(fault.line, reason in fault.reason) for fault in caught.value.faults] == [(4, True)]


def test_a_team_that_never_works_is_refused() -> None:
    """Every Monday of the year is a holiday of its own: nothing would ever reach it."""
    mondays = [f"2026-{day:%m-%d}" for week in range(60) if (day := datetime(2026, 1, 5) + timedelta(weeks=week)).year == 2026]
    hours = f"{{start: '09:00', end: '10:00', days: [mon], holidays: [{', '.join(mondays)}]}}"
    text = f"version: 1\nteams:\n  - name: a\n    hours: {hours}\nrules: []\n"
    with pytest.raises(PolicyError, match="is closed for more than 70 days from 2026-01-01 on: all its days are holidays"):
        parse_policy(text, "p")


@pytest.mark.parametrize(
    ("hours", "good"),
    [
        ({"start": "09:00", "end": "17:00", "holidays": ["DE", "12-24"]}, True),
        ({"windows": [{"start": "09:00", "end": "17:00"}]}, True),
        ({"start": "09:00"}, False),
        ({"windows": [{"start": "09:00", "end": "17:00"}], "days": ["mon"]}, False),
    ],
)
def test_an_editor_knows_both_forms(hours: dict[str, Any], good: bool) -> None:
    """One window, or a list of them."""
    values = {"version": 1, "teams": [{"name": "a", "hours": hours}], "rules": []}
    assert jsonschema.Draft202012Validator(file_schemas()["policy"]).is_valid(values) is good
