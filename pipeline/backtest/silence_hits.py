"""How many recorded situations each silence matches: `winnow silence list --on` names those that nobody needs."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

import orjson

from pipeline.backtest.run import RecordedSituation
from pipeline.policy import Silence, condition, context, facts_of, local_facts


def matches(silences: Sequence[Silence], situations: Iterable[RecordedSituation], zone: tzinfo) -> list[int]:
    """For each silence how many situations it matches in any revision, whenever they happen: 0 tells of one that nobody needs.

    zone: in which conditions read local time, that of the policy's file (`Policy.zone`).
    """
    conditions = [condition(silence.when) for silence in silences]
    found: list[set[str]] = [set() for _ in conditions]
    for one in situations if conditions else ():
        situation = orjson.loads(one.value)
        world = context(facts_of(situation) | {"local": local_facts(situation, zone, None)})
        for ids, when in zip(found, conditions, strict=True):
            if when.holds(world) is True:
                ids.add(one.id)
    return [len(ids) for ids in found]
