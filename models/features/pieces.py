"""A text's pieces of words in sixteen languages, as rows of the feature table. Called for each text by `models.features.vectorise`.

Within a run of word characters the longest known piece is taken from the left, then the next; so languages without spaces are cut by
the same rule as endings are. A piece at the beginning of a run is another one than the same letters further in, but in scripts of three
bytes a character, which do not space words. `pieces.npz` holds the pieces, as hashes, and their vectors (`models.training.distil`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from schemas.jit import compiled
from schemas.text.characters import Integer, is_word_byte
from schemas.text.hashing import FNV_OFFSET, GOLDEN, fnv1a
from schemas.text.model_input import MAX_CHARACTERS, MAX_WORDS, SHAPE, read

PIECE_ROWS = 1 << 16
"""Rows of the block: as many pieces as the table may hold."""
LONGEST_PIECE = 24
"""Bytes of a piece."""
TABLE_FILE: Final = "pieces.npz"

INSIDE = np.uint64(0x2545F4914F6CDD1D)
"""What the hash of a piece inside of a run begins with; one at its beginning starts as any other hash."""

_SLOT_BITS = 18
SLOTS = 1 << _SLOT_BITS
_SLOT_SHIFT = np.uint64(64 - _SLOT_BITS)
_ID_BITS = np.uint64(16)
_ID_MASK = np.int64(0xFFFF)
_TAG_SHIFT = np.uint64(24)
_TAG_MASK = np.uint64(0x7FFFFFFF)
_TRAIL, _TRAIL_OF = np.uint8(0x80), np.uint8(0xC0)
_NONE = -1

Slots = NDArray[np.int64]


@compiled(inlined=True)
def _entry(piece: np.uint64) -> tuple[int, np.int64]:
    """(The slot where a piece is looked for first, its tag: 31 bits that tell it from others, above the bits of its row)."""
    tag = ((piece >> _TAG_SHIFT) & _TAG_MASK) | np.uint64(1)
    return int(np.int64((piece * GOLDEN) >> _SLOT_SHIFT)), np.int64(tag << _ID_BITS)


@compiled(inlined=True)
def find_piece(piece: np.uint64, slots: Slots) -> int:
    """The row, from 0, of a piece's hash; -1 for one that is not known."""
    at, tag = _entry(piece)
    while slots[at] != 0:
        if slots[at] & ~_ID_MASK == tag:
            return int(slots[at] & _ID_MASK)
        at = (at + 1) & (SLOTS - 1)
    return _NONE


@compiled
def put_piece(piece: np.uint64, row: Integer, slots: Slots) -> bool:
    """Enter a piece; False, and nothing changed, where it (or one that cannot be told from it) is there already."""
    at, tag = _entry(piece)
    while slots[at] != 0:
        if slots[at] & ~_ID_MASK == tag:
            return False
        at = (at + 1) & (SLOTS - 1)
    slots[at] = tag | row
    return True


@compiled(inlined=True)
def longest(chars: NDArray[np.uint8], at: int, seed: np.uint64, slots: Slots) -> tuple[int, int]:
    """(Row of the longest known piece that begins at ``at``, or -1; where it, or else the one character there, ends)."""
    piece, row, end, first = seed, _NONE, at, 0
    for place in range(at, min(at + LONGEST_PIECE, len(chars))):
        if not is_word_byte(np.int64(chars[place])):
            break
        piece = fnv1a(piece, chars[place])
        if place + 1 < len(chars) and (chars[place + 1] & _TRAIL_OF) == _TRAIL:
            continue
        if first == 0:
            first = place + 1
        found = find_piece(piece, slots)
        if found != _NONE:
            row, end = found, place + 1
    if row == _NONE:
        return _NONE, max(first, at + 1)
    return row, end


@compiled
def cut_pieces(chars: NDArray[np.uint8], slots: Slots, out: NDArray[np.int32]) -> int:
    """Write the rows, from 0, of a normalised text's pieces to ``out``, repeats included; returns how many."""
    count, at, seed = 0, 0, FNV_OFFSET
    while at < len(chars):
        if not is_word_byte(np.int64(chars[at])):
            at, seed = at + 1, FNV_OFFSET
            continue
        row, at = longest(chars, at, seed, slots)
        seed = INSIDE
        if row != _NONE:
            out[count] = row
            count += 1
    return count


@compiled
def list_pieces(data: NDArray[np.uint8], starts: NDArray[np.int64], slots: Slots, out: NDArray[np.int32], ends: NDArray[np.int64]) -> None:
    """Write every text's pieces (rows from 0), repeats included, to `out`; `ends[i]` closes those of text i."""
    chars, words, shape = np.empty(MAX_CHARACTERS, np.uint8), np.empty(MAX_WORDS, np.uint64), np.empty(SHAPE, np.int64)
    at = 0
    for text in range(len(starts) - 1):
        size, _ = read(data[starts[text] : starts[text + 1]], chars, words, shape)
        at += cut_pieces(chars[:size], slots, out[at:])
        ends[text] = at


@dataclass(frozen=True, slots=True)
class PieceTable:
    """Pieces (m hashes with the row of each), the weight of each row in tenths, squared, and vectors (PIECE_ROWS, dimensions) in steps."""

    pieces: NDArray[np.uint64]
    rows: NDArray[np.uint16]
    weights: NDArray[np.int8]
    vectors: NDArray[np.int8]
    step: float

    @property
    def digest(self) -> str:
        """Eight digits that name the pieces and their weights, which a trained artefact depends on, and the vectors."""
        hashed = hashlib.sha256(np.float32(self.step).tobytes())
        for array in (self.pieces, self.rows, self.weights, self.vectors):
            hashed.update(np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()[:8]

    def slots(self) -> Slots:
        """The pieces as `find_piece` looks them up; of two that cannot be told apart the first stays."""
        slots = np.zeros(SLOTS, np.int64)
        for piece, row in zip(self.pieces, self.rows, strict=True):
            put_piece(piece, int(row), slots)
        return slots


@cache
def piece_table() -> PieceTable:
    """The table beside this module; raises ModelError where it is missing or damaged."""
    try:
        with files("models.features").joinpath(TABLE_FILE).open("rb") as file, np.load(file, allow_pickle=False) as held:
            return PieceTable(held["pieces"], held["rows"], held["weights"], held["vectors"], float(held["step"]))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ModelError(f"{TABLE_FILE} of models.features cannot be read ({error})", hint="install the package again") from error


@cache
def piece_slots() -> Slots:
    """The slots of the table beside this module."""
    return piece_table().slots()
