"""In: an instant as a network writes it. Out: the same as Winnow writes it, and as Unix milliseconds; or Malformed."""

from datetime import UTC, datetime
from typing import Any

from schemas.sources.malformed import Malformed, bad_time, out_of_range, wrong_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST_MS = 631_152_000_000
LATEST_MS = 4_102_444_800_000
"""1990 .. 2100 (excluded). A nonsense date would move the event-time clock of its whole partition: better refused here."""


def instant(value: Any, field: str) -> tuple[str, int] | Malformed:
    """Read an ISO 8601 instant; one without a zone is UTC. Returns (text with milliseconds and Z, Unix ms).

    Digits behind the millisecond are cut, so that the number and the text are the same instant.
    """
    if type(value) is not str:
        return wrong_type(field, "an ISO 8601 instant (text)", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return bad_time(field, value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    passed = moment - _EPOCH
    milliseconds = (passed.days * 86_400 + passed.seconds) * 1000 + passed.microseconds // 1000
    if not EARLIEST_MS <= milliseconds < LATEST_MS:
        return out_of_range(field, "an instant from 1990 to 2099", milliseconds)
    # Most networks already write our form: formatting it again would cost more than reading it.
    if len(value) == 24 and value[7] == "-" and value[10] == "T" and value[19] == "." and value[23] == "Z":
        return value, milliseconds
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z", milliseconds
