"""One pass over a text's UTF-8 that writes it in the form `model_input`: its characters, its words, and its shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.buffer import MAX_TEXT_BYTES
from schemas.text.characters import (
    APOSTROPHE,
    AT,
    CASE_BIT,
    COLON,
    EQUALS,
    EXCLAMATION,
    QUESTION,
    SPACE,
    ZERO,
    Integer,
    decode,
    handle_end,
    is_capital,
    is_small,
    is_word_byte,
)
from schemas.text.hashing import FNV_OFFSET, fnv1a
from schemas.text.links import HTTP, link_end, starts_link
from schemas.text.model_input.characters import FIRST_SYMBOL_LEAD, NO_BYTE, SCHEME, fold, is_dressing, is_emoji, mood
from schemas.text.model_input.shape import BYTES, EMOJI, HANDLES, LINKS, note_character, note_edges, note_word

MAX_CHARACTERS = MAX_TEXT_BYTES + 16
MAX_WORDS = MAX_TEXT_BYTES + 1

LINK_HASH = np.uint64(0x9AE16A3B2F90404F)
SMILE_HASH = np.uint64(0xC2B2AE3D27D4EB4F)
FROWN_HASH = np.uint64(0x165667B19E3779F9)

_CHARACTER, _DRESSING = -1, -2
_Letters = tuple[int, int, np.uint64, int]
"""Where letters end, how many bytes were written by then, the hash of their word so far, and how many of them are capitals."""
_RUN = 3
"""Equal characters on end that are kept."""


@compiled(inlined=True)
def _thing(data: NDArray[np.uint8], at: int, stop: int, in_word: bool) -> tuple[int, int]:
    """(What is read as one at ``at``: LINKS, HANDLES or EMOJI, the place in the shape where it is counted, or _DRESSING; its bytes).

    Anything else is a _CHARACTER of a word or between words, of no length.
    """
    byte = data[at]
    if byte >= FIRST_SYMBOL_LEAD:
        point, length = decode(data, at, stop)
        if is_dressing(point):
            return _DRESSING, length
        if is_emoji(point):
            return EMOJI, length
    elif not in_word:
        if starts_link(data, at, stop, SCHEME):
            return LINKS, link_end(data, at, stop) - at
        if byte == AT and at + 1 < stop and is_word_byte(np.int64(data[at + 1])):
            return HANDLES, handle_end(data, at, stop) - at
    return _CHARACTER, 0


@compiled
def _write_thing(thing: int, data: NDArray[np.uint8], out: NDArray[np.uint8], size: int) -> tuple[int, np.uint64]:
    """Write what stands for the link, handle or emoji ``data`` to ``out`` from ``size`` on: (new size, the hash that is its word)."""
    if thing == LINKS:
        for letter in HTTP:
            out[size] = letter
            size += 1
        return size, LINK_HASH
    word = FNV_OFFSET
    if thing == HANDLES:
        out[size] = AT
        for byte in data:
            word = fnv1a(word, byte | CASE_BIT if is_capital(byte) else byte)
        return size + 1, word
    for byte in data:
        out[size] = byte
        word = fnv1a(word, byte)
        size += 1
    return size, word


@compiled(inlined=True)
def _append(out: NDArray[np.uint8], size: int, byte: Integer, second: Integer) -> int:
    """Add a character to ``out[:size]`` unless it is a second space or the fourth of a run; returns the new size."""
    if byte == SPACE and out[size - 1] == SPACE:
        return size
    if second != NO_BYTE:
        out[size], out[size + 1] = byte, second
        return size + 2
    run = 0
    while run < _RUN and run < size and out[size - 1 - run] == byte:
        run += 1
    if run == _RUN and byte != ZERO:
        return size
    out[size] = byte
    return size + 1


@compiled(inlined=True)
def _is_letter(byte: Integer) -> bool:
    return is_small(byte | CASE_BIT)


@compiled(inlined=True)
def _read_letters(data: NDArray[np.uint8], at: int, stop: int, out: NDArray[np.uint8], size: int, word: np.uint64) -> _Letters:
    """Read a word on from the ASCII letter at ``at`` to where another character follows."""
    capitals = 0
    while at < stop and _is_letter(np.int64(data[at])):
        byte = np.int64(data[at]) | CASE_BIT
        capitals += byte != data[at]
        word = fnv1a(word, byte)
        size = _append(out, size, byte, NO_BYTE)
        at += 1
    return at, size, word, capitals


@compiled(inlined=True)
def _end_word(
    words: NDArray[np.uint64], count: int, shape: NDArray[np.int64], word: np.uint64, letters: int, capitals: int, in_word: bool
) -> int:
    """Note the word that was being read, if there was one; returns how many there are now."""
    if not in_word:
        return count
    words[count] = word
    note_word(shape, letters, capitals)
    return count + 1


@compiled
def read(data: NDArray[np.uint8], out: NDArray[np.uint8], words: NDArray[np.uint64], shape: NDArray[np.int64]) -> tuple[int, int]:
    """Write ``data``'s characters to ``out``, its word hashes to ``words``, its counts to ``shape``; returns how many bytes and words.

    ``out`` has room for MAX_CHARACTERS bytes, ``words`` for MAX_WORDS, ``shape`` for SHAPE. ``out`` begins and ends with a space.
    """
    stop = min(len(data), MAX_TEXT_BYTES)
    out[0] = SPACE
    shape[:] = 0
    shape[BYTES] = stop
    size, count, at, run, last_link = 1, 0, 0, 0, -1
    word, in_word, letters, capitals = FNV_OFFSET, False, 0, 0
    while at < stop:
        thing, length = _thing(data, at, stop, in_word)
        if thing == _DRESSING:
            at += length
            continue
        if thing != _CHARACTER:
            count = _end_word(words, count, shape, word, letters, capitals, in_word)
            word, in_word, letters, capitals = FNV_OFFSET, False, 0, 0
            size, words[count] = _write_thing(thing, data[at : at + length], out, size)
            shape[thing] += 1
            at, count, run = at + length, count + 1, 0
            last_link = at if thing == LINKS else last_link
            continue
        raw = data[at]
        if _is_letter(np.int64(raw)):  # of most texts most characters are: what else a character may be is asked of the others only
            begin = at
            at, size, word, more = _read_letters(data, at, stop, out, size, word)
            in_word, letters, capitals, run = True, letters + at - begin, capitals + more, 0
            continue
        feeling = mood(data, at, stop) if not in_word and COLON <= raw <= EQUALS else 0
        if feeling != 0:
            words[count] = SMILE_HASH if feeling > 0 else FROWN_HASH
            count += 1
        byte, second, step = fold(data, at, stop)
        is_letter = is_small(byte)
        run = 0 if is_letter else note_character(shape, data, at + step - 1, run)
        at += step
        if is_word_byte(byte):
            word = fnv1a(word, byte)
            if second != NO_BYTE:
                word = fnv1a(word, second)
            in_word = True
            letters += is_letter
            capitals += is_capital(raw)
        elif byte != APOSTROPHE or not in_word:  # don't and dont are one word
            count = _end_word(words, count, shape, word, letters, capitals, in_word)
            word, in_word, letters, capitals = FNV_OFFSET, False, 0, 0
            if byte in (EXCLAMATION, QUESTION) and out[size - 1] != byte:  # words, once a run
                words[count] = fnv1a(FNV_OFFSET, byte)
                count += 1
        size = _append(out, size, byte, second)
    count = _end_word(words, count, shape, word, letters, capitals, in_word)
    note_edges(shape, data, stop, last_link)
    return _append(out, size, SPACE, NO_BYTE), count
