"""In: an instant as a network writes it. Out: the same as Winnow writes it, and as Unix milliseconds; or Malformed."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from schemas.sources.malformed import Malformed, bad_time, missing, out_of_range, wrong_type
from schemas.times import iso

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
EARLIEST_MS = 631_152_000_000
LATEST_MS = 4_102_444_800_000
"""1990 .. 2100 (excluded). A nonsense date would move the event-time clock of its whole partition: better refused here."""


_EARLIEST_S = EARLIEST_MS // 1000
_UNIX = re.compile(r"-?\d{1,19}(?:\.\d{1,9})?", re.ASCII)
_ZULU = re.compile(r"(?<=\d)(?:z| ?(?:UTC|GMT|Z))$")
_MIDNIGHT = re.compile(r"^(\d{4}-\d\d-\d\d[T ])24(?=:00(?::00(?:[.,]0+)?)?(?:$|[Z+-]))", re.ASCII)
"""The end of a day, as ISO 8601 may write it: the next one's beginning."""
_LEAP = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:)60(?=$|[.Z+-])", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAY, _MONTH = "(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?", f"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
_ZONES = {"GMT": 0, "UTC": 0, "UT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
"""Names that RFC 2822 knows -> hours ahead of UTC."""
_ZONE = rf"(?P<zone>[+-]\d{{4}}|{'|'.join(_ZONES)})"
_RFC_2822 = re.compile(rf"{_WEEKDAY}(?P<day>\d{{1,2}}) {_MONTH} (?P<year>\d{{4}}) {_CLOCK} {_ZONE}(?: \([A-Za-z ]{{1,40}}\))?", re.ASCII)
_CTIME = re.compile(rf"{_WEEKDAY}{_MONTH} (?P<day>[ \d]?\d) {_CLOCK} {_ZONE} (?P<year>\d{{4}})", re.ASCII)
"""As X's API v1.1 writes it: ``Fri Jan 15 08:00:00 +0000 2027``."""
_SECONDS = {f"{second:02d}": second * 1000 for second in range(60)}
_MILLISECONDS = {f".{millisecond:03d}Z": millisecond for millisecond in range(1000)}
_OFFSETS = {
    f"{sign}{hours:02d}:{minutes:02d}": (1 if sign == "+" else -1) * (hours * 60 + minutes) * 60_000
    for sign in "+-"
    for hours in range(15)
    for minutes in (0, 15, 30, 45)
}
"""Zones that there are -> milliseconds ahead of UTC."""


def instant(value: Any, field: str) -> tuple[str, int] | Malformed:
    """Read an instant: ISO 8601, RFC 2822, or a Unix time in any unit; one without a zone is UTC. Returns (text with milliseconds and Z,
    Unix ms).

    Digits behind the millisecond are cut, so that the number and the text are the same instant.
    """
    if type(value) is str and len(value) >= 20:
        # Nearly all networks write ISO 8601, most of them in our own form, and in a busy stream many records share a minute: a tenth to a
        # half of what reading any form costs.
        minute, second = _minute(value[:17]), _SECONDS.get(value[17:19])
        if minute is not None and second is not None:
            rest = value[19:]
            if rest == "Z":
                return f"{value[:19]}.000Z", minute + second
            millisecond = _MILLISECONDS.get(rest)
            if millisecond is not None:
                return value, minute + second + millisecond
            behind = _behind_second(rest)
            if behind is not None and EARLIEST_MS <= (moment := minute + second + behind) < LATEST_MS:
                return iso(moment), moment
    return _in_any_form(value, field)


def _behind_second(rest: str) -> int | None:
    """What digits behind the second and a zone add to it, in ms; None for text that is neither."""
    if rest[-1] == "Z":
        ahead, digits = 0, rest[1:-1]
    else:
        zone = _OFFSETS.get(rest[-6:])
        if zone is None:
            return None
        ahead, digits = zone, rest[1:-6]
        if len(rest) == 6:
            return -ahead
    return int(f"{digits[:3]:0<3}") - ahead if rest[0] == "." and digits.isdecimal() and digits.isascii() else None


@lru_cache(maxsize=4_096)
def _minute(text: str) -> int | None:
    """When the minute begins, Unix ms; None for text that is no beginning of an instant in our form."""
    found = _in_any_form(f"{text}00.000Z", "")
    return None if isinstance(found, Malformed) or found[0][:17] != text else found[1]


def _in_any_form(value: Any, field: str) -> tuple[str, int] | Malformed:
    if isinstance(value, str):
        if not value.strip():
            return missing(field)
        milliseconds = _of_text(value.strip())
        if milliseconds is None:
            return bad_time(field, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        milliseconds = _of_number(value)
    else:
        return wrong_type(field, "an instant (text, or a Unix time)", value)
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        return out_of_range(field, "an instant from 1990 to 2099", milliseconds)
    return iso(milliseconds), milliseconds


def _of_number(value: float) -> int:
    """A Unix time in s, ms, us or ns: the years 1990 to 2099 have other numbers in each, so that none is taken for another."""
    if abs(value) < _EARLIEST_S * 100:
        return int(value * 1000)
    for per in (1, 1_000, 1_000_000):
        if abs(value) < EARLIEST_MS * per * 100:
            return int(value // per)
    return LATEST_MS


def _of_text(text: str) -> int | None:
    """Unix ms of ISO 8601 with what people make of it, of RFC 2822, of X's v1.1 (ctime with a zone), of digits; None for anything else."""
    named = None
    if text[4:5] != "-":  # else a date of ISO 8601 and nothing else: three expressions less to try on most texts
        if _UNIX.fullmatch(text):
            return _of_number(int(text) if text.lstrip("-").isdigit() else float(text))
        named = _RFC_2822.fullmatch(text) or _CTIME.fullmatch(text)
    try:
        moment = _of_iso(_as_iso(text)) if named is None else _of_names(named)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND


def _as_iso(text: str) -> str:
    """A lower-case z or a word for UTC becomes Z; a leap second the one before, which is as near as Unix time gets."""
    return _LEAP.sub(r"\g<1>59", _ZULU.sub("Z", text))


def _of_iso(text: str) -> datetime:
    begun = _MIDNIGHT.sub(r"\g<1>00", text)
    return datetime.fromisoformat(begun) + timedelta(days=begun != text)


def _of_names(found: re.Match[str]) -> datetime:
    """An instant whose month is a name."""
    year, day, hour, minute = (int(found[name]) for name in ("year", "day", "hour", "minute"))
    second, zone = min(int(found["second"] or 0), 59), found["zone"]
    offset = timedelta(hours=_ZONES[zone]) if zone.isalpha() else timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:]))
    return datetime(year, _MONTHS.index(found["month"]) + 1, day, hour, minute, second, tzinfo=UTC) - offset
