"""Finds the rules that may match a situation: what several of them demand is asked once for all. `model` plants a tree of its rules.

Of hundreds of rules most demand the same few things: a kind, a facet, a severity. The more rules share a demand, the nearer it is to the
root. Only plain demands (`plain`) are asked here, which raise nothing and may come in any order; what else a rule says, CEL answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.policy.plain import Look, Plain, each


class RuleTree(NamedTuple):
    """``ranks``: of the rules of which nothing more is asked; ``by_word``: a fact of the situation and what follows from each of its
    words; ``if_held``: demands of several rules, or all that is left of one, and what follows when they hold.
    """

    ranks: tuple[int, ...]
    by_word: tuple[tuple[str, Mapping[object, "RuleTree"]], ...]
    if_held: tuple[tuple[Look, "RuleTree"], ...]

    def candidates(self, facts: Mapping[str, Any]) -> list[int]:
        """Ranks of the rules none of whose plain demands fails for these facts (`facts.facts_of`), the first ones first."""
        found: list[int] = []
        self._collect(facts, found)
        found.sort()
        return found

    def _collect(self, facts: Mapping[str, Any], found: list[int]) -> None:
        found += self.ranks
        for fact, branches in self.by_word:
            branch = branches.get(facts["situation"][fact])
            if branch is not None:
                branch._collect(facts, found)
        for holds, branch in self.if_held:
            if holds(facts):
                branch._collect(facts, found)


class _Open(NamedTuple):
    """A rule, and its demands that were not asked yet."""

    rank: int
    demands: tuple[Plain, ...]

    def without(self, demand: Plain) -> "_Open":
        """What is left when that one holds."""
        return self._replace(demands=tuple(one for one in self.demands if one.said != demand.said))


def rule_tree(conditions: Sequence[Plain | None]) -> RuleTree:
    """The tree of rules by rank, given what can be said plainly of the condition of each, None where that is nothing."""
    return _planted([_Open(rank, () if one is None else one.parts or (one,)) for rank, one in enumerate(conditions)])


def _planted(rules: Sequence[_Open]) -> RuleTree:
    ranks = tuple(rule.rank for rule in rules if not rule.demands)
    left = {rule.rank: rule for rule in rules if rule.demands}
    return RuleTree(ranks, tuple(_by_word(left)), tuple(_if_held(left)))


def _by_word(left: dict[int, _Open]) -> Iterator[tuple[str, dict[object, RuleTree]]]:
    """Takes the rules that demand a word of a fact out of ``left``; the facts of which the most rules do come first."""
    asking: dict[str, dict[int, Plain]] = {}
    for rule in left.values():
        for demand in rule.demands:
            if demand.word is not None:
                asking.setdefault(demand.word[0], {})[rule.rank] = demand
    for fact, demands in sorted(asking.items(), key=lambda one: -len(one[1])):
        branches: dict[object, list[_Open]] = {}
        for rank, demand in demands.items():
            if rank in left and demand.word is not None:
                branches.setdefault(demand.word[1], []).append(left.pop(rank).without(demand))
        if branches:
            yield fact, {word: _planted(rules) for word, rules in branches.items()}


def _if_held(left: dict[int, _Open]) -> Iterator[tuple[Look, RuleTree]]:
    """Takes all rules out of ``left``, by the cheapest of their demands, and of those by what the most rules share: a dear one is not
    asked before a cheap one says no.
    """
    sharing: dict[str, tuple[Plain, list[int]]] = {}
    for rule in left.values():
        for demand in rule.demands:
            sharing.setdefault(demand.said, (demand, []))[1].append(rule.rank)
    for demand, ranks in sorted(sharing.values(), key=lambda one: (one[0].dear, -len(one[1]))):
        rules = [left.pop(rank) for rank in ranks if rank in left]
        if len(rules) == 1:
            yield each(tuple(one.may_hold for one in rules[0].demands)), RuleTree((rules[0].rank,), (), ())
        elif rules:
            yield demand.may_hold, _planted([rule.without(demand) for rule in rules])
