"""The lexicon's opinion of a text: a weak label where no licence-clean set has a human one.

vaderSentiment (MIT; Hutto & Gilbert, ICWSM 2014) scores a text from a lexicon that people rated. What is learned from its
labels is a student: it can be wrong wherever the lexicon is, and the card says so.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from models.features import NEGATION, ratings, service_words
from models.language import UNKNOWN, detect_language

NEGATIVE, CALM_FROM, CALM_TO, POSITIVE = -0.15, -0.05, 0.1, 0.4
"""Compound scores at or beyond the outer two are a feeling, between the inner two none, elsewhere the teacher abstains.

Politeness (please, thanks, hope) lifts the score of an unhappy text, so more is asked of a positive one.
"""


@cache
def _analyser() -> Any:
    analyser = SentimentIntensityAnalyzer()
    analyser.lexicon.update({word: tenths / 10 for word, tenths in service_words().items()})
    return analyser


@cache
def compound(text: str) -> float:
    """The lexicon's overall score of `text`, -1 (worst) to 1 (best)."""
    return float(_analyser().polarity_scores(text)["compound"])


def feeling(text: str) -> str | None:
    """negative, neutral or positive; None where the teacher abstains, as it does on any language but English."""
    if detect_language(text) not in ("en", UNKNOWN):
        return None
    score = compound(text)
    if score <= NEGATIVE:
        return "negative"
    if score >= POSITIVE:
        return "positive"
    return "neutral" if CALM_FROM <= score <= CALM_TO else None


def lexicon_terms() -> list[tuple[str, str]]:
    """The rated words themselves as one-word texts, so that a word no training text holds still carries its feeling."""
    lines = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    rated = [line.split("\t")[:2] for line in lines if line.count("\t") >= 2]
    return [(word, "positive" if float(score) > 0 else "negative") for word, score in rated if abs(float(score)) >= 1.0]


def rated_terms() -> list[tuple[str, str]]:
    """The words and phrases of other languages that we rated ourselves, as texts."""
    return [(term, "positive" if value > 0 else "negative") for _, value, term in ratings() if value < NEGATION]
