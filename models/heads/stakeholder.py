"""Stakeholder, and the rows of crisislex_t26 and banking77 it learns from.

Posts of our own in sixteen languages say of each who speaks, by what it says; crisislex_t26 says who speaks of a crisis (businesses and aid
organisations in it are nobody's partners, but bystanders, as is anyone of whom nothing is known); banking77 is written by people to the
bank that serves them: customers. No licence-clean set names investors: sentences of our own (`phrases_stakeholder`) show
how they speak. Employees are never answered here: who works for whom the affiliation roster knows.
"""

from __future__ import annotations

from pathlib import Path

from models.examples import JUDGED, STAKEHOLDER_OF_SOURCE, Examples, addressed, judged, labelled, read, thinned
from models.examples import phrases_service as service
from models.examples import phrases_stakeholder as own
from models.facets import STAKEHOLDERS
from models.heads.linear import LinearFacet

_OWN = (
    ("investor", own.INVESTOR), ("partner", own.PARTNER), ("media", own.MEDIA), ("authority", own.AUTHORITY),
    ("prospect", own.BYSTANDER), ("customer", service.COMPLAINT), ("customer", service.PRAISE),
    ("prospect", service.OTHER), ("prospect", service.GLAD), ("prospect", service.SAD),
)  # fmt: skip


JUDGED_COUNTS = 3.0
"""A judged post counts as so many tweets about a crisis, whose speakers' kinds are only like ours."""

_SPEAKERS = STAKEHOLDER_OF_SOURCE | {"Business": "prospect", "NGOs": "prospect"}


class StakeholderHead(LinearFacet):
    """Who speaks. Employees are not learned: the roster and rules know them."""

    name = "stakeholder"
    labels = STAKEHOLDERS
    classes = ("customer", "prospect", "partner", "investor", "media", "authority")
    sources = ("crisislex_t26", "banking77")
    strength = 0.2
    margin = True
    abstain_below = 0.5

    def examples(self, data: Path) -> Examples:
        """Texts labelled with the classes."""
        rows = Examples("stakeholder")
        rows.add(
            JUDGED,
            judged(lambda post: post.stakeholder if post.stakeholder in self.classes and post.gate == "keep" else None),
            JUDGED_COUNTS,
        )
        speakers = ((row["text"], _SPEAKERS[row["source"]]) for row in read(data, "crisislex_t26") if row["source"] in _SPEAKERS)
        rows.add("crisislex_t26", speakers)
        rows.add("banking77", thinned(addressed((row["text"], "customer") for row in read(data, "banking77")), 9))
        rows.add("own sentences", labelled(*_OWN))
        return rows
