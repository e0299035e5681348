"""In: a buffer of texts. Out, per text: signature, hash, words by their codes, numbers and negations. The compiled part of `minhash`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.tokens import normalise
from pipeline.near_duplicates.trimming import has_names, own_words
from pipeline.near_duplicates.word_codes import letter_bit, plain, special
from schemas.jit import compiled

_BASE = 0x9E3779B97F4A7C15
_OUT = pow(_BASE, 5, 2**64)
"""Of a rolling hash over 5 characters."""


class Table(NamedTuple):
    """`minhash_words.table`: hashes of words, what kind each is, what a number word counts as or the code of an opposite."""

    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    values: NDArray[np.uint64]


class Sketches(NamedTuple):
    """Of n texts: ``signatures`` (n, 64) uint8, ``exact`` (n,) uint64, ``words`` (n,) int32, ``flags`` (n,) uint8 (`minhash_parts`),
    ``bags`` (n, 4) uint64: a set of its first `BAG_WORDS` words, one of 256 bits each; ``marks`` (n,) uint64: its numbers as 56
    bits above how many negations it has (`NOT_KNOWN` where the text is cut short); ``telling`` (n,) int32: words that are not common;
    ``codes`` (n, 32) uint16: its first words in order (`minhash_codes`), 0 after the last."""

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
def _is_cut(data: NDArray[np.uint8], at: int, stop: int) -> bool:
    """Whether a text of some length ends in an ellipsis, but for a link or a mark."""
    if stop - at < 60:  # a pause in speech, mostly
        return False
    for place in range(stop - 1, stop - 40, -1):
        if data[place] == 46 and data[place - 1] == 46:
            after = place + 1
            while after < stop and (data[after] <= 47 or data[after] >= 128):
                after += 1
            return bool(after == stop or (data[after] == 104 and (after + 1 >= stop or data[after + 1] == 116)))
    return False


@compiled
def _kind(word: np.uint64, digits: bool, table: Table) -> tuple[int, np.uint64]:
    """(kind of `minhash_words`, 0 for a telling word; the number that it is or its code, 0 for none) of a word's hash."""
    if digits:
        return 3, word
    slot = word * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(53)
    while table.hashes[slot] != 0:
        if table.hashes[slot] == word:
            return int(table.kinds[slot]), table.values[slot]
        slot = (slot + np.uint64(1)) & np.uint64(2047)
    return 0, np.uint64(0)


@compiled
def _starts_part(point: int, before: int) -> bool:
    """Whether a part begins here within a word of a script without spaces: where the script changes, or by what stands there."""
    if point < 0x0E00 or 0x1200 <= point < 0x1780 or 0x1800 <= point < 0x2E80 or 0xAC00 <= point < 0xD7B0:
        return point >= 48 and before >= 0x2E80 and not 0xAC00 <= before < 0xD7B0
    if before < 0x0E00 or (point >= 0x3100) != (before >= 0x3100) or (point >= 0x30A0) != (before >= 0x30A0):
        return True
    if 0x3041 <= point < 0x3100:
        return False
    return ((point * 31 + before) * 0x9E3779B1 >> 16) % 3 == 0


@compiled
def _ideograph_number(point: int) -> np.uint64:
    """What a Chinese numeral counts as, from two on: the hash of its digit; 0 for none."""
    numerals = (0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D)
    for at in range(8):
        if numerals[at] == point:
            return np.uint64(50 + at) * np.uint64(0x100000001B3)
    return np.uint64(0)


@compiled
def _number_bit(number: np.uint64) -> np.uint64:
    return np.uint64(1) << np.uint64((number * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)) % np.uint64(56))


@compiled
def _read_parts(points: NDArray[np.int64], first: int, end: int, bits: int, parts: int, codes: NDArray[np.uint16]) -> tuple[int, np.uint64]:
    """Write codes of the parts of a word that is not all of Latin letters and digits, after ``parts``; returns (how many, numbers)."""
    letters, before, head, counted, numbers = 0, 0, 0, np.uint64(0), np.uint64(0)
    for at in range(first, end):
        point = points[at]
        if point >= 0x200000:
            continue
        if 48 <= point <= 57:
            counted = (counted ^ np.uint64(point)) * np.uint64(0x100000001B3)
        elif point >= 0x2E80:
            counted = counted if counted != 0 else _ideograph_number(point)
            if counted != 0:
                numbers |= _number_bit(counted)
            counted = np.uint64(0)
        if letters != 0 and (point >= 0x0E00 or before >= 0x2E80) and _starts_part(point, before):
            if parts < 32:
                codes[parts] = plain(head, letters) | bits
                parts += 1
            letters = 0
        if letters == 0:
            head = point
        letters |= letter_bit(point)
        before = point
    if parts < 32 and letters != 0:
        codes[parts] = plain(head, letters) | bits
        parts += 1
    return parts, numbers


