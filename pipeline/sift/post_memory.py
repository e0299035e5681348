"""What became of recent posts: which subjects each was told under, in which version, and which are gone. `SiftShard` asks it.

Bounded in time and number as `pipeline.stream.dedup` does it: a generation ends when it holds half of the entries or half of the time that
is to be remembered; then the one before it is forgotten as a whole. Event order alone decides, never batches or the wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import NamedTuple

import orjson

GROUP_BYTES = 8
CHUNK_ENTRIES = 256
"""Entries a state key holds: the open chunk is written again with every batch."""


_UNDIGESTED = blake2b(digest_size=8)
"""What every key begins with: copied, it costs less than a new one."""


class Told(NamedTuple):
    """What is remembered of a post, or of all posts of an account or a conversation (``gone``: since ``revision``, Unix ms).

    ``version``: id of the version that was told (16 bytes), ``subjects`` under which, the first one under that id; ``groups``: 8-byte keys
    of what it can go with, its account and its conversation. ``text``: hash of the version's text.
    """

    version: bytes
    subjects: tuple[str, ...] = ()
    revision: int = 0
    text: int = 0
    groups: tuple[bytes, ...] = ()
    gone: bool = False

    def information(self, subject: str) -> str:
        """Id of the piece of information that it was told as under a subject."""
        return information_id(self.version, subject, first=subject == self.subjects[0])


def information_id(version: bytes, subject: str, *, first: bool) -> str:
    """32 hex digits: of a post's version under its first subject those of the version itself."""
    return version.hex() if first else blake2b(f"{version.hex()}/{subject}".encode(), digest_size=16).hexdigest()


def group_key(kind: str, realm: str, identity: str) -> bytes:
    """Key of all posts of an account, or of a conversation, of one installation of a network."""
    digest = _UNDIGESTED.copy()
    digest.update(f"{kind}\0{realm}\0{identity}".encode("utf-8", "surrogatepass"))
    return digest.digest()


class _Generation:
    __slots__ = ("count", "first_clock", "groups", "number", "open", "told")

    def __init__(self, number: int) -> None:
        self.number = number
        self.told: dict[bytes, Told] = {}
        self.groups: dict[bytes, list[bytes]] = {}
        self.count = 0
        self.first_clock: int | None = None
        self.open: list[tuple[bytes, Told, int]] = []

    def put(self, post: bytes, told: Told, clock: int) -> None:
        self.told[post] = told
        for group in told.groups:
            self.groups.setdefault(group, []).append(post)
        if self.first_clock is None:
            self.first_clock = clock
        self.count += 1


class PostMemory:
    """Memory of one input partition. prefix: of its state keys. window_ms: how long (event time) and ``entries``: how many at most."""

    def __init__(self, prefix: bytes, *, window_ms: int, entries: int) -> None:
        self._prefix = prefix
        self._half_window_ms = window_ms // 2
        self._half_entries = max(entries // 2, CHUNK_ENTRIES)
        self._new, self._old = _Generation(1), _Generation(0)
        self._dirty: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        return self._new.count + self._old.count

    def get(self, post: bytes) -> Told | None:
        """What is remembered of a post (16 bytes) or a group (8 bytes)."""
        return self._new.told.get(post) or self._old.told.get(post)

    def any_group(self) -> bool:
        """Whether something is remembered of a group."""
        return any(len(key) == GROUP_BYTES for generation in (self._old, self._new) for key in generation.told)

    def of_group(self, group: bytes) -> Iterator[tuple[bytes, Told]]:
        """The posts of a group that are there, in the order in which they were told."""
        for post in dict.fromkeys((*self._old.groups.get(group, ()), *self._new.groups.get(group, ()))):
            told = self.get(post)
            if told is not None and not told.gone:
                yield post, told

    def put(self, post: bytes, told: Told, clock: int) -> None:
        """Remember something of a post at event time ``clock`` (Unix ms), in place of what was remembered."""
        self._end_generation(clock)
        new = self._new
        new.put(post, told, clock)
        new.open.append((post, told, clock))
        if len(new.open) == CHUNK_ENTRIES:
            self._write_open_chunk()
            new.open.clear()

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        if self._new.open:
            self._write_open_chunk()
        changed, self._dirty = self._dirty, {}
        return changed

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the chunks that `changes` wrote; keys of others are left alone."""
        chunks = sorted(
            (tuple(map(int, key[len(self._prefix) :].split(b"/"))), items[key]) for key in items if key.startswith(self._prefix)
        )
        if not chunks:
            return
        last = chunks[-1][0][0]
        self._old, self._new = _Generation(last - 1), _Generation(last)
        for (number, _), value in chunks:
            generation = self._new if number == last else self._old
            rows = [_load(*row) for row in orjson.loads(value)]
            for row in rows:
                generation.put(*row)
            if generation is self._new:
                generation.open = rows if len(rows) < CHUNK_ENTRIES else []

    def _end_generation(self, clock: int) -> None:
        new = self._new
        if new.count < self._half_entries and (new.first_clock is None or clock - new.first_clock < self._half_window_ms):
            return
        if new.open:
            self._write_open_chunk()
        for chunk in range(-(-self._old.count // CHUNK_ENTRIES)):
            self._dirty[self._chunk_key(self._old.number, chunk)] = None
        self._old, self._new = new, _Generation(new.number + 1)

    def _write_open_chunk(self) -> None:
        new = self._new
        self._dirty[self._chunk_key(new.number, (new.count - 1) // CHUNK_ENTRIES)] = orjson.dumps([_dump(*row) for row in new.open])

    def _chunk_key(self, generation: int, chunk: int) -> bytes:
        return b"%s%d/%d" % (self._prefix, generation, chunk)


def _dump(post: bytes, told: Told, clock: int) -> list[object]:
    groups = [group.hex() for group in told.groups]
    return [post.hex(), clock, told.version.hex(), told.subjects, told.revision, f"{told.text:x}", groups, told.gone]


def _load(
    post: str, clock: int, version: str, subjects: list[str], revision: int, text: str, groups: list[str], gone: bool
) -> tuple[bytes, Told, int]:
    keys = tuple(bytes.fromhex(group) for group in groups)
    return bytes.fromhex(post), Told(bytes.fromhex(version), tuple(subjects), revision, int(text, 16), keys, gone), clock
