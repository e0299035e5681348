"""Texts as rows of one feature table: hashed characters and words, form, valence."""

from models.features import vectorise
from models.features.quantise import as_bytes, quantised, unfolded
from models.features.valence import service_words
from models.features.vectorise import IDF_LANE, LANES, LAYOUT, N_BLOCKS, OUTPUTS, ROWS, Bytes, features_csr, rows_of

__all__ = [
    "IDF_LANE",
    "LANES",
    "LAYOUT",
    "N_BLOCKS",
    "OUTPUTS",
    "ROWS",
    "Bytes",
    "as_bytes",
    "features_csr",
    "quantised",
    "rows_of",
    "service_words",
    "unfolded",
    "vectorise",
]
