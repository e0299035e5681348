"""Words of scripts that write no spaces, for the word reader: such a "word" is a sentence, and is read in parts that texts share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.row import number_bit
from pipeline.near_duplicates.word_codes import WORDS, letter_bit, plain
from schemas.jit import compiled
from schemas.text.characters import ZERO, is_digit
from schemas.text.hashing import FNV_PRIME, GOLDEN_32, fnv1a
from schemas.text.near_copy import FIRST_EAST_ASIAN, TWICE

FIRST_UNSPACED = 0x0E00
"""Thai; what comes before is written with spaces."""
_ETHIOPIC, _KHMER, _MONGOLIAN = 0x1200, 0x1780, 0x1800
_HIRAGANA, _KATAKANA, _BOPOMOFO = 0x3041, 0x30A0, 0x3100
_HANGUL, _BEHIND_HANGUL = 0xAC00, 0xD7B0
"""Where scripts begin."""

_PART = 3
"""Characters of a part on average, where nothing else parts them."""
_PAIR, _PAIR_SHIFT = 31, 16
_NUMERALS = np.array([ord(numeral) for numeral in "二三四五六七八九"], np.int64)
_FIRST_NUMERAL = ZERO + 2


@compiled
def _is_spaced(point: int) -> bool:
    """A letter of a script that is written with spaces, or a digit."""
    return (
        point < FIRST_UNSPACED or _ETHIOPIC <= point < _KHMER or _MONGOLIAN <= point < FIRST_EAST_ASIAN or _HANGUL <= point < _BEHIND_HANGUL
    )


@compiled
def _starts_part(point: int, before: int) -> bool:
    """Whether a part begins here within a word: where the script changes, or by what stands there, the same in every text."""
    if _is_spaced(point):
        return point >= ZERO and before >= FIRST_EAST_ASIAN and not _HANGUL <= before < _BEHIND_HANGUL
    if before < FIRST_UNSPACED or (point >= _BOPOMOFO) != (before >= _BOPOMOFO) or (point >= _KATAKANA) != (before >= _KATAKANA):
        return True
    if _HIRAGANA <= point < _BOPOMOFO:
        return False
    return ((point * _PAIR + before) * GOLDEN_32 >> _PAIR_SHIFT) % _PART == 0


@compiled
def _ideograph_number(point: int) -> np.uint64:
    """What a Chinese numeral counts as, from two on: the hash of its digit; 0 for none."""
    for place in range(len(_NUMERALS)):
        if _NUMERALS[place] == point:
            return np.uint64(_FIRST_NUMERAL + place) * FNV_PRIME
    return np.uint64(0)


@compiled
def _put(codes: NDArray[np.uint16], parts: int, code: int) -> int:
    """Write a code where there is room; returns how many there are now."""
    if parts == WORDS:
        return parts
    codes[parts] = code
    return parts + 1


@compiled
def read_parts(points: NDArray[np.int64], start: int, end: int, bits: int, parts: int, codes: NDArray[np.uint16]) -> tuple[int, np.uint64]:
    """Write codes of the parts of the word ``points[start:end]``, with ``bits``, behind ``codes[:parts]``.

    Returns (how many there are now, the word's set of numbers).
    """
    letters, before, head, counted, numbers = 0, 0, 0, np.uint64(0), np.uint64(0)
    for at in range(start, end):
        point = points[at]
        if point >= TWICE:
            continue
        if is_digit(point):
            counted = fnv1a(counted, point)
        elif point >= FIRST_EAST_ASIAN:
            counted = counted if counted != 0 else _ideograph_number(point)
            if counted != 0:
                numbers |= number_bit(counted)
            counted = np.uint64(0)
        if letters != 0 and (point >= FIRST_UNSPACED or before >= FIRST_EAST_ASIAN) and _starts_part(point, before):
            parts = _put(codes, parts, plain(head, letters) | bits)
            letters = 0
        if letters == 0:
            head = point
        letters |= letter_bit(point)
        before = point
    if letters != 0:
        parts = _put(codes, parts, plain(head, letters) | bits)
    return parts, numbers
