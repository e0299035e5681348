"""In: one post as the X API v2 delivers it, ``{"data": {...}, "includes": {"users": [...], "tweets": [...]}}``. Out: canonical values.

Ask for the expansions ``author_id``, ``referenced_tweets.id`` and the fields ``created_at, conversation_id, lang, public_metrics,
referenced_tweets, note_tweet``; what was not asked for is simply unknown. Source: X API v2 data dictionary (tweet, user).
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from schemas.sources.canonical import NOTHING, Found, Native, author_of, reach_of, signal_of
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.typed import Author, Count, Id, Reach, Signal

NAMES = {
    "id": "data.id",
    "text": "data.text",
    "created_at": "data.created_at",
    "author.id": "data.author_id",
    "author.handle": "includes.users.username",
    "author.name": "includes.users.name",
    "author.followers": "includes.users.public_metrics.followers_count",
    "author.verified": "includes.users.verified",
    "author.affiliation": "includes.users.affiliation.description",
    "language": "data.lang",
    "thread": "data.conversation_id",
    "in_reply_to": "data.referenced_tweets.id",
    "repost_of": "data.referenced_tweets.id",
    "quote_of": "data.referenced_tweets.id",
    "reach.likes": "data.public_metrics.like_count",
    "reach.reposts": "data.public_metrics.retweet_count",
    "reach.replies": "data.public_metrics.reply_count",
    "reach.quotes": "data.public_metrics.quote_count",
    "reach.views": "data.public_metrics.impression_count",
}
_NO_LANGUAGE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst", "art"})
"""What X writes for "could not tell", and for posts of nothing but mentions, tags, media or links."""


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a post; a retweet has the text of what it repeats, which X itself cuts short."""
    data = native.get("data")
    if type(data) is not dict:
        return wrong_type("data", "one post as an object", data)
    includes, metrics = native.get("includes") or NOTHING, data.get("public_metrics") or NOTHING
    for field, value in (("includes", includes), ("data.public_metrics", metrics)):
        if type(value) is not dict:
            return wrong_type(field, "an object", value)
    author = _author(data.get("author_id"), includes)
    if isinstance(author, Malformed):
        return author
    references = _references(data["referenced_tweets"]) if data.get("referenced_tweets") else NOTHING
    if isinstance(references, Malformed):
        return references
    text = _text(data, references.get("retweeted"), includes)
    if isinstance(text, Malformed):
        return text
    get, count, id, language = data.get, metrics.get, data.get("id"), data.get("lang")
    return signal_of(
        id=id,
        source="x",
        kind="post",
        author=author,
        text=text,
        created_at=get("created_at"),
        language=None if type(language) is str and language in _NO_LANGUAGE else language,
        url=f"https://x.com/{author['handle'] or 'i/web'}/status/{id}",
        thread=get("conversation_id"),
        in_reply_to=references.get("replied_to"),
        repost_of=references.get("retweeted"),
        quote_of=references.get("quoted"),
        reach=reach_of(
            count("like_count"),
            count("retweet_count"),
            count("reply_count"),
            count("quote_count"),
            count("impression_count"),
        ),
    )


def _included(includes: Native, kind: str, id: Any) -> Native | Malformed:
    """The expanded object with this id; `NOTHING` when the reader did not ask for it."""
    entries = includes.get(kind)
    if not entries or id is None:
        return NOTHING
    if type(entries) is not list:
        return wrong_type(f"includes.{kind}", "a list", entries)
    for entry in entries:
        if type(entry) is not dict:
            return wrong_type(f"includes.{kind}", "a list of objects", entry)
        if entry.get("id") == id:
            return entry
    return NOTHING


def _author(id: Any, includes: Native) -> Found | Malformed:
    user = _included(includes, "users", id)
    if isinstance(user, Malformed):
        return user
    metrics, affiliation = user.get("public_metrics") or NOTHING, user.get("affiliation") or NOTHING
    if type(metrics) is not dict:
        return wrong_type("includes.users.public_metrics", "an object", metrics)
    if type(affiliation) is not dict:
        return wrong_type("includes.users.affiliation", "an object", affiliation)
    return author_of(
        id,
        user.get("username"),
        user.get("name"),
        followers=metrics.get("followers_count"),
        verified=user.get("verified", False),
        affiliation=affiliation.get("description"),
    )


