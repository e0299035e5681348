"""Memory bounded in time and number: two generations, each a row of chunks in state.

A generation ends when it holds half of the entries or half of the time that is to be remembered; then the one before it is forgotten as a
whole. So everything is remembered for at least half of the window and nothing is ever deleted singly. All of it follows event order alone,
never batches or the wall clock.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

Row = TypeVar("Row", bound=tuple[Any, ...])

CHUNK_ENTRIES = 256
"""Entries a state key holds: small enough to write the open chunk again with every batch."""


class MemoryGeneration(ABC, Generic[Row]):
    """What is remembered of one stretch of events; ``open``: the rows of the chunk that is not full yet."""

    __slots__ = ("count", "first_clock", "number", "open")

    def __init__(self, number: int) -> None:
        self.number = number
        self.count = 0
        self.first_clock: int | None = None
        self.open: list[Row] = []

    @abstractmethod
    def add(self, row: Row) -> None:
        """Remember a row; the last of it is its event time, Unix ms."""

    def note(self, clock: int) -> None:
        """One more was added, at event time ``clock``."""
        if self.first_clock is None:
            self.first_clock = clock
        self.count += 1


G = TypeVar("G", bound=MemoryGeneration[Any])


class Generations(ABC, Generic[G, Row]):
    """Two of them. prefix: of the state keys. window_ms: how long (event time) and ``entries``: how many at most, over both."""

    def __init__(self, prefix: bytes, *, window_ms: int, entries: int) -> None:
        self._prefix = prefix
        self._half_window_ms = window_ms // 2
        self._half_entries = max(entries // 2, CHUNK_ENTRIES)
        self._new, self._old = self._generation(1), self._generation(0)
        self._dirty: dict[bytes, bytes | None] = {}

    def __len__(self) -> int:
        return self._new.count + self._old.count

    @property
    def is_empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._new.count and not self._old.count

    @abstractmethod
    def _generation(self, number: int) -> G:
        """An empty one."""

    @abstractmethod
    def _pack(self, rows: Sequence[Row]) -> bytes:
        """A chunk as it is written."""

    @abstractmethod
    def _unpack(self, chunk: bytes) -> list[Row]:
        """The rows of what `_pack` wrote."""

    def _remember(self, row: Row) -> None:
        """Add a row to the present generation, which has not ended (`_end_generation`)."""
        new = self._new
        new.add(row)
        rows = new.open
        rows.append(row)
        if len(rows) == CHUNK_ENTRIES:
            self._write_open_chunk()
            rows.clear()

    def _end_generation(self, clock: int) -> None:
        """Begin another generation when the present one is full at event time ``clock``."""
        new = self._new
        if new.count < self._half_entries and (new.first_clock is None or clock - new.first_clock < self._half_window_ms):
            return
        if new.open:
            self._write_open_chunk()
        for chunk in range(-(-self._old.count // CHUNK_ENTRIES)):
            self._dirty[self._chunk_key(self._old.number, chunk)] = None
        self._old, self._new = new, self._generation(new.number + 1)

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        if self._new.open:
            self._write_open_chunk()
        changed, self._dirty = self._dirty, {}
        return changed

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the chunks that `changes` wrote. Raises ValueError on a key that is none of them."""
        chunks = sorted((tuple(map(int, key.removeprefix(self._prefix).split(b"/"))), value) for key, value in items.items())
        if not chunks:
            return
        last = chunks[-1][0][0]
        self._old, self._new = self._generation(last - 1), self._generation(last)
        for (number, _), value in chunks:
            generation = self._new if number == last else self._old
            rows = self._unpack(value)
            for row in rows:
                generation.add(row)
            if generation is self._new:
                generation.open = rows if len(rows) < CHUNK_ENTRIES else []

    def _write_open_chunk(self) -> None:
        new = self._new
        self._dirty[self._chunk_key(new.number, (new.count - 1) // CHUNK_ENTRIES)] = self._pack(new.open)

    def _chunk_key(self, generation: int, chunk: int) -> bytes:
        return b"%s%d/%d" % (self._prefix, generation, chunk)
