"""What one character becomes in the form `model_input`, and which characters are read as one thing: links, handles, emoji, emoticons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.characters import (
    APOSTROPHE,
    BACKSLASH,
    CASE_BIT,
    COLON,
    DELETE,
    EQUALS,
    FIRST_BEYOND_ASCII,
    HYPHEN,
    LEADS_THREE,
    LEADS_TWO,
    LESS_THAN,
    OPEN_BRACKET,
    OPEN_PARENTHESIS,
    SEMICOLON,
    SHUT_BRACKET,
    SHUT_PARENTHESIS,
    SLASH,
    SPACE,
    ZERO,
    Integer,
    decode,
    is_capital,
    is_digit,
    is_word_byte,
    lower,
    two_bytes,
)
from schemas.text.links import HTTP

SCHEME = HTTP[:3]
"""As much of http: as a link has to begin with: artefacts were trained so, and `near_copy` asks for all four letters."""

FIRST_SYMBOL_LEAD = 0xE2
"""No emoji, what dresses it, or typographic apostrophe begins with a lesser byte."""
_SYMBOLS, _LAST_SYMBOL = 0x2600, 0x27BF
_PICTURES, _LAST_PICTURE = 0x1F000, 0x1FFFF
_SELECTOR, _JOINER = 0xFE0F, 0x200D
_SKIN_TONE, _LAST_SKIN_TONE = 0x1F3FB, 0x1F3FF
_LEFT_QUOTE, _RIGHT_QUOTE = 0x2018, 0x2019

NO_BYTE = -1

_THREE, _CAPITAL_D, _CAPITAL_P, _SMALL_P = b"3DPp"


@compiled(inlined=True)
def is_emoji(point: int) -> bool:
    """An emoji or one of the symbols and dingbats of old."""
    return _SYMBOLS <= point <= _LAST_SYMBOL or _PICTURES <= point <= _LAST_PICTURE


@compiled(inlined=True)
def is_dressing(point: int) -> bool:
    """What only dresses an emoji: a variation selector, a joiner, a skin tone."""
    return point in (_SELECTOR, _JOINER) or _SKIN_TONE <= point <= _LAST_SKIN_TONE


@compiled(inlined=True)
def fold(data: NDArray[np.uint8], at: int, stop: int) -> tuple[Integer, Integer, int]:
    """The character at ``at``, folded: its byte, its second byte (or NO_BYTE), and how many bytes of the text it took.

    A character of three or four bytes is passed on byte by byte, but for typographic apostrophes.
    """
    byte = np.int64(data[at])
    if byte >= FIRST_BEYOND_ASCII:
        if LEADS_TWO <= byte < LEADS_THREE and at + 1 < stop:
            point, step = decode(data, at, stop)
            first, second = two_bytes(lower(point))
            return first, second, step
        if byte == FIRST_SYMBOL_LEAD:
            point, step = decode(data, at, stop)
            if point in (_LEFT_QUOTE, _RIGHT_QUOTE):
                return APOSTROPHE, NO_BYTE, step
    elif is_digit(byte):
        byte = np.int64(ZERO)
    elif is_capital(byte):
        byte |= CASE_BIT
    elif byte <= SPACE or byte == DELETE:
        byte = np.int64(SPACE)
    return byte, NO_BYTE, 1


@compiled
def _ends_word(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    return at == stop or not is_word_byte(np.int64(data[at]))


@compiled
def mood(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """1 for a smile that starts at ``at`` (`:)` `;-)` `=D` `<3`), -1 for a frown (`:(` `:-/`), 0 for anything else."""
    if at + 1 >= stop:
        return 0
    eyes, place = data[at], at + 1
    if eyes == LESS_THAN:
        return 1 if data[place] == _THREE else 0
    if eyes not in (COLON, SEMICOLON, EQUALS):
        return 0
    if data[place] in (HYPHEN, APOSTROPHE) and place + 1 < stop:
        place += 1
    mouth, after = data[place], place + 1
    if mouth in (SHUT_PARENTHESIS, SHUT_BRACKET) or (mouth in (_CAPITAL_D, _CAPITAL_P, _SMALL_P) and _ends_word(data, after, stop)):
        return 1
    if mouth in (OPEN_PARENTHESIS, OPEN_BRACKET) or (mouth in (SLASH, BACKSLASH) and (after == stop or data[after] <= SPACE)):
        return -1
    return 0
