"""In: the bytes of one Information record. Out: what correlate needs of it, checked and flat, or why it cannot be read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from pipeline.duplicates import reference
from pipeline.rejects import Unreadable
from schemas.messages import Intent, Kind, Sentiment, Stakeholder
from schemas.times import to_milliseconds

ADDRESSED = frozenset({Kind.TICKET.value, Kind.MESSAGE.value, Kind.REVIEW.value, Kind.SURVEY.value})
"""Kinds that one person wrote to the organisation: never somebody else's copy, and never too unimportant for a case."""

_INTENTS = frozenset(intent.value for intent in Intent)
_SENTIMENTS = frozenset(sentiment.value for sentiment in Sentiment)
_STAKEHOLDERS = frozenset(stakeholder.value for stakeholder in Stakeholder)
_KINDS = frozenset(kind.value for kind in Kind)
_LATEST_MS = 253_402_300_799_999
_HEX = frozenset("0123456789abcdef")


@dataclass(slots=True)
class Heard:
    """One piece of information. Times in Unix ms; ``author`` is a keyed hash (32 hex digits), ``crowd`` its first 64 bits;
    ``weight`` is how telling it is as evidence: urgent, negative, widely heard. ``bag``: its words as bits, once it was folded."""

    id: str
    subject: str
    topic: int
    text: str
    author: str
    crowd: int
    source: str
    kind: str
    native: str
    native_key: int
    repost_key: int
    quote_key: int
    created_ms: int
    thread: str | None
    in_reply_to: str | None
    url: str | None
    intent: str
    sentiment: str
    negativity: float
    urgency: float
    stakeholder: str
    reach: int
    weight: float
    voice: bool
    dual_hat: bool
    backfill: bool
    accepted_answer: bool
    appended_at: str
    lineage: dict[str, Any]
    model: str
    bag: int = 0


class _Wrong(Exception):
    """A field is missing or not of its kind; carries its name."""


def hear(value: bytes | None, author_key: bytes) -> Heard | Unreadable:
    """Read one record. ``author_key`` keys the author's hash. Never raises, whatever the bytes."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        message = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        return Unreadable("bad_json", f"not JSON: {error}")
    if not isinstance(message, dict):
        return Unreadable("bad_field", "an information record is a JSON object")
    try:
        return _heard(message, author_key)
    except _Wrong as wrong:
        return Unreadable("bad_field", f"field {wrong} is missing or not what an information record has there")


def _heard(message: dict[str, Any], author_key: bytes) -> Heard:
    signal, subject = _object(message, "signal"), _text(message, "subject")
    identity, source, native = _text(message, "id"), _text(signal, "source"), _text(signal, "id")
    if len(identity) != 32 or not _HEX.issuperset(identity):
        raise _Wrong("id")
    writer, reach = _object(signal, "author"), signal.get("reach") or {}
    if not isinstance(reach, dict):
        raise _Wrong("reach")
    stakeholder = _one_of(message, "stakeholder", _STAKEHOLDERS)
    author = _author(author_key, source, _text(writer, "id") or native)
    title, text = _optional(signal, "title"), _text(signal, "text")
    negativity, urgency, heard_by = (
        max(0.0, -_number(message, "sentiment_score", -1.0)),
        _number(message, "urgency", 0.0),
        _reach(writer, reach),
    )
    repost, quote = _optional(signal, "repost_of"), _optional(signal, "quote_of")
    return Heard(
        id=identity,
        subject=subject,
        topic=_topic(subject),
        text=f"{title}. {text}" if title else text,
        author=author,
        crowd=int(author[:16], 16),
        source=source,
        kind=_one_of(signal, "kind", _KINDS),
        native=native,
        native_key=reference(source, native, subject),
        repost_key=reference(source, repost, subject) if repost else 0,
        quote_key=reference(source, quote, subject) if quote else 0,
        created_ms=_instant(signal, "created_at"),
        thread=_optional(signal, "thread"),
        in_reply_to=_optional(signal, "in_reply_to"),
        url=_optional(signal, "url"),
        intent=_one_of(message, "intent", _INTENTS),
        sentiment=_one_of(message, "sentiment", _SENTIMENTS),
        negativity=negativity,
        urgency=urgency,
        stakeholder=stakeholder,
        reach=heard_by,
        weight=round(urgency + negativity + math.log10(1 + heard_by) / 7.0, 6),
        voice=stakeholder == Stakeholder.MEDIA.value or writer.get("verified") is True,
        dual_hat=message.get("dual_hat") is True,
        backfill=message.get("backfill") is True,
        accepted_answer=signal.get("accepted_answer") is True,
        appended_at=_moment(message, "appended_at"),
        lineage=_lineage(message),
        model=_text(message, "model"),
    )


def _author(key: bytes, source: str, identity: str) -> str:
    return blake2b(f"{source}\0{identity}".encode(), digest_size=16, key=key).hexdigest()


@lru_cache(maxsize=4096)
def _topic(subject: str) -> int:
    return int.from_bytes(blake2b(subject.encode(), digest_size=8).digest(), "little")


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name)
    if not isinstance(value, dict):
        raise _Wrong(name)
    return value


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str):
        raise _Wrong(name)
    return value


def _optional(holder: dict[str, Any], name: str) -> str | None:
    value = holder.get(name)
    if value is not None and not isinstance(value, str):
        raise _Wrong(name)
    return value


def _one_of(holder: dict[str, Any], name: str, allowed: frozenset[str]) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise _Wrong(name)
    return value


def _number(holder: dict[str, Any], name: str, least: float) -> float:
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1.0:
        raise _Wrong(name)
    return float(value)


def _instant(holder: dict[str, Any], name: str) -> int:
    try:
        moment = to_milliseconds(_text(holder, name))
    except (ValueError, OverflowError):
        raise _Wrong(name) from None
    if not 0 <= moment <= _LATEST_MS:
        raise _Wrong(name)
    return moment


def _moment(holder: dict[str, Any], name: str) -> str:
    _instant(holder, name)
    return str(holder[name])


def _lineage(message: dict[str, Any]) -> dict[str, Any]:
    lineage = _object(message, "lineage")
    _text(lineage, "topic")
    for name in ("partition", "offset"):
        value = lineage.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise _Wrong(f"lineage.{name}")
    return {"topic": lineage["topic"], "partition": lineage["partition"], "offset": lineage["offset"]}


def _reach(writer: dict[str, Any], reach: dict[str, Any]) -> int:
    """How many people may have seen it: views or followers, at least those who reacted."""
    reacted = _count(reach, "likes") + _count(reach, "reposts") + _count(reach, "replies") + _count(reach, "quotes")
    return max(_count(writer, "followers"), _count(reach, "views"), 1 + reacted)


def _count(holder: dict[str, Any], name: str) -> int:
    value = holder.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise _Wrong(name)
    return value
