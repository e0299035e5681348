"""Every facet there is. A new one: ARCHITECTURE.md, "How to add"."""

from __future__ import annotations

from typing import Final

from models.artefacts import Artefact
from models.heads.danger import DangerHead
from models.heads.desk import DeskHead
from models.heads.estimator import Estimator
from models.heads.gate import GateHead
from models.heads.intent import IntentHead
from models.heads.language import LanguageHead
from models.heads.linear import LinearFacet
from models.heads.sentiment import SentimentHead
from models.heads.stakeholder import StakeholderHead
from models.heads.urgency import UrgencyHead

LINEAR: Final[tuple[type[LinearFacet], ...]] = (GateHead, IntentHead, SentimentHead, UrgencyHead, StakeholderHead, DeskHead, DangerHead)
"""Facets that are scored over the shared features in one pass."""


def facets(linear: tuple[type[LinearFacet], ...] = LINEAR) -> dict[str, tuple[str, ...]]:
    """The closed list of answers of every facet, by its name."""
    return {facet.name: facet.labels for facet in linear} | {LanguageHead.name: LanguageHead.labels}


def estimators(artefact: Artefact, linear: tuple[type[LinearFacet], ...] = LINEAR) -> dict[str, Estimator]:
    """Every facet's estimator over what an artefact holds."""
    found: dict[str, Estimator] = {facet.name: facet(artefact.idf, artefact.parts[facet.name]) for facet in linear}
    return found | {LanguageHead.name: LanguageHead(artefact.parts.get(LanguageHead.name))}
