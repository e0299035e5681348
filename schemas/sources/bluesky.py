"""In: one Jetstream event of Bluesky. Out: canonical values of the post it creates; every other event is ``unsupported``.

The id is the at-uri, as replies and quotes refer to it. Source: Jetstream's README; lexicon app.bsky.feed.post.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.sources.canonical import ID_LIMIT, NOTHING, Found, Native, author_of, signal_of
from schemas.sources.instant import EARLIEST_MS, LATEST_MS, instant
from schemas.sources.malformed import Malformed, malformed, named, wrong_type
from schemas.sources.typed import Author, Id, Signal
from schemas.times import iso

COLLECTION = "app.bsky.feed.post"
NAMES = {
    "id": "did",
    "author.id": "did",
    "text": "commit.record.text",
    "created_at": "commit.record.createdAt",
    "language": "commit.record.langs",
    "thread": "commit.record.reply.root.uri",
    "in_reply_to": "commit.record.reply.parent.uri",
    "quote_of": "commit.record.embed.record.uri",
}


def read(native: Native) -> Found | Malformed:
    """Pick the canonical values out of a commit that creates a post."""
    did, commit, kind = native.get("did"), native.get("commit"), native.get("kind")
    if kind != "commit":
        return malformed("unsupported", f"kind {named(kind)} carries no post; only 'commit' does")
    if type(commit) is not dict:
        return wrong_type("commit", "an object", commit)
    for field, expected in (("operation", "create"), ("collection", COLLECTION)):
        if (value := commit.get(field)) != expected:
            return malformed("unsupported", f"commit.{field} {named(value)} is not read; only {expected!r} is")
    key, record = commit.get("rkey"), commit.get("record")
    for field, text in (("did", did), ("commit.rkey", key)):
        if type(text) is not str or not text:
            return wrong_type(field, "text", text or None)
    if type(record) is not dict:
        return wrong_type("commit.record", "an object", record)
    return _post(did, key, record, native.get("time_us"))


def _post(did: Any, key: Any, record: Native, time_us: Any) -> Found | Malformed:
    uri, languages = f"at://{did}/{COLLECTION}/{key}", record.get("langs") or [None]
    if type(languages) is not list:
        return wrong_type("commit.record.langs", "a list", languages)
    created_at = _created_at(record.get("createdAt"), time_us)
    if isinstance(created_at, Malformed):
        return created_at
    refers = {}
    for name, *path in (("root", "reply", "root"), ("parent", "reply", "parent"), ("quoted", "embed", "record")):
        refers[name] = _uri(record, path)
    for found in refers.values():
        if isinstance(found, Malformed):
            return found
    return signal_of(
        id=uri,
        source="bluesky",
        kind="post",
        author=author_of(did),
        text=record.get("text"),
        created_at=created_at,
        language=languages[0],
        url=f"https://bsky.app/profile/{did}/post/{key}",
        thread=refers["root"] or uri,
        in_reply_to=refers["parent"],
        quote_of=refers["quoted"],
    )


def _created_at(claimed: Any, time_us: Any) -> str | Malformed:
    """The author's own clock, unless it is ahead of the relay's or nonsense: then the relay's."""
    when = instant(claimed, NAMES["created_at"])
    seen_ms = time_us // 1000 if type(time_us) is int else -1
    if EARLIEST_MS <= seen_ms < LATEST_MS and (isinstance(when, Malformed) or when[1] > seen_ms):
        return iso(seen_ms)
    return when if isinstance(when, Malformed) else when[0]


def _uri(record: Native, path: list[str]) -> Any:
    """The strong reference at ``path``; one with media around it lies a level deeper."""
    node: Any = record
    for step in path:
        node = node.get(step) or NOTHING
        if type(node) is not dict:
            return wrong_type(f"commit.record.{'.'.join(path)}", "an object", node)
    inner = node.get("record")
    return (inner if type(inner) is dict else node).get("uri")


# -- the quick way ---------------------------------------------------------------------------------------------------


class _Inner(Struct, gc=False):
    uri: str | None = None


class _Pointer(Struct, gc=False):
    uri: str | None = None
    record: _Inner | None = None


class _Reply(Struct, gc=False):
    root: _Pointer | None = None
    parent: _Pointer | None = None


class _Embed(Struct, gc=False):
    record: _Pointer | None = None


class _Record(Struct, gc=False):
    text: str
    createdAt: str
    langs: list[str | None] | None = None
    reply: _Reply | None = None
    embed: _Embed | None = None


class _Commit(Struct, gc=False):
    operation: Literal["create"]
    collection: Literal["app.bsky.feed.post"]
    rkey: Annotated[str, Meta(min_length=1)]
    record: _Record


class _Event(Struct, gc=False):
    did: Id
    kind: Literal["commit"]
    commit: _Commit
    time_us: int | None = None


_decode = msgspec.json.Decoder(_Event).decode
_NO_REPLY, _NO_EMBED = _Reply(), _Embed()


def quick(raw: bytes) -> tuple[Signal, int] | None:
    """The same for the creation of a post whose types are right."""
    event = _decode(raw)
    did, key, record = event.did, event.commit.rkey, event.commit.record
    reply, embed, languages = record.reply or _NO_REPLY, record.embed or _NO_EMBED, record.langs
    when = instant(record.createdAt, "")
    seen_ms = (event.time_us or -1) // 1000
    uri = f"at://{did}/{COLLECTION}/{key}"
    if isinstance(when, Malformed) or len(uri) > ID_LIMIT:
        return None
    if when[1] > seen_ms >= EARLIEST_MS:
        when = iso(seen_ms), seen_ms
    return Signal(
        id=uri,
        source="bluesky",
        kind="post",
        author=Author(did),
        text=record.text,
        created_at=when[0],
        language=languages[0] if languages else None,
        url=f"https://bsky.app/profile/{did}/post/{key}",
        thread=_points(reply.root) or uri,
        in_reply_to=_points(reply.parent),
        quote_of=_points(embed.record),
    ), when[1]


def _points(pointer: _Pointer | None) -> str | None:
    return None if pointer is None else (pointer.record or pointer).uri
