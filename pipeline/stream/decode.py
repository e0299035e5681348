"""Reads messages that a stage before wrote, checked against their schema: for `parse` of decide, act and monitor."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
from pydantic import BaseModel, ValidationError

from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.wire_type import decoder
from schemas.messages import Decision, Escalation, Evidence, Situation
from schemas.times import to_milliseconds

_ID = re.compile(r"[0-9a-f]{32}")
_FIELDS: dict[type[BaseModel], frozenset[str]] = {
    model: frozenset(model.model_fields) for model in (Decision, Escalation, Evidence, Situation)
}
_DECODERS: dict[type[BaseModel], Callable[[bytes], object]] = {model: decoder(model) for model in (Decision, Situation)}
EARLIEST_MS = 0
LATEST_MS = 253_402_300_799_000
"""The year 9999: later instants cannot be written."""


def instant(milliseconds: int) -> int:
    """The nearest instant that can be written as ISO 8601 (Unix ms)."""
    return min(max(milliseconds, EARLIEST_MS), LATEST_MS)


def read_situation(value: bytes | None) -> dict[str, Any] | Unreadable:
    """A situation as a dict with exactly the fields of `schemas.messages.Situation`; unknown ones are dropped."""
    found = _read(value, Situation)
    return found if isinstance(found, Unreadable) else _checked(found) or found


def read_decision(value: bytes | None) -> dict[str, Any] | Unreadable:
    """A decision as a dict with exactly the fields of `schemas.messages.Decision`; unknown ones are dropped."""
    found = _read(value, Decision)
    if isinstance(found, Unreadable):
        return found
    if not _ID.fullmatch(found["id"]):
        return Unreadable("bad_id", "id should be 32 hex digits")
    return _bad_time(found, ("decided_at", "not_after")) or _checked(found["situation"]) or found


def _checked(situation: dict[str, Any]) -> Unreadable | None:
    if not _ID.fullmatch(situation["id"]):
        return Unreadable("bad_id", "the situation's id should be 32 hex digits")
    if any(not isinstance(piece["created_at"], str) for piece in situation["evidence"]):
        return Unreadable("bad_time", "evidence: created_at should be an ISO 8601 instant")
    return _bad_time(situation, ("opened_at", "updated_at"))


def _bad_time(message: dict[str, Any], names: tuple[str, ...]) -> Unreadable | None:
    for name in names:
        try:
            fits = EARLIEST_MS <= to_milliseconds(message[name]) <= LATEST_MS
        except (ValueError, TypeError, OverflowError):
            fits = False
        if not fits:
            return Unreadable("bad_time", f"{name} should be an ISO 8601 instant from 1970 to 9999")
    return None


def _read(value: bytes | None, model: type[BaseModel]) -> dict[str, Any] | Unreadable:
    """Strict, so that the parsed JSON itself is fit for use: a validated model is only made anew where fields are unknown."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        raw = orjson.loads(value)
        if _is_good(value, model):
            return raw  # type: ignore[no-any-return]  # JSON of a model is an object
        found: BaseModel = model.model_validate_json(value, strict=True, extra="ignore")
    except orjson.JSONDecodeError as error:
        return Unreadable("not_json", str(error)[:200])
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        return Unreadable("invalid", f"{place}: {fault['msg']}"[:300])
    if not _known(raw, model):
        raw = orjson.loads(found.model_dump_json())
    return raw  # type: ignore[no-any-return]  # JSON of a model is an object


def _is_good(value: bytes, model: type[BaseModel]) -> bool:
    """Whether it can be seen without the model itself: of what was written by this version it can."""
    try:
        _DECODERS[model](value)
    except msgspec.MsgspecError:
        return False
    return True


def _known(raw: Any, model: type[BaseModel]) -> bool:
    if not raw.keys() <= _FIELDS[model]:
        return False
    if model is Decision:
        return _known(raw["situation"], Situation) and all(_known(one, Escalation) for one in raw["escalation"])
    return all(_known(piece, Evidence) for piece in raw["evidence"]) if model is Situation else True
