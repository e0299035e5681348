"""A piece of information as correlate works with it, checked and flat: `CorrelateShard` and `winnow explain` read records by it."""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from pipeline.correlate.wire import (
    WireConfidence,
    WireInformation,
    WireLineage,
    WireReach,
    WireSignal,
    WireWithdrawal,
    bad_field,
    read,
)
from pipeline.near_duplicates import reference
from pipeline.stream import Unreadable
from schemas.messages import Kind, Stakeholder, Visibility
from schemas.times import to_milliseconds

ADDRESSED = frozenset({Kind.TICKET.value, Kind.MESSAGE.value, Kind.REVIEW.value, Kind.SURVEY.value})
"""Kinds that one person wrote to the organisation: never somebody else's copy, and never too unimportant for a case."""

PUBLIC = frozenset({Kind.POST.value, Kind.REVIEW.value})
"""Kinds that everybody can read, unless their visibility says otherwise."""

HIDDEN = frozenset({Visibility.FOLLOWERS.value, Visibility.DIRECT.value})
_OPEN = Visibility.PUBLIC.value

_MEDIA = Stakeholder.MEDIA.value
_LATEST_MS = 253_402_300_799_999


class Piece(Struct, gc=False):
    """One piece of information. Times in Unix ms; ``author`` is a keyed hash (32 hex digits), ``crowd`` its first 64 bits;
    ``weight`` is how good it is as evidence: urgent, negative, of wide reach. ``bag``: its words as bits, once it was folded;
    ``competitor``: counted, but nobody is to answer it; ``akin``: reworded from what was posted shortly before (`origin.Kin`);
    ``sure``: how sure its judgement is; ``fresh``: its author was counted in its series for it; ``replaces``: the piece that the post's
    former version was; ``realm``: where ids of posts are unique, the source and its namespace; ``since_ms``: when the former version had
    counted, None for the first; ``reply_to``: the post to answer, of what is passed on the original, whose ``author`` it has then
    (``crowd`` is who passes it on); ``reacted``: how many did, to the original where it is passed on, and no part of ``reach`` then;
    ``desk``: who would deal with it, empty where that is not known; ``evidence``: as a message, once that was needed (`tally`)."""

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
    competitor: bool = False
    bag: int = 0
    akin: bool = False
    language: str = ""
    rating: float | None = None
    sure: WireConfidence | None = None
    fresh: bool = False
    replaces: str | None = None
    realm: str = ""
    public: bool = False
    since_ms: int | None = None
    reply_to: str = ""
    reacted: int = 0
    desk: str = ""
    danger: float = 0.0
    country: str | None = None
    evidence: bytes = b""


class Taken(Struct, gc=False):
    """A piece of information (``id``) that holds no more: `schemas.messages.Withdrawal`."""

    id: str
    subject: str
    appended_at: str
    lineage: dict[str, Any]


def parse(value: bytes | None, author_key: bytes) -> Piece | Taken | Unreadable:
    """Read one record. ``author_key`` keys the author's hash. Never raises, whatever the bytes."""
    found = read(value)
    if isinstance(found, WireInformation):
        return _piece(found, author_key)
    return _taken(found) if isinstance(found, WireWithdrawal) else found


def _taken(message: WireWithdrawal) -> Taken | Unreadable:
    if not _is_id(message.withdraws):
        return bad_field("withdraws")
    if not _is_instant(message.appended_at):
        return bad_field("appended_at")
    return Taken(message.withdraws, message.subject, message.appended_at, _place(message.lineage))


def _place(lineage: WireLineage) -> dict[str, Any]:
    return {"topic": lineage.topic, "partition": lineage.partition, "offset": lineage.offset}


