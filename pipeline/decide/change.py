"""What the policy says of a situation now, compared with the decision that stands on it; `DecideShard` asks.

Rules with the same owner are one family, which is asked once: figures that waver around a threshold, another name of a rule or another
peer change nothing. What is graver does, and what the policy asks of another owner instead.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from pipeline.decide.records import roles
from pipeline.decide.standing import Made
from pipeline.policy import Policy, Rule, Verdict, graver, wakes
from schemas.messages import Mode, SituationStatus


class Now(Enum):
    """What the policy asks for now, beside what stands."""

    AS_MUCH = "what stands stays"
    LESS = "what stands stays until the cooldown of its rule has run"
    OTHERWISE = "more, or of somebody else, or something stops it: what stands is replaced"


def compare(policy: Policy, made: Made, fresh: Made | None, verdict: Verdict) -> Now:
    """How ``fresh`` (None: nobody would be asked) compares with what stands, ``made``."""
    if fresh is not None and fresh.mode == Mode.BACKFILL and made.mode == Mode.LIVE:
        return Now.AS_MUCH  # history does not take back what was decided live
    if fresh is not None and fresh.mode == made.mode:
        if fresh.owner == made.owner:
            return Now.OTHERWISE if _asks_more(policy, made, fresh) or _guarded(made, verdict) else Now.AS_MUCH
        if _priority(policy, fresh) > _priority(policy, made):
            return Now.OTHERWISE
    elif made.mode not in (Mode.LIVE, Mode.SUPPRESSED) or (fresh is not None and fresh.mode != Mode.SHADOW):
        return Now.OTHERWISE
    if _guarded(made, verdict) or (fresh is None and verdict.blocked):
        return Now.OTHERWISE
    return Now.LESS


def falls(made: Made, fresh: Made | None, situation: Mapping[str, Any]) -> bool:
    """Whether what stands is taken back at once because posts were deleted: nothing of its situation is left, or what is left asks for
    something else. Figures do not waver then, so no cooldown runs.
    """
    if situation["status"] == SituationStatus.WITHDRAWN:
        return True
    if made.mode != Mode.LIVE or not situation.get("withdrawals") or situation["backfill"]:
        return False
    return fresh is None or (fresh.mode == Mode.LIVE and (fresh.do, roles(fresh)) != (made.do, roles(made)))


def highest(made: Made | None, fresh: Made) -> Made:
    """The fresh decision as it is remembered: of one family the highest severity counts that its teams were told of."""
    if made is None or (made.owner, made.mode) != (fresh.owner, fresh.mode):
        return fresh
    return replace(fresh, severity=max(made.severity, fresh.severity))


def rule_of(policy: Policy, made: Made) -> Rule | None:
    """The rule of a decision, None when the policy has no rule of that name any more."""
    return policy.rule(made.rule)


def _asks_more(policy: Policy, made: Made, fresh: Made) -> bool:
    if graver(fresh.do, fresh.severity, made.do, made.severity):
        return True
    if any(wakes(policy.team(name), fresh.severity, made.severity) for name in roles(made)):
        return True  # it may wait for the morning
    further = set(roles(fresh)) - set(roles(made))
    return bool(further) and rule_of(policy, made) is not None and _priority(policy, fresh) > _priority(policy, made)


def _priority(policy: Policy, made: Made) -> int:
    rule = rule_of(policy, made)
    return -1 if rule is None else rule.priority


def _guarded(made: Made, verdict: Verdict) -> bool:
    """Whether a guard now stops what was asked, also when its rule has another name by now."""
    if made.mode == Mode.SUPPRESSED:
        return False
    names = {rule.name for rule in verdict.guarded}
    if made.rule in verdict.matched:
        return made.rule in names
    return any((rule.owner, rule.do) == (made.owner, made.do) for rule in verdict.guarded)
