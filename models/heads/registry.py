"""In: nothing. Out: every facet there is. A new facet is one file in models/heads and one line here."""

from __future__ import annotations

from typing import Final

from models.artefacts.artefact import Artefact
from models.heads.estimator import Estimator
from models.heads.gate import Gate
from models.heads.intent import Intent
from models.heads.language import Language
from models.heads.linear import LinearFacet
from models.heads.sentiment import Sentiment
from models.heads.stakeholder import Stakeholder
from models.heads.urgency import Urgency

LINEAR: Final[tuple[type[LinearFacet], ...]] = (Gate, Intent, Sentiment, Urgency, Stakeholder)
"""Facets that are scored over the shared features in one pass."""


def facets(linear: tuple[type[LinearFacet], ...] = LINEAR) -> dict[str, tuple[str, ...]]:
    """The closed list of answers of every facet, by its name."""
    return {facet.name: facet.labels for facet in linear} | {Language.name: Language.labels}


def estimators(artefact: Artefact, linear: tuple[type[LinearFacet], ...] = LINEAR) -> dict[str, Estimator]:
    """Every facet's estimator over what an artefact holds."""
    found: dict[str, Estimator] = {facet.name: facet(artefact.idf, artefact.parts[facet.name]) for facet in linear}
    return found | {Language.name: Language(artefact.parts.get(Language.name))}
