"""Single values of a policy file as types: durations, times of day, zones, names, addresses. The parts of `model` are made of them."""

import re
from datetime import time
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")
HOUR_MS = 3_600_000
LONGEST_MS = 400 * 24 * HOUR_MS

STORED = "stored"
"""Validation context of what `Policy.stored` dumped: durations in milliseconds, times of day with seconds."""


class PolicyPart(BaseModel):
    """A part of the file: keys that it does not know are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def duration(value: object, info: ValidationInfo) -> object:
    """What was written, in milliseconds. Raises ValueError."""
    return value if info.context == STORED else milliseconds(value)


def milliseconds(value: object) -> int:
    """Milliseconds of ``1h30m`` and the like. Raises ValueError for anything else.

    >>> milliseconds("1h30m")
    5400000
    """
    if not isinstance(value, str):
        raise ValueError("should be a duration such as 90s, 15m, 4h or 1d12h")
    match = _DURATION.fullmatch(value.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"{value!r} is not a duration such as 90s, 15m, 4h or 1d12h")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def in_units(ms: int) -> str:
    """A duration as it is written, in its largest unit.

    >>> in_units(5_400_000), in_units(7_200_000)
    ('90m', '2h')
    """
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        if ms >= size and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms // 1000}s"


def _clock_time(value: object, info: ValidationInfo) -> object:
    if info.context == STORED:
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise ValueError(f"{value!r} is not a time of day such as '08:30' (in quotes)")


@cache
def _zones() -> frozenset[str]:
    """Names that mean the same on every machine: `localtime` and what else a system's folder holds are none."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - {"Factory", "localtime"}


def _zone(value: object, info: ValidationInfo) -> object:
    if info.context != STORED and str(value) not in _zones():
        near = get_close_matches(str(value), _zones(), 1)
        meant = f"; did you mean {near[0]}?" if near else ", e.g. Europe/Berlin"
        raise ValueError(f"{value!r} is no time zone of the tz database{meant}")
    return str(value)


def _address(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise ValueError(f"{value!r} is no address such as https://wiki.example.org/runbooks/surge")
    return value


def _expression(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value  # `when: true` is a boolean in YAML


DURATION_SCHEMA = {
    "type": "string",
    "pattern": r"^(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$",
    "examples": ["15m", "1d12h"],
    "x-winnow": "duration",
}
_TIME_SCHEMA = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["08:30"], "x-winnow": "time of day, `'08:30'`"}
_CONDITION_SCHEMA = {"type": ["string", "boolean"], "x-winnow": "condition"}
_ADDRESS_SCHEMA = {"type": "string", "format": "uri", "pattern": "^https?://", "x-winnow": "address, `https://...`"}

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Duration = Annotated[int, BeforeValidator(duration), Field(ge=1_000, le=LONGEST_MS), WithJsonSchema(DURATION_SCHEMA)]
Wait = Annotated[int, BeforeValidator(duration), Field(ge=0, le=LONGEST_MS), WithJsonSchema(DURATION_SCHEMA)]
TimeOfDay = Annotated[time, BeforeValidator(_clock_time), WithJsonSchema(_TIME_SCHEMA)]
Zone = Annotated[str, BeforeValidator(_zone)]
Address = Annotated[str, Field(max_length=500), BeforeValidator(_address), WithJsonSchema(_ADDRESS_SCHEMA)]
Expression = Annotated[str, BeforeValidator(_expression), WithJsonSchema(_CONDITION_SCHEMA)]
