"""When a team works: windows of the week in its time zone, without public holidays and days of its own.

`Hours.later` is the one function that says whether a team is at work, when it begins again, and when so much working time is over.
"""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, ValidationInfo, WithJsonSchema, model_validator

from pipeline.policy.fact_table import WEEKDAYS
from pipeline.policy.values import STORED, PolicyPart, TimeOfDay, Zone
from schemas.messages import Share

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1)]
_DAYS_LIMIT = 400
_CLOSED_DAYS = 70
"""As long a team may be closed on end; longer is a mistake."""

_HORIZON_DAYS = 4_000
_YEARLY = re.compile(r"(\d\d)-(\d\d)")


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    """Country (ISO 3166-1, two letters) -> its parts with holidays of their own."""
    return {code: list(parts) for code, parts in sorted(holidays.list_supported_countries().items()) if len(code) == 2}


def _holiday(value: object, info: ValidationInfo) -> object:
    """A country, a country's part, a day or a day of every year, as text. Raises ValueError."""
    if info.context == STORED or not isinstance(value, str | date) or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return value.isoformat()
    country, _, part = value.partition("-")
    if re.fullmatch(r"[\d-]+", value):
        try:
            date.fromisoformat(f"2024-{value}" if _YEARLY.fullmatch(value) else value)
        except ValueError:
            raise ValueError(f"{value!r} is no day such as 2026-12-24, or '12-24' for every year") from None
    elif country not in _countries():
        raise ValueError(f"{value!r} is no day, and no country whose holidays are known: {', '.join(_countries())}")
    elif part and part not in _countries()[country]:
        known = ", ".join(f"{country}-{one}" for one in _countries()[country])
        raise ValueError(f"{value!r} is no part of {country} with holidays of its own" + (f"; known are {known}" if known else ""))
    return value


@lru_cache(maxsize=1024)
def _public(place: str, year: int) -> frozenset[date]:
    """Public holidays of a country or a part of one (``DE``, ``DE-BY``) in a year. A set of its own each: no shared one grows."""
    country, _, part = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


_HOLIDAY_SCHEMA = {"type": "string", "examples": ["DE", "DE-BY", "2026-12-24", "12-24"], "x-winnow": "country, part of one, or day"}
Holiday = Annotated[str, BeforeValidator(_holiday), WithJsonSchema(_HOLIDAY_SCHEMA)]


class WorkingWindow(PolicyPart):
    """Hours of some days. An end that is not after the start is one of the next day."""

    start: TimeOfDay
    end: TimeOfDay
    days: Weekdays = WEEKDAYS  # type: ignore[assignment]  # the same seven names


_FORMS: dict[str, JsonValue] = {
    "oneOf": [
        {"required": ["start", "end"], "properties": {"windows": False}},
        {"required": ["windows"], "properties": {"start": False, "end": False, "days": False}},
    ]
}


