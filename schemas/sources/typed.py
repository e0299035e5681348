"""The canonical signal as typed structs, which cost a fraction of dicts to make, read and write.

Their types are the limits of every source: what a native field may hold follows from the canonical field it becomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, field

from schemas.messages import Kind, Operation, Scope, Visibility
from schemas.sources.countries import ALPHA_2

if TYPE_CHECKING:
    KindName: TypeAlias = str
    OperationName: TypeAlias = str
    ScopeName: TypeAlias = str
    VisibilityName: TypeAlias = str
    CountryCode: TypeAlias = str
else:
    KindName = Literal[tuple(kind.value for kind in Kind)]
    OperationName = Literal[tuple(operation.value for operation in Operation)]
    ScopeName = Literal[tuple(scope.value for scope in Scope)]
    CountryCode = Literal[ALPHA_2]
    VisibilityName = Literal[tuple(visibility.value for visibility in Visibility)]

TEXT_LIMIT = 20_000
"""Characters of text and title that are kept; the rest is cut, not refused."""
ID_LIMIT = 512
STRING_LIMIT = 4_096
LIST_LIMIT = 100
"""Ids in a list that are kept."""
COUNT_LIMIT = 1 << 53
"""Beyond it JSON readers in other languages lose digits."""

Id = Annotated[str, Meta(min_length=1, max_length=ID_LIMIT)]
Ids = Annotated[list[Id], Meta(max_length=LIST_LIMIT)]
Words = Annotated[str, Meta(max_length=STRING_LIMIT)]
Count = Annotated[int, Meta(ge=0, le=COUNT_LIMIT)]


class AuthorRecord(Struct, gc=False):
    """As `schemas.messages.Author`."""

    id: Id
    handle: Words | None = None
    name: Words | None = None
    followers: Count | None = None
    verified: bool = False
    affiliation: Words | None = None
    verified_as: Words | None = None
    bio: Words | None = None
    profile_url: Words | None = None


class ReachRecord(Struct, gc=False):
    """As `schemas.messages.Reach`."""

    likes: Count | None = None
    reposts: Count | None = None
    replies: Count | None = None
    quotes: Count | None = None
    views: Count | None = None


class SignalRecord(Struct, gc=False):
    """As `schemas.messages.Signal`, its fields in the same order; ``created_at`` is text.

    A delete has no text, and an author of its own (`unknown_author`) when the network does not say whose it was.
    """

    id: Id
    source: Annotated[str, Meta(min_length=1, max_length=64)]
    kind: KindName
    author: AuthorRecord
    text: str
    created_at: str
    title: str | None = None
    rating: Annotated[float, Meta(ge=0.0, le=1.0)] | None = None
    language: Words | None = None
    url: Words | None = None
    thread: Words | None = None
    in_reply_to: Words | None = None
    in_reply_to_author: Words | None = None
    repost_of: Words | None = None
    quote_of: Words | None = None
    accepted_answer: bool = False
    subject: Words | None = None
    reach: ReachRecord = field(default_factory=ReachRecord)
    operation: OperationName = "create"
    revision: Count = 0
    visibility: VisibilityName | None = None
    namespace: Words | None = None
    scope: ScopeName = "post"
    context: str | None = None
    repost_of_author: Words | None = None
    country: CountryCode | None = None
    versions: Ids | None = None


def unknown_author(native_id: str) -> str:
    """The id of an author whom nobody named: one for each post, so that strangers are never taken for one person."""
    return f"unknown/{native_id}"[:ID_LIMIT]
