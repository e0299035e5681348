"""A word as 16 bits that tell whether two words are the same, differ by a typing error, or are different words.

Of a plain word: what its first letter is and which letters it has. A typing error leaves the first letter and most of the others;
another word seldom does. Numbers and words that only hold a sentence together are told by a hash.

    bit        15        14        13      12 - 10           9 - 0
    plain       0      NAME     OUTER      first letter    letters
    special     1   COUNTED     OUTER      hash ------------------
"""

from __future__ import annotations

import numpy as np

from schemas.jit import compiled
from schemas.text.characters import FIRST_BEYOND_ASCII, SMALL_A, is_small
from schemas.text.hashing import GOLDEN_32

WORDS = 32
"""Of a text so many first words are kept."""

SPECIAL, COUNTED, OUTER, NAME = 0x8000, 0x4000, 0x2000, 0x4000
"""Bits of a code: it is no plain word; a special one that counts (a number, a negation); it is not of the text
itself; a plain word that is a name, or one of two opposites."""
_LETTERS = 10
"""Bits of letters, below those of the first letter."""
_FIRST_MASK, LETTERS, _HASHED = 0x1C00, (1 << _LETTERS) - 1, 0x1FFF
_FIRST_BITS = 0b111
_BUT_OUTER = 0xDFFF
NEGATED = SPECIAL | COUNTED | 1

_HASH_SHIFT = np.uint64(40)
_MIX_SHIFT = 16

_PLACES = "77102346854691945035438548"
"""A bit for each letter from a to z: as few as can be of those that are frequent, or take each other's place, share one."""
_OTHER_PLACES = 7
"""What the code of another ASCII character is multiplied by to give its bit."""
_BITS = np.array(
    [1 << (int(_PLACES[code - SMALL_A]) if is_small(code) else code * _OTHER_PLACES % _LETTERS) for code in range(FIRST_BEYOND_ASCII)],
    np.int64,
)

_ONES = np.array([letters.bit_count() for letters in range(LETTERS + 1)], np.uint8)
_SPELT_SHORT, _SPELT_LONG = 3, 9
"""Letters that two words have in common, or each of them, when they may differ by two: pls, please; separate, seperate."""


@compiled(inlined=True)
def letter_bit(point: int) -> int:
    """The bit of `LETTERS` that stands for a letter."""
    if point < FIRST_BEYOND_ASCII:
        return int(_BITS[point])
    return int(1 << ((point * GOLDEN_32 >> _MIX_SHIFT) % _LETTERS))


@compiled(inlined=True)
def plain(first: int, letters: int) -> int:
    """Code of a plain word by its first letter and the bits of all."""
    return (first & _FIRST_BITS) << _LETTERS | letters


@compiled(inlined=True)
def special(hashed: np.uint64, counted: bool) -> int:
    """Code of a number (counted) or of a word that holds a sentence together."""
    return SPECIAL | (COUNTED if counted else 0) | (int(hashed >> _HASH_SHIFT) & _HASHED)


@compiled(inlined=True)
def is_outer(code: int) -> bool:
    """Whether it is a word of what stands around a text."""
    return code & OUTER != 0


@compiled(inlined=True)
def counts(code: int) -> bool:
    """Whether it matters that a text has this word and another has it not."""
    return not is_outer(code) and code & (SPECIAL | COUNTED) != SPECIAL


@compiled(inlined=True)
def excludes(code: int) -> bool:
    """Whether another one in its place makes another text of the text itself: a name, a number, one of two opposites."""
    return code & (NAME | OUTER) == NAME


@compiled(inlined=True)
def ones(value: int) -> int:
    """How many bits of a word's letters are set."""
    return int(_ONES[value])


@compiled(inlined=True)
def alike(first: int, second: int) -> bool:
    """Whether two words are the same, up to a typing error.

    >>> village, vilage, vintage = (word_code(word) for word in ("village", "vilage", "vintage"))
    >>> alike(village, vilage), alike(village, vintage)
    (True, False)
    """
    odd = first ^ second
    if (first | second) & SPECIAL:
        return odd & _BUT_OUTER == 0
    if odd & _FIRST_MASK:
        return False
    odd &= LETTERS
    missing = ones(odd)
    if missing <= 1:
        return True
    if odd & first == 0 or odd & second == 0:  # one has all letters of the other: pls, please
        return missing == 2 and ones(first & second & LETTERS) >= _SPELT_SHORT
    return missing == 2 and ones(first & LETTERS) + ones(second & LETTERS) >= _SPELT_LONG


@compiled
def begins(part: int, whole: int) -> bool:
    """Whether a plain word may be the beginning of another, and is not the same."""
    odd = part ^ whole
    return (part | whole) & SPECIAL == 0 and odd & _FIRST_MASK == 0 and part & odd & LETTERS == 0 and odd & LETTERS != 0


@compiled(inlined=True)
def joined(first: int, second: int, whole: int) -> bool:
    """Whether two words of one text are one of the other: "car park" and "carpark"."""
    if (first | second | whole) & SPECIAL or (first ^ whole) & _FIRST_MASK:
        return False
    return ((first | second) ^ whole) & LETTERS == 0


def word_code(word: str) -> int:
    """Code of a plain word, for the lexicon, and to look at."""
    letters = 0
    for letter in word:
        letters |= letter_bit(ord(letter))
    return int(plain(ord(word[0]), letters))
