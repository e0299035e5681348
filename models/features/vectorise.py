"""What the heads are made of: linear scores straight from hashed n-grams (fused, for judging), or the same features as CSR (training).

Four blocks share one table of rows: character 3-5-grams, word 1-2-grams, the text's form, and pieces of words in sixteen languages
(`models.features.pieces`). A feature is present or absent; its value is sqrt(idf), each block scaled to unit length. A row is 24 signed
bytes: 23 quantised weights (sqrt(idf) folded in) and the idf in tenths, so that one integer addition per n-gram yields every score and
the block's squared norm, exactly, in any order. The table is larger than the cache: a row is asked for when its n-gram is found, and
added when all are.

The weights of pieces are not free: each is its vector times what a head learned of vectors (`models.features.embedding`), so that a word
which no training text held is judged as those that mean alike. Folded into the table, that costs nothing when judging.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.features.form import FORM_ROWS, PROPERTIES, form_rows
from models.features.pieces import PIECE_ROWS, Slots, cut_pieces, piece_slots, piece_table
from models.features.row_sums import LANES, sum_rows
from models.features.valence import DIGEST, lexicon
from schemas.jit import compiled, prefetch
from schemas.text import MAX_TEXT_BYTES, pack
from schemas.text.characters import Integer
from schemas.text.hashing import GOLDEN
from schemas.text.model_input import MAX_CHARACTERS, MAX_WORDS, SHAPE, read

CHAR_BITS = 17
WORD_BITS = 17
CHAR_ROWS = 1 << CHAR_BITS
FORM_FIRST = CHAR_ROWS + (1 << WORD_BITS)
PIECE_FIRST = FORM_FIRST + FORM_ROWS
ROWS = PIECE_FIRST + PIECE_ROWS
BLOCKS = (slice(0, CHAR_ROWS), slice(CHAR_ROWS, FORM_FIRST), slice(FORM_FIRST, PIECE_FIRST), slice(PIECE_FIRST, ROWS))
"""Rows of each block: what its features share is one norm, and one step of quantised weights."""

N_BLOCKS = len(BLOCKS)
_PIECES = N_BLOCKS - 1
"""The block of pieces is the last."""
OUTPUTS = LANES - 1
IDF_LANE = LANES - 1
PIECES_DIGEST = "e950d643"
"""Of the table of pieces: another one cuts texts otherwise, so it must not go unnoticed."""
LAYOUT = f"char3-5:{CHAR_BITS}+word1-2:{WORD_BITS}+form:{PROPERTIES}:{DIGEST}+pieces:{PIECES_DIGEST}/v3"
"""Names what a row means; an artefact trained on another layout is refused."""

Bytes = NDArray[np.int8]

_PAIR_MIX = np.uint64(0xD6E8FEB86659FD93)
_CHAR_SHIFT, _WORD_SHIFT = np.uint64(64 - CHAR_BITS), np.uint64(64 - WORD_BITS)
"""What is left of a product of 64 bits is the row: its upper bits are the best mixed."""
_SHORTEST, _LONGEST = 3, 5
_LENGTHS = _LONGEST - _SHORTEST + 1
"""Of character n-grams: so many end at a byte."""
_BYTE_BITS = 8
_A_WORD = 2
"""N-grams that begin at a word: itself, and with the next one."""
_PIECES_OF_A_BYTE = 1
_MAX_GRAMS = (_LENGTHS + _A_WORD + _PIECES_OF_A_BYTE) * MAX_CHARACTERS + PROPERTIES
_LEAST_ROOM, _MOST_ROOM = 1 << 8, 1 << 17
_ROW_BITS = 20
"""Of an entry of the set of rows seen: the row; the number of its text stands above."""


@compiled
def insert(seen: NDArray[np.int64], stamp: int, row: Integer) -> bool:
    """Add `row` to the set of the text `stamp`; True if it was not there yet.

    ``seen`` is open-addressed, a power of two long: an entry is the text's number above _ROW_BITS of its row.
    """
    mask = len(seen) - 1
    entry = (stamp << _ROW_BITS) | row
    at = row & mask
    while True:
        held = seen[at]
        if held == entry:
            return False
        if (held >> _ROW_BITS) != stamp:  # left by an earlier text, so free: nothing needs clearing
            seen[at] = entry
            return True
        at = (at + 1) & mask


@compiled
def char_rows(chars: NDArray[np.uint8], seen: NDArray[np.int64], stamp: int, rows: NDArray[np.int32], table: Bytes) -> int:
    """Write the distinct rows of the 3-, 4- and 5-grams of `chars` to `rows`; returns how many."""
    count = 0
    for at in range(len(chars) - _SHORTEST + 1):
        gram = np.uint64(chars[at]) | (np.uint64(chars[at + 1]) << np.uint64(_BYTE_BITS))
        for more in range(2, min(_LONGEST, len(chars) - at)):
            gram |= np.uint64(chars[at + more]) << np.uint64(_BYTE_BITS * more)
            row = np.int64((gram * GOLDEN) >> _CHAR_SHIFT)
            if insert(seen, stamp, row):
                prefetch(table, row)
                rows[count] = row
                count += 1
    return count


@compiled
def word_rows(words: NDArray[np.uint64], seen: NDArray[np.int64], stamp: int, rows: NDArray[np.int32], table: Bytes) -> int:
    """Write the distinct rows of the words and word pairs to `rows`; returns how many."""
    count = 0
    for at in range(len(words)):
        row = CHAR_ROWS + np.int64((words[at] * GOLDEN) >> _WORD_SHIFT)
        if insert(seen, stamp, row):
            prefetch(table, row)
            rows[count] = row
            count += 1
        if at + 1 < len(words):
            pair = (words[at] * _PAIR_MIX) ^ (words[at + 1] + GOLDEN)
            row = CHAR_ROWS + np.int64((pair * GOLDEN) >> _WORD_SHIFT)
            if insert(seen, stamp, row):
                prefetch(table, row)
                rows[count] = row
                count += 1
    return count


@compiled
def piece_rows(chars: NDArray[np.uint8], slots: Slots, seen: NDArray[np.int64], stamp: int, rows: NDArray[np.int32], table: Bytes) -> int:
    """Write the distinct rows of the known pieces of words in `chars` to `rows`; returns how many."""
    count = 0
    for at in range(cut_pieces(chars, slots, rows)):
        row = PIECE_FIRST + np.int64(rows[at])
        if insert(seen, stamp, row):
            prefetch(table, row)
            rows[count] = row
            count += 1
    return count


@compiled
def room_for(size: int, count: int) -> int:
    """A power of two, at least twice the n-grams of so many characters and words: short texts stay in the first-level cache."""
    grams = (_LENGTHS + _PIECES_OF_A_BYTE) * size + _A_WORD * count
    room = _LEAST_ROOM
    while room < 2 * grams:
        room *= 2
    return room


def score_batch(
    data: NDArray[np.uint8], starts: NDArray[np.int64], table: Bytes, scale: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Add each text's scores to `out` (n, OUTPUTS): over the blocks, sum of weights / block norm * `scale` (N_BLOCKS, OUTPUTS)."""
    _score_batch(data, starts, table, scale, out, *lexicon(), piece_slots())


