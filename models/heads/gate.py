"""In: spam and ordinary messages. Out: examples for the spam gate.

spam and ham: sms_spam. More ham, so that a short, angry or link-carrying post is not spam merely for being a post:
crisislex tweets that people judged to be about the event, banking77 and clinc150 questions. crisislex off-topic tweets are
left out: some of them are advertising, and nobody labelled which.
"""

from __future__ import annotations

from pathlib import Path

from models.datasets import read
from models.heads.examples import Examples, addressed, thinned

SOURCES = ("sms_spam", "crisislex_t26", "crisislex_t6", "banking77", "clinc150")
STRENGTH = 64.0
BALANCED = False


def examples(data: Path) -> Examples:
    """Texts labelled spam or ham."""
    rows = Examples("spam")
    rows.add("sms_spam", ((row["text"], row["label"]) for row in read(data, "sms_spam")))
    related = (row for row in read(data, "crisislex_t26") if row["informativeness"].startswith("Related"))
    rows.add("crisislex_t26", thinned(((row["text"], "ham") for row in related), 2), 0.5)
    on_topic = (row for row in read(data, "crisislex_t6") if row["label"] == "on-topic")
    rows.add("crisislex_t6", thinned(((row["text"], "ham") for row in on_topic), 3), 0.5)
    rows.add("banking77", thinned(addressed((row["text"], "ham") for row in read(data, "banking77")), 2), 0.5)
    rows.add("clinc150", thinned(addressed((row["text"], "ham") for row in read(data, "clinc150")), 3), 0.5)
    return rows
