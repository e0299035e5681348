"""In: canonical values as an adapter picked them, unchecked. Out: a dict that is a valid Signal, or Malformed."""

from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from schemas.messages import Kind
from schemas.sources.instant import instant
from schemas.sources.malformed import Malformed, malformed, named, out_of_range, wrong_type

Native = dict[str, Any]
Found = dict[str, Any]
NOTHING: Native = {}
"""Stands for an optional object that is absent. Never written to."""

TEXT_LIMIT = 20_000
"""Characters of text and title that are kept; the rest is cut, not refused."""
ID_LIMIT = 512
SOURCE_LIMIT = 64
STRING_LIMIT = 4_096
COUNT_LIMIT = 1 << 53
"""Beyond it JSON readers in other languages lose digits."""

KINDS = frozenset(kind.value for kind in Kind)
_OPTIONAL_TEXTS = ("title", "language", "url", "thread", "in_reply_to", "repost_of", "quote_of", "subject")
_AUTHOR_TEXTS = ("handle", "name", "affiliation")
_optional_texts_in = itemgetter(*_OPTIONAL_TEXTS)


Reader = Callable[[Native], Found | Malformed]
"""What an adapter is: native object in; unchecked canonical values out, or why they are not even there."""


def author_of(
    id: Any,
    handle: Any = None,
    name: Any = None,
    *,
    followers: Any = None,
    verified: Any = False,
    affiliation: Any = None,
) -> Found:
    """An author with all canonical keys."""
    return {
        "id": id,
        "handle": handle,
        "name": name,
        "followers": followers,
        "verified": verified,
        "affiliation": affiliation,
    }


def reach_of(likes: Any = None, reposts: Any = None, replies: Any = None, quotes: Any = None, views: Any = None) -> Found:
    """Reach counts with all canonical keys."""
    return {"likes": likes, "reposts": reposts, "replies": replies, "quotes": quotes, "views": views}


def signal_of(
    *,
    id: Any,
    source: Any,
    kind: Any,
    author: Found,
    text: Any,
    created_at: Any,
    title: Any = None,
    rating: Any = None,
    language: Any = None,
    url: Any = None,
    thread: Any = None,
    in_reply_to: Any = None,
    repost_of: Any = None,
    quote_of: Any = None,
    accepted_answer: Any = False,
    subject: Any = None,
    reach: Found | None = None,
) -> Found:
    """A signal with all canonical keys in the canonical order."""
    return {
        "id": id,
        "source": source,
        "kind": kind,
        "author": author,
        "text": text,
        "created_at": created_at,
        "title": title,
        "rating": rating,
        "language": language,
        "url": url,
        "thread": thread,
        "in_reply_to": in_reply_to,
        "repost_of": repost_of,
        "quote_of": quote_of,
        "accepted_answer": accepted_answer,
        "subject": subject,
        "reach": reach_of() if reach is None else reach,
    }


def settle(found: Found, names: Mapping[str, str], *, long: bool) -> tuple[dict[str, object], int] | Malformed:
    """Check every value and normalise the time. Returns (Signal-shaped dict, created_at in Unix ms).

    ``names`` maps a canonical path to the native one, for reasons. ``long``: the payload is so big that a string may pass a limit.
    """
    when = instant(found["created_at"], names.get("created_at", "created_at"))
    if isinstance(when, Malformed):
        return when
    found["created_at"], milliseconds = when
    # A quick answer first, the slow search for the culprit only when it is no.
    if not _holds(found):
        return find_culprit(found, names)
    if long and (wrong := _cut(found, names)) is not None:
        return wrong
    return found, milliseconds