@compiled
def _score_batch(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    table: Bytes,
    scale: NDArray[np.float32],
    out: NDArray[np.float32],
    tags: NDArray[np.uint32],
    values: NDArray[np.int8],
    slots: Slots,
) -> None:
    chars = np.empty(MAX_CHARACTERS, np.uint8)
    words = np.empty(MAX_WORDS, np.uint64)
    shape = np.empty(SHAPE, np.int64)
    rows = np.empty(_MAX_GRAMS, np.int32)
    table_room = np.zeros(_MOST_ROOM, np.int64)
    total = np.zeros(LANES, np.int32)
    words_of_table = table.view(np.uint64)
    for text in range(len(starts) - 1):
        size, count = read(data[starts[text] : starts[text + 1]], chars, words, shape)
        seen = table_room[: room_for(size, count)]
        first = char_rows(chars[:size], seen, text + 1, rows, table)
        second = first + word_rows(words[:count], seen, text + 1, rows[first:], table)
        third = second + form_rows(shape, words[:count], tags, values, FORM_FIRST, rows[second:])
        ends = (0, first, second, third, third + piece_rows(chars[:size], slots, seen, text + 1, rows[third:], table))
        for block in range(N_BLOCKS):
            sum_rows(words_of_table, rows[ends[block] : ends[block + 1]], total)
            if total[IDF_LANE] > 0:
                norm = np.float32(1.0) / np.sqrt(np.float32(total[IDF_LANE]))
                for lane in range(OUTPUTS):
                    out[text, lane] += np.float32(total[lane]) * norm * scale[block, lane]


