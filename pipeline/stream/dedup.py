"""Which ids and texts were seen before, in bounded memory: for posts of sift, labels of learn, decisions of monitor.

A generation ends when it holds half of the entries or half of the time that is to be remembered; then the one before it is
forgotten as a whole. So everything is remembered for at least half of the window and nothing is ever deleted singly. All of it
follows event order alone, never batches or the wall clock.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from schemas.text import exact_copy, pack

CHUNK_ENTRIES = 256
"""Entries a state key holds: small enough to write the open chunk again with every batch."""

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


class _Generation:
    __slots__ = ("copies", "count", "first_clock", "ids", "number", "open", "texts")

    def __init__(self, number: int) -> None:
        self.number = number
        self.ids: set[bytes] = set()
        self.texts: dict[int, bytes] = {}
        self.copies: dict[int, int] = {}
        self.count = 0
        self.first_clock: int | None = None
        self.open: list[tuple[bytes, int, int]] = []

    def add(self, event_id: bytes, text: int, clock: int) -> None:
        self.ids.add(event_id)
        if text and self.texts.setdefault(text, event_id) is not event_id:
            self.copies[text] = self.copies.get(text, 1) + 1
        if self.first_clock is None:
            self.first_clock = clock
        self.count += 1

    def occurrences(self, text: int) -> int:
        """How often a text came: ``copies`` holds only those that came again, which saves a third of the memory."""
        return self.copies.get(text) or (1 if text in self.texts else 0)


class Dedup:
    """Memory of one input partition.

    window_ms: how long (event time) and ``entries``: how many at most; both are split over two generations.
    """

    def __init__(self, *, window_ms: int, entries: int) -> None:
        self._half_window_ms = window_ms // 2
        self._half_entries = max(entries // 2, CHUNK_ENTRIES)
        self._new = _Generation(1)
        self._old = _Generation(0)
        self._dirty: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        return self._new.count + self._old.count

    def has(self, event_id: bytes) -> bool:
        """Whether this event (16 bytes of id) was remembered."""
        return event_id in self._new.ids or event_id in self._old.ids

    def add(self, event_id: bytes, text: int, clock: int) -> Copy:
        """Remember an event and, unless ``text`` is 0, its text's hash; says what the text is a copy of."""
        self._end_generation(clock)
        old, new = self._old, self._new
        first = (old.texts.get(text) or new.texts.get(text)) if text else None
        copy = Copy(event_id, 1) if first is None else Copy(first, 1 + old.occurrences(text) + new.occurrences(text))
        new.add(event_id, text, clock)
        new.open.append((event_id, text, clock))
        if len(new.open) == CHUNK_ENTRIES:
            self._write_open_chunk()
            new.open.clear()
        return copy

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        if self._new.open:
            self._write_open_chunk()
        changed, self._dirty = self._dirty, {}
        return changed

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the chunks that `changes` wrote. Raises ValueError on a key that is none of them."""
        chunks = sorted((tuple(map(int, key.removeprefix(_KEY_PREFIX).split(b"/"))), value) for key, value in items.items())
        if not chunks:
            return
        last = chunks[-1][0][0]
        self._old, self._new = _Generation(last - 1), _Generation(last)
        for (number, _), value in chunks:
            generation = self._new if number == last else self._old
            entries = np.frombuffer(value, _ENTRY)
            rows = list(zip((bytes(row) for row in entries["id"]), entries["text"].tolist(), entries["clock"].tolist(), strict=True))
            for row in rows:
                generation.add(*row)
            if generation is self._new:
                generation.open = rows if len(rows) < CHUNK_ENTRIES else []

    def _end_generation(self, clock: int) -> None:
        new = self._new
        if new.count < self._half_entries and (new.first_clock is None or clock - new.first_clock < self._half_window_ms):
            return
        if new.open:
            self._write_open_chunk()
        for chunk in range(-(-self._old.count // CHUNK_ENTRIES)):
            self._dirty[_chunk_key(self._old.number, chunk)] = None
        self._old, self._new = new, _Generation(new.number + 1)

    def _write_open_chunk(self) -> None:
        new = self._new
        ids, texts, clocks = zip(*new.open, strict=True)
        rows = np.empty(len(ids), _ENTRY)
        rows["id"] = np.frombuffer(b"".join(ids), "V16")
        rows["text"] = texts
        rows["clock"] = clocks
        self._dirty[_chunk_key(new.number, (new.count - 1) // CHUNK_ENTRIES)] = rows.tobytes()


def _chunk_key(generation: int, chunk: int) -> bytes:
    return b"%s%d/%d" % (_KEY_PREFIX, generation, chunk)


def hash_texts(texts: Sequence[str]) -> list[int]:
    """64-bit hashes of texts, equal when only case, spacing and ASCII punctuation differ; 0 for texts too short to be copied."""
    hashes, words = exact_copy.word_hashes(pack(texts))
    hashes[words < GENERIC_WORDS] = 0
    found: list[int] = hashes.tolist()
    return found
