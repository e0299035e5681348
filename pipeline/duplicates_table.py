"""In: signatures and keys of texts in order. Out: which remembered text each one copies. The compiled part of `duplicates`.

A *generation* remembers texts that are no copies (rows), and every reference seen (aliases: native id -> row). Both are found
through open-addressing tables. A slot holds a row number and ten bits of its hash in four bytes: a probe looks at a row, which is
a memory access far away, only when those bits agree. Tables can be rebuilt from the rows in their order, bit for bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled
from pipeline.duplicates_words import comments, says_other, swapped
from pipeline.minhash import PERMUTATIONS

BANDS, BAND = 16, 4
"""16 bands of 4: texts with a similarity of .7 meet with a probability of .99, of .3 with .12."""
CROWDED = 4
"""So many rows with an equal band are kept findable through it; crafted collisions cannot make it a linear scan."""

EXACT, SUBJECT, ID_HIGH, ID_LOW, CASE_HIGH, CASE_LOW, GENERIC, MARKS, BAG_HIGH, BAG_LOW = range(10)
"""Columns of a row's facts."""
FACTS = 10
ROW_BITS = 22
MOST_ROWS = (1 << ROW_BITS) - 2
"""Of one generation."""

NEW, REFERENCE, SAME, NEAR, REDELIVERED = range(5)
"""How a text relates to what is remembered."""


class Generation(NamedTuple):
    """Arrays of one generation; ``sizes`` is (rows, aliases). Slots hold row number + 1 below a tag, 0 is empty."""

    signatures: NDArray[np.uint8]
    facts: NDArray[np.uint64]
    slots: NDArray[np.uint32]
    alias_keys: NDArray[np.uint64]
    alias_rows: NDArray[np.int32]
    alias_slots: NDArray[np.int32]
    sizes: NDArray[np.int64]


class Queries(NamedTuple):
    """A batch to fold: signatures, facts as rows have them, ``native`` (own reference) and ``refers`` (0: to nothing)."""

    signatures: NDArray[np.uint8]
    facts: NDArray[np.uint64]
    native: NDArray[np.uint64]
    refers: NDArray[np.uint64]