def score(texts: Sequence[str], table: Bytes, scale: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Add each text's scores to `out` (n, OUTPUTS), as `score_batch` does."""
    buffer = pack(texts)
    score_batch(buffer.data, buffer.starts, table, scale, out)


@compiled
def list_rows(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    out: NDArray[np.int32],
    ends: NDArray[np.int64],
    tags: NDArray[np.uint32],
    values: NDArray[np.int8],
    slots: Slots,
) -> None:
    """Write every text's distinct rows to `out`; `ends[i]` closes its character, its word, its form and its pieces block."""
    chars = np.empty(MAX_CHARACTERS, np.uint8)
    words = np.empty(MAX_WORDS, np.uint64)
    shape = np.empty(SHAPE, np.int64)
    table_room = np.zeros(_MOST_ROOM, np.int64)
    table = np.empty((0, LANES), np.int8)  # rows are listed only: what is asked for ahead is nothing
    at = 0
    for text in range(len(starts) - 1):
        size, count = read(data[starts[text] : starts[text + 1]], chars, words, shape)
        seen = table_room[: room_for(size, count)]
        at += char_rows(chars[:size], seen, text + 1, out[at:], table)
        ends[text, 0] = at
        at += word_rows(words[:count], seen, text + 1, out[at:], table)
        ends[text, 1] = at
        at += form_rows(shape, words[:count], tags, values, FORM_FIRST, out[at:])
        ends[text, 2] = at
        at += piece_rows(chars[:size], slots, seen, text + 1, out[at:], table)
        ends[text, _PIECES] = at


def rows_of(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distinct rows of each text and the (n, N_BLOCKS) ends of its blocks, in one pass."""
    buffer = pack(texts)
    lengths = np.minimum(np.diff(buffer.starts), MAX_TEXT_BYTES)
    out = np.empty(int(((_LENGTHS + _A_WORD + _PIECES_OF_A_BYTE) * lengths + 32 + PROPERTIES).sum()), np.int32)
    ends = np.zeros((len(buffer), N_BLOCKS), np.int64)
    list_rows(buffer.data, buffer.starts, out, ends, *lexicon(), piece_slots())
    return out[: ends[-1, -1] if len(ends) else 0], ends


def idf_tenths(texts: Sequence[str]) -> Bytes:
    """Smoothed idf of each row over `texts`, in tenths, 1..127; 0 for a row that never occurs. Pieces have weights of their own."""
    rows, _ = rows_of(texts)
    seen_in = np.bincount(rows, minlength=ROWS)
    idf = np.log((1 + len(texts)) / (1 + seen_in)) + 1
    found = np.where(seen_in > 0, np.clip(np.rint(10 * idf), 1, 127), 0).astype(np.int8)
    found[PIECE_FIRST:] = piece_table().weights
    return found


def features_csr(texts: Sequence[str], idf: Bytes) -> sparse.csr_matrix:
    """The features that `score_batch` sums, as a float32 CSR matrix (n, ROWS), each block of a text of unit length."""
    rows, ends = rows_of(texts)
    squares = idf[rows].astype(np.float32)
    bounds = np.concatenate([[0], ends.ravel()]).astype(np.int64)
    sums = np.add.reduceat(np.append(squares, np.float32(0)), bounds[:-1]) if len(ends) else np.zeros(0, np.float32)
    sizes = np.diff(bounds)
    sums = np.where((sizes > 0) & (sums > 0), sums, 1).astype(np.float32)
    values = np.sqrt(squares) / np.repeat(np.sqrt(sums), sizes)
    indptr = np.concatenate([[0], ends[:, -1]])
    matrix = sparse.csr_matrix((values.astype(np.float32), rows, indptr), shape=(len(texts), ROWS))
    matrix.sort_indices()
    return matrix


def hashed_csr(texts: Sequence[str], idf: Bytes) -> sparse.csr_matrix:
    """The same without the pieces (n, PIECE_FIRST): what one set alone is enough to learn from."""
    return features_csr(texts, idf)[:, :PIECE_FIRST]
