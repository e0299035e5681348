"""In: what `minhash_parts` knows of a text's words. Out: which of them are the text itself, and whether names are told by capitals.

What stands around a text when it is passed on is told apart from it: a label before it ("BREAKING:", "[update]"), a name behind it
("- Morning Courier", "(Reuters)"), hashtags at either end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled

LEAST_LETTERS = 16
"""With fewer of its own, a text is taken as a whole."""


@compiled
def _before_hashtags(facts: NDArray[np.uint8], end: int) -> int:
    """Where the hashtags at the end of a text begin, but for one that ends a sentence ("pray for #Boston")."""
    before = end
    while before > 0 and facts[before - 1] & 1:
        before -= 1
    if 0 < before < end and facts[before] & 16 and not facts[before - 1] & 32:
        before += 1
    return before


@compiled
def own_words(starts: NDArray[np.int64], facts: NDArray[np.uint8], words: int) -> tuple[int, int]:
    """(first, end) of the words that are the text itself, without label, name behind and outer hashtags; all where little is left."""
    first, end = 0, _before_hashtags(facts, words)
    name = end
    for word in range(end - 1, max(-1, end - 6), -1):
        if facts[word] & 64 or (facts[word] & 32 and not facts[word] & 8):
            break
        if facts[word] & 2 and facts[word] & 8:
            name = word
    if name < end:
        end = _before_hashtags(facts, name)
    while first < end and facts[first] & 1 and not facts[first] & 4:
        first += 1
    if first == 1 and first < end and not facts[1] & 9:  # "#this is mad"
        first = 0
    for word in range(first, min(first + 2, end - 1)):
        if facts[word] & 64:
            break
        if facts[word] & 4:
            first = word + 1
            break
    if end <= first or starts[end] - starts[first] < 16 + end - first:  # LEAST_LETTERS, and a space each
        return 0, words
    return first, end


@compiled
def has_names(facts: NDArray[np.uint8], words: int) -> bool:
    """Whether capitals within sentences are for names, not for every word."""
    capitals = 0
    for word in range(words):
        capitals += (facts[word] & 24) == 24
    return 3 * capitals <= words + 2
