"""In: an instant as a network writes it. Out: the same as Winnow writes it, and as Unix milliseconds; or Malformed."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from schemas.sources.malformed import Malformed, bad_time, out_of_range, wrong_type
from schemas.times import iso

_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
EARLIEST_MS = 631_152_000_000
LATEST_MS = 4_102_444_800_000
"""1990 .. 2100 (excluded). A nonsense date would move the event-time clock of its whole partition: better refused here."""


_SECONDS = {f"{second:02d}.": second * 1000 for second in range(60)}
_MILLISECONDS = {f"{millisecond:03d}Z": millisecond for millisecond in range(1000)}


def instant(value: Any, field: str) -> tuple[str, int] | Malformed:
    """Read an ISO 8601 instant; one without a zone is UTC. Returns (text with milliseconds and Z, Unix ms).

    Digits behind the millisecond are cut, so that the number and the text are the same instant.
    """
    if type(value) is str and len(value) == 24:
        # Most networks already write our form, and in a busy stream many records share a minute: half of what reading any form costs.
        minute = _minute(value[:17])
        second, millisecond = _SECONDS.get(value[17:20]), _MILLISECONDS.get(value[20:])
        if minute is not None and second is not None and millisecond is not None:
            return value, minute + second + millisecond
    return _in_any_form(value, field)


@lru_cache(maxsize=4_096)
def _minute(text: str) -> int | None:
    """When the minute begins, Unix ms; None for text that is no beginning of an instant in our form."""
    found = _in_any_form(f"{text}00.000Z", "")
    return None if isinstance(found, Malformed) or found[0][:17] != text else found[1]


def _in_any_form(value: Any, field: str) -> tuple[str, int] | Malformed:
    if type(value) is not str:
        return wrong_type(field, "an ISO 8601 instant (text)", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return bad_time(field, value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        return out_of_range(field, "an instant from 1990 to 2099", milliseconds)
    return iso(milliseconds), milliseconds
