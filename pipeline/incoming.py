"""Bytes of a message that Winnow itself wrote, in; a checked plain dict or the reason why it is none, out."""

import re
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from pipeline.rejects import Unreadable
from schemas.messages import Decision, Situation

_ID = re.compile(r"[0-9a-f]{32}")
EARLIEST_MS = 0
LATEST_MS = 253_402_300_799_000
"""The year 9999: later instants cannot be written."""


def instant(milliseconds: int) -> int:
    """The nearest instant that can be written as ISO 8601 (Unix ms)."""
    return min(max(milliseconds, EARLIEST_MS), LATEST_MS)


def read_situation(value: bytes | None) -> dict[str, Any] | Unreadable:
    """A situation as a dict with exactly the fields of `schemas.messages.Situation`; unknown ones are dropped."""
    found = _read(value, Situation)
    if isinstance(found, Unreadable) or _ID.fullmatch(found["id"]):
        return found
    return Unreadable("bad_id", "id should be 32 hex digits")


def read_decision(value: bytes | None) -> dict[str, Any] | Unreadable:
    """A decision as a dict with exactly the fields of `schemas.messages.Decision`; unknown ones are dropped."""
    found = _read(value, Decision)
    if isinstance(found, Unreadable) or _ID.fullmatch(found["id"]) and _ID.fullmatch(found["situation"]["id"]):
        return found
    return Unreadable("bad_id", "ids of decision and situation should be 32 hex digits")


def _read(value: bytes | None, model: type[BaseModel]) -> dict[str, Any] | Unreadable:
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        found = model.model_validate(orjson.loads(value), extra="ignore").model_dump(mode="json")
        orjson.dumps(found)
    except orjson.JSONDecodeError as error:
        return Unreadable("not_json", str(error)[:200])
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        return Unreadable("invalid", f"{place}: {fault['msg']}"[:300])
    except (TypeError, ValueError, OverflowError) as error:
        return Unreadable("out_of_range", str(error)[:200])
    return found
