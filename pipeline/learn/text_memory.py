"""Recent texts by information id: kept for the labels that come later. Bounded memory in two generations, restorable by chunks.

As `pipeline.stream.dedup` does it: a generation ends when it holds half of the entries or half of the time that is to be remembered; then
the one before it is forgotten as a whole. Event order alone decides, never batches or the wall clock.
"""

from collections.abc import Mapping
from itertools import islice

import orjson

CHUNK_ENTRIES = 64
"""Texts a state key holds: the open chunk is written again with every batch."""
TEXT_LIMIT = 2_000
"""Characters kept of a text; the rest adds little to what can be learned from it."""
STATE_KEY = b"texts/"
VERSION = 1


class _Generation:
    __slots__ = ("began", "number", "open", "texts")

    def __init__(self, number: int, began: int | None = None) -> None:
        self.number = number
        self.began = began
        self.texts: dict[str, str] = {}
        self.open: list[tuple[str, str]] = []


class Texts:
    """Memory of one shard. window_ms: how long (event time) and ``entries``: how many at most, both split over two generations."""

    def __init__(self, *, window_ms: int, entries: int) -> None:
        self._half_window_ms = window_ms // 2
        self._half_entries = max(entries // 2, CHUNK_ENTRIES)
        self._new, self._old = _Generation(1), _Generation(0)
        self._latest = 0
        self._dirty: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        return len(self._new.texts) + len(self._old.texts)

    def get(self, information: str) -> str | None:
        """The text of a piece of information, None when it is not remembered."""
        return self._find(information) or None

    def _find(self, information: str) -> str | None:
        """The same, "" for one that was forgotten."""
        found = self._new.texts.get(information)
        return self._old.texts.get(information) if found is None else found

    def forget(self, information: str) -> str | None:
        """Keep only that there was this piece of information; its text, None when it is not remembered."""
        text = self.get(information)
        if text is None:
            return None
        generation = self._new if information in self._new.texts else self._old
        generation.texts[information] = ""
        chunk = list(generation.texts).index(information) // CHUNK_ENTRIES
        rows = list(islice(generation.texts.items(), chunk * CHUNK_ENTRIES, (chunk + 1) * CHUNK_ENTRIES))
        if generation is self._new and len(rows) < CHUNK_ENTRIES:
            generation.open = rows
        self._dirty[_chunk_key(generation.number, chunk)] = self._chunk(generation, rows)
        return text

    def add(self, information: str, text: str, clock: int) -> bool:
        """Remember a text at event time ``clock`` (Unix ms); False, and nothing changes, when it is remembered."""
        if self._find(information) is not None:
            return False
        self._latest = max(self._latest, clock)
        self._turn()
        new = self._new
        if new.began is None:
            new.began = self._latest
        new.texts[information] = text[:TEXT_LIMIT]
        new.open.append((information, text[:TEXT_LIMIT]))
        if len(new.open) == CHUNK_ENTRIES:
            self._write_open_chunk()
            new.open.clear()
        return True

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        if self._new.open:
            self._write_open_chunk()
        changed, self._dirty = self._dirty, {}
        return changed

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the chunks that `changes` wrote; keys of others are left alone."""
        chunks = sorted(
            (tuple(map(int, key[len(STATE_KEY) :].split(b"/"))), value) for key, value in items.items() if key.startswith(STATE_KEY)
        )
        if not chunks:
            return
        last = chunks[-1][0][0]
        self._old, self._new = _Generation(last - 1), _Generation(last)
        for (number, _), value in chunks:
            generation = self._new if number == last else self._old
            saved = orjson.loads(value)
            rows = [(information, text) for information, text in saved["texts"]]
            generation.began = saved["began"]
            generation.texts.update(rows)
            generation.open = rows if len(rows) < CHUNK_ENTRIES else []
            self._latest = max(self._latest, saved["latest"])

    def _turn(self) -> None:
        new = self._new
        if len(new.texts) < self._half_entries and (new.began is None or self._latest - new.began < self._half_window_ms):
            return
        if new.open:
            self._write_open_chunk()
        for chunk in range(-(-len(self._old.texts) // CHUNK_ENTRIES)):
            self._dirty[_chunk_key(self._old.number, chunk)] = None
        self._old, self._new = new, _Generation(new.number + 1)

    def _write_open_chunk(self) -> None:
        new = self._new
        self._dirty[_chunk_key(new.number, (len(new.texts) - 1) // CHUNK_ENTRIES)] = self._chunk(new, new.open)

    def _chunk(self, generation: _Generation, rows: list[tuple[str, str]]) -> bytes:
        return orjson.dumps({"v": VERSION, "began": generation.began, "latest": self._latest, "texts": rows})


def _chunk_key(generation: int, chunk: int) -> bytes:
    return b"%s%d/%d" % (STATE_KEY, generation, chunk)