def generation(rows: int, aliases: int) -> Generation:
    """An empty generation with room for so many rows and aliases."""
    return Generation(
        np.empty((rows, PERMUTATIONS), np.uint8),
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
    count, names = int(old.sizes[0]), int(old.sizes[1])
    room, names_room = min(2 * len(old.facts), most_rows), min(2 * len(old.alias_keys), 4 * most_rows)
    new = generation(max(rows, room), max(aliases, names_room))
    new.signatures[:count] = old.signatures[:count]
    new.facts[:count] = old.facts[:count]
    new.alias_keys[:names] = old.alias_keys[:names]
    new.alias_rows[:names] = old.alias_rows[:names]
    new.sizes[:] = old.sizes
    rebuild(new)
    return new


def _slots(entries: int) -> int:
    return 1 << max(6, (entries * 3 // 2).bit_length())


@compiled
def _mix(value: np.uint64) -> np.uint64:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled
def _tag(hashed: np.uint64) -> np.uint32:
    """The upper bits of a slot: those of a hash that do not say where it stands."""
    return np.uint32(np.uint64(hashed >> np.uint64(54)) << np.uint64(22))


@compiled
def _row_of(slot: np.uint32) -> int:
    return int(slot & np.uint32(0x3FFFFF)) - 1


@compiled
def _same_tag(slot: np.uint32, tag: np.uint32) -> bool:
    return bool(np.uint32(slot ^ tag) >> np.uint32(22) == np.uint32(0))


@compiled
def _band_hash(signature: NDArray[np.uint8], band: int, subject: np.uint64) -> np.uint64:
    at = band * 4
    value = np.uint64(signature[at]) | np.uint64(signature[at + 1]) << np.uint64(8)
    value |= np.uint64(signature[at + 2]) << np.uint64(16) | np.uint64(signature[at + 3]) << np.uint64(24)
    return _mix((value << np.uint64(5) | np.uint64(band)) ^ subject)


@compiled
def _equal_band(first: NDArray[np.uint8], second: NDArray[np.uint8], band: int) -> bool:
    at = band * 4
    return bool(
        first[at] == second[at] and first[at + 1] == second[at + 1] and first[at + 2] == second[at + 2] and first[at + 3] == second[at + 3]
    )


@compiled
def _index_row(held: Generation, row: int) -> None:
    """Make a row findable by its exact hash and, unless it is generic, by its bands."""
    mask = np.uint64(len(held.slots) - 1)
    subject = held.facts[row, 1]
    hashed = _mix(held.facts[row, 0] ^ subject)
    slot = hashed & mask
    while held.slots[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    held.slots[slot] = _tag(hashed) | np.uint32(row + 1)
    if held.facts[row, 6] != 0:
        return
    for band in range(16):
        hashed = _band_hash(held.signatures[row], band, subject)
        slot, tag, crowd = hashed & mask, _tag(hashed), 0
        while held.slots[slot] != 0 and crowd < 4:
            if _same_tag(held.slots[slot], tag):
                other = _row_of(held.slots[slot])
                if held.facts[other, 1] == subject and _equal_band(held.signatures[other], held.signatures[row], band):
                    crowd += 1
            slot = (slot + np.uint64(1)) & mask
        if crowd < 4:
            held.slots[slot] = tag | np.uint32(row + 1)


@compiled
def _index_alias(held: Generation, number: int) -> None:
    mask = np.uint64(len(held.alias_slots) - 1)
    slot = _mix(held.alias_keys[number]) & mask
    while held.alias_slots[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    held.alias_slots[slot] = number + 1


@compiled
def rebuild(held: Generation) -> None:
    """Fill empty tables from rows and aliases, in their order."""
    for row in range(held.sizes[0]):
        _index_row(held, row)
    for number in range(held.sizes[1]):
        _index_alias(held, number)


@compiled
def _by_alias(held: Generation, key: np.uint64, seen: bool) -> int:
    """Row that a reference stands for, -1 when it is unknown; with ``seen`` only if that post itself was seen."""
    mask = np.uint64(len(held.alias_slots) - 1)
    slot = _mix(key) & mask
    while held.alias_slots[slot] != 0:
        number = held.alias_slots[slot] - 1
        row = held.alias_rows[number]
        if held.alias_keys[number] == key and (row >= 0 or not seen):
            return int(row if row >= 0 else -1 - row)
        slot = (slot + np.uint64(1)) & mask
    return -1


@compiled
def _by_text(held: Generation, signature: NDArray[np.uint8], facts: NDArray[np.uint64], least: int, least_short: int) -> tuple[int, int]:
    """(row, equal positions of its signature) of the text most like this one, the oldest of equals; (-1, 0) for none.

    An equal text has 65 equal positions. ``least`` is what a near text needs, ``least_short`` a short one with other words.
    """
    mask = np.uint64(len(held.slots) - 1)
    exact, subject = facts[0], facts[1]
    hashed = _mix(exact ^ subject)
    slot, tag = hashed & mask, _tag(hashed)
    found, most = -1, 0
    while held.slots[slot] != 0:
        row = _row_of(held.slots[slot]) if _same_tag(held.slots[slot], tag) else -1
        if row >= 0 and held.facts[row, 0] == exact and held.facts[row, 1] == subject and (found < 0 or row < found):
            found, most = row, 65
        slot = (slot + np.uint64(1)) & mask
    if found >= 0 or facts[6] != 0:
        return found, most
    for band in range(16):
        hashed = _band_hash(signature, band, subject)
        slot, tag = hashed & mask, _tag(hashed)
        while held.slots[slot] != 0:
            row = _row_of(held.slots[slot]) if _same_tag(held.slots[slot], tag) else -1
            slot = (slot + np.uint64(1)) & mask
            if row < 0 or held.facts[row, 1] != subject or row == found or not _equal_band(held.signatures[row], signature, band):
                continue
            same = 0
            for at in range(64):
                same += held.signatures[row, at] == signature[at]
            if held.facts[row, 6] != 0 or same < least or same < most or (same == most and row > found):
                continue
            if says_other(held.facts[row], facts) or comments(held.facts[row], facts):
                continue
            if same < least_short and swapped(held.facts[row], facts):
                continue
            found, most = row, same
    return found, most


@compiled
def _add_row(held: Generation, signature: NDArray[np.uint8], facts: NDArray[np.uint64]) -> int:
    row = int(held.sizes[0])
    held.signatures[row] = signature
    held.facts[row] = facts
    held.sizes[0] += 1
    _index_row(held, row)
    return row


@compiled
def _add_alias(held: Generation, key: np.uint64, row: int) -> None:
    number = held.sizes[1]
    held.alias_keys[number] = key
    held.alias_rows[number] = row
    held.sizes[1] += 1
    _index_alias(held, number)


@compiled
def fold(  # numba takes no keywords
    current: Generation, former: Generation, queries: Queries, first: int, last: int, least: int, least_short: int, most_rows: int,
    rows: NDArray[np.int32], kinds: NDArray[np.uint8],
) -> int:  # fmt: skip
    """Fold queries ``first..last-1`` in order into ``rows`` (of ``current``) and ``kinds``; returns where it stopped: full.

    What is found in the former generation is taken over into the current one, so a living cascade is not forgotten.
    """
    for at in range(first, last):
        native, refers = queries.native[at], queries.refers[at]
        if _by_alias(current, native, True) >= 0 or _by_alias(former, native, True) >= 0:
            rows[at], kinds[at] = -1, 4  # REDELIVERED
            continue
        if current.sizes[0] >= most_rows or current.sizes[1] + 2 > 4 * most_rows:
            return at
        signature, facts = queries.signatures[at], queries.facts[at]
        kind, old = 1, -1
        row = _by_alias(current, native, False)  # its repost may have come first
        if row < 0 and refers != 0:
            row = _by_alias(current, refers, False)
            old = _by_alias(former, refers, False) if row < 0 else -1
        if row < 0 and old < 0:
            row, same = _by_text(current, signature, facts, least, least_short)
            if same < 65:
                old, older = _by_text(former, signature, facts, least, least_short)
                if older > same:
                    row, same = -1, older
                else:
                    old = -1
            kind = 0 if same == 0 else 2 if same == 65 else 3
        if old >= 0:
            row = _add_row(current, former.signatures[old], former.facts[old])
        elif row < 0:
            row = _add_row(current, signature, facts)
        _add_alias(current, native, row)
        if refers != 0 and kind != 1:
            _add_alias(current, refers, -1 - row)
        rows[at], kinds[at] = row, kind
    return last
