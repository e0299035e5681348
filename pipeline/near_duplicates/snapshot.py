"""The state of a generation of remembered texts, as blocks of bytes by key, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates import lsh_table as table
from pipeline.near_duplicates.row import CASE_HIGH, CASE_LOW, FACTS, ID_HIGH, ID_LOW, IS_GONE, KIND, MARKS, NOT_KNOWN, PERMUTATIONS
from pipeline.near_duplicates.word_codes import WORDS

BLOCK = 128
"""Rows of one state value: it is written again until it is full, so this bounds what a small batch rewrites."""

_ALIAS_VERSION, _ROW_VERSION = b"\x01", b"\x03"
_ROW = np.dtype([("signature", np.uint8, PERMUTATIONS), ("facts", np.uint64, FACTS), ("codes", np.uint16, WORDS)])
_FORMER_ROWS = {
    version: np.dtype([("signature", np.uint8, PERMUTATIONS), ("facts", np.uint64, facts)])
    for version, facts in ((b"\x01", MARKS), (b"\x02", MARKS + 3))
}
"""Version 1 knew nothing of numbers and negations, 2 had a set of words that is not used any more; both had no words in order."""
_ALIAS = np.dtype([("key", np.uint64), ("row", np.int32)])


class Stored:
    """A generation with its number and how much of it has been written. Blocks are appended to, but for what is withdrawn."""

    def __init__(self, number: int, *, rows: int = 64, aliases: int = 128) -> None:
        self.number = number
        self.held = table.generation(rows, aliases)
        self._saved = (0, 0)
        self._changed: set[int] = set()

    @classmethod
    def load(cls, number: int, items: Mapping[bytes, bytes]) -> Self:
        """The generation that `changes` wrote, its tables rebuilt as they were."""
        rows = np.concatenate([np.empty(0, _ROW), *(_rows(block) for block in _blocks(items, b"text", number))])
        aliases = np.frombuffer(b"".join(_aliases(block) for block in _blocks(items, b"alias", number)), _ALIAS)
        stored = cls(number, rows=max(64, len(rows)), aliases=max(128, len(aliases)))
        stored.held.signatures[: len(rows)] = rows["signature"]
        stored.held.facts[: len(rows)] = rows["facts"]
        stored.held.codes[: len(rows)] = rows["codes"]
        stored.held.alias_keys[: len(aliases)] = aliases["key"]
        stored.held.alias_rows[: len(aliases)] = aliases["row"]
        stored.held.sizes[:] = len(rows), len(aliases)
        table.rebuild(stored.held)
        stored._saved = (len(rows), len(aliases))
        return stored

    @property
    def rows(self) -> int:
        """Different texts in it."""
        return int(self.held.sizes[table.ROWS])

    def make_room(self, more: int, most_rows: int) -> None:
        """Have room for so many more texts, of which ``most_rows`` is the most to be held."""
        rows, aliases = self.rows + more, int(self.held.sizes[table.ALIASES]) + 2 * more
        self.held = table.widened(self.held, min(rows, most_rows), min(aliases, 4 * most_rows + 2), most_rows)

    def read_id(self, row: int, column: int) -> str:
        """32 hex digits from two columns of a row."""
        high, low = self.held.facts[row, column : column + 2].tolist()
        return f"{high:016x}{low:016x}"

    def write_ids(self, rows: Sequence[int], column: int, values: Sequence[str]) -> None:
        """Put 32 hex digits into two columns of each of some rows that have not been written yet."""
        if rows:
            self.held.facts[rows, column : column + 2] = ids(values)

    def rows_of(self, posts: NDArray[np.uint64], information: str) -> list[int]:
        """The rows that some posts (`reference` keys) are remembered in and that this piece of information was the first to say."""
        rows = table.rows_seen(self.held, posts)
        rows = rows[rows >= 0]
        its_own = (self.held.facts[rows, ID_HIGH : ID_LOW + 1] == ids([information])).all(axis=1)
        found: list[int] = np.unique(rows[its_own]).tolist()
        return found

    def hand_over(self, row: int, information: str, case: str) -> None:
        """Let another piece, of that case, be the first that said a text."""
        self.held.facts[row, ID_HIGH : ID_LOW + 1] = ids([information])
        self.held.facts[row, CASE_HIGH : CASE_LOW + 1] = ids([case])
        self._changed.add(row // BLOCK * BLOCK)

    def forget(self, row: int) -> None:
        """Let nothing be a copy of a text any more, and keep neither its words nor who said it. Its place stays taken, and so do the hashes
        by which it is found: tables must come out the same when they are rebuilt.
        """
        self.held.facts[row, KIND] |= np.uint64(IS_GONE)
        self.held.facts[row, [ID_HIGH, ID_LOW, CASE_HIGH, CASE_LOW]] = 0
        self.held.codes[row] = 0
        self._changed.add(row // BLOCK * BLOCK)

    def changes(self) -> dict[bytes, bytes | None]:
        """Blocks that are new, longer or otherwise than at the last call."""
        rows, aliases = self.rows, int(self.held.sizes[table.ALIASES])
        found: dict[bytes, bytes | None] = {}
        longer = range(self._saved[0] // BLOCK * BLOCK, rows if rows > self._saved[0] else 0, BLOCK)
        for first in sorted(self._changed.union(longer)):
            part = slice(first, min(first + BLOCK, rows))
            block = np.empty(part.stop - first, _ROW)
            block["signature"], block["facts"], block["codes"] = self.held.signatures[part], self.held.facts[part], self.held.codes[part]
            found[_key(b"text", self.number, first)] = _ROW_VERSION + block.tobytes()
        for first in range(self._saved[1] // BLOCK * BLOCK, aliases if aliases > self._saved[1] else 0, BLOCK):
            part = slice(first, min(first + BLOCK, aliases))
            names = np.empty(part.stop - first, _ALIAS)
            names["key"], names["row"] = self.held.alias_keys[part], self.held.alias_rows[part]
            found[_key(b"alias", self.number, first)] = _ALIAS_VERSION + names.tobytes()
        self._saved = (rows, aliases)
        self._changed.clear()
        return found

    def keys(self) -> list[bytes]:
        """Keys of all blocks written so far."""
        return [
            _key(kind, self.number, first)
            for kind, size in zip((b"text", b"alias"), self._saved, strict=True)
            for first in range(0, size, BLOCK)
        ]


def _key(kind: bytes, number: int, first: int) -> bytes:
    return b"dup/%s/%08x/%08x" % (kind, number, first)


def _blocks(items: Mapping[bytes, bytes], kind: bytes, number: int) -> list[bytes]:
    found = []
    first = 0
    while (block := items.get(_key(kind, number, first))) is not None:
        found.append(block)
        first += BLOCK
    return found


def _rows(block: bytes) -> NDArray[np.void]:
    """Rows of a block, of former versions as well."""
    version = block[:1]
    if version == _ROW_VERSION:
        return np.frombuffer(block, _ROW, offset=1)
    if version not in _FORMER_ROWS:
        raise ValueError(f"a block of remembered texts has version {version!r}, this code reads 1 to {_ROW_VERSION!r}")
    former = np.frombuffer(block, _FORMER_ROWS[version], offset=1)
    rows = np.zeros(len(former), _ROW)
    known = min(FACTS, former["facts"].shape[1])
    rows["signature"] = former["signature"]
    rows["facts"][:, :known] = former["facts"][:, :known]
    if known <= MARKS:
        rows["facts"][:, MARKS] = NOT_KNOWN
    return rows


def _aliases(block: bytes) -> bytes:
    if block[:1] != _ALIAS_VERSION:
        raise ValueError(f"a block of references has version {block[:1]!r}, this code reads {_ALIAS_VERSION!r}")
    return block[1:]


def ids(values: Sequence[str]) -> NDArray[np.uint64]:
    """Two numbers for each text of 32 hex digits."""
    return np.frombuffer(bytes.fromhex("".join(values)), ">u8").reshape(-1, 2).astype(np.uint64)
