"""In: texts. Out, per text: a 64-byte MinHash signature, a hash of the normalised text, its number of words, what it quotes.

Two texts count as near when they share most of their 5-character shingles after normalisation: letter case, punctuation,
emoji, invisible characters, accents, look-alike letters, links and @handles do not count. One compiled pass over one UTF-8 buffer
normalises, shingles and sketches a whole batch. MinHash: Broder 1997; b-bit signatures: Li and König 2010.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., object])

PERMUTATIONS = 64
SHINGLE = 5
MAX_TEXT_BYTES = 4096
"""What follows in a text is not compared, so that one record cannot hold up its batch."""
OWN_WORDS = 3
"""So many words before a quoted "RT @handle" are a comment, which is compared on its own; fewer make it a copy."""

REPOST, QUOTE = 1, 2
"""Flags of a sketch: the text starts as a repost; the text is a comment on a quoted one."""

_random = np.random.Generator(np.random.PCG64(20150217))  # a fixed seed: signatures are kept in state and must stay comparable
_FACTORS = _random.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_ADDENDS = _random.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
_BASE = 0x9E3779B97F4A7C15
_OUT = pow(_BASE, SHINGLE, 2**64)

_INVISIBLE = dict.fromkeys([0xAD, 0x34F, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
_INVISIBLE |= dict.fromkeys([*range(0x300, 0x370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100)])
"""Accents as well: with them or without, a text is the same."""
_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁһԛԝɡıαβεηικνορτυχ",
    "abekmhopctyxijsdhqwgiaBenikvoptux".lower(),
)
"""Cyrillic and Greek letters that look like Latin ones, so that a campaign cannot hide behind them (Unicode TR 39)."""


def compiled(function: Function) -> Function:
    """Compile ``function`` with numba, cached on disk where that can be written, in memory where not (read-only image)."""
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba: "no locator available": nowhere to write the cache
        return cast(Function, numba.njit(nogil=True)(function))


class Sketches(NamedTuple):
    """Of n texts: ``signatures`` (n, 64) uint8, ``exact`` (n,) uint64, ``words`` (n,) int32, ``flags`` (n,) uint8."""

    signatures: NDArray[np.uint8]
    exact: NDArray[np.uint64]
    words: NDArray[np.int32]
    flags: NDArray[np.uint8]


def sketch(texts: Sequence[str]) -> Sketches:
    """Sketch a batch of texts; texts that hold no letter or digit get the hash and signature of the empty text."""
    prepared = [text.encode() if text.isascii() else _latinised(text) for text in texts]
    offsets = np.zeros(len(prepared) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, prepared), np.int64, len(prepared)), out=offsets[1:])
    found = Sketches(
        np.empty((len(prepared), PERMUTATIONS), np.uint8),
        np.empty(len(prepared), np.uint64),
        np.empty(len(prepared), np.int32),
        np.empty(len(prepared), np.uint8),
    )
    data = np.frombuffer(b"".join(prepared) or b"\0", np.uint8)
    _sketch(data, offsets, _FACTORS, _ADDENDS, found.signatures, found.exact, found.words, found.flags)
    return found


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Estimated Jaccard similarity, 0..1, of two signatures; standard error about .06 near .7."""
    same = float(np.count_nonzero(first == second)) / PERMUTATIONS
    return max(0.0, (same - 1 / 256) / (1 - 1 / 256))


def _latinised(text: str) -> bytes:
    """Compatibility forms, accents, case, look-alikes and invisible characters of a non-ASCII text evened out, as UTF-8."""
    parted = unicodedata.normalize("NFKD", text[:MAX_TEXT_BYTES]).translate(_INVISIBLE)
    folded = unicodedata.normalize("NFC", parted).casefold()
    return folded.translate(_LOOKALIKES).encode("utf-8", "replace")


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
def _normalise(data: NDArray[np.uint8], at: int, stop: int, out: NDArray[np.int64]) -> tuple[int, int, int]:  # noqa: PLR0912  # one pass
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


@compiled
def _sketch(  # numba takes no keywords
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    factors: NDArray[np.uint32],
    addends: NDArray[np.uint32],
    signatures: NDArray[np.uint8],
    exact: NDArray[np.uint64],
    words: NDArray[np.int32],
    flags: NDArray[np.uint8],
) -> None:
    points = np.empty(4096 + 8, np.int64)
    least = np.empty(64, np.uint32)
    base = np.uint64(_BASE)
    out_factor = np.uint64(_OUT)
    for row in range(len(offsets) - 1):
        stop = min(offsets[row + 1], offsets[row] + 4096)
        size, count, flag = _normalise(data, offsets[row], stop, points)
        words[row], flags[row] = count, flag
        for k in range(64):
            least[k] = np.uint32(0xFFFFFFFF)
        rolling = np.uint64(0)
        whole = np.uint64(size)
        for at in range(size):
            point = np.uint64(points[at])
            whole = (whole ^ point) * np.uint64(0x100000001B3)
            whole ^= whole >> np.uint64(29)
            rolling = rolling * base + point
            if at >= 5:
                rolling -= np.uint64(points[at - 5]) * out_factor
            if at >= 4:
                mixed = rolling ^ (rolling >> np.uint64(31))
                shingle = np.uint32((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(32))
                for k in range(64):
                    value = np.uint32(factors[k] * shingle + addends[k])
                    least[k] = min(least[k], value)
        exact[row] = whole
        for k in range(64):
            signatures[row, k] = np.uint8(np.uint32(least[k] * np.uint32(0x9E3779B1)) >> np.uint32(24))
