"""The compiled part of `sketch`: reads a buffer of texts, and writes of each what it is compared by.

Each text is read in the form `schemas.text.near_copy`. The word reader goes over its words once: hashes the text, keeps a code of each
word, notes numbers and negations. Then the words that are the text itself are signed by the hashes of their shingles.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates import lexicon
from pipeline.near_duplicates.row import PERMUTATIONS, marks_of, number_bit
from pipeline.near_duplicates.trimming import has_names, is_name, own_words
from pipeline.near_duplicates.unspaced import FIRST_UNSPACED, read_parts
from pipeline.near_duplicates.word_codes import NAME, NEGATED, OUTER, WORDS, letter_bit, plain, special
from schemas.jit import compiled
from schemas.text import MAX_TEXT_BYTES, near_copy
from schemas.text.characters import FIRST_BEYOND_ASCII, FULL_STOP, SLASH
from schemas.text.hashing import GOLDEN, GOLDEN_32, MIX_FIRST, fnv1a

BAG_WORDS = 64
"""Of so many words a text's bag is made: more would fill it, and long texts would all look alike."""
BAG = 4
"""Numbers of 64 bits that a bag is."""
_FOLD, _BAG_SHIFT, _BAG_WORD_SHIFT, _BAG_BIT_MASK = np.uint64(32), np.uint64(56), np.uint64(6), np.uint64(63)

_CHAIN_SHIFT = np.uint64(29)
"""After each word of a text's hash its upper bits go into the lower ones."""

_SHINGLE = 5
"""Characters whose hash is one element of the set that two texts are compared by."""
_OUT_FACTOR = np.uint64(pow(int(GOLDEN), _SHINGLE, 2**64))
"""What a rolling hash has multiplied the character by that leaves it."""
_ROLL_SHIFT, _UPPER_HALF = np.uint64(31), np.uint64(32)
_MOST = np.uint32(0xFFFFFFFF)
_KEPT_SHIFT = np.uint32(24)
"""Of a least value eight bits are kept (b-bit MinHash)."""

_CUT_BYTES, _CUT_REPOST_BYTES = 60, 130
"""A text of so many bytes that ends in an ellipsis, a repost of so many however it ends, was cut: networks did so at 140."""
_ELLIPSIS_FROM_END = 40
"""Behind an ellipsis may stand a link or a mark, of so many bytes together."""
_H, _T = b"ht"


class Sketches(NamedTuple):
    """Of n texts: ``signatures`` (n, 64) uint8, ``exact`` (n,) uint64, ``words`` (n,) int32, ``flags`` (n,) uint8 (of `near_copy`),
    ``bags`` (n, 4) uint64: a set of its first `BAG_WORDS` words, one of 256 bits each; ``marks`` (n,) uint64 (`row`): its numbers and
    negations; ``telling`` (n,) int32: words that are not common; ``codes`` (n, 32) uint16: its first words in order (`word_codes`), 0
    after the last."""

    signatures: NDArray[np.uint8]
    exact: NDArray[np.uint64]
    words: NDArray[np.int32]
    flags: NDArray[np.uint8]
    bags: NDArray[np.uint64]
    marks: NDArray[np.uint64]
    telling: NDArray[np.int32]
    codes: NDArray[np.uint16]

    def bag_numbers(self) -> list[int]:
        """The sets of words as numbers of 256 bits: ``(a & b).bit_count()`` words are in both."""
        raw = self.bags.astype("<u8", copy=False).tobytes()
        return [int.from_bytes(raw[at : at + 32], "little") for at in range(0, len(raw), 32)]


@compiled
def _is_cut(data: NDArray[np.uint8], first: int, stop: int) -> bool:
    """Whether a text of some length ends in an ellipsis, but for a link or a mark."""
    if stop - first < _CUT_BYTES:  # a pause in speech, mostly
        return False
    for place in range(stop - 1, stop - _ELLIPSIS_FROM_END, -1):
        if data[place] == FULL_STOP and data[place - 1] == FULL_STOP:
            after = place + 1
            while after < stop and (data[after] <= SLASH or data[after] >= FIRST_BEYOND_ASCII):
                after += 1
            return bool(after == stop or (data[after] == _H and (after + 1 >= stop or data[after + 1] == _T)))
    return False


@compiled(inlined=True)
def _read_word(points: NDArray[np.int64], start: int, end: int) -> tuple[np.uint64, int, bool]:
    """(hash, bits of its letters, whether it has one of a script without spaces) of the word ``points[start:end]``."""
    word, letters, unspaced = np.uint64(0), 0, False
    for at in range(start, end):
        point = points[at]
        word = fnv1a(word, point)
        letters |= letter_bit(point)
        unspaced |= point >= FIRST_UNSPACED
    return word, letters, unspaced


@compiled(inlined=True)
def _put_in_bag(bag: NDArray[np.uint64], word: np.uint64) -> None:
    """Set the one of 256 bits that is the word's: bag[0] has the lowest 64."""
    place = (word ^ (word >> _FOLD)) * GOLDEN >> _BAG_SHIFT
    bag[place >> _BAG_WORD_SHIFT] |= np.uint64(1) << (place & _BAG_BIT_MASK)