class Hours(PolicyPart):
    """When a team works. Outside, everything below ``wake_at`` (severity) waits. One window (start, end, days), or several."""

    model_config = ConfigDict(json_schema_extra=_FORMS)

    start: TimeOfDay | None = None
    end: TimeOfDay | None = None
    days: Weekdays = WEEKDAYS  # type: ignore[assignment]  # the same seven names
    windows: tuple[WorkingWindow, ...] = ()
    holidays: Annotated[tuple[Holiday, ...], Field(max_length=_DAYS_LIMIT)] = ()
    time_zone: Zone = "UTC"
    wake_at: Share = 0.5

    @model_validator(mode="after")
    def _makes_sense(self, info: ValidationInfo) -> Self:
        if info.context == STORED:
            return self
        if self.windows and {"start", "end", "days"} & self.model_fields_set:
            raise ValueError("start, end and days stand in each of the windows, where there are windows")
        if not self.windows and (self.start is None or self.end is None):
            raise ValueError("start and end are missing, or a list of windows with them")
        if self.open_from(_SAMPLE_MS) - _SAMPLE_MS > _CLOSED_DAYS * 86_400_000:
            raise ValueError(f"is closed for more than {_CLOSED_DAYS} days from {_SAMPLE:%Y-%m-%d} on: all its days are holidays")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def overlap(self) -> str | None:
        """The first day of the week that two windows share, ``mon``; None when none do."""
        minutes = sorted(
            (24 * 60 * number + one.start.hour * 60 + one.start.minute, _minutes_of(one), day)
            for one in self.windows
            for number, day in enumerate(WEEKDAYS)
            if day in one.days
        )
        around = [(begin + 7 * 24 * 60, length, day) for begin, length, day in minutes[:1]]
        pairs = itertools.pairwise([*minutes, *around])
        return next((day for (begin, length, _), (following, _, day) in pairs if begin + length > following), None)

    def wakes(self, severity: float) -> bool:
        """Whether the team is asked outside of its hours about something of this severity."""
        return severity >= self.wake_at

    def is_open(self, now_ms: int) -> bool:
        """Whether the team is at work at an instant (Unix ms)."""
        return self.later(now_ms, 0) == now_ms

    def open_from(self, now_ms: int) -> int:
        """First instant at or after ``now_ms`` (Unix ms) within the hours: itself when open."""
        return self.later(now_ms, 0)

    def later(self, from_ms: int, worked_ms: int) -> int:
        """When, counted from an instant on, so much working time is over (Unix ms). Of overlapping windows time counts once."""
        at, left = from_ms, worked_ms
        if from_ms > _LAST_MS:
            return from_ms + worked_ms  # a time stamp gone wild: no calendar goes on for ever
        for opens, closes in self.spans(from_ms):
            begins = max(at, opens)
            if closes <= begins:
                continue
            if left <= closes - begins:
                return begins + left
            left -= closes - begins
            at = closes
        raise AssertionError("a team has working days")

    def longest(self, worked_ms: int) -> int:
        """The longest that so much working time takes by the clock (ms), in the two years from `_SAMPLE` on."""
        ends = [closes for _, (_, closes) in zip(range(730 * (len(self.windows) or 1)), self.spans(_SAMPLE_MS), strict=False)]
        return max(self.later(end, worked_ms) - end for end in ends)

    def spans(self, from_ms: int) -> Iterator[tuple[int, int]]:
        """Begins and ends of all windows, day by day, from the day before an instant on."""
        first = datetime.fromtimestamp(from_ms / 1000, self.zone).date() - timedelta(days=1)
        for ahead in range(_HORIZON_DAYS):
            yield from self._day(first + timedelta(days=ahead))

    def _day(self, day: date) -> tuple[tuple[int, int], ...]:
        """Begins and ends (Unix ms) of the windows that begin on a day; none on a holiday."""
        found = self._known.get(day)
        if found is None:
            windows = self.windows or (WorkingWindow.model_construct(start=self.start, end=self.end, days=self.days),)
            worked = [one for one in windows if WEEKDAYS[day.weekday()] in one.days]
            spans = [] if not worked or self._is_holiday(day) else sorted(self._span(day, one) for one in worked)
            if len(self._known) > 3 * _DAYS_LIMIT:
                self._known.clear()
            found = self._known[day] = tuple(spans)
        return found

    @cached_property
    def _known(self) -> dict[date, tuple[tuple[int, int], ...]]:
        return {}

    def _span(self, day: date, window: WorkingWindow) -> tuple[int, int]:
        last = day if window.end > window.start else day + timedelta(days=1)
        moments = (datetime.combine(day, window.start, self.zone), datetime.combine(last, window.end, self.zone))
        opens, closes = (int(moment.astimezone(UTC).timestamp() * 1000) for moment in moments)
        return opens, closes

    def _is_holiday(self, day: date) -> bool:
        written = {day.isoformat(), f"{day:%m-%d}"}
        return any(one in written or (one[0].isalpha() and day in _public(one, day.year)) for one in self.holidays)


def _minutes_of(window: WorkingWindow) -> int:
    """How long a window is, by the clock."""
    begin, end = (at.hour * 60 + at.minute for at in (window.start, window.end))
    return end - begin if end > begin else end - begin + 24 * 60


class RecurringWindow(WorkingWindow):
    """When a silence that comes again holds: on each of these days from ``start`` to ``end``."""

    time_zone: Zone = "UTC"

    def closes(self, now_ms: int) -> int | None:
        """When the window that is open at ``now_ms`` closes (Unix ms); None when none is."""
        opens, closes = next(span for span in self._hours.spans(now_ms) if span[1] > now_ms)
        return closes if opens <= now_ms else None

    @cached_property
    def _hours(self) -> Hours:
        return Hours.model_construct(start=self.start, end=self.end, days=self.days, time_zone=self.time_zone)


_SAMPLE = date(2026, 1, 1)
_SAMPLE_MS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LAST_MS = int(datetime(9980, 1, 1, tzinfo=UTC).timestamp() * 1000)
