"""The trained model at work: one pass over all facets, and whether it drifts."""

from models.judging.bundle import CARD, DEFAULT_ARTEFACT, Bundle, Judgement, load_bundle
from models.judging.drift import Histograms

__all__ = ["CARD", "DEFAULT_ARTEFACT", "Bundle", "Histograms", "Judgement", "load_bundle"]
