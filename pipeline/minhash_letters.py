"""In: a text. Out: the letters and digits that count, words parted by one space.

Letter case, punctuation, emoji, invisible characters, accents, look-alike letters, links and @handles do not count.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled

MAX_TEXT_BYTES = 4096
"""What follows in a text is not compared, so that one record cannot hold up its batch."""

_INVISIBLE = "\u00ad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_DROPPED = re.compile(f"[{_INVISIBLE}{_ACCENTS}]+")
"""Accents as well: with them or without, a text is the same."""
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁһԛԝɡıαβεηικνορτυχ",
    "abekmhopctyxijsdhqwgiaBenikvoptux".lower(),
)
"""Cyrillic and Greek letters that look like Latin ones, so that a campaign cannot hide behind them (Unicode TR 39)."""
_DECEPTIVE = re.compile(f"[{''.join(map(chr, _LOOKALIKES))}]")


def latinised(text: str) -> bytes:
    """Compatibility forms, accents, case, look-alikes and invisible characters of a non-ASCII text evened out, as UTF-8."""
    parted = _DROPPED.sub("", unicodedata.normalize("NFKD", text[:MAX_TEXT_BYTES]))
    folded = unicodedata.normalize("NFC", parted).casefold()
    if _DECEPTIVE.search(folded):
        folded = folded.translate(_LOOKALIKES)
    return folded.encode("utf-8", "replace")


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
    return point < 0xC0 or point in (0xD7, 0xF7) or 0x2000 <= point < 0x2E80 or 0x3000 <= point <= 0x3004 or point >= 0xE000


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
def normalise(data: NDArray[np.uint8], at: int, stop: int, out: NDArray[np.int64]) -> tuple[int, int, int]:  # noqa: PLR0912  # one pass
    """Write the code points that count, words parted by one space; returns (how many, words, flags)."""
    out[0] = 32
    size, words, flags, ideographs = 1, 0, 0, 0
    while at < stop:
        fresh = out[size - 1] == 32
        if fresh and _is_link(data, at, stop):
            while at < stop and data[at] > 32:
                at += 1
            continue
        if data[at] == 64 and fresh:
            end = _handle_end(data, at, stop)
            if end > at:
                if size >= 4 and out[size - 2] == 116 and out[size - 3] == 114 and out[size - 4] == 32:  # " rt @handle"
                    words -= 1
                    if words >= 3:  # OWN_WORDS
                        return size - 3, words, flags | 2  # QUOTE
                    flags |= 1  # REPOST
                    size -= 3
                at = end
                continue
        point, step = _decode(data, at, stop)
        at += step
        if _is_symbol(point):
            if point not in (39, 0x2019) and not fresh:  # don't and dont are one word
                out[size] = 32
                size += 1
            continue
        if 65 <= point <= 90:
            point += 32
        if fresh:
            words += 1
        if point >= 0x2E80:  # no spaces between words: two characters count as one
            ideographs += 1
        out[size] = point
        size += 1
    if out[size - 1] != 32:
        out[size] = 32
        size += 1
    return size, words + ideographs // 2, flags