def _holds(found: Found) -> bool:
    author, rating, followers = found["author"], found["rating"], found["author"]["followers"]
    for value in _optional_texts_in(found):
        if value is not None and type(value) is not str:
            return False
    for value in (author["handle"], author["name"], author["affiliation"]):
        if value is not None and type(value) is not str:
            return False
    for value in (found["id"], found["source"], author["id"]):
        if type(value) is not str or not 0 < len(value) <= ID_LIMIT:
            return False
    for value in found["reach"].values():
        if value is not None and (type(value) is not int or not 0 <= value <= COUNT_LIMIT):
            return False
    return (
        type(found["text"]) is str
        and len(found["source"]) <= SOURCE_LIMIT
        and type(found["kind"]) is str
        and found["kind"] in KINDS
        and type(found["accepted_answer"]) is bool
        and type(author["verified"]) is bool
        and (rating is None or (type(rating) is float and 0.0 <= rating <= 1.0))
        and (followers is None or (type(followers) is int and 0 <= followers <= COUNT_LIMIT))
    )


def find_culprit(found: Found, names: Mapping[str, str]) -> Malformed:
    """Name the first value that is not canonical. To be called only when there is one: AssertionError is a bug in `_holds`."""
    for path, value, complain in _rules(found):
        complaint = complain(names.get(path, path), value)
        if complaint is not None:
            return complaint
    raise AssertionError("a signal was refused, yet every value keeps its rule")


_Rule = tuple[str, Any, Callable[[str, Any], Malformed | None]]


def _rules(found: Found) -> Iterator[_Rule]:
    author, reach = found["author"], found["reach"]
    yield "id", found["id"], _id
    yield "source", found["source"], _source
    yield "author.id", author["id"], _id
    yield "text", found["text"], _text
    yield "kind", found["kind"], _kind
    yield from ((key, found[key], _optional_text) for key in _OPTIONAL_TEXTS)
    yield from ((f"author.{key}", author[key], _optional_text) for key in _AUTHOR_TEXTS)
    yield "accepted_answer", found["accepted_answer"], _flag
    yield "author.verified", author["verified"], _flag
    yield "author.followers", author["followers"], _count
    yield from ((f"reach.{key}", value, _count) for key, value in reach.items())
    yield "rating", found["rating"], _rating


def _text(field: str, value: Any) -> Malformed | None:
    return None if type(value) is str else wrong_type(field, "text", value)


def _id(field: str, value: Any, limit: int = ID_LIMIT) -> Malformed | None:
    if type(value) is not str or not value:
        return wrong_type(field, "text", None if value == "" else value)
    return out_of_range(field, f"at most {limit} characters", value) if len(value) > limit else None


def _source(field: str, value: Any) -> Malformed | None:
    return _id(field, value, SOURCE_LIMIT)


def _kind(field: str, value: Any) -> Malformed | None:
    if type(value) is not str:
        return wrong_type(field, "text", value)
    reason = f"{field} must be one of {', '.join(sorted(KINDS))}, found {named(value)}"
    return None if value in KINDS else malformed("out_of_range", reason)


def _optional_text(field: str, value: Any) -> Malformed | None:
    return None if value is None or type(value) is str else wrong_type(field, "text or null", value)


def _flag(field: str, value: Any) -> Malformed | None:
    return None if type(value) is bool else wrong_type(field, "true or false", value)


def _count(field: str, value: Any) -> Malformed | None:
    if value is None or (type(value) is int and 0 <= value <= COUNT_LIMIT):
        return None
    return (
        out_of_range(field, f"from 0 to {COUNT_LIMIT}", value) if type(value) is int else wrong_type(field, "a whole number or null", value)
    )


def _rating(field: str, value: Any) -> Malformed | None:
    if value is None or (type(value) is float and 0.0 <= value <= 1.0):
        return None
    return out_of_range(field, "from 0 to 1", value) if type(value) in (int, float) else wrong_type(field, "a number or null", value)


def _cut(found: Found, names: Mapping[str, str]) -> Malformed | None:
    """Cut long texts in place; refuse any other long string, which no network writes."""
    found["text"] = found["text"][:TEXT_LIMIT]
    if found["title"] is not None:
        found["title"] = found["title"][:TEXT_LIMIT]
    strings = {f"author.{key}": found["author"][key] for key in _AUTHOR_TEXTS}
    strings |= {key: found[key] for key in _OPTIONAL_TEXTS if key != "title"}
    for path, value in strings.items():
        if value is not None and len(value) > STRING_LIMIT:
            return out_of_range(names.get(path, path), f"at most {STRING_LIMIT} characters", value)
    return None
