"""Texts as rows of one feature table: hashed characters and words, form, valence, pieces of words."""

from models.features import vectorise
from models.features.embedding import embedded, piece_matrix, unembedded
from models.features.pieces import INSIDE, LONGEST_PIECE, PIECE_ROWS, TABLE_FILE, PieceTable
from models.features.quantise import as_bytes, quantised, unfolded
from models.features.row_sums import LANES
from models.features.valence import NEGATION, ratings, service_words
from models.features.vectorise import IDF_LANE, LAYOUT, N_BLOCKS, OUTPUTS, PIECE_FIRST, ROWS, Bytes, features_csr, rows_of

__all__ = [
    "IDF_LANE",
    "INSIDE",
    "LANES",
    "LAYOUT",
    "LONGEST_PIECE",
    "NEGATION",
    "N_BLOCKS",
    "OUTPUTS",
    "PIECE_FIRST",
    "PIECE_ROWS",
    "ROWS",
    "TABLE_FILE",
    "Bytes",
    "PieceTable",
    "as_bytes",
    "embedded",
    "features_csr",
    "piece_matrix",
    "quantised",
    "ratings",
    "rows_of",
    "service_words",
    "unembedded",
    "unfolded",
    "vectorise",
]
