"""In: a text as UTF-8. Out: its letters and digits, words parted by one space, and what is to be known of each word.

Letter case, punctuation, emoji, links and @handles do not count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled

HASH, APART, LABEL, CAPITAL, INNER, LONG, DIGIT = 1, 2, 4, 8, 16, 32, 64
"""Of a word: it is a hashtag; a dash or bar parts it from what is before; a colon, dash or bracket follows; it starts with a capital;
it stands within a sentence; it has four letters or more; it has a digit."""

REPOST, QUOTE, ASKS = 1, 2, 4
"""Of a text: it starts as a repost; it is a comment on a quoted one; it has a question mark."""

TWICE = 0x200000
"""Added to the second of two points for a character that is a syllable or a word: it weighs as much as two letters."""
_FOLDED = np.array([ord(chr(code).lower()) if chr(code).isalnum() and code < 128 else 0 for code in range(256)], np.uint8)
"""Of each byte the small letter or digit it is, 0 for none."""


@compiled
def _decode(data: NDArray[np.uint8], at: int, stop: int) -> tuple[int, int]:
    """(code point, bytes it takes) at a position of valid UTF-8; a cut sequence counts as a space."""
    byte = int(data[at])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return ((byte & 0x1F) << 6 | (int(data[at + 1]) & 0x3F), 2) if at + 1 < stop else (32, 1)
    if byte < 0xF0:
        if at + 2 >= stop:
            return 32, stop - at
        return (byte & 0x0F) << 12 | (int(data[at + 1]) & 0x3F) << 6 | (int(data[at + 2]) & 0x3F), 3
    return 0x1F300, min(4, stop - at)  # beyond the basic plane: mostly emoji, and treated as such


@compiled
def _is_symbol(point: int) -> bool:
    """Punctuation, dingbats, emoji: what separates words and says nothing."""
    if point < 0x80:
        return not (48 <= point <= 57 or 65 <= point <= 90 or 97 <= point <= 122)
    if point < 0x2000:
        return (
            point < 0xC0 or point in (0xD7, 0xF7, 0x37E, 0x387, 0x589, 0x5BE, 0x5F3, 0x5F4, 0x60C, 0x61B, 0x61F, 0x6D4)
            or 0x66A <= point <= 0x66D or point in (0x964, 0x965, 0x104A, 0x104B)
        )  # fmt: skip
    return point < 0x2E80 or 0x3000 <= point <= 0x3004 or 0x3008 <= point <= 0x3020 or point in (0x3030, 0x30FB) or point >= 0xE000


@compiled
def _lower(point: int) -> int:
    """Small Latin, Cyrillic and Greek letters for capitals."""
    if 65 <= point <= 90 or 0x410 <= point <= 0x42F or 0x391 <= point <= 0x3A9:
        return point + 32
    if 0x400 <= point <= 0x40F:
        return point + 80
    return 0x3C3 if point == 0x3C2 else point


@compiled
def _handle_end(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """End of a handle whose ``@`` stands at ``at``; ``at`` itself when there is none."""
    end = at + 1
    while end < stop and (not _is_symbol(int(data[end])) or data[end] == 95 or data[end] >= 128):
        end += 1
    return end if end > at + 1 else at


@compiled
def _is_link(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    """Whether http://, https:// or www. starts here."""
    first = data[at] | 32
    if first == 104 and at + 7 < stop:
        if (data[at + 1] | 32) != 116 or (data[at + 2] | 32) != 116 or (data[at + 3] | 32) != 112:
            return False
        return bool(data[at + 4] == 58 or data[at + 5] == 58)
    return bool(first == 119 and at + 4 < stop and (data[at + 1] | 32) == 119 and (data[at + 2] | 32) == 119 and data[at + 3] == 46)


