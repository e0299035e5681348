"""The form in which names are looked for: one spelling for what people write in many.

Folded are compatibility forms (NFKC), HTML entities, case of all scripts, accents of Latin, Greek and Cyrillic letters, vowel marks of
Arabic and Hebrew, letters that one language writes in two ways, invisible characters and trade marks' signs; all white space is one
space, all dashes are ``-``, all apostrophes ``'``. Beyond ASCII whatever is neither letter, digit nor mark is ``;``: it ends words.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u0640\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\u2122\u2120\u00ae\u00a9]"
)
"""What nobody sees or says: soft hyphens, joiners, marks of direction, the stretched line of Arabic, ™ ® ©."""
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc]"
)
"""Combining marks that people leave out: of Latin, Greek and Cyrillic, Hebrew points, Arabic vowels and hamza."""
_LETTERS = str.maketrans(
    {
        "ı": "i", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ւ": "վ",
        "ة": "ه", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ٱ": "ا",
        "‘": "'", "’": "'", "ʼ": "'", "ʹ": "'", "′": "'", "׳": "'", "״": '"',
        "・": " ", "·": " ", "‧": " ", "−": "-", "־": "-",
    }
)  # fmt: skip
_JOINS = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\ud7b0-\ud7ff\uff65-\uffdc]")
"""Letters that become one with their neighbours: the parts of Korean syllables, half-width kana."""
_SPACES = re.compile(r"\s+")
_ASCII = bytes(range(0x80))
_FEW = 12
"""So many characters beyond ASCII are replaced one by one: in most texts they are some accents, quotation marks and emoji."""
_MOST_REMEMBERED = 4_096
_NEW: tuple[tuple[str, str], ...] = (("", ""),)
_folded: dict[str, tuple[tuple[str, str], ...] | None] = {}
"""Few characters and what becomes of each; None where one may be folded together with its neighbours only."""


def searchable(text: str) -> str:
    """The text in the one spelling that names are looked for in.

    >>> searchable("STRASSE, Straße")
    'strasse, strasse'
    >>> searchable("Ｂｒｉｇｈｔ\\u00a0Bank&rsquo;s Café\\u200b–Crème")
    "bright bank's cafe-creme"
    """
    if "&" in text and ";" in text:
        text = unescape(text)
    if not text.isascii():
        text = _fold_beyond_ascii(text)
    text = text.casefold()
    if "\n" in text or "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    return text


def _fold_beyond_ascii(text: str) -> str:
    beyond = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    if len(beyond) > _FEW:
        return _BEYOND_ASCII.sub(lambda run: _fold_run(run[0]), text)
    instead = _folded.get(beyond, _NEW)
    if instead is _NEW:
        instead = _remember(beyond)
    if instead is None:
        return _BEYOND_ASCII.sub(lambda run: _fold_run(run[0]), text)
    for character, becomes in instead:
        text = text.replace(character, becomes)
    return text


def _remember(beyond: str) -> tuple[tuple[str, str], ...] | None:
    """How each of these characters is folded, wherever it stands."""
    alone = all(unicodedata.category(character)[0] != "M" and not _JOINS.match(character) for character in beyond)
    if len(_folded) >= _MOST_REMEMBERED:
        _folded.clear()
    _folded[beyond] = tuple((character, _fold_run(character)) for character in dict.fromkeys(beyond)) if alone else None
    return _folded[beyond]


def _fold_run(run: str) -> str:
    seen = unicodedata.normalize("NFKC", _UNSEEN.sub("", run).replace("´", "'")).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", seen))
    folded = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    return folded if folded.isalpha() else "".join(map(_character, folded))


def _character(character: str) -> str:
    """What is no letter, as its plainest kind."""
    if character.isascii() or character.isalpha():
        return character
    kind = unicodedata.category(character)
    if kind[0] == "M":
        return character
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    if kind[0] == "N":
        return character
    return " " if kind[0] == "Z" else "-" if kind == "Pd" else ";"
