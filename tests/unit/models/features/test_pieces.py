"""Texts in, pieces of words out: longest first, from the left, in scripts with spaces and without."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import INSIDE, PIECE_FIRST, PIECE_ROWS, PieceTable, piece_matrix, vectorise
from models.features.pieces import find_piece, piece_table, put_piece
from schemas.text.hashing import FNV_OFFSET, fnv1a

PIECES = ("train", "trainer", "s", "is", "late", "列车", "列", "晚点", "รถ", "รถไฟ")


def hashed(piece: str, seed: np.uint64) -> int:
    """The hash of a piece at the beginning of a run (FNV_OFFSET) or inside of one (INSIDE)."""
    found = seed
    for byte in piece.encode():
        found = np.uint64(fnv1a(found, byte))
    return int(found)


def table_of(*pieces: str) -> PieceTable:
    """A table in which every piece may stand anywhere; its row is its place."""
    found = [(hashed(piece, seed), row) for row, piece in enumerate(pieces) for seed in (FNV_OFFSET, INSIDE)]
    weights = np.full(PIECE_ROWS, 40, np.int8)
    hashes = np.array([one for one, _ in found], np.uint64)
    return PieceTable(hashes, np.array([row for _, row in found], np.uint16), weights, np.zeros((PIECE_ROWS, 2), np.int8), 1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRAIN is late", {"train", "is", "late"}),
        ("trains", {"train", "s"}),
        ("trainers", {"trainer", "s"}),
        ("列车晚点", {"列车", "晚点"}),
        ("列晚点了", {"列", "晚点"}),
        ("รถไฟรถ", {"รถไฟ", "รถ"}),
        ("unheard of", set()),
        ("", set()),
    ],
)
def test_the_longest_known_piece_is_taken_from_the_left(text: str, expected: set[str]) -> None:
    """Words with spaces, with endings, and in scripts without spaces should be cut by one rule; what is unknown is passed over."""
    found = piece_matrix([text], table_of(*PIECES))
    assert {PIECES[row] for row in found.indices} == expected


def test_a_piece_inside_of_a_word_is_another_one() -> None:
    """`is` at a word's beginning should not be found in `paris`."""
    found = PieceTable(
        np.array([hashed("is", FNV_OFFSET)], np.uint64), np.array([3], np.uint16), np.full(PIECE_ROWS, 40, np.int8),
        np.zeros((PIECE_ROWS, 2), np.int8), 1.0,
    )  # fmt: skip
    assert list(piece_matrix(["is it"], found).indices) == [3]
    assert piece_matrix(["paris"], found).nnz == 0


def test_slots_give_back_what_was_put() -> None:
    """Every piece of the shipped table that can be told from others should be found under its row, a stranger under none."""
    table, slots = piece_table(), piece_table().slots()
    found = np.array([find_piece(piece, slots) for piece in table.pieces[::50]])
    assert (found == table.rows[::50]).mean() > 0.999
    assert find_piece(np.uint64(hashed("no such piece as this", FNV_OFFSET)), slots) == -1
    assert not put_piece(table.pieces[0], 7, slots)


def test_the_layout_names_the_table() -> None:
    """Another table would cut texts otherwise: its digest should be the one that artefacts are trained for."""
    assert piece_table().digest == vectorise.PIECES_DIGEST
    assert vectorise.PIECES_DIGEST in vectorise.LAYOUT


@settings(deadline=None, max_examples=40)
@given(texts=st.lists(st.text(st.characters(codec=None), max_size=60), max_size=6))
def test_the_fused_pass_and_the_table_find_the_same_pieces(texts: list[str]) -> None:
    """The block of pieces of the feature table should be what the table by itself says of the texts."""
    idf = vectorise.idf_tenths(["a"])
    alone, fused = piece_matrix(texts, piece_table()), vectorise.features_csr(texts, idf)[:, PIECE_FIRST:]
    np.testing.assert_allclose(fused.toarray(), alone.toarray(), atol=1e-6)
