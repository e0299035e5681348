"""In: a text's shape and word hashes. Out: the rows of its form block: one bucket for each of two dozen properties.

How a text is written transfers where its words do not: links, handles, hashtags, shouting, numbers, money, length, who is
spoken of, and how the words are rated, negation and `but` considered (after Hutto & Gilbert, ICWSM 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features import normalise as shapes
from models.features.valence import BUT, I_WE, NEGATION, YOU, find
from schemas.jit import compiled

FORM_ROWS = 256
PROPERTIES = 23
ROOM = 10
"""Rows of a property: as many buckets as it may have."""

_REACH = 2
"""Words behind a negation that it turns; a third is too often beyond the comma."""

_SHARE = 100
_LENGTH = (20, 40, 70, 100, 130, 160, 250, 500)
_WORDS = (2, 5, 8, 12, 16, 22, 30)
_CAPITALS = (1, 4, 8, 15, 30, 60)
_DIGITS = (1, 3, 4, 5, 6, 8, 10)
_FEW = (1, 2, 4)
_TAGS = (1, 2, 3, 5)
_MOOD = (5, 15, 25, 40, 60)
_BALANCE = (-50, -30, -15, -5, 6, 16, 31, 51)
_ONE = (1, 2)
_SOME = (1, 3)


@compiled
def bucket(value: int, edges: tuple[int, ...]) -> int:
    """How many of `edges` the value reaches."""
    reached = 0
    for edge in edges:
        reached += value >= edge
    return reached


@compiled
def weigh(words: NDArray[np.uint64], tags: NDArray[np.uint32], values: NDArray[np.int8]) -> tuple[int, int, int, int, int, int, int]:
    """Tenths of good and of bad in the words, the strongest of each, how often the writer and the reader are named, negations."""
    good, bad, best, worst, writer, reader, denied, left = 0, 0, 0, 0, 0, 0, 0, 0
    for at in range(len(words)):
        value = find(words[at], tags, values)
        if value == NEGATION:
            left, denied = _REACH + 1, denied + 1
        elif value == BUT:
            good, bad = good // 2, bad // 2
        elif value == I_WE:
            writer += 1
        elif value == YOU:
            reader += 1
        elif value != 0:
            if left > 0:
                value = -(3 * value) // 4
            if value > 0:
                good, best = good + value, max(best, value)
            else:
                bad, worst = bad - value, max(worst, -value)
        left -= left > 0
    return good, bad, best, worst, writer, reader, denied


@compiled
def form_rows(
    shape: NDArray[np.int64],
    words: NDArray[np.uint64],
    tags: NDArray[np.uint32],
    values: NDArray[np.int8],
    first: int,
    rows: NDArray[np.int32],
) -> int:
    """Write one row, from `first` on, for each of PROPERTIES to `rows`; returns how many. A text without words has none."""
    if len(words) == 0:
        return 0
    good, bad, best, worst, writer, reader, denied = weigh(words, tags, values)
    rows[0] = bucket(shape[shapes.BYTES], _LENGTH)
    rows[1] = bucket(len(words), _WORDS)
    rows[2] = min(shape[shapes.LINKS], 2)
    rows[3] = min(shape[shapes.HANDLES], 3)
    rows[4] = bucket(shape[shapes.HASHTAGS], _TAGS)
    rows[5] = bucket(_SHARE * shape[shapes.CAPITALS] // max(shape[shapes.LETTERS], 1), _CAPITALS)
    rows[6] = bucket(shape[shapes.SHOUTED], _FEW)
    rows[7] = bucket(shape[shapes.BANGS], _FEW)
    rows[8] = bucket(shape[shapes.ASKS], _ONE)
    rows[9] = bucket(shape[shapes.DIGITS], _DIGITS)
    rows[10] = bucket(shape[shapes.NUMBERS], _FEW)
    rows[11] = bucket(shape[shapes.MONEY], _ONE)
    rows[12] = bucket(shape[shapes.PERCENT], _ONE)
    rows[13] = bucket(shape[shapes.EMOJI], _SOME)
    rows[14] = shape[shapes.OPENING]
    rows[15] = shape[shapes.ENDING]
    rows[16] = bucket(good, _MOOD)
    rows[17] = bucket(bad, _MOOD)
    rows[18] = bucket(good - bad, _BALANCE)
    rows[19] = bucket(writer, _SOME)
    rows[20] = bucket(reader, _SOME)
    rows[21] = bucket(denied, _ONE)
    rows[22] = bucket(best - worst, _BALANCE)
    for at in range(PROPERTIES):
        rows[at] += first + at * ROOM
    return PROPERTIES
