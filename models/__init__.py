"""What is learned: spam, intent, sentiment, urgency, stakeholder and language of texts."""

from models.errors import ModelError
from models.judging import DEFAULT_ARTEFACT, Bundle, Judgement, load_bundle

__all__ = ["DEFAULT_ARTEFACT", "Bundle", "Judgement", "ModelError", "load_bundle"]
