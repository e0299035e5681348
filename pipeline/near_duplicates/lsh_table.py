"""Where a remembered text or post with a hash is: the tables of a generation of texts, for `lookup` and for what is kept of them.

A *generation* remembers texts that are no copies (rows), and every reference seen (aliases: native id -> row). Both are found
through open-addressing tables. A slot holds a row number and ten bits of its hash in four bytes: a probe looks at a row, which is
a memory access far away, only when those bits agree. Tables can be rebuilt from the rows in their order, bit for bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.row import EXACT, FACTS, IS_GENERIC, IS_GONE, KIND, PERMUTATIONS, SUBJECT, kind_has
from pipeline.near_duplicates.word_codes import WORDS
from schemas.jit import compiled
from schemas.text.hashing import mix

BANDS, BAND = 16, 4
assert BANDS * BAND == PERMUTATIONS
"""16 bands of 4: texts with a similarity of .7 meet with a probability of .99, of .3 with .12."""
CROWDED = 4
"""So many rows with an equal band are kept findable through it; crafted collisions cannot make it a linear scan."""

ROW_BITS = 22
MOST_ROWS = (1 << ROW_BITS) - 2
"""Of one generation."""
_ROW_MASK = np.uint32((1 << ROW_BITS) - 1)
_TAG_SHIFT = np.uint32(ROW_BITS)
_TAG_OF_HASH_SHIFT = np.uint64(64 - (32 - ROW_BITS))
_BYTE_BITS = np.uint64(8)
_BAND_BITS = np.uint64(BANDS.bit_length())


ROWS, ALIASES = range(2)


class Generation(NamedTuple):
    """Arrays of one generation: of each row `row`'s signature, codes and facts; ``sizes`` (2,) says how many ROWS and ALIASES are filled.

    ``slots`` hold a row's number + 1 in ROW_BITS below ten bits of a hash (its tag), ``alias_slots`` an alias' number + 1; 0 is free.
    ``alias_keys`` are references, ``alias_rows`` the rows that they stand for, or -1 - row where the post itself was not seen.
    """

    signatures: NDArray[np.uint8]
    codes: NDArray[np.uint16]
    facts: NDArray[np.uint64]
    slots: NDArray[np.uint32]
    alias_keys: NDArray[np.uint64]
    alias_rows: NDArray[np.int32]
    alias_slots: NDArray[np.int32]
    sizes: NDArray[np.int64]


def generation(rows: int, aliases: int) -> Generation:
    """An empty generation with room for so many rows and aliases."""
    return Generation(
        np.empty((rows, PERMUTATIONS), np.uint8),
        np.empty((rows, WORDS), np.uint16),
        np.empty((rows, FACTS), np.uint64),
        np.zeros(_slots(rows * (BANDS + 1)), np.uint32),
        np.empty(aliases, np.uint64),
        np.empty(aliases, np.int32),
        np.zeros(_slots(aliases), np.int32),
        np.zeros(2, np.int64),
    )


def widened(old: Generation, rows: int, aliases: int, most_rows: int) -> Generation:
    """The same generation with room for so many rows and aliases: itself, or twice its size up to ``most_rows``."""
    if rows <= len(old.facts) and aliases <= len(old.alias_keys):
        return old
    count, names = int(old.sizes[ROWS]), int(old.sizes[ALIASES])
    room, names_room = min(2 * len(old.facts), most_rows), min(2 * len(old.alias_keys), 4 * most_rows)
    new = generation(max(rows, room), max(aliases, names_room))
    new.signatures[:count] = old.signatures[:count]
    new.codes[:count] = old.codes[:count]
    new.facts[:count] = old.facts[:count]
    new.alias_keys[:names] = old.alias_keys[:names]
    new.alias_rows[:names] = old.alias_rows[:names]
    new.sizes[:] = old.sizes
    rebuild(new)
    return new


def _slots(entries: int) -> int:
    return 1 << max(6, (entries * 3 // 2).bit_length())


@compiled(inlined=True)
def tag(hashed: np.uint64) -> np.uint32:
    """The upper bits of a slot: those of a hash that do not say where it stands."""
    return np.uint32(np.uint32(hashed >> _TAG_OF_HASH_SHIFT) << _TAG_SHIFT)


@compiled(inlined=True)
def row_of(slot: np.uint32) -> int:
    """The row of a filled slot."""
    return int(slot & _ROW_MASK) - 1


@compiled(inlined=True)
def same_tag(slot: np.uint32, sign: np.uint32) -> bool:
    """Whether a filled slot is of a hash with this tag."""
    return bool(np.uint32(slot ^ sign) >> _TAG_SHIFT == 0)


@compiled(inlined=True)
def band_hash(signature: NDArray[np.uint8], band: int, subject: np.uint64) -> np.uint64:
    """Hash of a band of a signature, under a subject."""
    value = np.uint64(0)
    for place in range((band + 1) * BAND - 1, band * BAND - 1, -1):  # the first position lowest
        value = value << _BYTE_BITS | np.uint64(signature[place])
    return mix((value << _BAND_BITS | np.uint64(band)) ^ subject)


@compiled(inlined=True)
def equal_band(first: NDArray[np.uint8], second: NDArray[np.uint8], band: int) -> bool:
    """Whether two signatures are equal in a band."""
    for place in range(band * BAND, (band + 1) * BAND):  # noqa: SIM110  # numba knows no generators
        if first[place] != second[place]:
            return False
    return True


@compiled
def _index_row(held: Generation, row: int) -> None:
    """Make a row findable by its exact hash and, unless it is generic, by its bands."""
    mask = np.uint64(len(held.slots) - 1)
    subject = held.facts[row, SUBJECT]
    hashed = mix(held.facts[row, EXACT] ^ subject)
    slot = hashed & mask
    while held.slots[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    held.slots[slot] = tag(hashed) | np.uint32(row + 1)
    if kind_has(held.facts[row, KIND], IS_GENERIC):
        return
    for band in range(BANDS):
        hashed = band_hash(held.signatures[row], band, subject)
        slot, sign, crowd = hashed & mask, tag(hashed), 0
        while held.slots[slot] != 0 and crowd < CROWDED:
            if same_tag(held.slots[slot], sign):
                other = row_of(held.slots[slot])
                crowd += held.facts[other, SUBJECT] == subject and equal_band(held.signatures[other], held.signatures[row], band)
            slot = (slot + np.uint64(1)) & mask
        if crowd < CROWDED:
            held.slots[slot] = sign | np.uint32(row + 1)


@compiled
def _index_alias(held: Generation, number: int) -> None:
    """Make a reference findable by its key."""
    mask = np.uint64(len(held.alias_slots) - 1)
    slot = mix(held.alias_keys[number]) & mask
    while held.alias_slots[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    held.alias_slots[slot] = number + 1


@compiled
def rebuild(held: Generation) -> None:
    """Fill empty tables from rows and aliases, in their order."""
    for row in range(held.sizes[ROWS]):
        _index_row(held, row)
    for number in range(held.sizes[ALIASES]):
        _index_alias(held, number)


@compiled
def by_alias(held: Generation, key: np.uint64, seen: bool) -> int:
    """Row that a reference stands for, -1 when it is unknown; with ``seen`` only if that post itself was seen, and also if it is gone."""
    mask = np.uint64(len(held.alias_slots) - 1)
    slot = mix(key) & mask
    while held.alias_slots[slot] != 0:
        number = held.alias_slots[slot] - 1
        row = held.alias_rows[number]
        if held.alias_keys[number] == key and (row >= 0 or not seen):
            row = row if row >= 0 else -1 - row
            if seen or not kind_has(held.facts[row, KIND], IS_GONE):
                return int(row)
        slot = (slot + np.uint64(1)) & mask
    return -1


@compiled
def rows_seen(held: Generation, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Rows that posts themselves are remembered in, -1 for those that were not seen."""
    rows = np.empty(len(keys), np.int64)
    for at in range(len(keys)):
        rows[at] = by_alias(held, keys[at], True)
    return rows


@compiled
def add_row(held: Generation, signature: NDArray[np.uint8], codes: NDArray[np.uint16], facts: NDArray[np.uint64]) -> int:
    """Remember a text; returns its row."""
    row = int(held.sizes[ROWS])
    held.signatures[row] = signature
    held.codes[row] = codes
    held.facts[row] = facts
    held.sizes[ROWS] += 1
    _index_row(held, row)
    return row


@compiled
def add_alias(held: Generation, key: np.uint64, row: int) -> None:
    """Remember what a reference stands for: a row, or -1 - row where the post itself was not seen."""
    number = held.sizes[ALIASES]
    held.alias_keys[number] = key
    held.alias_rows[number] = row
    held.sizes[ALIASES] += 1
    _index_alias(held, number)
