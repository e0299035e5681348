"""In: one Zendesk ticket, bare or as ``{"ticket": {...}}``. Out: canonical values.

Source: Zendesk Ticketing API, Tickets. Its ids are whole numbers; a trigger's webhook writes them as text: both are read.
"""

from typing import Any

from schemas.sources.canonical import NOTHING, Found, Native, author_of, signal_of
from schemas.sources.malformed import Malformed, wrong_type

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
