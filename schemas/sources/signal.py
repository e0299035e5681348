"""In: a Signal as Winnow itself writes it (JSON). Out: the same with all keys, for producers that speak canonical form.

``schemas.messages.Signal`` is the reference; absent optional fields get its defaults, unknown ones are ignored.
"""

import msgspec

from schemas.sources.canonical import NOTHING, Found, Native
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.typed import Signal

NAMES: dict[str, str] = {}
"""Native and canonical paths are the same."""


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a canonical object."""
    author, reach, rating = native.get("author"), native.get("reach", NOTHING), native.get("rating")
    if type(author) is not dict:
        return wrong_type("author", "an object", author)
    if type(reach) is not dict:
        return wrong_type("reach", "an object", reach)
    get, of_author, of_reach = native.get, author.get, reach.get
    return {
        "id": get("id"),
        "source": get("source"),
        "kind": get("kind"),
        "author": {
            "id": of_author("id"),
            "handle": of_author("handle"),
            "name": of_author("name"),
            "followers": of_author("followers"),
            "verified": of_author("verified", False),
            "affiliation": of_author("affiliation"),
        },
        "text": get("text"),
        "created_at": get("created_at"),
        "title": get("title"),
        "rating": float(rating) if type(rating) is int and 0 <= rating <= 1 else rating,
        "language": get("language"),
        "url": get("url"),
        "thread": get("thread"),
        "in_reply_to": get("in_reply_to"),
        "repost_of": get("repost_of"),
        "quote_of": get("quote_of"),
        "accepted_answer": get("accepted_answer", False),
        "subject": get("subject"),
        "reach": {
            "likes": of_reach("likes"),
            "reposts": of_reach("reposts"),
            "replies": of_reach("replies"),
            "quotes": of_reach("quotes"),
            "views": of_reach("views"),
        },
    }


_decode = msgspec.json.Decoder(Signal).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a canonical object whose types are right: it is what we want already."""
    found = _decode(raw)
    when = instant(found.created_at, "created_at")
    if isinstance(when, Malformed):
        return None
    found.created_at, created_ms = when
    return found, created_ms
