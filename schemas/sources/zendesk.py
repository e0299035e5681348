"""In: one Zendesk ticket, bare or as ``{"ticket": {...}}``. Out: canonical values.

Source: Zendesk Ticketing API, Tickets. Its ids are whole numbers; a trigger's webhook writes them as text: both are read.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from schemas.sources.canonical import NOTHING, Found, Native, author_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.typed import Author, Id, Signal

NAMES = {
    "author.id": "requester_id",
    "text": "description",
    "title": "subject",
    "thread": "id",
    "subject": "brand_id",
    "rating": "satisfaction_rating.score",
}
_RATINGS = {"good": 1.0, "good_with_comment": 1.0, "bad": 0.0, "bad_with_comment": 0.0}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a ticket; its subject line is the title, its brand the subject hint."""
    ticket = native.get("ticket", native)
    if type(ticket) is not dict:
        return wrong_type("ticket", "an object", ticket)
    satisfaction = ticket.get("satisfaction_rating") or NOTHING
    if type(satisfaction) is not dict:
        return wrong_type("satisfaction_rating", "an object", satisfaction)
    get, id, score = ticket.get, _id(ticket.get("id")), satisfaction.get("score")
    return signal_of(
        id=id,
        source="zendesk",
        kind="ticket",
        author=author_of(_id(get("requester_id"))),
        text=get("description"),
        created_at=get("created_at"),
        title=get("subject"),
        rating=_RATINGS.get(score) if type(score) is str else None,
        url=get("url"),
        thread=id,
        subject=_id(get("brand_id")),
    )


def _id(value: Any) -> Any:
    return str(value) if type(value) is int else value


# -- the quick way ---------------------------------------------------------------------------------------------------

_Id = Id | Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class _Satisfaction(Struct, gc=False):
    score: Any = None


class _Ticket(Struct, gc=False):
    id: _Id
    requester_id: _Id
    created_at: str
    description: str
    subject: str | None = None
    brand_id: _Id | None = None
    url: str | None = None
    satisfaction_rating: _Satisfaction | None = None


class _Envelope(Struct, gc=False):
    ticket: _Ticket | UnsetType = UNSET


_decode, _open = msgspec.json.Decoder(_Ticket).decode, msgspec.json.Decoder(_Envelope).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a ticket whose types are right."""
    enclosed = _open(raw).ticket
    ticket = _decode(raw) if enclosed is UNSET else enclosed
    when = instant(ticket.created_at, "created_at")
    if isinstance(when, Malformed):
        return None
    id, satisfaction = _id(ticket.id), ticket.satisfaction_rating
    score = None if satisfaction is None else satisfaction.score
    return Signal(
        id=id,
        source="zendesk",
        kind="ticket",
        author=Author(_id(ticket.requester_id)),
        text=ticket.description,
        created_at=when[0],
        title=ticket.subject,
        rating=_RATINGS.get(score) if type(score) is str else None,
        url=ticket.url,
        thread=id,
        subject=_id(ticket.brand_id),
    ), when[1]
