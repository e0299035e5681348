"""The form by which a text is recognised as one that was there before, word for word: the hash of its words.

ASCII capitals become small; ASCII that is neither letter nor digit only separates words. All else stays, byte for byte.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.buffer import TextBuffer
from schemas.text.characters import FIRST_BEYOND_ASCII, SPACE
from schemas.text.hashing import FNV_OFFSET, fnv1a

_KEPT = np.array(
    [code if code >= FIRST_BEYOND_ASCII else ord(chr(code).lower()) if chr(code).isalnum() else 0 for code in range(256)], np.uint8
)
"""Of each byte what is hashed, 0 where it separates words."""


def word_hashes(buffer: TextBuffer) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """(hash, never 0; number of words) of each text: FNV-1a of its words, a space before each."""
    hashes, words = np.empty(len(buffer), np.uint64), np.empty(len(buffer), np.int32)
    _hash_words(buffer.data, buffer.starts, hashes, words)
    return hashes, words


@compiled
def _hash_words(data: NDArray[np.uint8], starts: NDArray[np.int64], hashes: NDArray[np.uint64], words: NDArray[np.int32]) -> None:
    """Write to row i of ``hashes`` and ``words`` (n each) what `word_hashes` says of ``data[starts[i]:starts[i + 1]]``."""
    for row in range(len(starts) - 1):
        hashed, inside = FNV_OFFSET, False
        words[row] = 0
        for at in range(starts[row], starts[row + 1]):
            byte = _KEPT[data[at]]
            if byte != 0:
                if not inside:
                    inside = True
                    words[row] += 1  # not a local: with one, this loop becomes a third slower
                    hashed = fnv1a(hashed, SPACE)
                hashed = fnv1a(hashed, byte)
            else:
                inside = False
        hashes[row] = hashed if hashed != 0 else np.uint64(1)
