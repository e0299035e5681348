"""In: one text's UTF-8 bytes. Out: normalised bytes for character n-grams, and one 64-bit hash per word.

Lower-cased (ASCII, and the two-byte Latin-1, Greek and Cyrillic capitals), digits become 0, white space collapses, runs of
a letter are cut at three, a link becomes `http`; a @handle is `@` to the character block (or every brand's name would be
learned as a feeling) but keeps its name as a word.

These kernels are compiled into those of `features`, and numba's cache does not notice: after an edit here, empty __pycache__ and
NUMBA_CACHE_DIR, and raise `features.LAYOUT`, for an artefact only fits the features that it was trained on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled

MAX_TEXT_BYTES = 4096
"""What follows in a text is not read, so that one record cannot hold up its batch."""

Integer = int | np.int64

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_LINK_HASH = np.uint64(0x9AE16A3B2F90404F)

_SPACE, _APOSTROPHE, _AT, _ZERO = 32, 39, 64, 48
_NONE = -1


@compiled
def is_word_byte(byte: Integer) -> bool:
    """Letters, digits, underscore, and every byte of a non-ASCII character."""
    return bool(97 <= byte <= 122 or 65 <= byte <= 90 or 48 <= byte <= 57 or byte == 95 or byte >= 128)


@compiled
def link_length(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """Bytes of the link that starts at `at` (http:, https: or www.), 0 where none does."""
    left = stop - at
    found = False
    if left >= 8 and (data[at] | 32) == 104 and (data[at + 1] | 32) == 116 and (data[at + 2] | 32) == 116:
        found = bool(data[at + 4] == 58 or data[at + 5] == 58)
    elif left >= 5 and (data[at] | 32) == 119 and (data[at + 1] | 32) == 119 and (data[at + 2] | 32) == 119:
        found = bool(data[at + 3] == 46)
    end = at
    while found and end < stop and data[end] > 32:
        end += 1
    return end - at


@compiled
def lower_pair(first: Integer, second: Integer) -> tuple[Integer, Integer]:
    """Lower-case one two-byte UTF-8 character: Latin-1, Greek, Cyrillic; any other is returned as it is."""
    lead, shift = first, 0
    if first == 0xC3:
        shift = 0x20 if 0x80 <= second <= 0x9E and second != 0x97 else 0
    elif first == 0xCE and 0x91 <= second <= 0xA9:
        lead, shift = (first, 0x20) if second <= 0x9F else (first + 1, -0x20)
    elif first == 0xD0 and second <= 0x8F:
        lead, shift = first + 1, 0x10
    elif first == 0xD0 and second <= 0xAF:
        lead, shift = (first, 0x20) if second <= 0x9F else (first + 1, -0x20)
    return lead, second + shift


@compiled
def fold(data: NDArray[np.uint8], at: int, stop: int) -> tuple[Integer, Integer, int]:
    """The character at `at`, folded: its byte, its second byte (or -1), and how many bytes of the text it took."""
    byte: Integer = np.int64(data[at])
    if byte >= 128:
        if 0xC2 <= byte <= 0xDF and at + 1 < stop:
            first, second = lower_pair(byte, np.int64(data[at + 1]))
            return first, second, 2
        if byte == 0xE2 and at + 2 < stop and data[at + 1] == 0x80 and (data[at + 2] | 1) == 0x99:
            byte, step = np.int64(_APOSTROPHE), 3  # typographic apostrophes
            return byte, np.int64(_NONE), step
    elif 65 <= byte <= 90:
        byte += 32
    elif 48 <= byte <= 57:
        byte = np.int64(_ZERO)
    elif byte <= 32 or byte == 127:
        byte = np.int64(_SPACE)
    return byte, np.int64(_NONE), 1


@compiled
def handle(data: NDArray[np.uint8], at: int, stop: int) -> tuple[int, np.uint64]:
    """Where the @handle that starts at `at` ends, and the hash of its lower-cased name."""
    word = (_FNV_OFFSET ^ np.uint64(_AT)) * _FNV_PRIME
    at += 1
    while at < stop and is_word_byte(np.int64(data[at])):
        byte = np.int64(data[at])
        if 65 <= byte <= 90:
            byte += 32
        word = (word ^ np.uint64(byte)) * _FNV_PRIME
        at += 1
    return at, word


@compiled
def append(out: NDArray[np.uint8], size: int, byte: Integer, second: Integer) -> int:
    """Add a character to `out[:size]` unless it is a second space or the fourth of a run; returns the new size."""
    if byte == _SPACE and out[size - 1] == _SPACE:
        return size
    run = byte != _ZERO and size > 2 and out[size - 1] == byte and out[size - 2] == byte and out[size - 3] == byte
    if run and second == _NONE:
        return size
    out[size] = byte
    if second == _NONE:
        return size + 1
    out[size + 1] = second
    return size + 2


@compiled
def normalise(data: NDArray[np.uint8], out: NDArray[np.uint8], words: NDArray[np.uint64]) -> tuple[int, int]:
    """Write `data`'s normalised bytes to `out` and its word hashes to `words`; returns how many of each.

    `out` needs MAX_TEXT_BYTES + 16 bytes, `words` MAX_TEXT_BYTES + 1 entries.
    """
    stop = min(len(data), MAX_TEXT_BYTES)
    out[0] = _SPACE
    size, count, at = 1, 0, 0
    word, in_word = _FNV_OFFSET, False
    while at < stop:
        if not in_word:
            length = link_length(data, at, stop)
            if length > 0:
                out[size], out[size + 1], out[size + 2], out[size + 3] = 104, 116, 116, 112
                words[count] = _LINK_HASH
                size, count, at = size + 4, count + 1, at + length
                continue
            if data[at] == _AT and at + 1 < stop and is_word_byte(np.int64(data[at + 1])):
                out[size] = _AT
                at, words[count] = handle(data, at, stop)
                size, count = size + 1, count + 1
                continue
        byte, second, step = fold(data, at, stop)
        at += step
        if is_word_byte(byte):
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            if second != _NONE:
                word = (word ^ np.uint64(second)) * _FNV_PRIME
            in_word = True
        elif byte != _APOSTROPHE or not in_word:  # don't and dont are one word
            if in_word:
                words[count] = word
                count += 1
                word, in_word = _FNV_OFFSET, False
            if byte in (33, 63) and out[size - 1] != byte:  # ! and ? are words, once a run
                words[count] = (_FNV_OFFSET ^ np.uint64(byte)) * _FNV_PRIME
                count += 1
        size = append(out, size, byte, second)
    if in_word:
        words[count] = word
        count += 1
    return append(out, size, np.int64(_SPACE), np.int64(_NONE)), count
