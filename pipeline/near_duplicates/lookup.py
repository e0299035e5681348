"""Which remembered text each one of a batch copies: the compiled part of `index`, which calls `fold` with the shard's two generations.

A text is looked for by the post that it reposts, then by the hash of the whole text, then among texts that are equal to it in a band of
their signatures (locality-sensitive hashing, `lsh_table`); what is near enough is a copy unless it says something else (`word_diff`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.lsh_table import (
    ALIASES,
    BANDS,
    ROWS,
    Generation,
    add_alias,
    add_row,
    band_hash,
    by_alias,
    equal_band,
    row_of,
    same_tag,
    tag,
)
from pipeline.near_duplicates.row import EXACT, IS_GENERIC, IS_GONE, KIND, PERMUTATIONS, SUBJECT, kind_has
from pipeline.near_duplicates.word_diff import says_other, says_same
from schemas.jit import compiled
from schemas.text.hashing import mix

NEW, REFERENCE, SAME, NEAR, REDELIVERED = range(5)
"""How a text relates to what is remembered."""

LEAST_OF_SAME = PERMUTATIONS // 2
"""Equal positions: below it bands seldom meet."""
_EQUAL = PERMUTATIONS + 1
"""So many positions an equal text counts as having equal: more than any near one."""
_READ_WORDS = 10
"""Of two texts with so many known words, comparing these says more than likeness."""
_ALIASES_A_ROW, _ALIASES_A_TEXT = 4, 2
"""Room for references, to each remembered row; and how many a text may bring: its own, and what it refers to."""
_NONE = -1
_NOBODY = (_NONE, _NONE, _NONE, _NONE)


class Queries(NamedTuple):
    """A batch of n texts to fold: ``signatures`` (n, 64), ``codes`` (n, 32) and ``facts`` (n, 8) as rows have them (`row`), and
    references (n,): ``native`` of the post itself, ``refers`` of what it repeats (0: nothing)."""

    signatures: NDArray[np.uint8]
    codes: NDArray[np.uint16]
    facts: NDArray[np.uint64]
    native: NDArray[np.uint64]
    refers: NDArray[np.uint64]


class Bounds(NamedTuple):
    """``least`` equal positions of a near text, ``least_read`` where both have words enough to compare; ``most_rows`` of a generation."""

    least: int
    least_read: int
    most_rows: int


@compiled
def _by_exact(held: Generation, exact: np.uint64, subject: np.uint64) -> int:
    """The oldest row with this exact hash, or _NONE."""
    mask = np.uint64(len(held.slots) - 1)
    hashed = mix(exact ^ subject)
    slot, sign, found = hashed & mask, tag(hashed), _NONE
    while held.slots[slot] != 0:
        row = row_of(held.slots[slot]) if same_tag(held.slots[slot], sign) else _NONE
        is_it = row >= 0 and held.facts[row, EXACT] == exact and held.facts[row, SUBJECT] == subject
        if is_it and (found < 0 or row < found) and not kind_has(held.facts[row, KIND], IS_GONE):
            found = row
        slot = (slot + np.uint64(1)) & mask
    return found


@compiled(inlined=True)
def _equal_positions(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    """Of two signatures: the estimate of their texts' likeness."""
    same = 0
    for place in range(PERMUTATIONS):
        same += first[place] == second[place]
    return same


@compiled(inlined=True)
def _is_read(codes: NDArray[np.uint16]) -> bool:
    """Whether so many words of a text are known that a comparison word by word says more than likeness."""
    return bool(codes[_READ_WORDS - 1] != 0)


@compiled(inlined=True)
def _is_near(held: Generation, row: int, same: int, codes: NDArray[np.uint16], facts: NDArray[np.uint64], bounds: Bounds) -> bool:
    """Whether a row with ``same`` equal positions is the text of ``codes`` and ``facts`` in other words."""
    both_read = _is_read(held.codes[row]) and _is_read(codes)
    if same < (bounds.least_read if both_read else bounds.least) and not says_same(held.codes[row], codes):
        return False
    return not kind_has(held.facts[row, KIND], IS_GENERIC) and not says_other(held.facts[row], facts, held.codes[row], codes)


