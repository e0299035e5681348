"""What is learned: texts in; spam, intent, sentiment, urgency, stakeholder and language out."""

from models.bundle import DEFAULT_ARTEFACT, Bundle, Judgement, load_bundle
from models.errors import ModelError

__all__ = ["DEFAULT_ARTEFACT", "Bundle", "Judgement", "ModelError", "load_bundle"]
