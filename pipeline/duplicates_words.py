"""In: facts of two near texts (columns of `duplicates_table`: 7 marks, 8 and 9 words as bits). Out: whether they say other things."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

SHORT_WORDS = 10
"""In so short a text a word for another makes another text: see `DuplicatesConfig.least_likeness_short`."""


@compiled
def _bits(value: np.uint64) -> int:
    """How many bits are set."""
    value -= (value >> np.uint64(1)) & np.uint64(0x5555555555555555)
    value = (value & np.uint64(0x3333333333333333)) + ((value >> np.uint64(2)) & np.uint64(0x3333333333333333))
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int(value * np.uint64(0x0101010101010101) >> np.uint64(56))


@compiled
def says_other(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> bool:
    """Whether near texts differ where it matters: each has a number that the other has not, or one has more negations."""
    mine, theirs = first[7], second[7]
    if mine & np.uint64(255) != theirs & np.uint64(255) and mine & np.uint64(255) != 255 and theirs & np.uint64(255) != 255:
        return True
    mine, theirs = mine >> np.uint64(8), theirs >> np.uint64(8)
    return bool((mine & ~theirs) != 0 and (theirs & ~mine) != 0)


@compiled
def comments(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> bool:
    """Whether the second text adds to the first as many words as make a comment (`OWN_WORDS`); nobody knows where one is cut short."""
    if first[7] & np.uint64(255) == 255 or second[7] & np.uint64(255) == 255:
        return False
    dropped = _bits(first[8] & ~second[8]) + _bits(first[9] & ~second[9])
    return _bits(second[8] & ~first[8]) + _bits(second[9] & ~first[9]) >= dropped + 3


@compiled
def swapped(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> bool:
    """Whether each of two texts, one of them short and none cut short, has words that the other has not."""
    if first[7] & np.uint64(255) == 255 or second[7] & np.uint64(255) == 255:
        return False
    if min(_bits(first[8]) + _bits(first[9]), _bits(second[8]) + _bits(second[9])) > 10:  # SHORT_WORDS
        return False
    mine = (first[8] & ~second[8]) | (first[9] & ~second[9])
    theirs = (second[8] & ~first[8]) | (second[9] & ~first[9])
    return bool(mine != 0 and theirs != 0)
