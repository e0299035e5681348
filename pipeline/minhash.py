"""In: texts. Out, per text: a 64-byte MinHash signature, a hash of the normalised text, its words (how many, and which), what it quotes.

Two texts count as near when they share most of their 5-character shingles after normalisation: letter case, punctuation,
emoji, invisible characters, accents, look-alike letters, links and @handles do not count. One compiled pass over one UTF-8 buffer
normalises, shingles and sketches a whole batch. MinHash: Broder 1997; b-bit signatures: Li and König 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.compiled import compiled
from pipeline.minhash_letters import latinised, normalise
from pipeline.minhash_words import table

PERMUTATIONS = 64
SHINGLE = 5
OWN_WORDS = 3
"""So many words before a quoted "RT @handle" are a comment, which is compared on its own; fewer make it a copy."""

BAG_WORDS = 64
"""Of so many words a text's bag is made: more would fill it, and long texts would all look alike."""

NOT_KNOWN = 255
"""Instead of a number of negations."""

REPOST, QUOTE = 1, 2
"""Flags of a sketch: the text starts as a repost; the text is a comment on a quoted one."""

_random = np.random.Generator(np.random.PCG64(20150217))  # a fixed seed: signatures are kept in state and must stay comparable
_FACTORS = _random.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_ADDENDS = _random.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
_BASE = 0x9E3779B97F4A7C15
_WORDS = table()
_OUT = pow(_BASE, SHINGLE, 2**64)


class Sketches(NamedTuple):
    """Of n texts: ``signatures`` (n, 64) uint8, ``exact`` (n,) uint64, ``words`` (n,) int32, ``flags`` (n,) uint8, ``bags`` (n, 4)
    uint64: a set of its first `BAG_WORDS` words, one of 256 bits each; ``marks`` (n,) uint64: its numbers as 56 bits above how many
    negations it has (`NOT_KNOWN` where the text is cut short or somebody else's); ``telling`` (n,) int32: words that are not common."""

    signatures: NDArray[np.uint8]
    exact: NDArray[np.uint64]
    words: NDArray[np.int32]
    flags: NDArray[np.uint8]
    bags: NDArray[np.uint64]
    marks: NDArray[np.uint64]
    telling: NDArray[np.int32]

    def bag_numbers(self) -> list[int]:
        """The sets of words as numbers of 256 bits: ``(a & b).bit_count()`` words are in both."""
        raw = self.bags.astype("<u8", copy=False).tobytes()
        return [int.from_bytes(raw[at : at + 32], "little") for at in range(0, len(raw), 32)]


def sketch(texts: Sequence[str]) -> Sketches:
    """Sketch a batch of texts; texts that hold no letter or digit get the hash and signature of the empty text."""
    prepared = [text.encode() if text.isascii() else latinised(text) for text in texts]
    offsets = np.zeros(len(prepared) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, prepared), np.int64, len(prepared)), out=offsets[1:])
    found = Sketches(
        np.empty((len(prepared), PERMUTATIONS), np.uint8),
        np.empty(len(prepared), np.uint64),
        np.empty(len(prepared), np.int32),
        np.empty(len(prepared), np.uint8),
        np.zeros((len(prepared), 4), np.uint64),
        np.empty(len(prepared), np.uint64),
        np.empty(len(prepared), np.int32),
    )
    data = np.frombuffer(b"".join(prepared) or b"\0", np.uint8)
    _sketch(data, offsets, _FACTORS, _ADDENDS, *_WORDS, *found)  # type: ignore[arg-type]  # the columns in their order
    return found


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Estimated Jaccard similarity, 0..1, of two signatures; standard error about .06 near .7."""
    same = float(np.count_nonzero(first == second)) / PERMUTATIONS
    return max(0.0, (same - 1 / 256) / (1 - 1 / 256))


@compiled
def _is_cut(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    """Whether there is an ellipsis among the last characters: before a link, or at the end."""
    for place in range(max(at, stop - 40), stop - 1):  # noqa: SIM110  # numba knows no generators
        if data[place] == 46 and data[place + 1] == 46:
            return True
    return False


@compiled
def _kind(
    word: np.uint64, digits: bool, hashes: NDArray[np.uint64], kinds: NDArray[np.uint8], values: NDArray[np.uint64]
) -> tuple[int, np.uint64]:
    """(kind of `minhash_words`, 0 for a telling word; the number that it is, 0 for none) of a word's hash."""
    if digits:
        return 3, word
    slot = word * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(53)
    while hashes[slot] != 0:
        if hashes[slot] == word:
            return int(kinds[slot]), values[slot]
        slot = (slot + np.uint64(1)) & np.uint64(2047)
    return 0, np.uint64(0)


@compiled
def _sketch(  # noqa: PLR0912  # one pass; numba takes no keywords
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    factors: NDArray[np.uint32],
    addends: NDArray[np.uint32],
    hashes: NDArray[np.uint64],
    kinds: NDArray[np.uint8],
    values: NDArray[np.uint64],
    signatures: NDArray[np.uint8],
    exact: NDArray[np.uint64],
    words: NDArray[np.int32],
    flags: NDArray[np.uint8],
    bags: NDArray[np.uint64],
    marks: NDArray[np.uint64],
    telling: NDArray[np.int32],
) -> None:
    points = np.empty(4096 + 8, np.int64)
    least = np.empty(64, np.uint32)
    base = np.uint64(_BASE)
    out_factor = np.uint64(_OUT)
    for row in range(len(offsets) - 1):
        stop = min(offsets[row + 1], offsets[row] + 4096)
        size, count, flag = normalise(data, offsets[row], stop, points)
        words[row], flags[row] = count, flag
        for k in range(64):
            least[k] = np.uint32(0xFFFFFFFF)
        rolling = np.uint64(0)
        whole = np.uint64(size)
        word, bagged, digits = np.uint64(0), 0, False
        negations, told, numbers, numbers_before = 0, 0, np.uint64(0), np.uint64(0)
        for at in range(size):
            point = np.uint64(points[at])
            if points[at] != 32:
                word = (word ^ point) * np.uint64(0x100000001B3)
                digits = (digits or 48 <= points[at] <= 57) and points[at] < 0x2E80
            elif word != 0:
                if bagged < 64:  # BAG_WORDS
                    place = (word ^ (word >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(56)
                    bags[row, place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))
                kind, number = _kind(word, digits, hashes, kinds, values)
                negations += kind == 1
                told += kind == 0 or digits
                numbers_before = numbers
                if number != 0:
                    numbers |= np.uint64(1) << np.uint64((number * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) % np.uint64(56))
                word, bagged, digits = np.uint64(0), bagged + 1, False
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
        telling[row] = told
        if flag & 1 or _is_cut(data, offsets[row], stop):
            marks[row] = numbers_before << np.uint64(8) | np.uint64(255)  # NOT_KNOWN
        else:
            marks[row] = numbers << np.uint64(8) | np.uint64(min(negations, 254))
        for k in range(64):
            signatures[row, k] = np.uint8(np.uint32(least[k] * np.uint32(0x9E3779B1)) >> np.uint32(24))
