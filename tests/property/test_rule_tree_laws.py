"""A tree of rules finds the rules that each by itself says may match: sharing demands changes nothing, whatever they share."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.policy.conditions import Condition, stored_condition
from pipeline.policy.facts import samples
from pipeline.policy.plain import Plain
from pipeline.policy.rule_tree import rule_tree

_SEEN = tuple(samples())
_PARTS = (
    "situation.kind == 'case'",
    "situation.kind == 'surge'",
    "'delivery' == situation.facet",
    "situation.facet == ''",
    "situation.severity >= 0.4",
    "situation.severity >=  0.4",
    "situation.events > 30",
    "situation.intent in ['complaint', 'praise']",
    "!(situation.intent in ['complaint', 'praise'])",
    "situation.dual_hat",
    "text.mentions('text 1, text 4')",
    "(situation.kind == 'case' || situation.authors > 50)",
    "(situation.kind == 'case' && situation.severity >= 0.4 || situation.facet == '')",
    "text.matches('text [1-3]')",
    "situation.sources.x > 0",
    "local.hour > 4",
)
_RULES = st.lists(st.lists(st.sampled_from(_PARTS), min_size=1, max_size=5).map(" && ".join), max_size=30)


@given(_RULES)
def test_the_tree_finds_what_each_rule_says_of_itself(texts: list[str]) -> None:
    """The candidates are the rules of which a glance does not say no, by rank: of those that are plain, the ones that match."""
    rules: list[Condition] = [stored_condition(text) for text in texts]
    tree = rule_tree([rule.plain for rule in rules])
    for seen in _SEEN:
        assert tree.candidates(seen) == [rank for rank, rule in enumerate(rules) if rule.at_a_glance(seen) is not False]


@pytest.mark.parametrize("count", [1, 40])
def test_a_demand_of_many_rules_is_asked_once(count: int) -> None:
    """Of rules that all demand more events than there are, one question tells that none can match."""
    asked: list[str] = []

    def counted(demand: Plain) -> Plain:
        def may_hold(facts: Mapping[str, Any]) -> bool:
            asked.append(demand.said)
            return demand.may_hold(facts)

        return demand._replace(may_hold=may_hold)

    rules = [stored_condition(f"situation.events > 1000000 && situation.authors > {number}").plain for number in range(count)]
    watched = [rule._replace(parts=tuple(map(counted, rule.parts))) for rule in rules if rule is not None]
    assert rule_tree(watched).candidates(_SEEN[0]) == []
    assert asked == ["situation.events > 1000000"]
