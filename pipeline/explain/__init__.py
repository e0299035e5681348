"""One event's story in words, for `winnow explain`, which looks up the messages."""

from pipeline.explain.facts import (
    action_facts,
    chaff_facts,
    decision_facts,
    event_facts,
    information_facts,
    label_facts,
    outcome_facts,
    rejected_facts,
    situation_facts,
)
from pipeline.explain.narrative import Facts, Place, Story
from pipeline.explain.undecided import undecided

__all__ = [
    "Facts",
    "Place",
    "Story",
    "action_facts",
    "chaff_facts",
    "decision_facts",
    "event_facts",
    "information_facts",
    "label_facts",
    "outcome_facts",
    "rejected_facts",
    "situation_facts",
    "undecided",
]
