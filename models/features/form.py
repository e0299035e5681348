"""The rows of a text's form block, made of its shape and word hashes: one bucket for each of two dozen properties.

How a text is written transfers where its words do not: links, handles, hashtags, shouting, numbers, money, length, who is
spoken of, and how the words are rated, negation and `but` considered (after Hutto & Gilbert, ICWSM 2014).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.features.valence import BUT, I_WE, NEGATION, YOU, find
from schemas.jit import compiled
from schemas.text.model_input import shape as shapes

FORM_ROWS = 256
PROPERTIES = 23
LENGTH, WORDS, LINKS, HANDLES, HASHTAGS, CAPITALS, SHOUTED, BANGS, ASKS, DIGITS, NUMBERS, MONEY = range(12)
PERCENTS, EMOJI, OPENING, ENDING, GOOD, BAD, BALANCE, WRITER, READER, DENIED, EXTREMES = range(12, PROPERTIES)
"""The properties in order: of the shape; then of the ratings, how often writer and reader are named, what is denied."""

ROOM = 10
"""Rows of a property: as many buckets as it may have."""

_REACH = 2
"""Words behind a negation that it turns; a third is too often beyond the comma."""
_TURNED, _OF = 3, 4
"""What is left of a rating that a negation turns: so many parts of so many."""
_MOST_LINKS, _MOST_HANDLES = 2, 3

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
                value = -(_TURNED * value) // _OF
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
    """Write one row, from ``first`` on, for each of PROPERTIES to ``rows``; returns how many. A text without words has none.

    A property has ROOM rows, one a bucket: property p in bucket b is row ``first + p * ROOM + b``.
    """
    if len(words) == 0:
        return 0
    good, bad, best, worst, writer, reader, denied = weigh(words, tags, values)
    rows[LENGTH] = bucket(shape[shapes.BYTES], _LENGTH)
    rows[WORDS] = bucket(len(words), _WORDS)
    rows[LINKS] = min(shape[shapes.LINKS], _MOST_LINKS)
    rows[HANDLES] = min(shape[shapes.HANDLES], _MOST_HANDLES)
    rows[HASHTAGS] = bucket(shape[shapes.HASHTAGS], _TAGS)
    rows[CAPITALS] = bucket(_SHARE * shape[shapes.CAPITALS] // max(shape[shapes.LETTERS], 1), _CAPITALS)
    rows[SHOUTED] = bucket(shape[shapes.SHOUTED], _FEW)
    rows[BANGS] = bucket(shape[shapes.BANGS], _FEW)
    rows[ASKS] = bucket(shape[shapes.ASKS], _ONE)
    rows[DIGITS] = bucket(shape[shapes.DIGITS], _DIGITS)
    rows[NUMBERS] = bucket(shape[shapes.NUMBERS], _FEW)
    rows[MONEY] = bucket(shape[shapes.MONEY], _ONE)
    rows[PERCENTS] = bucket(shape[shapes.PERCENTS], _ONE)
    rows[EMOJI] = bucket(shape[shapes.EMOJI], _SOME)
    rows[OPENING] = shape[shapes.OPENING]
    rows[ENDING] = shape[shapes.ENDING]
    rows[GOOD] = bucket(good, _MOOD)
    rows[BAD] = bucket(bad, _MOOD)
    rows[BALANCE] = bucket(good - bad, _BALANCE)
    rows[WRITER] = bucket(writer, _SOME)
    rows[READER] = bucket(reader, _SOME)
    rows[DENIED] = bucket(denied, _ONE)
    rows[EXTREMES] = bucket(best - worst, _BALANCE)
    for place in range(PROPERTIES):
        rows[place] += first + place * ROOM
    return PROPERTIES
