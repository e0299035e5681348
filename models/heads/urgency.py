"""Urgency, and the rows of banking77, clinc150 and crisislex_t26 it learns from.

urgent: posts of our own in sixteen languages that people judged to need a reaction within hours (high) or minutes (critical), danger above
all, wherever it is told; labels under which money, access or safety is being lost while nobody acts (the tables in `labels`), warnings, and
people or supplies cut off; and sentences of our own (`phrases_urgent`). normal: everything the same sets call information,
sympathy or unrelated, and everyday sentences of our own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from models.examples import BANKING_URGENT, CALM, CLINC_URGENT, JUDGED, URGENT, Examples, Row, addressed, judged, labelled, read, thinned
from models.examples import phrases_service as own
from models.facets import URGENCY_LABELS
from models.heads.linear import LinearFacet

JUDGED_COUNTS = 12.0
"""A judged post counts as so many rows of other people's labels."""

_HOURS = frozenset(("high", "critical"))
_URGENT_INFO = frozenset(("Caution and advice", "Infrastructure and utilities"))
_NORMAL_INFO = frozenset(("Sympathy and support", "Other Useful Information", "Not labeled"))


def _warnings(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    for row in rows:
        if row["info_type"] in _URGENT_INFO:
            yield row["text"], "urgent"
        elif row["info_type"] in _NORMAL_INFO:
            yield row["text"], "normal"


def _by_table(rows: Iterable[Row], key: str, urgent: frozenset[str]) -> Iterable[tuple[str, str]]:
    return ((row["text"], "urgent" if row[key] in urgent else "normal") for row in rows if row[key] != "oos")


class UrgencyHead(LinearFacet):
    """Whether harm is done while nobody acts."""

    name = "urgency"
    labels = classes = URGENCY_LABELS
    sources = ("banking77", "clinc150", "crisislex_t26", "crisislex_t6")
    strength = 0.2
    balanced = False
    margin = True
    abstain_below = 0.7

    def examples(self, data: Path) -> Examples:
        """Texts labelled urgent or normal."""
        rows = Examples("urgency")
        rows.add(JUDGED, judged(lambda post: "urgent" if post.urgency in _HOURS else "normal"), JUDGED_COUNTS)
        rows.add("banking77", thinned(addressed(_by_table(read(data, "banking77"), "category", BANKING_URGENT)), 3))
        rows.add("clinc150", thinned(addressed(_by_table(read(data, "clinc150"), "intent", CLINC_URGENT)), 6))
        rows.add("crisislex_t26", thinned(_warnings(read(data, "crisislex_t26")), 3))
        off_topic = (row for row in read(data, "crisislex_t6") if row["label"] == "off-topic")
        rows.add("crisislex_t6", thinned(((row["text"], "normal") for row in off_topic), 12))
        rows.add("own sentences", labelled(("urgent", URGENT), ("normal", CALM)), 2.0)
        calm = (own.COMPLAINT, own.PRAISE, own.QUESTION, own.REQUEST, own.OTHER, own.GLAD, own.SAD)
        rows.add("own sentences", labelled(*(("normal", templates) for templates in calm)))
        return rows
