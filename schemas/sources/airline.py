"""In: one row of the airline tweets CSV file as a JSON object of texts. Out: canonical values, without its labels.

The file has no post ids: the id is derived from author, time and text. Human labels (sentiment, reason) stay out of the Signal,
else a measurement on it would measure nothing.
"""

from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from schemas.sources.canonical import Found, Native, author_of, reach_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.typed import Author, Id, Reach, Signal

NAMES = {
    "author.id": "name",
    "author.handle": "name",
    "created_at": "created_utc",
    "subject": "airline",
    "reach.reposts": "retweet_count",
}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a row; the airline is the subject hint."""
    name, created, text = (native.get(field) for field in ("name", "created_utc", "text"))
    for field, value in (("name", name), ("created_utc", created), ("text", text)):
        if type(value) is not str:
            return wrong_type(field, "text", value)
    return signal_of(
        id=_id(name, created, text),
        source="airline-csv",
        kind="post",
        author=author_of(name, handle=name),
        text=text,
        created_at=created,
        subject=native.get("airline") or None,
        reach=reach_of(reposts=_count(native.get("retweet_count"))),
    )


def _id(name: Any, created: Any, text: Any) -> str:
    return blake2b(f"{name}\n{created}\n{text}".encode(), digest_size=16).hexdigest()


def _count(value: Any) -> Any:
    """CSV knows only text: read digits, leave anything else for the check to refuse."""
    if value == "":
        return None
    return int(value) if type(value) is str and len(value) < 16 and value.isascii() and value.isdigit() else value


# -- the quick way ---------------------------------------------------------------------------------------------------


class _Row(Struct, gc=False):
    name: Id
    created_utc: str
    text: str
    airline: str | None = None
    retweet_count: str | None = None


_decode = msgspec.json.Decoder(_Row).decode


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a row whose types are right."""
    row = _decode(raw)
    reposts, when = _count(row.retweet_count), instant(row.created_utc, "created_utc")
    if isinstance(reposts, str) or isinstance(when, Malformed):
        return None
    return Signal(
        id=_id(row.name, row.created_utc, row.text),
        source="airline-csv",
        kind="post",
        author=Author(row.name, handle=row.name),
        text=row.text,
        created_at=when[0],
        subject=row.airline or None,
        reach=Reach(reposts=reposts),
    ), when[1]
