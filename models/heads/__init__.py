"""One module per facet: its estimator, and which rows, under which label mapping, teach it."""

from models.heads.correction import CHALLENGER_RIGHT, CHAMPION_RIGHT, NOISE, Correction
from models.heads.estimator import Estimator, answer
from models.heads.gate import GateHead
from models.heads.language import LanguageHead
from models.heads.linear import LinearFacet
from models.heads.registry import LINEAR, facets

__all__ = [
    "CHALLENGER_RIGHT",
    "CHAMPION_RIGHT",
    "LINEAR",
    "NOISE",
    "Correction",
    "Estimator",
    "GateHead",
    "LanguageHead",
    "LinearFacet",
    "answer",
    "facets",
]
