"""Pieces of words as dense numbers to learn from, and what was learned as weights of the pieces again. For `LinearFacet.fit`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.features.pieces import PIECE_ROWS, PieceTable, list_pieces, piece_table
from models.features.vectorise import PIECE_FIRST
from schemas.text import pack

LENGTH = 3.0
"""By what vectors are multiplied before heads learn of them: a text's is then about as long as its other blocks together."""

Floats = NDArray[np.float64]


def _scaled() -> NDArray[np.float32]:
    table = piece_table()
    found: NDArray[np.float32] = table.vectors.astype(np.float32) * np.float32(LENGTH * table.step)
    return found


def embedded(matrix: sparse.csr_matrix, reach: float = 1.0) -> sparse.csr_matrix:
    """Features (n, ROWS) with the block of pieces as dense columns: (n, PIECE_FIRST + dimensions), times ``reach``."""
    hashed, pieces = matrix[:, :PIECE_FIRST], matrix[:, PIECE_FIRST:]
    return sparse.hstack([hashed, sparse.csr_matrix(pieces @ _scaled() * np.float32(reach))], format="csr", dtype=np.float32)


def unembedded(weights: Floats, reach: float = 1.0) -> Floats:
    """Weights (k, PIECE_FIRST + dimensions) that were learned of `embedded` features, as weights (k, ROWS) of the features."""
    return np.concatenate([weights[:, :PIECE_FIRST], weights[:, PIECE_FIRST:] @ _scaled().T.astype(np.float64) * reach], axis=1)


def piece_matrix(texts: Sequence[str], table: PieceTable) -> sparse.csr_matrix:
    """The pieces of n texts by a table, as (n, PIECE_ROWS): weights as the fused pass has them, each row of unit length."""
    buffer = pack(texts)
    out, ends = np.empty(int(buffer.starts[-1]) + 32 * (len(texts) + 1), np.int32), np.zeros(len(texts), np.int64)
    list_pieces(buffer.data, buffer.starts, table.slots(), out, ends)
    found = sparse.csr_matrix(
        (np.ones(int(ends[-1]) if len(ends) else 0, np.float32), out[: int(ends[-1]) if len(ends) else 0], np.concatenate([[0], ends])),
        shape=(len(texts), PIECE_ROWS),
    )
    found.sum_duplicates()
    squares = table.weights[found.indices].astype(np.float32)
    sizes = np.diff(found.indptr)
    sums = np.bincount(np.repeat(np.arange(len(texts)), sizes), squares, len(texts))
    found.data = (np.sqrt(squares) / np.repeat(np.sqrt(np.where(sums > 0, sums, 1)), sizes)).astype(np.float32)
    return found
