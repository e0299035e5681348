"""In: the canonical values of a signal. Out: the same as typed structs, which cost a fraction of dicts to make, read and write.

They are what msgspec may decode, too: a payload that fits the types has nothing in it that `canonical` would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct, field

from schemas.messages import Kind
from schemas.sources.canonical import COUNT_LIMIT, ID_LIMIT, SOURCE_LIMIT

if TYPE_CHECKING:
    KindName: TypeAlias = str
else:
    KindName = Literal[tuple(kind.value for kind in Kind)]

Id = Annotated[str, Meta(min_length=1, max_length=ID_LIMIT)]
Count = Annotated[int, Meta(ge=0, le=COUNT_LIMIT)]


class Author(Struct, gc=False):
    """As `schemas.messages.Author`."""

    id: Id
    handle: str | None = None
    name: str | None = None
    followers: Count | None = None
    verified: bool = False
    affiliation: str | None = None


class Reach(Struct, gc=False):
    """As `schemas.messages.Reach`."""

    likes: Count | None = None
    reposts: Count | None = None
    replies: Count | None = None
    quotes: Count | None = None
    views: Count | None = None


class Signal(Struct, gc=False):
    """As `schemas.messages.Signal`, its fields in the same order; ``created_at`` is text."""

    id: Id
    source: Annotated[str, Meta(min_length=1, max_length=SOURCE_LIMIT)]
    kind: KindName
    author: Author
    text: str
    created_at: str
    title: str | None = None
    rating: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    language: str | None = None
    url: str | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    accepted_answer: bool = False
    subject: str | None = None
    reach: Reach = field(default_factory=Reach)


Quick = Callable[[bytes], tuple[Signal, int] | None]
"""How an adapter reads an ordinary payload at once: (signal, created_at in Unix ms). None, or any error of msgspec's, for one that must
be looked at closely."""


def typed(found: Mapping[str, Any]) -> Signal:
    """A checked dict with every canonical key as structs."""
    return Signal(**{**found, "author": Author(**found["author"]), "reach": Reach(**found["reach"])})
