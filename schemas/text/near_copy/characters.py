"""What one character is in the form `near_copy`: a symbol, a letter in its small form, one of a script without spaces."""

from __future__ import annotations

import numpy as np

from schemas.jit import compiled
from schemas.text.characters import FIRST_BEYOND_ASCII, ZERO, lower

SMALL_FORM = np.array([ord(chr(code).lower()) if code < FIRST_BEYOND_ASCII and chr(code).isalnum() else 0 for code in range(256)], np.uint8)
"""Of each byte the small ASCII letter or digit it is, 0 for none."""

FIRST_EAST_ASIAN = 0x2E80
"""From here on a character is a syllable or a word, and there are no spaces."""
FIRST_WITHOUT_CASE = 0x0590
"""Hebrew and what comes behind it."""
_THAI, _TIBETAN, _MYANMAR, _GEORGIAN, _KHMER, _MONGOLIAN = 0x0E00, 0x0F00, 0x1000, 0x10A0, 0x1780, 0x1800
"""Where the scripts begin that have no spaces, and those behind them."""

TWICE = 0x200000
"""Added to the second of two points for a character that is a syllable or a word: it weighs as much as two letters."""

_MARKS = (
    "\u00d7\u00f7\u037e\u0387\u0589\u05be\u05f3\u05f4\u060c\u061b\u061f\u06d4\u066a\u066b\u066c\u066d\u0964\u0965\u104a\u104b\u3030\u30fb"
)
"""Of Latin (times, divided by), Greek, Armenian, Hebrew, Arabic, Devanagari, Myanmar and Japanese."""
_FIRST_PRIVATE = 0xE000
"""From here on: private use, presentation forms that are left, and beyond the basic plane mostly emoji."""
_IS_SYMBOL = np.zeros(0x3100, np.bool_)
_IS_SYMBOL[:FIRST_BEYOND_ASCII] = SMALL_FORM[:FIRST_BEYOND_ASCII] == 0
_IS_SYMBOL[FIRST_BEYOND_ASCII:0xC0] = True  # controls and marks of Latin-1
_IS_SYMBOL[[ord(mark) for mark in _MARKS]] = True
_IS_SYMBOL[0x2000:FIRST_EAST_ASIAN] = True  # general punctuation to dingbats, supplements, Glagolitic, Coptic, Ethiopic
_IS_SYMBOL[0x3000:0x3005] = True  # space, comma, full stop, ditto, the JIS sign
_IS_SYMBOL[0x3008:0x3021] = True  # brackets and dashes

_FINAL_SIGMA, _SIGMA = map(ord, "ςσ")
_LETTERS_OF_DIGITS = b"oi2eas6t89"
"""The letter that each digit looks like, itself where it looks like none."""


@compiled(inlined=True)
def is_symbol(point: int) -> bool:
    """Punctuation, dingbats, emoji: what separates words and says nothing."""
    return bool(_IS_SYMBOL[point]) if point < len(_IS_SYMBOL) else point >= _FIRST_PRIVATE


@compiled
def is_unspaced(point: int) -> bool:
    """A character of a script without spaces."""
    return point >= FIRST_EAST_ASIAN or _THAI <= point < _TIBETAN or _MYANMAR <= point < _GEORGIAN or _KHMER <= point < _MONGOLIAN


@compiled
def small_form(point: int) -> int:
    """Small letters for capitals, and one sigma."""
    return _SIGMA if point == _FINAL_SIGMA else lower(point)


@compiled
def letter_of(digit: int) -> int:
    """The letter for a digit among letters, the digit itself where it looks like none."""
    return int(_LETTERS_OF_DIGITS[digit - ZERO])
