"""Sketches of texts, for `index`: a 64-byte MinHash signature, a hash of the text, its words (how many, and which), what it quotes.

Two texts count as near when they share most of their 5-character shingles after normalisation: letter case, punctuation,
emoji, invisible characters, accents, look-alike letters, links and @handles do not count. One compiled pass over one UTF-8 buffer
normalises, shingles and sketches a whole batch. MinHash: Broder 1997; b-bit signatures: Li and König 2010.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.near_duplicates.kernel import BAG, Sketches, sketch_all
from pipeline.near_duplicates.lexicon import table
from pipeline.near_duplicates.row import PERMUTATIONS
from pipeline.near_duplicates.word_codes import WORDS
from schemas.text import joined, near_copy

__all__ = ["Sketches", "sketch"]

_random = np.random.Generator(np.random.PCG64(20150217))  # a fixed seed: signatures are kept in state and must stay comparable
_FACTORS = _random.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_ADDENDS = _random.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
_LEXICON = table()


def sketch(texts: Sequence[str]) -> Sketches:
    """Sketch a batch of texts; texts that hold no letter or digit get the hash and signature of the empty text."""
    buffer = joined([near_copy.letters(text) for text in texts])
    found = Sketches(
        np.empty((len(buffer), PERMUTATIONS), np.uint8),
        np.empty(len(buffer), np.uint64),
        np.empty(len(buffer), np.int32),
        np.empty(len(buffer), np.uint8),
        np.zeros((len(buffer), BAG), np.uint64),
        np.empty(len(buffer), np.uint64),
        np.empty(len(buffer), np.int32),
        np.zeros((len(buffer), WORDS), np.uint16),
    )
    sketch_all(buffer.data, buffer.starts, _FACTORS, _ADDENDS, _LEXICON, found)
    return found