@compiled
def _read_words(
    points: NDArray[np.int64], starts: NDArray[np.int64], facts: NDArray[np.uint8], words: int, table: Table, found: Sketches, row: int,
    cut: bool,
) -> tuple[int, int]:  # fmt: skip
    """Write hash, bag, marks, telling words and codes of a normalised text; returns (first, end) of the words that are its own."""
    first_own, end_own = own_words(starts, facts, words)
    named = has_names(facts, words)
    whole, parts = np.uint64(words), 0
    negations, told, numbers, numbers_before = 0, 0, np.uint64(0), np.uint64(0)
    codes = found.codes[row]
    for at_word in range(words):
        start, end = starts[at_word], starts[at_word + 1] - 1
        word, letters, foreign = np.uint64(0), 0, False
        for at in range(start, end):
            point = points[at]
            word = (word ^ np.uint64(point)) * np.uint64(0x100000001B3)
            letters |= letter_bit(point)
            foreign |= point >= 0x0E00
        whole = (whole ^ word) * np.uint64(0x100000001B3)
        whole ^= whole >> np.uint64(29)
        if at_word < 64:  # BAG_WORDS
            place = (word ^ (word >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(56)
            found.bags[row, place >> np.uint64(6)] |= np.uint64(1) << (place & np.uint64(63))
        digits = facts[at_word] & 64 != 0 and points[end - 1] < 0x2E80
        kind, number = _kind(word, digits, table)
        negations += kind == 1
        told += kind in (0, 5, 7) or digits
        numbers_before = numbers
        bits = 0 if first_own <= at_word < end_own else 0x2000  # OUTER
        if foreign:
            before = parts
            parts, more = _read_parts(points, start, end, bits, parts, codes)
            numbers |= more
            told += max((parts - before) // 2 - 1, 0)
        elif parts < 32:
            if kind in (0, 2):
                code = plain(points[start], letters) | (0x4000 if named and facts[at_word] & 24 == 24 else 0)  # NAME
            elif kind == 1:
                code = 0xC001  # NEGATED
            elif kind in (5, 6):
                code = int(number) | 0x4000  # as a name
            else:
                code = special(word if kind == 4 else number, kind != 4)
            codes[parts] = code | bits
            parts += 1
        if kind == 3:
            numbers |= _number_bit(number)
    found.exact[row] = whole
    found.telling[row] = told
    if cut:
        found.marks[row] = numbers_before << np.uint64(8) | np.uint64(255)  # NOT_KNOWN
    else:
        found.marks[row] = numbers << np.uint64(8) | np.uint64(min(negations, 254))
    return first_own, end_own


@compiled
def _sign(
    points: NDArray[np.int64], first: int, end: int, factors: NDArray[np.uint32], addends: NDArray[np.uint32], least: NDArray[np.uint32]
) -> None:
    """Least value of each permutation over the 5-character shingles of ``points[first:end]``."""
    base, out_factor, rolling = np.uint64(0x9E3779B97F4A7C15), np.uint64(_OUT), np.uint64(0)
    for k in range(64):
        least[k] = np.uint32(0xFFFFFFFF)
    for at in range(first, end):
        rolling = rolling * base + np.uint64(points[at])
        if at >= first + 5:
            rolling -= np.uint64(points[at - 5]) * out_factor
        if at >= first + 4:
            mixed = rolling ^ (rolling >> np.uint64(31))
            shingle = np.uint32((mixed * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(32))
            for k in range(64):
                value = np.uint32(factors[k] * shingle + addends[k])
                least[k] = min(least[k], value)


@compiled
def sketch_all(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], factors: NDArray[np.uint32], addends: NDArray[np.uint32], table: Table,
    found: Sketches,
) -> None:  # fmt: skip
    """Sketch the texts of ``data``, each from one of ``offsets`` to the next, into zeroed columns."""
    points = np.empty(2 * 4096 + 8, np.int64)
    starts, facts = np.empty(4096 + 2, np.int64), np.empty(4096 + 2, np.uint8)
    least = np.empty(64, np.uint32)
    for row in range(len(offsets) - 1):
        stop = min(offsets[row + 1], offsets[row] + 4096)
        _, words, unspaced, flag = normalise(data, offsets[row], stop, points, starts, facts)
        found.words[row], found.flags[row] = words + unspaced * 2 // 5, flag  # five characters are about two words
        cut = (flag & 1 != 0 and stop - offsets[row] >= 130) or _is_cut(data, offsets[row], stop)
        first, end = _read_words(points, starts, facts, words, table, found, row, cut)
        _sign(points, starts[first] - 1, starts[end], factors, addends, least)
        for k in range(64):
            found.signatures[row, k] = np.uint8(np.uint32(least[k] * np.uint32(0x9E3779B1)) >> np.uint32(24))