@compiled
def _is_bare_link(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    """Whether the dot at ``at`` stands in a link without http: "youtu.be/x", that is a name of two letters or more before a slash."""
    letters = 0
    while at < stop and (data[at] in (45, 46) or _FOLDED[data[at]]):
        letters = letters + 1 if _FOLDED[data[at]] >= 97 else 0
        at += 1
    return bool(at < stop and data[at] == 47 and 2 <= letters <= 8)


@compiled
def _parting(data: NDArray[np.uint8], at: int, after: int, stop: int, point: int) -> int:
    """What a symbol says of the words around it: `APART` for the next, `LABEL` for the former."""
    spaced = after >= stop or data[after] <= 32
    if point == 58:
        return 4 if spaced else 0
    if point in (93, 0x3011):
        return 4
    if point == 40:
        return 2
    if point == 124:
        return 6
    if point in (45, 0x2013, 0x2014, 47, 0xBB, 0xB7, 0x2022) and spaced and data[at - 1] <= 32:
        return 6
    return 0


@compiled
def _looks_like(digit: int) -> int:
    """The letter for a digit among letters, the digit itself where it looks like none."""
    return (111, 105, 50, 101, 97, 115, 54, 116, 56, 57)[digit - 48]


@compiled
def normalise(  # noqa: PLR0912, PLR0915  # one pass
    data: NDArray[np.uint8], at: int, stop: int, out: NDArray[np.int64], starts: NDArray[np.int64], facts: NDArray[np.uint8]
) -> tuple[int, int, int, int]:
    """Write the code points that count, where each word starts and what it is; returns (how many, words, characters of
    scripts without spaces, flags)."""
    out[0] = 32
    size, words, flags, unspaced, run = 1, 0, 0, 0, 0
    inner, told = False, 0  # of the next word
    last, digits, digit_at = 32, 0, -9  # letter before, digits of the word and where the last one is
    begin = at
    while at < stop:
        small = int(_FOLDED[data[at]])
        if small:
            if last == 32:
                if _is_link(data, at, stop):
                    while at < stop and data[at] > 32:
                        at += 1
                    continue
                starts[words] = size
                facts[words] = told | (16 if inner else 0) | (8 if data[at] < 97 and data[at] > 57 else 0)
                words, told, digits, inner, run, digit_at = words + 1, 0, 0, True, 0, -9
            while small:
                if small < 58:
                    digits, digit_at, run = digits + 1, size, 0
                else:
                    if size == digit_at + 2 and last >= 97 and 97 <= out[digit_at - 1] <= 122:
                        found = _looks_like(out[digit_at])
                        digits -= found != out[digit_at]
                        out[digit_at], digit_at = found, -9
                    run = run + 1 if small == last else 1
                if run < 3:
                    out[size] = small
                    size += 1
                elif run == 3:  # equal letters on end are one
                    size -= 1
                last = small
                at += 1
                small = int(_FOLDED[data[at]]) if at < stop else 0
            if last != 32 and (at >= stop or data[at] < 128):
                facts[words - 1] |= (32 if size - starts[words - 1] >= 4 else 0) | (64 if digits else 0)
            continue
        fresh = last == 32
        if data[at] == 64 and fresh:
            end = _handle_end(data, at, stop)
            if end > at:
                if size >= 4 and out[size - 2] == 116 and out[size - 3] == 114 and out[size - 4] == 32:  # " rt @handle"
                    words -= 1
                    size -= 3
                    if words + unspaced * 2 // 5 >= 3:  # OWN_WORDS
                        starts[words] = size
                        return size, words, unspaced, flags | 2  # QUOTE
                    flags |= 1  # REPOST
                    inner = False
                at = end
                continue
        point, step = _decode(data, at, stop)
        after = at + step
        if _is_symbol(point):
            if point == 46 and not fresh and _is_bare_link(data, at, stop):
                words, size, last = words - 1, starts[words - 1], 32
                while at < stop and data[at] > 32:
                    at += 1
                continue
            if point not in (39, 0x2019):  # don't and dont are one word
                if not fresh:
                    last = out[size] = 32
                    size += 1
                if point != 32:
                    flags |= 4 if point in (63, 0x61F) else 0  # ASKS
                    found = _parting(data, max(at, begin + 1), after, stop, point)
                    if found & 4 and words > 0:
                        facts[words - 1] |= 4  # LABEL
                    told = (told & 2) | (found & 2) | (1 if point == 35 else 0)
                    inner = inner and point in (44, 35)  # comma, hash
                else:
                    told &= 2
            at = after
            continue
        at = after
        small = _lower(point)
        if fresh:
            starts[words] = size
            facts[words] = told | (16 if inner else 0) | (8 if small != point or point >= 0x590 else 0)  # CAPITAL: or no case
            words, told, digits, inner, digit_at = words + 1, 0, 0, True, -9
        run = run + 1 if small == last and point < 0x2E80 else 1
        if run < 3:
            out[size] = small
            size += 1
        elif run == 3:
            size -= 1
        last = small
        unspaced += point >= 0x2E80 or 0x0E00 <= point <= 0x0EFF or 0x1000 <= point <= 0x109F or 0x1780 <= point <= 0x17FF
        if point >= 0x2E80:
            out[size] = point + 0x200000  # TWICE
            size += 1
        if size - starts[words - 1] >= 4:
            facts[words - 1] |= 32  # LONG
    if last != 32:
        out[size] = 32
        size += 1
    starts[words] = size
    return size, words, unspaced, flags
