"""The closed lists of answers."""

from __future__ import annotations

from typing import Final

INTENTS: Final = ("complaint", "question", "request", "praise", "report", "other")
SENTIMENTS: Final = ("negative", "neutral", "positive")
STAKEHOLDERS: Final = ("customer", "prospect", "employee", "partner", "investor", "media", "authority")

SPAM_LABELS: Final = ("ham", "spam")
URGENCY_LABELS: Final = ("normal", "urgent")
