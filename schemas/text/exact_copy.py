"""The form by which a text is recognised as one that was there before, word for word: the hash of its words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.buffer import TextBuffer
from schemas.text.characters import CASE_BIT, FIRST_BEYOND_ASCII, SPACE, is_capital, is_digit, is_small
from schemas.text.hashing import FNV_OFFSET, fnv1a


def word_hashes(buffer: TextBuffer) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """(hash, never 0; number of words) of each text: FNV-1a of its words, a space before each."""
    hashes, words = np.empty(len(buffer), np.uint64), np.zeros(len(buffer), np.int32)
    _hash_words(buffer.data, buffer.starts, hashes, words)
    return hashes, words


@compiled
def _hash_words(data: NDArray[np.uint8], starts: NDArray[np.int64], hashes: NDArray[np.uint64], words: NDArray[np.int32]) -> None:
    """Write to row i of ``hashes`` and ``words`` (n each) what `word_hashes` says of ``data[starts[i]:starts[i + 1]]``."""
    for row in range(len(starts) - 1):
        hashed, inside = FNV_OFFSET, False
        for at in range(starts[row], starts[row + 1]):
            byte = data[at]
            if is_capital(byte):
                byte |= CASE_BIT
            if is_small(byte) or is_digit(byte) or byte >= FIRST_BEYOND_ASCII:
                if not inside:
                    inside = True
                    words[row] += 1
                    hashed = fnv1a(hashed, SPACE)
                hashed = fnv1a(hashed, byte)
            else:
                inside = False
        hashes[row] = hashed if hashed != 0 else np.uint64(1)
