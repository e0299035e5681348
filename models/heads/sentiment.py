"""Sentiment, and the posts, messages and rated words it learns from.

Posts of our own in sixteen languages were judged by people, and count most. No licence-clean set here has human sentiment labels, so a
lexicon teacher labels crisislex_t6 and sms_spam texts and abstains where unsure. Of crisislex_t26 its people's labels are taken: what
newsrooms, offices and aid organisations write of a crisis, warnings, appeals and condolences are neutral, however sad their words (only
English: elsewhere they would outnumber all other posts). Words that we rated in fifteen languages stand for themselves. banking77 and
clinc150 say in their own labels that something went wrong (negative), was thanked for (positive) or was merely asked (neutral): what a
lexicon does not see in `my transfer is still pending`. Sentences of our own (`phrases_service`, `phrases_urgent`) say it of other trades,
everyday posts of our own (`moods`) of nobody in particular.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from models.examples import (
    BANKING_INTENTS,
    CLINC_INTENTS,
    JUDGED,
    MOODS,
    URGENT,
    Examples,
    Row,
    addressed,
    feeling,
    judged,
    labelled,
    lexicon_terms,
    moods,
    rated_terms,
    read,
    thinned,
)
from models.examples import phrases_service as own
from models.facets import SENTIMENTS
from models.heads.linear import LinearFacet
from models.language import UNKNOWN, detect_language

_ASKED = {"neutral": 0.3}
_COMMANDED = {"neutral": 0.2}
"""A question to a bank, or a command to an assistant, is only a little evidence of what a neutral post looks like."""

_OWN = (
    ("negative", own.COMPLAINT), ("negative", own.SAD), ("negative", URGENT), ("positive", own.PRAISE), ("positive", own.GLAD),
    ("neutral", own.QUESTION), ("neutral", own.REQUEST), ("neutral", own.NEUTRAL), ("neutral", own.REPORT),
)  # fmt: skip

JUDGED_COUNTS = 12.0
"""A judged post counts as so many rows of other people's labels, and as twice as many whose label is a lexicon's opinion."""
TAUGHT_COUNTS = 0.5

_TELLING = frozenset(("Media", "Government", "NGOs", "Business"))
_PLAIN = frozenset(("Sympathy and support", "Caution and advice", "Donations and volunteering"))

MOOD_OF_INTENT = {"complaint": "negative", "praise": "positive", "question": "neutral", "request": "neutral", "other": "neutral"}


def _taught(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    for row in rows:
        mood = feeling(row["text"])
        if mood is not None:
            yield row["text"], mood


def _told(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    for row in rows:
        if (row["source"] in _TELLING or row["info_type"] in _PLAIN) and detect_language(row["text"]) in ("en", UNKNOWN):
            yield row["text"], "neutral"


def _by_intent(rows: Iterable[Row], key: str, table: dict[str, str]) -> Iterable[tuple[str, str]]:
    for row in rows:
        mood = MOOD_OF_INTENT.get(table.get(row[key], ""))
        if mood is not None:
            yield row["text"], mood


class SentimentHead(LinearFacet):
    """How its author feels about it."""

    name = "sentiment"
    labels = classes = SENTIMENTS
    sources = ("crisislex_t6", "crisislex_t26", "sms_spam", "banking77", "clinc150")
    strength = 0.08
    balanced = False
    margin = True
    abstain_below = 0.5
    lexicon = True

    def examples(self, data: Path) -> Examples:
        """Texts labelled negative, neutral or positive."""
        rows = Examples("sentiment")
        rows.add(JUDGED, judged(lambda post: post.sentiment if post.gate == "keep" else None), JUDGED_COUNTS)
        rows.add(MOODS, moods(), JUDGED_COUNTS)
        rows.add("banking77", thinned(addressed(_by_intent(read(data, "banking77"), "category", BANKING_INTENTS)), 3), _ASKED)
        rows.add("clinc150", thinned(addressed(_by_intent(read(data, "clinc150"), "intent", CLINC_INTENTS)), 6), _COMMANDED)
        rows.add("crisislex_t6 (lexicon)", _taught(read(data, "crisislex_t6")[::3]), TAUGHT_COUNTS)
        rows.add("crisislex_t26", _told(read(data, "crisislex_t26")[::6]))
        rows.add("sms_spam (lexicon)", _taught(row for row in read(data, "sms_spam") if row["label"] == "ham"), TAUGHT_COUNTS)
        rows.add("vaderSentiment lexicon", lexicon_terms(), 0.4)
        rows.add("words we rated", rated_terms())
        rows.add("own sentences", labelled(*_OWN), 2.0)
        return rows
