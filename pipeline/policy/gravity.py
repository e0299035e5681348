"""When a situation asks for more than its team was asked for already: decide and act go by the same measure."""

from collections.abc import Mapping
from typing import Any

from pipeline.policy.fact_table import CLASSES
from pipeline.policy.facts import severity_class
from pipeline.policy.model import Team
from schemas.messages import ActionKind, Intent, SituationKind

_STRENGTH: dict[str, int] = {
    kind: place for place, kind in enumerate((ActionKind.DIGEST, ActionKind.IDEA, ActionKind.REVIEW, ActionKind.REPLY, ActionKind.PAGE))
}
"""How much a kind of action asks of a team."""

_ASKING = (Intent.COMPLAINT, Intent.QUESTION, Intent.REQUEST, Intent.REPORT)


MARGIN = 0.1
"""So much more severe must a class more severe be: a figure that creeps over the border of a class has not become another one."""


def graver(do: str, severity: float, than_do: str, than_severity: float) -> bool:
    """Whether a team that was asked for the second must be asked for the first as well: a stronger kind, or a higher class by a margin.

    >>> graver("page", 0.1, "review", 0.7), graver("reply", 0.6, "reply", 0.4), graver("reply", 0.51, "reply", 0.49)
    (True, True, False)
    """
    if _STRENGTH.get(do, 0) > _STRENGTH.get(than_do, 0):
        return True
    higher = CLASSES.index(severity_class(severity)) > CLASSES.index(severity_class(than_severity))
    return higher and severity >= than_severity + MARGIN - 1e-9  # figures have four decimals


def wakes(team: Team, severity: float, than_severity: float) -> bool:
    """Whether a team that the second would let sleep is woken by the first."""
    return team.hours is not None and than_severity < team.hours.wake_at <= severity


def class_floor(name: str) -> float:
    """The least severity of a class: what former states of Winnow knew of a decision.

    >>> class_floor("high")
    0.5
    """
    return CLASSES.index(name) / len(CLASSES)


def times_asked(situation: Mapping[str, Any]) -> int:
    """How often the customer of a case has asked for something, copies left out; 0 for surges and ideas, where nobody waits alone."""
    if situation["kind"] != SituationKind.CASE:
        return 0
    return max(sum(int(situation["intents"].get(intent, 0)) for intent in _ASKING) - int(situation["copies"]), 0)
