"""In: texts. Out, per text: a 64-byte MinHash signature, a hash of the normalised text, its words (how many, and which), what it quotes.

Two texts count as near when they share most of their 5-character shingles after normalisation: letter case, punctuation,
emoji, invisible characters, accents, look-alike letters, links and @handles do not count. One compiled pass over one UTF-8 buffer
normalises, shingles and sketches a whole batch. MinHash: Broder 1997; b-bit signatures: Li and König 2010.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.kernel import Sketches, Table, sketch_all
from pipeline.near_duplicates.lexicon import table
from pipeline.near_duplicates.normalise import letters
from pipeline.near_duplicates.tokens import ASKS, QUOTE, REPOST
from pipeline.near_duplicates.word_codes import WORDS

__all__ = ["ASKS", "NOT_KNOWN", "OWN_WORDS", "PERMUTATIONS", "QUOTE", "REPOST", "WORDS", "Sketches", "likeness", "sketch"]

PERMUTATIONS = 64
SHINGLE = 5
OWN_WORDS = 3
"""So many words before a quoted "RT @handle" are a comment, which is compared on its own; fewer make it a copy."""

BAG_WORDS = 64
"""Of so many words a text's bag is made: more would fill it, and long texts would all look alike."""

NOT_KNOWN = 255
"""Instead of a number of negations."""

_random = np.random.Generator(np.random.PCG64(20150217))  # a fixed seed: signatures are kept in state and must stay comparable
_FACTORS = _random.integers(0, 2**31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
_ADDENDS = _random.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
_WORDS = Table(*table())


def sketch(texts: Sequence[str]) -> Sketches:
    """Sketch a batch of texts; texts that hold no letter or digit get the hash and signature of the empty text."""
    prepared = [letters(text) for text in texts]
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
        np.zeros((len(prepared), WORDS), np.uint16),
    )
    data = np.frombuffer(b"".join(prepared) or b"\0", np.uint8)
    sketch_all(data, offsets, _FACTORS, _ADDENDS, _WORDS, found)
    return found


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Estimated Jaccard similarity, 0..1, of two signatures; standard error about .06 near .7."""
    same = float(np.count_nonzero(first == second)) / PERMUTATIONS
    return max(0.0, (same - 1 / 256) / (1 - 1 / 256))
