"""What became of recent posts: which subjects each was told under, in which version, and which are gone. `SiftShard` asks it.

Bounded in time and number by `pipeline.stream.Generations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

import orjson
from msgspec import Struct

from pipeline.stream import Generations, MemoryGeneration

GROUP_BYTES = 8

_UNDIGESTED, _NO_POST = blake2b(digest_size=8), blake2b(digest_size=16)
"""What every key and every id begins with: copied, they cost less than new ones."""


class Told(Struct, gc=False, frozen=True):
    """What is remembered of a post, or of all posts of an account or a conversation (``gone``: since ``revision``, Unix ms).

    ``version``: id of the version that was told (16 bytes), ``subjects`` under which, the first one under that id; ``groups``: keys of what
    it can go with: its account, its conversation, what it shares (8 bytes), its later versions (16: their ids are those of posts).
    ``text``: hash of the version's text. ``chaff``: the key under which its text lies on chaff, None where it does not.
    """

    version: bytes
    subjects: tuple[str, ...] = ()
    revision: int = 0
    text: int = 0
    groups: tuple[bytes, ...] = ()
    gone: bool = False
    chaff: str | None = None

    def information(self, subject: str) -> str:
        """Id of the piece of information that it was told as under a subject."""
        return information_id(self.version, subject, first=subject == self.subjects[0])


_Row = tuple[bytes, Told, int]
"""A post (16 bytes) or a group (8 or 9), what is remembered of it, event time (Unix ms)."""


def information_id(version: bytes, subject: str, *, first: bool) -> str:
    """32 hex digits: of a post's version under its first subject those of the version itself."""
    return version.hex() if first else blake2b(f"{version.hex()}/{subject}".encode(), digest_size=16).hexdigest()


def post_id(realm: str, native_id: str) -> bytes:
    """16 bytes for a post of a realm: Winnow's id of the first version of it."""
    digest = _NO_POST.copy()
    digest.update(f"{realm}\0{native_id}".encode("utf-8", "surrogatepass"))
    return digest.digest()


def group_key(kind: str, realm: str, identity: str) -> bytes:
    """Key of all posts of an account, or of a conversation, of one installation of a network."""
    digest = _UNDIGESTED.copy()
    digest.update(f"{kind}\0{realm}\0{identity}".encode("utf-8", "surrogatepass"))
    return digest.digest()


class _Posts(MemoryGeneration[_Row]):
    __slots__ = ("groups", "told")

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.told: dict[bytes, Told] = {}
        self.groups: dict[bytes, list[bytes]] = {}

    def add(self, row: _Row) -> None:
        post, told, clock = row
        self.told[post] = told
        for group in told.groups:
            self.groups.setdefault(group, []).append(post)
        self.note(clock)


class PostMemory(Generations[_Posts, _Row]):
    """Memory of one input partition. prefix: of its state keys. window_ms: how long (event time) and ``entries``: how many at most."""

    def get(self, post: bytes) -> Told | None:
        """What is remembered of a post (16 bytes) or a group (8 bytes)."""
        return self._new.told.get(post) or self._old.told.get(post)

    def any_group(self) -> bool:
        """Whether something is remembered of a group."""
        return any(len(key) == GROUP_BYTES for generation in (self._old, self._new) for key in generation.told)

    def of_group(self, group: bytes) -> Iterator[tuple[bytes, Told]]:
        """The posts of a group, or of which this is a later version, that are there, in the order in which they were told."""
        for post in dict.fromkeys((*self._old.groups.get(group, ()), *self._new.groups.get(group, ()))):
            told = self.get(post)
            if told is not None and not told.gone:
                yield post, told

    def put(self, post: bytes, told: Told, clock: int) -> None:
        """Remember something of a post at event time ``clock`` (Unix ms), in place of what was remembered."""
        self._end_generation(clock)
        self._remember((post, told, clock))

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the chunks that `changes` wrote; keys of others are left alone."""
        super().restore({key: value for key, value in items.items() if key.startswith(self._prefix)})

    def _generation(self, number: int) -> _Posts:
        return _Posts(number)

    def _pack(self, rows: Sequence[_Row]) -> bytes:
        return orjson.dumps([_dump(*row) for row in rows])

    def _unpack(self, chunk: bytes) -> list[_Row]:
        return [_load(*row) for row in orjson.loads(chunk)]


def _dump(post: bytes, told: Told, clock: int) -> list[object]:
    groups = [group.hex() for group in told.groups]
    row = [post.hex(), clock, told.version.hex(), told.subjects, told.revision, f"{told.text:x}", groups, told.gone]
    return row if told.chaff is None else [*row, told.chaff]


def _load(
    post: str, clock: int, version: str, subjects: list[str], revision: int, text: str, groups: list[str], gone: bool,
    chaff: str | None = None,
) -> _Row:  # fmt: skip
    keys = tuple(bytes.fromhex(group) for group in groups)
    return bytes.fromhex(post), Told(bytes.fromhex(version), tuple(subjects), revision, int(text, 16), keys, gone, chaff), clock
