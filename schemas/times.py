"""Instants as Unix milliseconds <-> ISO 8601 with milliseconds and Z: the one way times are written."""

from datetime import UTC, date, datetime
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_MILLISECONDS = tuple(f".{millisecond:03d}Z" for millisecond in range(1000))
"""Every record that is written has several instants, and strftime would cost more than all else about it."""


@lru_cache(maxsize=4_096)
def iso(milliseconds: int) -> str:
    """Format Unix milliseconds; what lies before the year 1 or after 9999 as the first or the last day that can be written.

    >>> iso(1424131200123)
    '2015-02-17T00:00:00.123Z'
    """
    # A message, its header and its evidence often have the same instant.
    seconds, rest = divmod(milliseconds, 1000)
    return _to_the_second(seconds) + _MILLISECONDS[rest]


@lru_cache(maxsize=8_192)
def _to_the_second(seconds: int) -> str:
    # In a busy stream many records share a second.
    day, rest = divmod(seconds, 86_400)
    minute, second = divmod(rest, 60)
    return f"{_date(day)}{_MINUTES[minute]}{_SECONDS[second]}"


@lru_cache(maxsize=1_024)
def _date(day: int) -> str:
    return f"{date.fromordinal(min(max(day + _EPOCH.toordinal(), 1), date.max.toordinal()))}"


@lru_cache(maxsize=4_096)
def to_milliseconds(text: str) -> int:
    """Parse an ISO 8601 instant; one without a zone is taken as UTC. Raises ValueError when it is none.

    >>> to_milliseconds('2015-02-17T00:00:00.123Z')
    1424131200123
    """
    # Each stage asks several times what the same few instants of a message are.
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
