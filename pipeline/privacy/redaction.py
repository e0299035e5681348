"""Takes what names a person out of a text as people write it: whatever leaves on an action goes through here.

Each kind is the business of a module of its own: handles, mail, names, national ids, numbers, places.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.privacy.dashes import former_dashes, plain_dashes
from pipeline.privacy.handles import without_handles, without_links
from pipeline.privacy.mail import without_mail
from pipeline.privacy.names import without_names
from pipeline.privacy.national_ids import without_national_ids
from pipeline.privacy.numbers import without_numbers
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.places import without_places
from schemas.text import publishable

EXCERPT = 280
"""Characters of what was said, unless told otherwise."""
_PERSONAL_PATH = re.compile(r"@|%40|/(?:profile|users?|u|people|author)/", re.IGNORECASE)
_PLAIN_PATH = re.compile(r"[/\w.-]*")
_PLACE_KEYS = frozenset({"id", "v", "lc", "p", "tid", "pid", "comment_id", "reply_comment_id", "story_fbid", "reviewId"})
_PLACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGIT = re.compile("[0-9]")
_STATUS = re.compile(r"/[^/]+/status/(\d+)/?.*")
_KEYCAP = re.compile(r"(?<=[0-9])\ufe0f?\u20e3")


@lru_cache(maxsize=4096)
def redact(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with tokens such as [email], [phone], [handle], [name] in place of what names a person; links keep their host.

    Names are found where people introduce themselves or sign. ``own``: the organisation's terms and accounts, which stay.

    >>> redact("Call me on +49 30 901820 or write to jo@example.org, @aurora!")
    'Call me on [phone] or write to [email], [handle]!'
    """
    text = publishable(text)
    if "\u20e3" in text:
        text = _KEYCAP.sub("", text)
    clean = plain = plain_dashes(text)
    for without in (without_links, without_mail, without_handles, without_names, without_places, without_national_ids, without_numbers):
        clean = without(clean, own)
    return former_dashes(clean, plain, text)


def excerpt(text: str, limit: int = EXCERPT, own: OwnTerms = NO_TERMS) -> str:
    """Redacted text of at most ``limit`` characters; costs no more for a long text."""
    raw = text[: 8 * limit]
    clean = redact(raw, own)
    if len(raw) < len(text):  # the end may hold half a number, which is not recognised as one
        clean = clean[:-40]
    return shorten(clean, limit)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word with an ellipsis. Cut after redaction: a cut number is not recognised."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip() + "…"


def public_url(url: str | None) -> str | None:
    """A link to a post without its author's name: rewritten where the network allows it, None where it does not.

    Of what follows the path that stays which says what it is a link to, and looks like an id.

    >>> public_url("https://twitter.com/jane_doe/status/123?s=20")
    'https://x.com/i/status/123'
    >>> public_url("https://news.example/item?id=29&by=jane#c3")
    'https://news.example/item?id=29#c3'
    """
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    status = _STATUS.fullmatch(parts.path)
    if status and host.removeprefix("www.").removeprefix("mobile.") in ("x.com", "twitter.com"):
        return f"https://x.com/i/status/{status.group(1)}"
    if parts.scheme not in ("http", "https") or not host or _PERSONAL_PATH.search(parts.path):
        return None
    if not _PLAIN_PATH.fullmatch(parts.path) and redact(parts.path) != parts.path:
        return None
    return f"{parts.scheme}://{host}{parts.path}{_where(host, parts.query, parts.fragment)}"


def _where(host: str, query: str, fragment: str) -> str:
    """What of a query and a fragment says which post is meant."""
    keys = _PLACE_KEYS - {"id"} if host.endswith("facebook.com") else _PLACE_KEYS  # there it is a profile's
    pairs = (pair.partition("=") for pair in query.split("&")) if query else ()
    kept = "&".join(f"{key}={value}" for key, _, value in pairs if key in keys and _PLACE.fullmatch(value))
    return (f"?{kept}" if kept else "") + (f"#{fragment}" if _PLACE.fullmatch(fragment) and _DIGIT.search(fragment) else "")


def pseudonym(author: str, key: bytes) -> str:
    """Keyed hash of an author: ``<4 hex naming the key>.<24 hex>``, so that a change of key shows. ``key``: at most 64 bytes."""
    return f"{_key_name(key)}.{hashlib.blake2b(author.encode(), digest_size=12, key=key).hexdigest()}"


@lru_cache(maxsize=16)
def _key_name(key: bytes) -> str:
    return hashlib.blake2b(b"name of the key", digest_size=2, key=key).hexdigest()
