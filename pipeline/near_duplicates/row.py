"""What is kept of a text, its row in memory and in state: a signature, codes of its words, and facts; here is what they hold.

signature   64 uint8     for each permutation the upper bits of the least hash of a shingle: what is likely near
codes       32 uint16    its first words in order (`word_codes`): whether what is near says the same
facts        8 uint64    EXACT (hash of the whole text), SUBJECT, the id of the information (two), of its case (two), KIND, MARKS

KIND        bits 0-3     IS_GENERIC, IS_QUESTION, IS_REPOST, IS_GONE   from bit 8 on: its number of words
MARKS       bits 0-7     how many negations, NOT_KNOWN where it is cut   from bit 8 on: its numbers, a set of 56 bits
"""

from __future__ import annotations

import numpy as np

from schemas.jit import compiled
from schemas.text.hashing import GOLDEN

PERMUTATIONS = 64
"""Of a signature: so many positions."""

FACTS = 8
EXACT, SUBJECT, ID_HIGH, ID_LOW, CASE_HIGH, CASE_LOW, KIND, MARKS = range(FACTS)
"""Columns of a row's facts."""

IS_GENERIC, IS_QUESTION, IS_REPOST, IS_GONE = (1 << bit for bit in range(4))
_LENGTH_BITS = 8
LENGTH = 1 << _LENGTH_BITS
"""Of a row's kind: four bits, and what its number of words is multiplied by."""

NOT_KNOWN = 255
"""Instead of a number of negations."""
_MOST_NEGATIONS = NOT_KNOWN - 1
_NEGATION_BITS = np.uint64(8)
_NEGATION_MASK = np.uint64(255)
_NUMBER_BITS = np.uint64(56)
_NUMBER_SHIFT = np.uint64(32)


@compiled(inlined=True)
def kind_has(kind: np.uint64, flag: int) -> bool:
    """Whether a row's kind has a flag."""
    return bool(kind & np.uint64(flag) != 0)


@compiled
def length_of(kind: np.uint64) -> int:
    """How many words a text has, by its kind."""
    return int(np.int64(kind >> np.uint64(_LENGTH_BITS)))


@compiled(inlined=True)
def number_bit(number: np.uint64) -> np.uint64:
    """The bit that a number's hash sets in the marks' set of numbers."""
    return np.uint64(1) << ((number * GOLDEN >> _NUMBER_SHIFT) % _NUMBER_BITS)


@compiled
def marks_of(numbers: np.uint64, negations: int, cut: bool) -> np.uint64:
    """Marks of a set of numbers and of so many negations, which are not known of a text that is cut."""
    return numbers << _NEGATION_BITS | np.uint64(NOT_KNOWN if cut else min(negations, _MOST_NEGATIONS))


@compiled
def negations_of(marks: np.uint64) -> int:
    """How many negations a text has, or NOT_KNOWN."""
    return int(np.int64(marks & _NEGATION_MASK))


@compiled
def numbers_of(marks: np.uint64) -> np.uint64:
    """The set of a text's numbers."""
    return marks >> _NEGATION_BITS
