"""In: one text's UTF-8 bytes. Out: normalised bytes for character n-grams, one 64-bit hash per word, and counts of its shape.

Lower-cased (ASCII, and the two-byte Latin-1, Greek and Cyrillic capitals), digits become 0, white space collapses, runs of
a letter are cut at three, a link becomes `http`; a @handle is `@` to the character block (or every brand's name would be
learned as a feeling) but keeps its name as a word. An emoji is a word, whatever it adjoins, its skin tone aside; so is an emoticon.

These kernels are compiled into those of `features`, and numba's cache does not notice: after an edit here, empty __pycache__ and
NUMBA_CACHE_DIR, and raise `features.LAYOUT`, for an artefact only fits the features that it was trained on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled

MAX_TEXT_BYTES = 4096
"""What follows in a text is not read, so that one record cannot hold up its batch."""

Integer = int | np.int64

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_LINK_HASH = np.uint64(0x9AE16A3B2F90404F)
SMILE_HASH = np.uint64(0xC2B2AE3D27D4EB4F)
FROWN_HASH = np.uint64(0x165667B19E3779F9)

_SPACE, _APOSTROPHE, _AT, _HASH, _ZERO = 32, 39, 64, 35, 48
_NONE = -1

LETTERS, CAPITALS, SHOUTED, LINKS, HANDLES, HASHTAGS, BANGS, ASKS = range(8)
NUMBERS, DIGITS, MONEY, PERCENT, EMOJI, OPENING, ENDING, BYTES = range(8, 16)
"""Places in a text's shape; DIGITS is the longest run of them, OPENING and ENDING say with what the text begins and ends."""