def _references(entries: Any) -> dict[Any, Any] | Malformed:
    """Type of reference (replied_to, quoted, retweeted) -> id of the post referred to."""
    if type(entries) is not list:
        return wrong_type("data.referenced_tweets", "a list", entries)
    found: dict[Any, Any] = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("type")) is not str:
            return wrong_type("data.referenced_tweets", "a list of objects with a type", entry)
        found[entry["type"]] = entry.get("id")
    return found


def _text(data: Native, repeated: Any, includes: Native) -> Any:
    post = data
    if repeated is not None:
        original = _included(includes, "tweets", repeated)
        if isinstance(original, Malformed):
            return original
        post = original or data
    note = post.get("note_tweet") or NOTHING
    if type(note) is not dict:
        return wrong_type("data.note_tweet", "an object", note)
    return note["text"] if "text" in note else post.get("text")


# -- the quick way ---------------------------------------------------------------------------------------------------


class _UserMetrics(Struct, gc=False):
    followers_count: Count | None = None


class _Affiliation(Struct, gc=False):
    description: str | None = None


class _User(Struct, gc=False):
    id: str | None = None
    username: str | None = None
    name: str | None = None
    verified: bool = False
    public_metrics: _UserMetrics | None = None
    affiliation: _Affiliation | None = None


class _Note(Struct, gc=False):
    text: str | None = None


class _Tweet(Struct, gc=False):
    id: str | None = None
    text: str | None = None
    note_tweet: _Note | None = None


_Entry = TypeVar("_Entry", _User, _Tweet)


class _Metrics(Struct, gc=False):
    like_count: Count | None = None
    retweet_count: Count | None = None
    reply_count: Count | None = None
    quote_count: Count | None = None
    impression_count: Count | None = None


class _Reference(Struct, gc=False):
    type: str
    id: str | None = None


class _Data(Struct, gc=False):
    id: Id
    author_id: Id
    created_at: str
    text: str | None = None
    lang: str | None = None
    conversation_id: str | None = None
    public_metrics: _Metrics | None = None
    referenced_tweets: list[_Reference] | None = None
    note_tweet: _Note | None = None


class _Includes(Struct, gc=False):
    users: list[_User] | None = None
    tweets: list[_Tweet] | None = None


class _Post(Struct, gc=False):
    data: _Data
    includes: _Includes | None = None


_decode = msgspec.json.Decoder(_Post).decode
_NOBODY, _NOTHING_INCLUDED, _NO_METRICS, _NO_USER_METRICS = _User(), _Includes(), _Metrics(), _UserMetrics()


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for a post whose types are right."""
    post = _decode(raw)
    data, includes = post.data, post.includes or _NOTHING_INCLUDED
    when = instant(data.created_at, "")
    user = _found(includes.users, data.author_id) or _NOBODY
    references = {entry.type: entry.id for entry in data.referenced_tweets} if data.referenced_tweets else NOTHING
    retweeted = references.get("retweeted")
    told: _Data | _Tweet = data if retweeted is None else _found(includes.tweets, retweeted) or data
    text = told.text if told.note_tweet is None else told.note_tweet.text
    if text is None or isinstance(when, Malformed):
        return None
    metrics = data.public_metrics or _NO_METRICS
    handle, affiliation = user.username, user.affiliation
    author = Author(
        id=data.author_id,
        handle=handle,
        name=user.name,
        followers=(user.public_metrics or _NO_USER_METRICS).followers_count,
        verified=user.verified,
        affiliation=None if affiliation is None else affiliation.description,
    )
    return Signal(
        id=data.id,
        source="x",
        kind="post",
        author=author,
        text=text,
        created_at=when[0],
        language=None if data.lang in _NO_LANGUAGE else data.lang,
        url=f"https://x.com/{handle or 'i/web'}/status/{data.id}",
        thread=data.conversation_id,
        in_reply_to=references.get("replied_to"),
        repost_of=retweeted,
        quote_of=references.get("quoted"),
        reach=Reach(metrics.like_count, metrics.retweet_count, metrics.reply_count, metrics.quote_count, metrics.impression_count),
    ), when[1]


def _found(entries: list[_Entry] | None, id: str) -> _Entry | None:
    for entry in entries or ():
        if entry.id == id:
            return entry
    return None
