"""How many recorded situations each silence of a policy matches: `winnow policy lint` names those that nobody needs."""

from collections.abc import Iterable

import orjson

from pipeline.backtest.run import RecordedSituation
from pipeline.policy import Policy, context, facts_of


def matches(policy: Policy, situations: Iterable[RecordedSituation]) -> dict[str, int]:
    """Silence -> situations that it matches in any revision, whenever they happen: 0 tells of one that nobody needs."""
    found: dict[str, set[str]] = {silence.name: set() for silence in policy.silences}
    if not found:
        return {}
    for one in situations:
        world = context(facts_of(orjson.loads(one.value)), policy.fields)
        for silence in policy.silences:
            if policy.condition(silence).holds(world) is True:
                found[silence.name].add(one.id)
    return {name: len(ids) for name, ids in found.items()}
