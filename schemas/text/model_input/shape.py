"""What the form `model_input` folds away, counted: how a text is written transfers where its words do not.

The counts of one text are an int64 array of `SHAPE` numbers, the places in it named below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.characters import (
    AT,
    DOLLAR,
    EXCLAMATION,
    HASH,
    PERCENT,
    QUESTION,
    SPACE,
    is_digit,
    is_word_byte,
    stands,
)
from schemas.text.links import starts_link
from schemas.text.model_input.characters import SCHEME

LETTERS, CAPITALS, SHOUTED, LINKS, HANDLES, HASHTAGS, BANGS, ASKS = range(8)
NUMBERS, DIGITS, MONEY, PERCENTS, EMOJI, OPENING, ENDING, BYTES = range(8, 16)
"""Places in a text's shape; DIGITS is the longest run of them, OPENING and ENDING say with what the text begins and ends."""

SHAPE = 16
OPENS_PLAIN, OPENS_LINK, OPENS_HANDLE, OPENS_HASHTAG, OPENS_REPEAT = range(5)
ENDS_PLAIN, ENDS_LINK, ENDS_BANG, ENDS_ASK = range(4)

_REPEAT = np.frombuffer(b"RT @", np.uint8)
_POUND, _EURO = "£".encode()[-2:], "€".encode()[-2:]
"""The last two bytes; other characters that end in those of the euro are taken for it (U+20AC, but U+30AC too)."""
_LEAST_SHOUTED = 3
"""Capitals of a word that is shouted."""


@compiled(inlined=True)
def _ends_currency(data: NDArray[np.uint8], at: int) -> bool:
    """Whether the byte at ``at`` is the last one of a sign for money."""
    if data[at] == DOLLAR:
        return True
    if at == 0:
        return False
    before, last = data[at - 1], data[at]
    return bool((before == _POUND[0] and last == _POUND[1]) or (before == _EURO[0] and last == _EURO[1]))


@compiled(inlined=True)
def note_character(shape: NDArray[np.int64], data: NDArray[np.uint8], at: int, run: int) -> int:
    """Count the byte at ``at``, which ends a character that is no ASCII letter.

    ``run`` digits stood just before it; returns how many do now.
    """
    byte = data[at]
    if is_digit(byte):
        shape[NUMBERS] += run == 0
        shape[DIGITS] = max(shape[DIGITS], run + 1)
        return run + 1
    if byte == EXCLAMATION:
        shape[BANGS] += 1
    elif byte == QUESTION:
        shape[ASKS] += 1
    elif byte == PERCENT:
        shape[PERCENTS] += 1
    elif byte == HASH:
        shape[HASHTAGS] += at + 1 < len(data) and is_word_byte(np.int64(data[at + 1]))
    elif _ends_currency(data, at):
        shape[MONEY] += 1
    return 0


@compiled(inlined=True)
def note_word(shape: NDArray[np.int64], letters: int, capitals: int) -> None:
    """Count a word of so many ASCII letters, so many of them capitals."""
    shape[LETTERS] += letters
    shape[CAPITALS] += capitals
    shape[SHOUTED] += letters >= _LEAST_SHOUTED and letters == capitals


@compiled
def note_edges(shape: NDArray[np.int64], data: NDArray[np.uint8], stop: int, last_link: int) -> None:
    """Say with what the text begins and ends; its last link ends at ``last_link``."""
    first, last = 0, stop - 1
    while first < stop and data[first] <= SPACE:
        first += 1
    while last >= first and data[last] <= SPACE:
        last -= 1
    if last < first:
        return
    if starts_link(data, first, stop, SCHEME):
        shape[OPENING] = OPENS_LINK
    elif data[first] == AT:
        shape[OPENING] = OPENS_HANDLE
    elif data[first] == HASH:
        shape[OPENING] = OPENS_HASHTAG
    elif stands(data, first, stop, _REPEAT):
        shape[OPENING] = OPENS_REPEAT
    if last_link == last + 1:
        shape[ENDING] = ENDS_LINK
    elif data[last] == EXCLAMATION:
        shape[ENDING] = ENDS_BANG
    elif data[last] == QUESTION:
        shape[ENDING] = ENDS_ASK
