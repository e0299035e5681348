"""When a situation asks for more than its team was asked for already: decide and act go by the same measure."""

from collections.abc import Mapping
from typing import Any

from pipeline.policy.fact_table import CLASSES
from schemas.messages import ActionKind, Intent, SituationKind

_STRENGTH: dict[str, int] = {
    kind: place for place, kind in enumerate((ActionKind.DIGEST, ActionKind.IDEA, ActionKind.REVIEW, ActionKind.REPLY, ActionKind.PAGE))
}
"""How much a kind of action asks of a team."""

_ASKING = (Intent.COMPLAINT, Intent.QUESTION, Intent.REQUEST, Intent.REPORT)


def graver(do: str, severity_class: str, than_do: str, than_class: str) -> bool:
    """Whether a team that was asked for the second must be asked for the first as well: a stronger kind, or a class more severe.

    >>> graver("page", "low", "review", "high"), graver("reply", "high", "reply", "medium"), graver("review", "high", "page", "high")
    (True, True, False)
    """
    return _STRENGTH.get(do, 0) > _STRENGTH.get(than_do, 0) or CLASSES.index(severity_class) > CLASSES.index(than_class)


def times_asked(situation: Mapping[str, Any]) -> int:
    """How often the customer of a case has asked for something, copies left out; 0 for surges and ideas, where nobody waits alone."""
    if situation["kind"] != SituationKind.CASE:
        return 0
    return max(sum(int(situation["intents"].get(intent, 0)) for intent in _ASKING) - int(situation["copies"]), 0)
