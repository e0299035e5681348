"""Names of the characters that compiled readers of UTF-8 look for, and the classes that several normal forms share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled

Integer = int | np.int64

SPACE, EXCLAMATION, HASH, DOLLAR, PERCENT, APOSTROPHE, COMMA, HYPHEN, FULL_STOP, SLASH = b" !#$%',-./"
COLON, SEMICOLON, LESS_THAN, EQUALS, QUESTION, AT, UNDERSCORE, BAR = b":;<=?@_|"
OPEN_PARENTHESIS, SHUT_PARENTHESIS, OPEN_BRACKET, SHUT_BRACKET, BACKSLASH, DELETE = b"()[]\\\x7f"
ZERO, NINE, CAPITAL_A, CAPITAL_Z, SMALL_A, SMALL_Z = b"09AZaz"

CASE_BIT = 0x20
"""The bit by which a small ASCII letter differs from its capital."""

FIRST_BEYOND_ASCII = 0x80
"""Bytes from here on are parts of a character beyond ASCII; code points from here on need several bytes."""

LEADS_TWO, LEADS_THREE, LEADS_FOUR = 0xC0, 0xE0, 0xF0
"""UTF-8: a byte from here up to the next begins a character of two, three or four bytes; its other bits are the character's upper ones."""
_THREE_BYTES, _FOUR_BYTES = 3, 4
_TRAIL = 0x80
"""Marks the bytes behind the first, each with six bits of the character."""
_TRAIL_BITS = 6
_TRAIL_MASK = (1 << _TRAIL_BITS) - 1

_GRAVE_A, _THORN, _TIMES = map(ord, "\u00c0\u00de\u00d7")
_ALPHA, _OMEGA = map(ord, "\u0391\u03a9")
_IE_GRAVE, _DZHE, _CYRILLIC_A, _YA = map(ord, "\u0400\u040f\u0410\u042f")
_TO_SMALL, _TO_SMALL_DZHE = 0x20, 0x50
"""From a capital to its small letter; from those of the first row of Cyrillic."""


@compiled(inlined=True)
def is_digit(character: Integer) -> bool:
    """An ASCII digit."""
    return bool(ZERO <= character <= NINE)


@compiled(inlined=True)
def is_small(character: Integer) -> bool:
    """A small ASCII letter."""
    return bool(SMALL_A <= character <= SMALL_Z)


@compiled(inlined=True)
def is_capital(character: Integer) -> bool:
    """A capital ASCII letter."""
    return bool(CAPITAL_A <= character <= CAPITAL_Z)


@compiled(inlined=True)
def is_word_byte(byte: Integer) -> bool:
    """Letters, digits, underscore, and every byte of a character beyond ASCII."""
    return bool(is_small(byte) or is_capital(byte) or is_digit(byte) or byte == UNDERSCORE or byte >= FIRST_BEYOND_ASCII)


@compiled
def handle_end(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """Where the name behind the ``@`` at ``at`` ends; one behind ``at`` when there is none."""
    end = at + 1
    while end < stop and is_word_byte(np.int64(data[end])):
        end += 1
    return end


@compiled(inlined=True)
def decode(data: NDArray[np.uint8], at: int, stop: int) -> tuple[int, int]:
    """(code point, its bytes) of the character at ``at`` of valid UTF-8; one that ``stop`` cuts is a space."""
    first = int(data[at])
    if first < FIRST_BEYOND_ASCII:
        return first, 1
    if first < LEADS_THREE:
        length, point = 2, first - LEADS_TWO
    elif first < LEADS_FOUR:
        length, point = _THREE_BYTES, first - LEADS_THREE
    else:
        length, point = _FOUR_BYTES, first - LEADS_FOUR
    if at + length > stop:
        return SPACE, stop - at
    for place in range(at + 1, at + length):
        point = point << _TRAIL_BITS | (int(data[place]) & _TRAIL_MASK)
    return point, length


@compiled
def two_bytes(point: int) -> tuple[int, int]:
    """A character from U+0080 to U+07FF in UTF-8."""
    return LEADS_TWO | point >> _TRAIL_BITS, _TRAIL | point & _TRAIL_MASK


@compiled(inlined=True)
def lower(point: int) -> int:
    """The small letter of a capital of ASCII, Latin-1, Greek (without accents) and Cyrillic; anything else as it is."""
    if is_capital(point) or _ALPHA <= point <= _OMEGA or _CYRILLIC_A <= point <= _YA:
        return point + _TO_SMALL
    if _GRAVE_A <= point <= _THORN and point != _TIMES:
        return point + _TO_SMALL
    return point + _TO_SMALL_DZHE if _IE_GRAVE <= point <= _DZHE else point


@compiled
def stands(data: NDArray[np.uint8], at: int, stop: int, wanted: NDArray[np.uint8]) -> bool:
    """Whether these bytes, and no others, stand at ``at``."""
    if at + len(wanted) > stop:
        return False
    for place in range(len(wanted)):  # noqa: SIM110  # numba knows no generators
        if data[at + place] != wanted[place]:
            return False
    return True
