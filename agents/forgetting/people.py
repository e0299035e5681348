"""Who is to be forgotten, or asks what is held: ids of accounts and posts, and by what bytes and hashes topics know them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson

from agents.kafka import Progress, Scanner
from agents.settings import Settings
from pipeline.privacy import pseudonym
from pipeline.sift import author_hash, post_id, realm_name
from schemas.errors import WinnowError
from schemas.sources import Ignored, Malformed, SignalRecord, read_all

INPUTS = ("posts", "feedback")
LEAST_TEXT = 8
"""A line of fewer characters is in everybody's posts: it proves nothing."""
_OTHERS = rb"[A-Za-z0-9]"


class Realm(NamedTuple):
    """Where an id is one: a network, and which installation of it where there are several."""

    source: str
    namespace: str | None = None

    @property
    def name(self) -> str:
        """As ids and hashes are made of it."""
        return realm_name(self.source, self.namespace)

    def __str__(self) -> str:
        return f"{self.source} ({self.namespace})" if self.namespace else self.source


class Sought(NamedTuple):
    """Native ids of accounts and posts, with the realms in which they are meant; ``texts``: lines that nothing may hold any more;
    ``told``: Winnow's ids (32 hex digits) of what the accounts are known to have posted.
    """

    authors: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    realms: tuple[Realm, ...] = ()
    texts: tuple[str, ...] = ()
    told: frozenset[str] = frozenset()

    def hashes(self, key: bytes) -> dict[str, str]:
        """Hash -> what it stands for: the authors' keyed hashes in evidence, their pseudonyms in actions."""
        found = {}
        for realm in self.realms:
            for author in self.authors:
                hashed = author_hash(key, realm.name, author)
                found[hashed] = f"hash of author {author}"
                found[pseudonym(hashed, key)] = f"pseudonym of author {author}"
        return found

    def pieces(self) -> set[str]:
        """Winnow's ids of all posts that are meant, in the version that was first told of each."""
        return {post_id(realm.name, post).hex() for realm in self.realms for post in self.posts} | self.told


class Needles:
    """Finds what is sought in bytes: ids as whole words, in UTF-8 and as JSON escapes them; hashes; texts."""

    def __init__(self, sought: Sought, key: bytes) -> None:
        self.pieces = sought.pieces()
        words = {one: f"author {one}" for one in sought.authors} | {one: f"post {one}" for one in sought.posts} | sought.hashes(key)
        self._names = {form: name for word, name in words.items() for form in _forms(word)}
        texts = {form: f"text {text[:LEAST_TEXT]}…" for text in sought.texts for form in _forms(text)}
        parts = []
        if self._names:
            parts.append(rb"(?<!%s)(?:%s)(?!%s)" % (_OTHERS, b"|".join(map(re.escape, _longest_first(self._names))), _OTHERS))
        if texts:
            parts.append(b"|".join(map(re.escape, _longest_first(texts))))
        self._names |= texts
        self._pattern = re.compile(b"|".join(parts)) if parts else None

    def find(self, value: bytes | None, *, numbers: bool = True) -> set[str]:
        """What of it is in there. numbers: whether a bare number in JSON can be an id, as in native payloads."""
        if not value or self._pattern is None:
            return set()
        return {self._names[hit[0]] for hit in self._pattern.finditer(value) if numbers or not _is_number(value, hit)}


