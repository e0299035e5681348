"""In: crisislex_t26 and banking77 rows. Out: examples for stakeholder.

crisislex_t26 says who speaks; banking77 is written by people to the bank that serves them: customers. No licence-clean set
names employees or investors: they are never answered here and come from the affiliation roster or from rules instead.
"""

from __future__ import annotations

from pathlib import Path

from models.datasets import read
from models.heads.examples import Examples, addressed, thinned
from models.heads.labels import STAKEHOLDER_OF_SOURCE

SOURCES = ("crisislex_t26", "banking77")
STRENGTH = 4.0
BALANCED = True


def examples(data: Path) -> Examples:
    """Texts labelled with the five STAKEHOLDERS that there is data for."""
    rows = Examples("stakeholder")
    for row in read(data, "crisislex_t26"):
        if row["source"] in STAKEHOLDER_OF_SOURCE:
            rows.add("crisislex_t26", [(row["text"], STAKEHOLDER_OF_SOURCE[row["source"]])])
    rows.add("banking77", thinned(addressed((row["text"], "customer") for row in read(data, "banking77")), 3))
    return rows
