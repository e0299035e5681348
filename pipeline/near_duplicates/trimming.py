"""Which words of a text are the text itself, for the word reader: what stands around a text when it is passed on is told apart from it.

That is a label before it ("BREAKING:", "[update]"), a name behind it ("- Morning Courier", "(Reuters)"), hashtags at either end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.near_copy import HAS_DIGIT, IS_APART, IS_CAPITAL, IS_HASHTAG, IS_INNER, IS_LABEL, IS_LONG

LEAST_LETTERS = 16
"""With fewer of its own, a text is taken as a whole."""
_NAME_WORDS = 5
"""Of a name behind a text, at most."""
_LABEL_WORDS = 2
"""Of a label before it."""
_INNER_CAPITAL = IS_INNER | IS_CAPITAL
_NAMED_PART = 3
"""One word in so many, and one more, may begin with a capital where capitals are for names."""


@compiled
def _before_hashtags(facts: NDArray[np.uint8], end: int) -> int:
    """Where the hashtags at the end of a text begin, but for one that ends a sentence ("pray for #Boston")."""
    before = end
    while before > 0 and facts[before - 1] & IS_HASHTAG:
        before -= 1
    if 0 < before < end and facts[before] & IS_INNER and not facts[before - 1] & IS_LONG:
        before += 1
    return before


@compiled
def _before_name(facts: NDArray[np.uint8], end: int) -> int:
    """Where the name that is put behind a text begins, ``end`` for none."""
    name = end
    for word in range(end - 1, max(-1, end - 1 - _NAME_WORDS), -1):
        if facts[word] & HAS_DIGIT or (facts[word] & IS_LONG and not facts[word] & IS_CAPITAL):
            break
        if facts[word] & IS_APART and facts[word] & IS_CAPITAL:
            name = word
    return name


@compiled
def _behind_label(facts: NDArray[np.uint8], first: int, end: int) -> int:
    """Where the text behind a label begins, ``first`` where there is none."""
    for word in range(first, min(first + _LABEL_WORDS, end - 1)):
        if facts[word] & HAS_DIGIT:
            break
        if facts[word] & IS_LABEL:
            return word + 1
    return first


@compiled
def own_words(starts: NDArray[np.int64], facts: NDArray[np.uint8], words: int) -> tuple[int, int]:
    """(first, end) of the words that are the text itself, without label, name behind and outer hashtags; all where little is left.

    ``starts`` (words + 1) and ``facts`` (words) are those of a `near_copy.Reading`.
    """
    first, end = 0, _before_hashtags(facts, words)
    name = _before_name(facts, end)
    if name < end:
        end = _before_hashtags(facts, name)
    while first < end and facts[first] & IS_HASHTAG and not facts[first] & IS_LABEL:
        first += 1
    if first == 1 and first < end and not facts[1] & (IS_HASHTAG | IS_CAPITAL):  # "#this is mad"
        first = 0
    first = _behind_label(facts, first, end)
    if end <= first or starts[end] - starts[first] < LEAST_LETTERS + end - first:  # and a space each
        return 0, words
    return first, end


@compiled
def is_name(fact: int) -> bool:
    """Whether a word begins with a capital within a sentence."""
    return fact & _INNER_CAPITAL == _INNER_CAPITAL


@compiled
def has_names(facts: NDArray[np.uint8], words: int) -> bool:
    """Whether capitals within sentences are for names, not for every word."""
    capitals = 0
    for word in range(words):
        capitals += is_name(facts[word])
    return _NAMED_PART * capitals <= words + 2
