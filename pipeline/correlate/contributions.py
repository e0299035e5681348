"""What each piece of information added, and where: so that it can be taken out again when its post is edited or deleted.

One row a piece, in columns, in the order in which pieces were dispatched; bounded in time and number, the oldest forgotten first.
It holds no text: numbers and hashes. `Dispatcher` writes it, `Withdrawals` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from schemas.messages import Desk, Intent, Sentiment, SituationKind, Stakeholder

PREFIX, SOURCES = b"spoke/", b"spoke"
VERSION = b"\x01"
CASE, SURGE, IDEA = SituationKind.CASE.value, SituationKind.SURGE.value, SituationKind.IDEA.value
CHUNK = 256
"""Rows of one state value: the open one is written again with every batch."""
MOST_MEMBERS = 64
"""Situations whose rows are kept at hand while nothing else comes."""
MOST_ROOM = 2
"""Forgotten rows are cleared away when they are this share (one in so many) of all."""

COPY, REPOSTED, LATE, LIVE, DUAL_HAT, AKIN, SOURCED, LONG, WORTHY, ANSWER, FRESH, GONE, FIRST_IN_CASE, FIRST_IN_SURGE, FIRST_IN_IDEA = (
    1 << bit for bit in range(15)
)
"""What is true of a row. LIVE: neither late nor history. LONG: of words enough that a copy of it says something. WORTHY: it opens a case
by itself. FRESH: its author was counted in its series for it. GONE: it was taken out. FIRST_IN_...: of its author there."""

SENTIMENTS, INTENTS, STAKEHOLDERS = (tuple(member.value for member in names) for names in (Sentiment, Intent, Stakeholder))
DESKS = ("", *(member.value for member in Desk))
"""The first: it is not known who would deal with it."""

_ROW = np.dtype(
    [
        ("key", "<u8"), ("key_low", "<u8"), ("native", "<u8"), ("origin", "<u8"), ("author", "<u8"), ("owner", "<u8"), ("owner_low", "<u8"),
        ("topic", "<u8"), ("case", "<u8"), ("surge", "<u8"), ("idea", "<u8"), ("clock", "<i8"), ("since", "<i8"), ("urgency", "<f8"),
        ("negativity", "<f8"), ("reach", "<i8"), ("bits", "<u4"), ("source", "<u4"), ("sentiment", "u1"), ("intent", "u1"),
        ("stakeholder", "u1"), ("desk", "u1"), ("danger", "<f8"),
    ]
)  # fmt: skip


class Contribution(NamedTuple):
    """One piece. Ids are their first 64 bits (``key`` its own, ``origin`` that of the piece it repeats, else its own), 0 for none;
    ``author`` is who speaks or passes on, ``owner`` whose words these are; ``native`` is the `near_duplicates.reference` of its post; times
    are Unix ms (``since``: when its post first counted); ``sentiment``, ``intent`` and ``stakeholder`` are indices into the members of
    their enums, ``desk`` into `DESKS`, ``source`` into `Contributions.sources`."""

    key: int
    key_low: int
    native: int
    origin: int
    author: int
    owner: int
    owner_low: int
    topic: int
    case: int
    surge: int
    idea: int
    clock: int
    since: int
    urgency: float
    negativity: float
    reach: int
    bits: int
    source: int
    sentiment: int
    intent: int
    stakeholder: int
    desk: int
    danger: float

    @property
    def information(self) -> str:
        """The id of the piece."""
        return f"{self.key:016x}{self.key_low:016x}"

    def has(self, bit: int) -> bool:
        """Whether something is true of it."""
        return self.bits & bit != 0


def short(identity: str) -> int:
    """The first 64 bits of an id of 32 hex digits."""
    return int(identity[:16], 16)


class Contributions:
    """The rows of one shard. ``window_ms`` of event time and ``entries`` bound what is remembered."""

    _NAMES: ClassVar[tuple[str, ...]] = Contribution._fields

    def __init__(self, *, window_ms: int, entries: int) -> None:
        self._window_ms, self._entries = window_ms, max(entries, CHUNK)
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(CHUNK, _ROW[name]) for name in self._NAMES}
        self._first = 0  # number of the first row that is remembered; columns begin at `_base`
        self._base = 0
        self._end = 0
        self._open: list[Contribution] = []
        self._dirty: set[int] = set()
        self._dropped: list[bytes] = []
        self._members: dict[tuple[str, int], NDArray[np.int64]] = {}
        self.sources: list[str] = []
        self._source_numbers: dict[str, int] = {}
        self._sources_saved = 0

    def __len__(self) -> int:
        return self._end + len(self._open) - self._first

    # -- writing -----------------------------------------------------------------------------------------------------

    def source(self, name: str) -> int:
        """The number of a source's name."""
        found = self._source_numbers.get(name)
        if found is None:
            found = self._source_numbers[name] = len(self.sources)
            self.sources.append(name)
        return found

    def add(self, row: Contribution) -> None:
        """Remember a piece."""
        self._open.append(row)
        if (self._end + len(self._open)) % CHUNK == 0:
            self._take_up()
            self._forget(row.clock)

    def change(self, number: int, **values: int) -> None:
        """Change fields of a row, but for what it is part of."""
        self._take_up()
        if values.get("bits", 0) & GONE:
            self._leave(number)
        for name, value in values.items():
            self._columns[name][number - self._base] = value
        self._dirty.add(number // CHUNK)

    def forget(self, number: int) -> None:
        """Keep of a row only that one was there, and when: no hash of its post or its author."""
        for name, column in self._columns.items():
            if name not in ("clock", "bits"):
                column[number - self._base] = 0
        self._dirty.add(number // CHUNK)

    def assign(self, rows: NDArray[np.int64], name: str, value: int) -> None:
        """Set a field of many rows."""
        if name in (CASE, SURGE, IDEA):
            self._members.clear()
        self._columns[name][rows - self._base] = np.uint64(value)
        self._dirty.update(np.unique(rows // CHUNK).tolist())

    def move(self, kind: str, former: str, present: str) -> None:
        """Count all pieces of a situation as those of another one of its kind (`schemas.messages.SituationKind`)."""
        self.assign(self.numbers(lambda column: column(kind) == np.uint64(short(former))), kind, short(present))

    def join_surge(self, topic: int, sentiment: str, since_ms: int, surge: str) -> None:
        """Count the pieces of one feeling about a subject since ``since_ms`` as part of a surge, unless they are part of one already."""
        feeling = SENTIMENTS.index(sentiment)
        rows = self.numbers(
            lambda column: (
                (column("topic") == np.uint64(topic))
                & (column("sentiment") == feeling)
                & (column("clock") >= since_ms)
                & (column("surge") == 0)
                & (column("bits") & np.uint32(LIVE) != 0)
            )
        )
        self.assign(rows, SURGE, short(surge))
        fresh = rows[self.column("bits", rows) & np.uint32(FRESH) != 0]
        self._columns["bits"][fresh - self._base] |= np.uint32(FIRST_IN_SURGE)

    # -- reading -----------------------------------------------------------------------------------------------------

    def row(self, number: int) -> Contribution:
        """A remembered row."""
        self._take_up()
        return Contribution(*(self._columns[name][number - self._base].item() for name in self._NAMES))

    def numbers(self, test: Callable[[Callable[[str], NDArray[Any]]], NDArray[np.bool_]]) -> NDArray[np.int64]:
        """Numbers of the rows that are not gone and pass a test of columns, in order."""
        self._take_up()
        part = slice(self._first - self._base, self._end - self._base)
        found = np.flatnonzero(test(lambda name: self._columns[name][part])) + self._first
        rows: NDArray[np.int64] = found[self.column("bits", found) & np.uint32(GONE) == 0]
        return rows

    def members(self, kind: str, situation: str) -> NDArray[np.int64]:
        """Numbers of the rows that are not gone of a situation, in order. Kept until others may be: a post that many passed on takes them
        all along when it is erased, one after the other.
        """
        identity = short(situation)
        found = self._members.get((kind, identity))
        if found is None or self._open:
            found = self.numbers(lambda column: column(kind) == np.uint64(identity))
            if len(self._members) >= MOST_MEMBERS:
                self._members.clear()
            self._members[kind, identity] = found
        return found

    def _leave(self, number: int) -> None:
        """A row is gone from the members that are kept."""
        for kind in (CASE, SURGE, IDEA):
            place = kind, self._columns[kind][number - self._base].item()
            rows = self._members.get(place)
            if rows is not None:
                at = int(rows.searchsorted(number))
                if at < len(rows) and rows[at] == number:
                    self._members[place] = np.delete(rows, at)

    def column(self, name: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Values of some rows."""
        found: NDArray[Any] = self._columns[name][rows - self._base]
        return found

    def find(self, key: int) -> int | None:
        """The number of a piece's row, None when it is not remembered, or gone."""
        found = self.numbers(lambda column: column("key") == np.uint64(key))
        return int(found[-1]) if len(found) else None

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        self._take_up()
        found: dict[bytes, bytes | None] = dict.fromkeys(self._dropped)
        for chunk in sorted(self._dirty):
            first, end = chunk * CHUNK, min((chunk + 1) * CHUNK, self._end)
            if first >= self._first:
                rows = np.empty(end - first, _ROW)
                for name in self._NAMES:
                    rows[name] = self._columns[name][first - self._base : end - self._base]
                found[_key(chunk)] = VERSION + rows.tobytes()
        if len(self.sources) != self._sources_saved:
            self._sources_saved = len(self.sources)
            found[SOURCES] = orjson.dumps(self.sources)
        self._dirty.clear()
        self._dropped = []
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone. Raises ValueError for a version it does not know."""
        chunks = sorted((int(key[len(PREFIX) :], 16), value) for key, value in items.items() if key.startswith(PREFIX))
        if not chunks:
            return
        for name in orjson.loads(items[SOURCES]):
            self.source(name)
        self._sources_saved = len(self.sources)
        parts = []
        for _, value in chunks:
            if value[:1] != VERSION:
                raise ValueError(f"a block of contributions has version {value[:1]!r}, this code reads {VERSION!r}")
            parts.append(np.frombuffer(value, _ROW, offset=1))
        rows = np.concatenate(parts)
        self._first = self._base = chunks[0][0] * CHUNK
        self._end = self._first + len(rows)
        self._columns = {name: rows[name].copy() for name in self._NAMES}

    def _take_up(self) -> None:
        """Move what was added since into the columns, all at once: one by one, arrays are slow."""
        if not self._open:
            return
        self._members.clear()
        rows = np.array(self._open, _ROW)
        end = self._end + len(rows)
        self._make_room(end - self._base)
        for name in self._NAMES:
            self._columns[name][self._end - self._base : end - self._base] = rows[name]
        self._dirty.update(range(self._end // CHUNK, -(-end // CHUNK)))
        self._end = end
        self._open = []

    def _make_room(self, rows: int) -> None:
        have = len(self._columns["key"])
        if rows > have:
            self._columns = {
                name: np.concatenate([one, np.zeros(max(have, rows - have), one.dtype)]) for name, one in self._columns.items()
            }

    def _forget(self, clock: int) -> None:
        """Drop whole chunks, at chunk boundaries only: so it does not depend on batches."""
        while self._first + CHUNK < self._end:
            newest = self._columns["clock"][self._first + CHUNK - 1 - self._base].item()
            if self._end - self._first <= self._entries and newest > clock - self._window_ms:
                break
            self._members.clear()
            self._dropped.append(_key(self._first // CHUNK))
            self._dirty.discard(self._first // CHUNK)
            self._first += CHUNK
        if MOST_ROOM * (self._first - self._base) > len(self._columns["key"]):
            self._columns = {name: one[self._first - self._base :].copy() for name, one in self._columns.items()}
            self._base = self._first


def _key(chunk: int) -> bytes:
    return b"%s%012x" % (PREFIX, chunk)
