"""A term of the subjects file as what to look for: its spellings, or the pattern that an inflected one stands for.

``*`` stands for any letters (compounds: ``bahn*``, ``*bank``), ``~`` for an ending of at most three (forms: ``Аврор~``); both may stand
at each word of a term. All else is literal; where it has a space, a hyphen, an apostrophe, ``&``, an umlaut or a capital within
(``BrightBank``), every ordinary way of writing that is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import islice, product

from pipeline.sift.word_edges import HAN, HANGUL, KATAKANA, THAI, script
from schemas.text import searchable

MOST_SPELLINGS = 256
_JOINTS = ("", " ", "-", "_")
_PARTED = frozenset({THAI, HAN, KATAKANA, HANGUL})
_CAPITAL_WITHIN = re.compile(r"(?<=[^\W\d_][^\W\d_])(?=[A-ZÀ-ÞΑ-ΩА-Я][a-zß-ÿα-ωа-я]{2})(?<=[a-zß-ÿα-ωа-я])")
_PARTS = re.compile(r"[\s_-]+")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_LETTERS = r"[^\W\d_]"
_MARKS = {"*": f"{_LETTERS}{{0,40}}", "~": f"{_LETTERS}{{0,3}}"}
_LEAST_FIXED = 2
"""Letters that must be given, else a pattern would be looked for in every text."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Spellings, folded, one of which stands in the text."""

    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inflected:
    """A pattern of folded text. ``anchor`` stands in whatever it matches: the pattern is tried only where that was found.

    ``stem``: how many letters are given in one piece, in that of its words with ``*`` or ``~`` that gives fewest.
    """

    anchor: str
    pattern: re.Pattern[str]
    stem: int


def compile_term(term: str) -> Literal | Inflected:
    """What to look for. Raises ValueError, for people, when it is empty or has too little that is fixed."""
    folded = searchable(term).strip()
    if "*" in folded or "~" in folded:
        return _inflected(term, folded)
    if not any(character.isalnum() for character in folded):
        raise ValueError(f"term {term!r} has no letter")
    return Literal(tuple(islice(dict.fromkeys(_spellings(term.strip())), MOST_SPELLINGS)))


def _inflected(term: str, folded: str) -> Inflected:
    words = [word for word in _PARTS.split(folded) if word]
    anchor = max((piece for word in words for piece in re.split("[*~]", word)), key=len, default="")
    if len(anchor) < _LEAST_FIXED:
        raise ValueError(f"term {term!r} needs at least {_LEAST_FIXED} letters beside * and ~")
    pattern = "[ _-]?".join("".join(_MARKS.get(piece) or re.escape(piece) for piece in word) for word in words)
    stem = min(max(map(len, re.split("[*~]", word))) for word in words if "*" in word or "~" in word)
    return Inflected(anchor, re.compile(pattern), stem)


def _spellings(term: str) -> list[str]:
    """Every ordinary way of writing a literal term, folded, the likeliest first."""
    found: list[str] = []
    for written in dict.fromkeys((term, term.translate(_GERMAN))):
        for words in (_PARTS.split(written), _PARTS.split(_CAPITAL_WITHIN.sub(" ", written))):
            found += _joined([searchable(word) for word in words if word])
    return found + _parted(found[0])


def _parted(spelling: str) -> list[str]:
    """A name of one word in a script of East Asia or of Thai in two: people part at will what they write without spaces."""
    if not all(script(character) in _PARTED for character in spelling):
        return []
    places = [place for place in range(2, len(spelling) - 1) if unicodedata.category(spelling[place])[0] != "M"]
    return [f"{spelling[:place]}{joint}{spelling[place:]}" for place in places for joint in (" ", "-")]


def _joined(words: list[str]) -> list[str]:
    if words and words[0].startswith("@"):
        return ["_".join(words), "".join(words)] if len(words) > 1 else words
    ways = [_ways(word) for word in words]
    gaps = product(_JOINTS, repeat=len(words) - 1) if len(words) < 5 else ((joint,) * (len(words) - 1) for joint in _JOINTS)
    spelled = []
    for chosen, joints in product(product(*ways), list(gaps)):
        spelled.append("".join(piece for pair in zip(chosen, (*joints, ""), strict=True) for piece in pair))
    return spelled


def _ways(word: str) -> list[str]:
    """One word: apostrophes, dots and ``&`` as people put or leave them, the Arabic article behind li-."""
    ways = [word]
    if "'" in word:
        ways.append(word.replace("'", ""))
    elif len(word) > 4 and word.endswith("s") and word.isascii():
        ways.append(f"{word[:-1]}'s")
    if "." in word.strip("."):
        ways.append(word.replace(".", ""))
    if "&" in word.strip("&"):
        ways += [word.replace("&", f" {sign} ") for sign in ("&", "and")]
    if word.startswith("ال"):
        ways.append(f"لل{word[2:]}")
    return ways
