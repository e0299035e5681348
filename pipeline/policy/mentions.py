"""Words that a condition looks for in a text: whole ones, however they are typed."""

import re
from functools import lru_cache

from schemas.text import publishable, searchable

_APOSTROPHES = str.maketrans("’‘ʼ`´", "'''''")


def mentions(text: object, words: object) -> bool:
    """Whether one of the words (lower case, separated by commas) stands in the text, as whole words.

    >>> mentions("they will sue you", "lawyer, sue you")
    True
    """
    if not isinstance(text, str) or not isinstance(words, str):
        raise TypeError("mentions(text, 'word, other words') takes two texts")
    return mentioned(text, words) is not None


@lru_cache(maxsize=256)
def mentioned(text: str, words: str) -> str | None:
    """The first of the words that stands in the text; None when none does. Asked twice: by the condition, and for what a decision saw."""
    match = _words(words).search(_folded(text))
    return match and match.group()


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    """However it is typed: case and width, white space and which of the apostrophes make no difference."""
    plain = text.lower() if text.isascii() else searchable(publishable(text))
    return " ".join(plain.translate(_APOSTROPHES).split())


@lru_cache(maxsize=1024)
def _words(words: str) -> re.Pattern[str]:
    alternatives = (re.escape(_folded(word)) for word in words.split(",") if word.strip())
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives) or '(?!)'})(?!\w)")