@compiled
def _by_text(
    held: Generation, signature: NDArray[np.uint8], codes: NDArray[np.uint16], facts: NDArray[np.uint64], bounds: Bounds
) -> tuple[int, int]:
    """(row, equal positions of its signature) of the text most like this one, the oldest of equals; (_NONE, 0) for none.

    A near text needs what ``bounds`` say, and LEAST_OF_SAME where they have the same words but for typing errors.
    """
    found, subject = _by_exact(held, facts[EXACT], facts[SUBJECT]), facts[SUBJECT]
    if found >= 0:
        return found, _EQUAL
    if kind_has(facts[KIND], IS_GENERIC):
        return _NONE, 0
    most = LEAST_OF_SAME
    refused = _NOBODY  # the last ones: who shares a band often shares another, and words take long to read
    mask = np.uint64(len(held.slots) - 1)
    for band in range(BANDS):
        hashed = band_hash(signature, band, subject)
        slot, sign = hashed & mask, tag(hashed)
        while held.slots[slot] != 0:
            row = row_of(held.slots[slot]) if same_tag(held.slots[slot], sign) else _NONE
            slot = (slot + np.uint64(1)) & mask
            if row < 0 or row == found or row in refused or held.facts[row, SUBJECT] != subject:
                continue
            if not equal_band(held.signatures[row], signature, band) or kind_has(held.facts[row, KIND], IS_GONE):
                continue
            same = _equal_positions(held.signatures[row], signature)
            if same < most or (same == most and 0 <= found < row):
                continue
            if _is_near(held, row, same, codes, facts, bounds):
                found, most = row, same
            else:
                refused = (row, refused[0], refused[1], refused[2])
    return found, most if found >= 0 else 0


@compiled
def fold(
    current: Generation, former: Generation, queries: Queries, first: int, last: int, bounds: Bounds, rows: NDArray[np.int32],
    kinds: NDArray[np.uint8],
) -> int:  # fmt: skip
    """Fold the queries ``first..last-1`` in order into ``rows`` (of ``current``) and ``kinds``; returns where it stopped: full, or the end.

    What is found in the former generation is taken over into the current one, so a living cascade is not forgotten.
    """
    for at in range(first, last):
        native, refers = queries.native[at], queries.refers[at]
        if by_alias(current, native, True) >= 0 or by_alias(former, native, True) >= 0:
            rows[at], kinds[at] = _NONE, REDELIVERED
            continue
        if current.sizes[ROWS] >= bounds.most_rows or current.sizes[ALIASES] + _ALIASES_A_TEXT > _ALIASES_A_ROW * bounds.most_rows:
            return at
        signature, codes, facts = queries.signatures[at], queries.codes[at], queries.facts[at]
        kind, old = REFERENCE, _NONE
        row = by_alias(current, native, False)  # its repost may have come first
        if row < 0 and refers != 0:
            row = by_alias(current, refers, False)
            old = by_alias(former, refers, False) if row < 0 else _NONE
        if row < 0 and old < 0:
            row, same = _by_text(current, signature, codes, facts, bounds)
            if same < _EQUAL:
                old, older = _by_text(former, signature, codes, facts, bounds)
                row, old, same = (_NONE, old, older) if older > same else (row, _NONE, same)
            kind = NEW if same == 0 else SAME if same == _EQUAL else NEAR
        if old >= 0:
            row = add_row(current, former.signatures[old], former.codes[old], former.facts[old])
        elif row < 0:
            row = add_row(current, signature, codes, facts)
        add_alias(current, native, row)
        if refers != 0 and kind != REFERENCE:
            add_alias(current, refers, -1 - row)
        rows[at], kinds[at] = row, kind
    return last
