"""In: a word's letters. Out: 16 bits that tell whether two words are the same, differ by a typing error, or are different words.

Of a plain word: what its first letter is (3 bits) and which letters it has (10 bits). A typing error leaves the first letter and most of
the others; another word seldom does. Numbers and words that only hold a sentence together are told by a hash.
"""

from __future__ import annotations

import numpy as np

from schemas.jit import compiled

WORDS = 32
"""Of a text so many first words are kept."""

SPECIAL, COUNTED, OUTER, NAME = 0x8000, 0x4000, 0x2000, 0x4000
"""Bits of a code: it is no plain word; a special one that counts (a number, a negation); it is not of the text
itself; a plain word that is a name, or one of two opposites."""
FIRST, LETTERS, HASHED = 0x1C00, 0x03FF, 0x1FFF
NEGATED = SPECIAL | COUNTED | 1

_PLACES = "77102346854691945035438548"
"""A bit for each letter from a to z: as few as can be of those that are frequent, or take each other's place, share one."""
_BITS = np.array([1 << int(_PLACES[code - 97]) if 97 <= code <= 122 else 1 << code * 7 % 10 for code in range(128)], np.int64)


@compiled
def letter_bit(point: int) -> int:
    """The bit of `LETTERS` that stands for a letter."""
    if point < 128:
        return int(_BITS[point & 127])
    return int(1 << ((point * 0x9E3779B1 >> 16) % 10))


@compiled
def plain(first: int, letters: int) -> int:
    """Code of a plain word by its first letter and the bits of all."""
    return (first & 7) << 10 | letters


@compiled
def special(hashed: np.uint64, counted: bool) -> int:
    """Code of a number (counted) or of a word that holds a sentence together."""
    return 0x8000 | (0x4000 if counted else 0) | (int(hashed >> np.uint64(40)) & 0x1FFF)


@compiled
def counts(code: int) -> bool:
    """Whether it matters that a text has this word and another has it not."""
    return code & 0x2000 == 0 and code & 0xC000 != 0x8000


@compiled
def excludes(code: int) -> bool:
    """Whether another one in its place makes another text of the text itself: a name, a number, one of two opposites."""
    return code & 0x6000 == 0x4000


@compiled
def ones(value: int) -> int:
    """How many bits of ten are set."""
    value = (value & 0x155) + (value >> 1 & 0x155)
    value = (value & 0x333) + (value >> 2 & 0x333)
    return (value & 0x0F) + (value >> 4 & 0x0F) + (value >> 8)


@compiled
def alike(first: int, second: int) -> bool:
    """Whether two words are the same, up to a typing error.

    >>> village, vilage, vintage = (word_code(word) for word in ("village", "vilage", "vintage"))
    >>> alike(village, vilage), alike(village, vintage)
    (True, False)
    """
    if (first | second) & 0x8000:
        return (first ^ second) & 0xDFFF == 0
    odd = first ^ second
    if odd & 0x1C00:
        return False
    odd &= 0x3FF
    missing = ones(odd)
    if missing <= 1:
        return True
    if odd & first == 0 or odd & second == 0:  # one has all letters of the other: pls, please
        return missing == 2 and ones(first & second & 0x3FF) >= 3
    return missing == 2 and ones(first & 0x3FF) + ones(second & 0x3FF) >= 9


@compiled
def begins(part: int, whole: int) -> bool:
    """Whether a plain word may be the beginning of another, and is not the same."""
    return (part | whole) & 0x8000 == 0 and (part ^ whole) & 0x1C00 == 0 and part & ~whole & 0x3FF == 0 and (part ^ whole) & 0x3FF != 0


@compiled
def joined(first: int, second: int, whole: int) -> bool:
    """Whether two words of one text are one of the other: "car park" and "carpark"."""
    if (first | second | whole) & 0x8000 or (first ^ whole) & 0x1C00:
        return False
    return ones(((first | second) ^ whole) & 0x3FF) == 0


def word_code(word: str) -> int:
    """Code of a plain word, for tests and to look at."""
    letters = 0
    for letter in word:
        letters |= letter_bit(ord(letter))
    return int(plain(ord(word[0]), letters))
