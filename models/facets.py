"""The closed lists of answers."""

from __future__ import annotations

from typing import Final

INTENTS: Final = ("complaint", "question", "request", "praise", "report", "other")
SENTIMENTS: Final = ("negative", "neutral", "positive")
STAKEHOLDERS: Final = ("customer", "prospect", "employee", "partner", "investor", "media", "authority")

SPAM_LABELS: Final = ("ham", "spam")
DESKS: Final = ("none", "support", "operations", "product", "comms", "legal", "security", "hr", "partners", "investors")
"""Who in most organisations would deal with a post; none: nobody needs to. Which team that is says the policy."""

DANGER_LABELS: Final = ("safe", "danger")
URGENCY_LABELS: Final = ("normal", "urgent")
