"""Intent, and the rows of banking77, clinc150 and crisislex it learns from.

Posts of our own in sixteen languages were judged by people, and count most. Human labels through the tables in `labels`, and sentences of
our own (`phrases_service`); posts are labelled weakly: factual crisislex_t26 posts are reports, its condolences and appeals `other`;
of the remaining chatter, a post that speaks to someone (@) or of oneself is a complaint or praise where the lexicon teacher is certain, a
question where it asks someone and the teacher sees no feeling; the rest is `other`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from models.examples import (
    BANKING_INTENTS,
    CLINC_INTENTS,
    JUDGED,
    Examples,
    Row,
    addressed,
    compound,
    feeling,
    judged,
    labelled,
    read,
    thinned,
)
from models.examples import phrases_service as own
from models.facets import INTENTS
from models.heads.linear import LinearFacet

JUDGED_COUNTS = 12.0
"""A judged post counts as so many rows of other people's labels."""

_ASSISTANT = {"question": 0.4, "request": 0.4}
"""clinc150 is spoken to an assistant, not to an organisation: its two largest classes count for less."""
_SILENCE = {"question": 0.5, "other": 0.3}
"""A lexicon that finds no feeling is weak evidence that there is none."""

_OWN = (
    ("complaint", own.COMPLAINT), ("praise", own.PRAISE), ("question", own.QUESTION), ("request", own.REQUEST), ("report", own.REPORT),
    ("other", own.OTHER), ("other", own.NEUTRAL), ("other", own.GLAD), ("other", own.SAD),
)  # fmt: skip

_FACTS = frozenset(("Affected individuals", "Caution and advice", "Infrastructure and utilities"))
_APPEALS = frozenset(("Sympathy and support", "Donations and volunteering"))
_REPORTERS = frozenset(("Media", "Government", "Eyewitness", "Business", "NGOs"))
_PERSONAL = re.compile(r"\b(?:i|i'm|im|my|me|we|our|you|your|u|ur)\b", re.IGNORECASE)
_COPY = re.compile(r"\bRT @|\bvia @|https?://")


def chatter_intent(text: str) -> str | None:
    """Weak intent of one everyday post; None where neither the teacher nor the form decides."""
    if _COPY.search(text):
        return "other" if feeling(text) == "neutral" else None
    personal = "@" in text or _PERSONAL.search(text) is not None
    mood = feeling(text)
    if "?" in text and personal and mood == "neutral":
        return "question"
    if personal and mood == "negative":
        return "complaint"
    if personal and compound(text) >= 0.5:
        return "praise" if "@" in text or "thank" in text.lower() else None
    return "other" if mood == "neutral" else None


def _chatter(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    for row in rows:
        label = chatter_intent(row["text"])
        if label is not None:
            yield row["text"], label


def _news(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    for row in rows:
        if row["info_type"] in _FACTS and row["source"] in _REPORTERS:
            yield row["text"], "report"
        elif row["info_type"] in _APPEALS:
            yield row["text"], "other"


class IntentHead(LinearFacet):
    """What its author wants."""

    name = "intent"
    labels = classes = INTENTS
    sources = ("banking77", "clinc150", "crisislex_t26", "crisislex_t6")
    strength = 0.2
    balanced = False
    margin = True
    abstain_below = 0.5
    lexicon = True

    def examples(self, data: Path) -> Examples:
        """Texts labelled with one of INTENTS."""
        rows = Examples("intent")
        rows.add(JUDGED, judged(lambda post: post.intent if post.gate != "spam" else None), JUDGED_COUNTS)
        banking = ((row["text"], BANKING_INTENTS[row["category"]]) for row in read(data, "banking77") if row["category"] in BANKING_INTENTS)
        rows.add("banking77", thinned(addressed(banking), 3))
        clinc = ((row["text"], CLINC_INTENTS[row["intent"]]) for row in read(data, "clinc150") if row["intent"] in CLINC_INTENTS)
        rows.add("clinc150", thinned(addressed(clinc), 3), _ASSISTANT)
        rows.add("crisislex_t26", thinned(_news(read(data, "crisislex_t26")), 6))
        off_topic = [row for row in read(data, "crisislex_t6") if row["label"] == "off-topic"][::3]
        rows.add("crisislex_t6 (lexicon)", _chatter(off_topic), _SILENCE)
        rows.add("own sentences", labelled(*_OWN), 2.0)
        return rows