@compiled(inlined=True)
def _code(kind: int, value: np.uint64, word: np.uint64, head: int, letters: int, name: bool) -> int:
    """Code of a word by what `lexicon` says of it, its hash, its first letter, the bits of its letters, and whether it is a name."""
    if kind in (lexicon.TELLING, lexicon.COMMON):
        return plain(head, letters) | (NAME if name else 0)
    if kind == lexicon.NEGATION:
        return NEGATED
    if kind in (lexicon.OPPOSED, lexicon.COMMON_OPPOSED):
        return int(value) | NAME
    return special(word, False) if kind == lexicon.FUNCTION else special(value, True)


@compiled
def _read_words(text: near_copy.Reading, table: lexicon.Table, found: Sketches, row: int, cut: bool) -> tuple[int, int]:
    """Write hash, bag, marks, telling words and codes of a text to ``row`` of ``found``.

    Returns (first, end) of the words that are its own.
    """
    points, starts, facts, words = text.points, text.starts, text.facts, text.counts[near_copy.WORDS]
    first_own, end_own = own_words(starts, facts, words)
    named = has_names(facts, words)
    whole, bag, codes, known = np.uint64(words), found.bags[row], found.codes[row], 0
    negations, telling, numbers, numbers_before = 0, 0, np.uint64(0), np.uint64(0)
    for at in range(words):
        start, end = starts[at], starts[at + 1] - 1
        word, letters, unspaced = _read_word(points, start, end)
        whole = fnv1a(whole, word)
        whole ^= whole >> _CHAIN_SHIFT
        if at < BAG_WORDS:
            _put_in_bag(bag, word)
        counted = facts[at] & near_copy.HAS_DIGIT != 0 and points[end - 1] < near_copy.FIRST_EAST_ASIAN
        kind, value = (lexicon.NUMBER, word) if counted else lexicon.look_up(word, table)
        negations += kind == lexicon.NEGATION
        telling += counted or kind in (lexicon.TELLING, lexicon.OPPOSED, lexicon.DAY)
        outer = 0 if first_own <= at < end_own else OUTER
        numbers_before = numbers
        if unspaced:
            before = known
            known, more = read_parts(points, start, end, outer, known, codes)
            numbers |= more
            telling += max((known - before) // 2 - 1, 0)
        elif known < WORDS:
            codes[known] = _code(kind, value, word, points[start], letters, named and is_name(facts[at])) | outer
            known += 1
        if kind == lexicon.NUMBER:
            numbers |= number_bit(value)
    found.exact[row] = whole
    found.telling[row] = telling
    found.marks[row] = marks_of(numbers_before if cut else numbers, negations, cut)  # the last number may be half a number
    return first_own, end_own


@compiled
def sign(points: NDArray[np.int64], factors: NDArray[np.uint32], addends: NDArray[np.uint32], least: NDArray[np.uint32]) -> None:
    """Write to ``least`` (64) the least value of each permutation, a factor and an addend, over the shingles of ``points``."""
    for k in range(PERMUTATIONS):
        least[k] = _MOST
    rolling = np.uint64(0)
    for at in range(len(points)):
        rolling = rolling * GOLDEN + np.uint64(points[at])
        if at >= _SHINGLE:
            rolling -= np.uint64(points[at - _SHINGLE]) * _OUT_FACTOR
        if at >= _SHINGLE - 1:
            mixed = rolling ^ (rolling >> _ROLL_SHIFT)
            shingle = np.uint32((mixed * MIX_FIRST) >> _UPPER_HALF)
            for k in range(PERMUTATIONS):
                value = np.uint32(factors[k] * shingle + addends[k])
                least[k] = min(least[k], value)


@compiled
def sketch_all(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], factors: NDArray[np.uint32], addends: NDArray[np.uint32], table: lexicon.Table,
    found: Sketches,
) -> None:  # fmt: skip
    """Sketch the texts of ``data``, each from one of ``offsets`` to the next, into zeroed columns."""
    text = near_copy.room()
    least = np.empty(PERMUTATIONS, np.uint32)
    for row in range(len(offsets) - 1):
        first, stop = offsets[row], min(offsets[row + 1], offsets[row] + MAX_TEXT_BYTES)
        near_copy.read(data, first, stop, text)
        flags = text.counts[near_copy.FLAGS]
        found.words[row] = near_copy.about_words(text.counts[near_copy.WORDS], text.counts[near_copy.UNSPACED])
        found.flags[row] = flags
        cut = (flags & near_copy.REPOST != 0 and stop - first >= _CUT_REPOST_BYTES) or _is_cut(data, first, stop)
        first_own, end_own = _read_words(text, table, found, row, cut)
        sign(text.points[text.starts[first_own] - 1 : text.starts[end_own]], factors, addends, least)
        for k in range(PERMUTATIONS):
            found.signatures[row, k] = np.uint8(np.uint32(least[k] * np.uint32(GOLDEN_32)) >> _KEPT_SHIFT)
