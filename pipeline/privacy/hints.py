"""What must stand in a text for a dear rule to find anything there: the words of all rules, looked for in one pass.

A hint may be given where nothing is; where a rule finds something, its hint is never missing. The tests hold every rule against that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import ahocorasick_rs
from msgspec import Struct

from pipeline.privacy.phrases import CAPITALS

_DIGIT = re.compile(r"\d")
_OTHER_CASES = re.compile(r"[\u017f\u0345\u1c80-\u1c88\u1fbe\u212a\ufb05\ufb06]")
"""Letters that a rule takes for another one whatever its case, and `str.lower` does not."""


class Glance(Struct, frozen=True):
    """What was seen of a text: which hints (bits), how many digits. ``folded``: small letters, one blank between words."""

    hints: int
    digits: int
    folded: str


class Hint:
    """Asked of a text, says whether one of its words stands there.

    ``begins``: the words begin where a word does. ``then``: asked of the character behind them; "" at the end of the text.
    """

    def __init__(self, words: Iterable[str], *, begins: bool = True, then: Callable[[str], bool] | None = None) -> None:
        self.bit = 1 << len(_HINTS)
        self.words = sorted({_fold(word) for word in words})
        self.begins, self.then = begins, then
        _HINTS.append(self)

    def __call__(self, text: str) -> bool:
        """Whether one of the words stands in a text."""
        return bool(see(text).hints & self.bit)


_HINTS: list[Hint] = []


@lru_cache(maxsize=8)
def see(text: str) -> Glance:
    """Look at a text once for all rules."""
    spaced = " ".join(text.split())
    folded = _fold(spaced)
    digits = len(_DIGIT.findall(text))
    if len(folded) != len(spaced) or not (text.isascii() or _OTHER_CASES.search(text) is None):
        return Glance(-1, digits, folded)  # nothing is ruled out
    hints, last = 0, len(folded)
    needles = _needles(len(_HINTS))
    for place, start, end in needles.scan(folded, True):
        hint = needles.hints[place]
        if hints & hint.bit:
            continue
        if hint.begins and start and (folded[start - 1].isalnum() or folded[start - 1] == "_"):
            continue
        if hint.then is None or hint.then(spaced[end] if end < last else ""):
            hints |= hint.bit
    return Glance(hints, digits, folded)


class _Needles(Struct):
    hints: list[Hint]
    scan: Callable[[str, bool], list[tuple[int, int, int]]]


@lru_cache(maxsize=1)
def _needles(_: int) -> _Needles:
    """All words of all hints, of which there are so many."""
    words = [(word, hint) for hint in _HINTS for word in hint.words]
    return _Needles([hint for _, hint in words], ahocorasick_rs.AhoCorasick([word for word, _ in words]).find_matches_as_indexes)


def _fold(text: str) -> str:
    return text.lower().replace("ı", "i")


def capital(character: str) -> bool:
    """Whether a name may begin with it."""
    return character in CAPITALS and character != ""


def no_word(character: str) -> bool:
    """Whether a word may end before it."""
    return not (character.isalnum() or character == "_")
