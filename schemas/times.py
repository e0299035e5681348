"""Instants as Unix milliseconds <-> ISO 8601 with milliseconds and Z: the one way times are written."""

from datetime import UTC, datetime
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(milliseconds: int) -> str:
    """Format Unix milliseconds.

    >>> iso(1424131200123)
    '2015-02-17T00:00:00.123Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_to_the_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=8_192)
def _to_the_second(seconds: int) -> str:
    # Thousands of events share a second, and strftime costs five times all the rest.
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def to_milliseconds(text: str) -> int:
    """Parse an ISO 8601 instant; one without a zone is taken as UTC. Raises ValueError when it is none.

    >>> to_milliseconds('2015-02-17T00:00:00.123Z')
    1424131200123
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
