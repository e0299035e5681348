"""One event's story in words."""

from pipeline.explain.facts import (
    tell_action,
    tell_chaff,
    tell_decision,
    tell_event,
    tell_information,
    tell_label,
    tell_outcome,
    tell_rejected,
    tell_situation,
)
from pipeline.explain.narrative import Place, Story, Told

__all__ = [
    "Place",
    "Story",
    "Told",
    "tell_action",
    "tell_chaff",
    "tell_decision",
    "tell_event",
    "tell_information",
    "tell_label",
    "tell_outcome",
    "tell_rejected",
    "tell_situation",
]
