"""Why nobody is asked about a situation, by the policy as it is now: what stops the rules that match, or what it lacks for the nearest."""

from collections.abc import Mapping
from typing import Any

from pipeline.policy import Policy, judge, nearest


def undecided(policy: Policy, situation: Mapping[str, Any]) -> list[str]:
    """Lines for a person. situation: its latest message."""
    verdict = judge(policy, situation)
    found = [f"against: {reason}" for reason in verdict.against if reason.startswith(("silence", "guard"))]
    if verdict.stopped is not None:
        history = ", were it not history" if situation["backfill"] else ""
        return [f"rule {verdict.stopped.name} would ask {verdict.stopped.owner} to {verdict.stopped.do}{history}", *found]
    if verdict.matched:
        return [f"by the policy as it is now, {policy.hash}, rule {verdict.matched[0]} matches: it was decided on by another one", *found]
    near = [f"rule {one.rule.name} lacks {'; '.join(one.missing)}" for one in nearest(policy, situation)]
    return [*found, *near]