def _forms(word: str) -> set[bytes]:
    return {
        word.encode("utf-8", "surrogatepass"),
        json.dumps(word)[1:-1].encode(),
        json.dumps(word, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
    }


def _longest_first(forms: Iterable[bytes]) -> list[bytes]:
    return sorted(forms, key=lambda one: (-len(one), one))


def _is_number(value: bytes, hit: re.Match[bytes]) -> bool:
    """Whether a hit is a number of a message of our own: an offset, a time."""
    return (
        hit[0].isdigit()
        and value[hit.start() - 1 : hit.start()] in (b":", b"[", b",")
        and value[hit.end() : hit.end() + 1] in (b",", b"}", b"]")
    )


def sought(authors: Sequence[str], posts: Sequence[str], source: str | None, namespace: str | None, texts: Path | None = None) -> Sought:
    """What a command was asked about. Raises WinnowError when that is nobody, or about a text too short to tell anything."""
    if not authors and not posts:
        raise WinnowError("nobody was named", hint="Give --author ID, --post ID or --file FILE.")
    if namespace is not None and source is None:
        raise WinnowError("a namespace is one of a source", hint="Give --source as well.")
    lines = [] if texts is None else [line.strip() for line in texts.read_text(encoding="utf-8").splitlines()]
    if short := next((line for line in lines if line and len(line) < LEAST_TEXT), None):
        raise WinnowError(f"{texts}: {short!r} is too short to be looked for", hint=f"Give lines of {LEAST_TEXT} characters or more.")
    realms = () if source is None else (Realm(source, namespace),)
    return Sought(tuple(dict.fromkeys(authors)), tuple(dict.fromkeys(posts)), realms, tuple(line for line in lines if line))


def read_ids(file: Path) -> tuple[list[str], list[str]]:
    """(authors, posts) of a file: a line each, ``author ID`` or ``post ID``; a bare id is an author's. Lines with # are remarks.

    Raises WinnowError when it cannot be read.
    """
    authors: list[str] = []
    posts: list[str] = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WinnowError(f"cannot read {file}: {error}") from error
    for line in lines:
        kind, _, rest = line.strip().partition(" ")
        if not kind or kind.startswith("#"):
            continue
        if rest and kind not in ("author", "post"):
            raise WinnowError(f"{file}: {line.strip()!r} is no id", hint="Write a line each: author ID, or post ID.")
        (posts if kind == "post" and rest else authors).append(rest.strip() or kind)
    return authors, posts


def signals(record: Any, default: str = "signal") -> list[SignalRecord]:
    """The signals in a record of posts or feedback, as sift reads them."""
    headers = {name: (value or b"").strip(b'"').decode("utf-8", "replace") for name, value in record.headers}
    found = []
    for reading in read_all(headers.get("source") or default, record.value, record.timestamp, record.key):
        if not isinstance(reading, Malformed | Ignored):
            signal = reading[0]
            signal.namespace = headers.get("namespace") or signal.namespace
            found.append(signal)
    return found


async def known_of(settings: Settings, asked: Sought, progress: Progress | None = None) -> Sought:
    """What is asked about as the topics know it, by posts and feedback as they came, and by information: what the accounts posted, and in
    which realms: all where none was named, those of a source that was named without a namespace, or the one that was named.

    Raises WinnowError when a topic is missing, or the broker.
    """
    needles, found = Needles(asked, b""), list[SignalRecord]()
    authors, posts = set(asked.authors), set(asked.posts)
    async with Scanner(settings, progress) as scanner:
        extents = await scanner.extents(scanner.nouns([*INPUTS, "information"]))
        scanner.expect(extents)
        async for place, records in scanner.records(extents):
            raw = settings.noun(place.topic) in INPUTS
            for record in records:
                if needles.find(record.value):
                    read = signals(record) if raw else _told(record.value)
                    found += (one for one in read if one.author.id in authors or one.id in posts)
    there = sorted({Realm(one.source, one.namespace) for one in found}, key=str)
    named = [one.source for one in asked.realms if one.namespace is None]
    realms = tuple(dict.fromkeys([*asked.realms, *(one for one in there if not asked.realms or one.source in named)]))
    theirs = ((Realm(one.source, one.namespace), one.id) for one in found if one.author.id in authors)
    return asked._replace(realms=realms, told=frozenset(post_id(realm.name, post).hex() for realm, post in theirs if realm in realms))


def _told(value: bytes) -> list[SignalRecord]:
    """The signal in a piece of information."""
    try:
        return [msgspec.convert(orjson.loads(value)["signal"], SignalRecord, strict=False)]
    except (ValueError, KeyError, TypeError, msgspec.ValidationError):
        return []
