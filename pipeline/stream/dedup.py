"""Which ids and texts were seen before, in memory bounded by `generations`: for posts of sift, labels of learn, decisions of monitor."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from pipeline.stream.generations import Generations, MemoryGeneration
from schemas.text import exact_copy, pack

GENERIC_WORDS = 4
"""Texts of fewer words ("thank you!") are everybody's: equal ones are no copies of each other."""

_FNV_OFFSET = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)
"""FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/"""
_SPACE, _ZERO, _NINE, _UPPER_A, _UPPER_Z, _LOWER_A, _LOWER_Z = b" 09AZaz"
_TO_LOWER = _LOWER_A - _UPPER_A
_BEYOND_ASCII = 0x80

_ENTRY = np.dtype([("id", "V16"), ("text", "<u8"), ("clock", "<i8")])
_KEY_PREFIX = b"seen/"


class Copy(Struct, gc=False, frozen=True):
    """What is known of a text: who said it first (event id, 16 bytes), and the number of this occurrence (1 for the first)."""

    first: bytes
    ordinal: int


_Row = tuple[bytes, int, int]
"""Event id (16 bytes), hash of its text or 0, event time (Unix ms)."""


class _Seen(MemoryGeneration[_Row]):
    __slots__ = ("copies", "ids", "texts")

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.ids: set[bytes] = set()
        self.texts: dict[int, bytes] = {}
        self.copies: dict[int, int] = {}

    def add(self, row: _Row) -> None:
        event_id, text, clock = row
        self.ids.add(event_id)
        if text and self.texts.setdefault(text, event_id) is not event_id:
            self.copies[text] = self.copies.get(text, 1) + 1
        self.note(clock)

    def occurrences(self, text: int) -> int:
        """How often a text came: ``copies`` holds only those that came again, which saves a third of the memory."""
        return self.copies.get(text) or (1 if text in self.texts else 0)


class Dedup(Generations[_Seen, _Row]):
    """Memory of one input partition.

    window_ms: how long (event time) and ``entries``: how many at most; both are split over two generations.
    """

    def __init__(self, *, window_ms: int, entries: int) -> None:
        super().__init__(_KEY_PREFIX, window_ms=window_ms, entries=entries)

    def has(self, event_id: bytes) -> bool:
        """Whether this event (16 bytes of id) was remembered."""
        return event_id in self._new.ids or event_id in self._old.ids

    def add(self, event_id: bytes, text: int, clock: int) -> Copy:
        """Remember an event and, unless ``text`` is 0, its text's hash; says what the text is a copy of."""
        self._end_generation(clock)
        old, new = self._old, self._new
        first = (old.texts.get(text) or new.texts.get(text)) if text else None
        copy = Copy(event_id, 1) if first is None else Copy(first, 1 + old.occurrences(text) + new.occurrences(text))
        self._remember((event_id, text, clock))
        return copy

    def _generation(self, number: int) -> _Seen:
        return _Seen(number)

    def _pack(self, rows: Sequence[_Row]) -> bytes:
        ids, texts, clocks = zip(*rows, strict=True)
        packed = np.empty(len(ids), _ENTRY)
        packed["id"] = np.frombuffer(b"".join(ids), "V16")
        packed["text"] = texts
        packed["clock"] = clocks
        return packed.tobytes()

    def _unpack(self, chunk: bytes) -> list[_Row]:
        entries = np.frombuffer(chunk, _ENTRY)
        return list(zip((bytes(row) for row in entries["id"]), entries["text"].tolist(), entries["clock"].tolist(), strict=True))


def hash_texts(texts: Sequence[str]) -> list[int]:
    """64-bit hashes of texts, equal when only case, spacing and ASCII punctuation differ; 0 for texts too short to be copied."""
    hashes, words = exact_copy.word_hashes(pack(texts))
    hashes[words < GENERIC_WORDS] = 0
    found: list[int] = hashes.tolist()
    return found
