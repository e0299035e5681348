"""The fields of an Information record that correlate reads, their types checked, or what is wrong with it; `information.parse` needs it.

msgspec reads the good ones in a third of the time that it takes to build dicts and look into them; orjson judges what that refuses.
Fields that are not read are passed over: their grammar is looked at, not what a number in them comes to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
import orjson
from msgspec import Meta, Struct

from pipeline.stream import Unreadable
from schemas.messages import Desk, Intent, Sentiment, Stakeholder
from schemas.sources import KindName

_SHALLOW_BYTES = 2_000
"""What is no longer cannot nest so deep (1,000 levels) that the two readers of JSON differ about it."""

if TYPE_CHECKING:
    _Intent: TypeAlias = str
    _Sentiment: TypeAlias = str
    _Stakeholder: TypeAlias = str
    _Desk: TypeAlias = str
else:
    # Shared strings, not members of the enums: they become keys of JSON objects, which orjson wants plain.
    _Intent, _Sentiment, _Stakeholder, _Desk = (
        Literal[tuple(member.value for member in names)] for names in (Intent, Sentiment, Stakeholder, Desk)
    )
_Count = Annotated[int, Meta(ge=0, lt=1 << 53)]
_Share = Annotated[float, Meta(ge=0.0, le=1.0)]
_Place = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class WireAuthor(Struct, gc=False):
    """Who wrote it. Flags, here and below, are of any type: only true counts."""

    id: str
    followers: _Count | None = None
    verified: Any = False


class WireReach(Struct, gc=False):
    """How far it went."""

    likes: _Count | None = None
    reposts: _Count | None = None
    replies: _Count | None = None
    quotes: _Count | None = None
    views: _Count | None = None


class WireSignal(Struct, gc=False):
    """What was posted."""

    id: str
    source: str
    kind: KindName
    author: WireAuthor
    text: str
    created_at: str
    title: str | None = None
    url: str | None = None
    rating: _Share | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    accepted_answer: Any = False
    reach: WireReach | None = None
    revision: int = 0
    namespace: str | None = None
    visibility: str | None = None
    repost_of_author: str | None = None
    country: str | None = None


class WireLineage(Struct, gc=False):
    """The record that it came from."""

    topic: str
    partition: _Place
    offset: _Place


class WireConfidence(Struct, gc=False):
    """How sure the judgement is."""

    intent: _Share = 1.0
    sentiment: _Share = 1.0
    stakeholder: _Share = 1.0


class WireInformation(Struct, gc=False):
    """A record of the topic, as far as it is read; ``id`` and times are not looked into."""

    id: str
    subject: str
    signal: WireSignal
    intent: _Intent
    sentiment: _Sentiment
    sentiment_score: Annotated[float, Meta(ge=-1.0, le=1.0)]
    urgency: Annotated[float, Meta(ge=0.0, le=1.0)]
    stakeholder: _Stakeholder
    appended_at: str
    lineage: WireLineage
    model: str
    language: str = ""
    confidence: WireConfidence | None = None
    dual_hat: Any = False
    backfill: Any = False
    competitor: Any = False
    replaces: str | None = None
    desk: _Desk | None = None
    danger: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0


class WireWithdrawal(Struct, gc=False):
    """The other record of the topic: it takes one back."""

    withdraws: str
    subject: str
    appended_at: str
    lineage: WireLineage


_decode = msgspec.json.Decoder(WireInformation).decode
_decode_withdrawal = msgspec.json.Decoder(WireWithdrawal).decode
_WITHDRAWAL = b'{"withdraws":'
"""How sift begins one."""
_FAULT = re.compile(r"(?:missing required field `(\w+)`)?(?: - at `\$\.?([^`]*)`)?$")


def read(value: bytes | None) -> WireInformation | WireWithdrawal | Unreadable:
    """Read one record. Never raises, whatever the bytes: what is wrong is named by code, and by field where it is one."""
    if not value:
        return Unreadable("empty", "the record has no value")
    try:
        if not value.isascii():
            value.decode()  # msgspec does not look into what it passes over
        if value.startswith(_WITHDRAWAL):
            return _decode_withdrawal(value)
        return _decode(value) if len(value) <= _SHALLOW_BYTES else _read_closely(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_closely(value)


def _read_closely(value: bytes) -> WireInformation | WireWithdrawal | Unreadable:
    """The slow way, which knows what is wrong: JSON first, then the fields."""
    try:
        found = orjson.loads(value)
        if isinstance(found, dict) and "withdraws" in found:
            return msgspec.convert(found, WireWithdrawal)
        return msgspec.convert(found, WireInformation)
    except orjson.JSONDecodeError as error:
        return Unreadable("bad_json", f"not JSON: {error}")
    except msgspec.ValidationError as error:
        where = _FAULT.search(str(error))
        assert where is not None  # all of it may be absent
        name = ".".join(part for part in (where[2], where[1]) if part)
        return bad_field(name) if name else Unreadable("bad_field", "an information record is a JSON object")


def bad_field(name: str) -> Unreadable:
    """This field, a path with dots, is missing or wrong."""
    return Unreadable("bad_field", f"field {name} is missing or not what an information record has there")
