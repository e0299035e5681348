"""In: signatures, words and keys of texts in order. Out: which remembered text each one copies. The compiled part of `duplicates`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.lsh_table import Generation, add_alias, add_row, band_hash, by_alias, equal_band, mix, row_of, same_tag, tag
from pipeline.near_duplicates.word_diff import says_other, says_same
from schemas.jit import compiled

NEW, REFERENCE, SAME, NEAR, REDELIVERED = range(5)
"""How a text relates to what is remembered."""

LEAST_OF_SAME = 32
"""Equal positions: below it bands seldom meet."""


class Queries(NamedTuple):
    """A batch to fold: signatures, codes and facts as rows have them, ``native`` (own reference) and ``refers`` (0: to nothing)."""

    signatures: NDArray[np.uint8]
    codes: NDArray[np.uint16]
    facts: NDArray[np.uint64]
    native: NDArray[np.uint64]
    refers: NDArray[np.uint64]


@compiled
def _by_exact(held: Generation, exact: np.uint64, subject: np.uint64) -> int:
    """The oldest row with this exact hash; -1 for none."""
    mask = np.uint64(len(held.slots) - 1)
    hashed = mix(exact ^ subject)
    slot, sign, found = hashed & mask, tag(hashed), -1
    while held.slots[slot] != 0:
        row = row_of(held.slots[slot]) if same_tag(held.slots[slot], sign) else -1
        if row >= 0 and held.facts[row, 0] == exact and held.facts[row, 1] == subject and (found < 0 or row < found):
            found = row
        slot = (slot + np.uint64(1)) & mask
    return found


@compiled
def _equal_positions(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    same = 0
    for at in range(64):
        same += first[at] == second[at]
    return same


@compiled
def _is_read(codes: NDArray[np.uint16]) -> bool:
    """Whether so many words of a text are known that a comparison word by word says more than likeness."""
    return bool(codes[9] != 0)


@compiled
def _by_text(
    held: Generation, signature: NDArray[np.uint8], codes: NDArray[np.uint16], facts: NDArray[np.uint64], least: int, least_read: int
) -> tuple[int, int]:
    """(row, equal positions of its signature) of the text most like this one, the oldest of equals; (-1, 0) for none.

    An equal text has 65 equal positions. ``least`` is what a near text needs, ``least_read`` where both have words enough to compare,
    and half of all (`LEAST_OF_SAME`) where they have the same words but for typing errors.
    """
    found, most = _by_exact(held, facts[0], facts[1]), 65
    if found >= 0:
        return found, most
    if facts[6] & np.uint64(1):  # IS_GENERIC
        return -1, 0
    most, need = 32, least_read if _is_read(codes) else least
    refused, second, third, fourth = -1, -1, -1, -1  # the last ones: who shares a band often shares another, and words take long to read
    mask = np.uint64(len(held.slots) - 1)
    for band in range(16):
        hashed = band_hash(signature, band, facts[1])
        slot, sign = hashed & mask, tag(hashed)
        while held.slots[slot] != 0:
            row = row_of(held.slots[slot]) if same_tag(held.slots[slot], sign) else -1
            slot = (slot + np.uint64(1)) & mask
            if row < 0 or row in (found, refused, second, third, fourth) or held.facts[row, 1] != facts[1]:
                continue
            if not equal_band(held.signatures[row], signature, band):
                continue
            same = _equal_positions(held.signatures[row], signature)
            if same < most or (same == most and 0 <= found < row):
                continue
            too_unlike = same < (need if _is_read(held.codes[row]) else least) and not says_same(held.codes[row], codes)
            if too_unlike or held.facts[row, 6] & np.uint64(1) or says_other(held.facts[row, 6:8], facts[6:8], held.codes[row], codes):
                refused, second, third, fourth = row, refused, second, third
                continue
            found, most = row, same
    return found, most if found >= 0 else 0


@compiled
def fold(  # numba takes no keywords
    current: Generation, former: Generation, queries: Queries, first: int, last: int, least: int, least_read: int, most_rows: int,
    rows: NDArray[np.int32], kinds: NDArray[np.uint8],
) -> int:  # fmt: skip
    """Fold queries ``first..last-1`` in order into ``rows`` (of ``current``) and ``kinds``; returns where it stopped: full.

    What is found in the former generation is taken over into the current one, so a living cascade is not forgotten.
    """
    for at in range(first, last):
        native, refers = queries.native[at], queries.refers[at]
        if by_alias(current, native, True) >= 0 or by_alias(former, native, True) >= 0:
            rows[at], kinds[at] = -1, 4  # REDELIVERED
            continue
        if current.sizes[0] >= most_rows or current.sizes[1] + 2 > 4 * most_rows:
            return at
        signature, codes, facts = queries.signatures[at], queries.codes[at], queries.facts[at]
        kind, old = 1, -1
        row = by_alias(current, native, False)  # its repost may have come first
        if row < 0 and refers != 0:
            row = by_alias(current, refers, False)
            old = by_alias(former, refers, False) if row < 0 else -1
        if row < 0 and old < 0:
            row, same = _by_text(current, signature, codes, facts, least, least_read)
            if same < 65:
                old, older = _by_text(former, signature, codes, facts, least, least_read)
                if older > same:
                    row, same = -1, older
                else:
                    old = -1
            kind = 0 if same == 0 else 2 if same == 65 else 3
        if old >= 0:
            row = add_row(current, former.signatures[old], former.codes[old], former.facts[old])
        elif row < 0:
            row = add_row(current, signature, codes, facts)
        add_alias(current, native, row)
        if refers != 0 and kind != 1:
            add_alias(current, refers, -1 - row)
        rows[at], kinds[at] = row, kind
    return last