SHAPE = 16
OPENS_PLAIN, OPENS_LINK, OPENS_HANDLE, OPENS_HASHTAG, OPENS_REPEAT = range(5)
ENDS_PLAIN, ENDS_LINK, ENDS_BANG, ENDS_ASK = range(4)


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
def emoji_length(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """Bytes of the emoji or symbol at `at`, 0 where there is none."""
    if data[at] == 0xF0 and at + 3 < stop and data[at + 1] == 0x9F:
        return 4
    if data[at] == 0xE2 and at + 2 < stop and 0x98 <= data[at + 1] <= 0x9E:
        return 3
    return 0


@compiled
def is_dressing(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    """What only dresses an emoji: a variation selector, a joiner, a skin tone."""
    if at + 2 < stop and data[at] == 0xEF and data[at + 1] == 0xB8 and data[at + 2] == 0x8F:
        return True
    if at + 2 < stop and data[at] == 0xE2 and data[at + 1] == 0x80 and data[at + 2] == 0x8D:
        return True
    return bool(at + 3 < stop and data[at] == 0xF0 and data[at + 1] == 0x9F and data[at + 2] == 0x8F and data[at + 3] >= 0xBB)


@compiled
def emoticon(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """1 for a smile that starts at `at` (`:)` `;-)` `=D` `<3`), -1 for a frown (`:(` `:-/`), 0 for anything else."""
    if at + 1 >= stop:
        return 0
    first, mouth = data[at], at + 1
    if first == 60:
        return 1 if data[mouth] == 51 else 0
    if first not in (58, 59, 61):
        return 0
    if data[mouth] in (45, 39) and mouth + 1 < stop:
        mouth += 1
    shape = data[mouth]
    if shape in (41, 93) or (shape in (68, 80, 112) and (mouth + 1 == stop or not is_word_byte(np.int64(data[mouth + 1])))):
        return 1
    if shape in (40, 91) or (shape in (47, 92) and (mouth + 1 == stop or data[mouth + 1] <= 32)):
        return -1
    return 0


@compiled
def note(shape: NDArray[np.int64], data: NDArray[np.uint8], at: int, run: int) -> int:
    """Count the byte at `at` in the text's shape; `run` digits stood just before it, returns how many do now."""
    byte = data[at]
    if byte == 33:
        shape[BANGS] += 1
    elif byte == 63:
        shape[ASKS] += 1
    elif byte == 36 or (byte == 0xA3 and at > 0 and data[at - 1] == 0xC2) or (byte == 0xAC and at > 0 and data[at - 1] == 0x82):
        shape[MONEY] += 1
    elif byte == 37:
        shape[PERCENT] += 1
    elif byte == _HASH and at + 1 < len(data) and is_word_byte(np.int64(data[at + 1])):
        shape[HASHTAGS] += 1
    elif 48 <= byte <= 57:
        shape[NUMBERS] += run == 0
        shape[DIGITS] = max(shape[DIGITS], run + 1)
        return run + 1
    return 0


@compiled
def note_word(shape: NDArray[np.int64], letters: int, capitals: int) -> None:
    """Count a word of so many ASCII letters, so many of them capitals."""
    shape[LETTERS] += letters
    shape[CAPITALS] += capitals
    shape[SHOUTED] += letters >= 3 and letters == capitals


@compiled
def note_edges(shape: NDArray[np.int64], data: NDArray[np.uint8], stop: int, last_link: int) -> None:
    """Say with what the text begins and ends; its last link ends at `last_link`."""
    first, last = 0, stop - 1
    while first < stop and data[first] <= 32:
        first += 1
    while last >= first and data[last] <= 32:
        last -= 1
    if last < first:
        return
    if link_length(data, first, stop) > 0:
        shape[OPENING] = OPENS_LINK
    elif data[first] == _AT:
        shape[OPENING] = OPENS_HANDLE
    elif data[first] == _HASH:
        shape[OPENING] = OPENS_HASHTAG
    elif first + 3 < stop and data[first] == 82 and data[first + 1] == 84 and data[first + 2] == 32 and data[first + 3] == 64:
        shape[OPENING] = OPENS_REPEAT
    if last_link == last + 1:
        shape[ENDING] = ENDS_LINK
    elif data[last] == 33:
        shape[ENDING] = ENDS_BANG
    elif data[last] == 63:
        shape[ENDING] = ENDS_ASK


@compiled
def normalise(  # noqa: PLR0912, PLR0915  # one pass over the bytes with its state in registers: half as fast when it is split
    data: NDArray[np.uint8], out: NDArray[np.uint8], words: NDArray[np.uint64], shape: NDArray[np.int64]
) -> tuple[int, int]:
    """Write `data`'s normalised bytes to `out`, its word hashes to `words`, its counts to `shape`; returns how many bytes and words.

    `out` needs MAX_TEXT_BYTES + 16 bytes, `words` MAX_TEXT_BYTES + 1 entries, `shape` SHAPE.
    """
    stop = min(len(data), MAX_TEXT_BYTES)
    out[0] = _SPACE
    shape[:] = 0
    shape[BYTES] = stop
    size, count, at, run, last_link = 1, 0, 0, 0, -1
    letters, capitals = 0, 0
    word, in_word = _FNV_OFFSET, False
    while at < stop:
        raw = data[at]
        special = 0
        if raw >= 0xE2:
            if is_dressing(data, at, stop):
                at += 4 if raw == 0xF0 else 3
                continue
            special = emoji_length(data, at, stop)
        if special > 0:
            if in_word:
                words[count] = word
                count += 1
                note_word(shape, letters, capitals)
                in_word, letters, capitals = False, 0, 0
            word = _FNV_OFFSET
            for more in range(special):
                out[size] = data[at + more]
                word = (word ^ np.uint64(data[at + more])) * _FNV_PRIME
                size += 1
            words[count] = word
            word, count, at, run = _FNV_OFFSET, count + 1, at + special, 0
            shape[EMOJI] += 1
            continue
        if not in_word:
            length = link_length(data, at, stop)
            if length > 0:
                out[size], out[size + 1], out[size + 2], out[size + 3] = 104, 116, 116, 112
                words[count] = _LINK_HASH
                size, count, at, run = size + 4, count + 1, at + length, 0
                shape[LINKS] += 1
                last_link = at
                continue
            if raw == _AT and at + 1 < stop and is_word_byte(np.int64(data[at + 1])):
                out[size] = _AT
                at, words[count] = handle(data, at, stop)
                size, count, run = size + 1, count + 1, 0
                shape[HANDLES] += 1
                continue
            mood = emoticon(data, at, stop) if 58 <= raw <= 61 else 0
            if mood != 0:
                words[count] = SMILE_HASH if mood > 0 else FROWN_HASH
                count += 1
        byte, second, step = fold(data, at, stop)
        letter = 97 <= byte <= 122
        run = 0 if letter else note(shape, data, at + step - 1, run)
        at += step
        if is_word_byte(byte):
            word = (word ^ np.uint64(byte)) * _FNV_PRIME
            if second != _NONE:
                word = (word ^ np.uint64(second)) * _FNV_PRIME
            in_word = True
            if letter:
                letters += 1
                capitals += 1 if raw <= 90 else 0
        elif byte != _APOSTROPHE or not in_word:  # don't and dont are one word
            if in_word:
                words[count] = word
                count += 1
                note_word(shape, letters, capitals)
                word, in_word, letters, capitals = _FNV_OFFSET, False, 0, 0
            if byte in (33, 63) and out[size - 1] != byte:  # ! and ? are words, once a run
                words[count] = (_FNV_OFFSET ^ np.uint64(byte)) * _FNV_PRIME
                count += 1
        size = append(out, size, byte, second)
    if in_word:
        words[count] = word
        count += 1
        note_word(shape, letters, capitals)
    note_edges(shape, data, stop, last_link)
    return append(out, size, np.int64(_SPACE), np.int64(_NONE)), count
