"""What comes in: one post or feedback event in canonical form."""

from typing import Annotated

from pydantic import Field

from schemas.messages.base import Count, Country, Received, Share, Time
from schemas.messages.values import Kind, Operation, Scope, Visibility

Id = Annotated[str, Field(min_length=1, max_length=512)]


class Author(Received):
    """Who wrote a signal, as the network tells it. Personal data: never leaves the information topic unhashed."""

    id: Id
    handle: str | None = None
    name: str | None = None
    followers: Count | None = None
    verified: bool = False
    affiliation: str | None = None
    verified_as: str | None = Field(default=None, description="What a network verified: `government`, `organisation`; unknown when None.")
    bio: str | None = None
    profile_url: str | None = Field(
        default=None, description="Where the network shows the author; its host is the server that vouches for it."
    )


class Reach(Received):
    """How far a signal went when it was read."""

    likes: Count | None = None
    reposts: Count | None = None
    replies: Count | None = None
    quotes: Count | None = None
    views: Count | None = None


class Signal(Received):
    """One post or feedback event in canonical form. ``id`` is the network's own; (source, id) is unique."""

    id: Id
    source: Annotated[str, Field(min_length=1, max_length=64)]
    kind: Kind
    author: Author
    text: str
    created_at: Time
    title: str | None = None
    rating: Share | None = None
    language: str | None = None
    url: str | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    in_reply_to_author: str | None = Field(default=None, description="The network's id of the account whose post this answers.")
    repost_of: str | None = None
    quote_of: str | None = None
    accepted_answer: bool = False
    subject: str | None = Field(default=None, description="A native hint (product, app or queue id), not yet a subject.")
    reach: Reach = Reach()
    operation: Operation = Operation.CREATE
    revision: Count = Field(default=0, description="Orders the versions of one post: a higher one replaces a lower one.")
    visibility: Visibility | None = Field(default=None, description="Unknown when None.")
    namespace: str | None = Field(default=None, description="Instance, subdomain or shop within which `id` and `author.id` are unique.")
    scope: Scope = Field(default=Scope.POST, description="What a delete takes away: the post, all of the account, the whole conversation.")
    context: str | None = Field(
        default=None, description="Words beside the author's own: alt texts, link cards, polls, what is quoted. Matched, not judged."
    )
    repost_of_author: str | None = Field(default=None, description="The network's id of the account whose post this repeats.")
    country: Country | None = Field(
        default=None, description="Where the author is, or buys, as the network tells it (ISO 3166-1 alpha-2); unknown when None."
    )
    versions: Annotated[list[Id], Field(max_length=100)] | None = Field(
        default=None,
        description="The network's ids of all versions of the post, where each has its own: a deletion of any takes the post.",
    )
