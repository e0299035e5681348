"""Danger: whether somebody is to be woken for this one post, and the posts it learns from.

danger: posts of our own in sixteen languages of harm to people, fire, threats to life, theft in progress, a breach or an outage of many,
that people judged to be worth waking somebody. safe: all others, drama about matches, songs and cakes among them, what people asked of
banks and assistants, and what crisislex people say of disasters elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from models.examples import CALM, JUDGED, Examples, judged, labelled, read, thinned
from models.examples import phrases_service as own
from models.facets import DANGER_LABELS
from models.heads.linear import LinearFacet

JUDGED_COUNTS = 12.0
"""A judged post counts as so many rows of other people's labels."""


class DangerHead(LinearFacet):
    """Whether people, or what is theirs, are being harmed now."""

    name = "danger"
    labels = classes = DANGER_LABELS
    sources = ("banking77", "clinc150", "crisislex_t26", "crisislex_t6")
    strength = 0.2
    balanced = False
    margin = True
    abstain_below = 0.5

    def examples(self, data: Path) -> Examples:
        """Texts labelled danger or safe."""
        rows = Examples("danger")
        rows.add(JUDGED, judged(lambda post: "danger" if post.page else "safe"), JUDGED_COUNTS)
        for name, every in (("banking77", 12), ("clinc150", 12), ("crisislex_t26", 6)):
            rows.add(name, thinned(((row["text"], "safe") for row in read(data, name)), every))
        off_topic = (row for row in read(data, "crisislex_t6") if row["label"] == "off-topic")
        rows.add("crisislex_t6", thinned(((row["text"], "safe") for row in off_topic), 12))
        calm = (CALM, own.COMPLAINT, own.PRAISE, own.QUESTION, own.REQUEST, own.OTHER, own.GLAD, own.SAD)
        rows.add("own sentences", thinned(labelled(*(("safe", templates) for templates in calm)), 2))
        return rows