def _piece(message: WireInformation, author_key: bytes) -> Piece | Unreadable:
    signal, subject = message.signal, message.subject
    created_ms = _instant(signal.created_at)
    if created_ms is None:
        return bad_field("signal.created_at")
    wrong = _wrong_field(message)
    if wrong is not None:
        return bad_field(wrong)
    source, native, title, repost, quote = signal.source, signal.id, signal.title, signal.repost_of, signal.quote_of
    realm = f"{source}\0{signal.namespace}" if signal.namespace else source
    version = f"{native}\0{signal.revision}" if message.replaces else native
    speaker = author = _author(author_key, realm, signal.author.id or native)
    if repost and signal.repost_of_author:
        author = _author(author_key, realm, signal.repost_of_author)
    urgency, negativity, reacted = message.urgency, max(0.0, -message.sentiment_score), _reacted(signal.reach)
    reach = _reach(signal, reacted, shared=bool(repost))
    return Piece(
        message.id,
        subject,
        topic_of(subject),
        f"{title}. {signal.text}" if title else signal.text,
        author,
        int(speaker[:16], 16),
        source,
        signal.kind,
        native,
        reference(realm, version, subject),
        reference(realm, repost, subject) if repost else 0,
        reference(realm, quote, subject) if quote else 0,
        created_ms,
        signal.thread,
        signal.in_reply_to,
        None if repost else signal.url,
        message.intent,
        message.sentiment,
        negativity,
        urgency,
        message.stakeholder,
        reach,
        round(urgency + negativity + math.log10(1 + reach) / 7.0, 6),
        message.stakeholder == _MEDIA or signal.author.verified is True,
        message.dual_hat is True,
        message.backfill is True,
        signal.accepted_answer is True,
        message.appended_at,
        _place(message.lineage),
        message.model,
        message.competitor is True,
        language=message.language,
        rating=signal.rating,
        sure=message.confidence,
        replaces=message.replaces,
        realm=realm,
        reply_to=repost or native,
        reacted=reacted,
        public=signal.visibility == _OPEN or (signal.kind in PUBLIC and signal.visibility not in HIDDEN),
        desk=message.desk or "",
        danger=message.danger,
        country=signal.country,
    )


def _wrong_field(message: WireInformation) -> str | None:
    """The first field that is of the right type and yet not what it should be."""
    if not _is_id(message.id):
        return "id"
    if message.replaces is not None and not _is_id(message.replaces):
        return "replaces"
    return None if _is_instant(message.appended_at) else "appended_at"


def _is_id(text: str) -> bool:
    """Whether it is 32 hex digits, as ids are written."""
    try:
        return len(text) == 32 and bytes.fromhex(text).hex() == text
    except ValueError:
        return False


def _instant(text: str) -> int | None:
    """Unix ms; None for what is no instant from 1970 to 9999."""
    try:
        moment = to_milliseconds(text)
    except (ValueError, OverflowError):
        return None
    return moment if 0 <= moment <= _LATEST_MS else None


def _is_instant(text: str) -> bool:
    """Whether `_instant` can read it: quicker than reading it."""
    try:
        return 1970 < datetime.fromisoformat(text).year < 9999 or _instant(text) is not None  # near the ends the zone decides
    except ValueError:
        return False


def _author(key: bytes, source: str, identity: str) -> str:
    digest = _keyed(key).copy()
    digest.update(f"{source}\0{identity}".encode())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> blake2b:
    # Taking in the key is half of the work; remembering authors would not help: most are new.
    return blake2b(digest_size=16, key=key)


@lru_cache(maxsize=4096)
def topic_of(subject: str) -> int:
    """64 bits for a subject."""
    return int.from_bytes(blake2b(subject.encode(), digest_size=8).digest(), "little")


def _reach(signal: WireSignal, reacted: int, *, shared: bool) -> int:
    """How many people may have seen it: views or followers, at least those who ``reacted``. What a network says of something that is passed
    on it says of the original, under every share: of a share the followers count alone.
    """
    followers = signal.author.followers or 0
    if signal.reach is None or shared:
        return max(followers, 1)
    return max(followers, signal.reach.views or 0, 1 + reacted)


def _reacted(reach: WireReach | None) -> int:
    return 0 if reach is None else (reach.likes or 0) + (reach.reposts or 0) + (reach.replies or 0) + (reach.quotes or 0)
