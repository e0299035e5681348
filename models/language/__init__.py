"""Which language a text is in."""

from models.language.detect import MIN_SCORE, UNKNOWN, detect_language, detect_languages, distribution

__all__ = ["MIN_SCORE", "UNKNOWN", "detect_language", "detect_languages", "distribution"]
