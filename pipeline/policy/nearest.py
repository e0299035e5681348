"""Which rules a situation comes nearest to, and what it lacks: for people who ask why nobody was asked."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.policy.conditions import Condition, context, stored_condition
from pipeline.policy.evaluate import local_to
from pipeline.policy.facts import facts_of, look_up
from pipeline.policy.model import Policy, Rule
from pipeline.policy.syntax import Node, words_of


class Lacking(NamedTuple):
    """A rule that does not match. ``missing``: the demands that are not met, each with the values of the facts it speaks about."""

    rule: Rule
    missing: tuple[str, ...]


def nearest(policy: Policy, situation: Mapping[str, Any], most: int = 2) -> list[Lacking]:
    """The live rules of which the fewest demands are not met, at most so many; by priority among equals. Those that match are left
    out, those about another kind of situation, or another word of it, come last.
    """
    facts = facts_of(situation)
    world = context(facts)
    found = []
    for rule, when in policy.ranked:
        if rule.mode != "live":
            continue
        if when.local:
            facts["local"] = local_to(policy, situation, rule)
            world.add_variable("local", facts["local"])
        missing = [part for part in _demands(when) if part.holds(world) is not True]
        if missing:
            told = tuple(_told(part, facts) for part in missing)
            found.append((any(part.plain is not None and part.plain.word for part in missing), len(missing), Lacking(rule, told)))
    return [lacking for _, _, lacking in sorted(found, key=lambda one: one[:2])[:most]]


def _demands(when: Condition) -> Iterator[Condition]:
    """What all has to be true."""
    for node in _operands(when.tree):
        yield stored_condition(words_of(when.bare, node))


def _operands(node: Node) -> Iterator[Node]:
    """Those of the outermost &&."""
    if node.kind == "op" and node.value == "&&":
        for part in node.parts:
            yield from _operands(part)
    else:
        yield node


def _told(part: Condition, facts: Mapping[str, Any]) -> str:
    values = ", ".join(f"{path.removeprefix('situation.')} is {_short(look_up(facts, path))}" for path in part.paths if path != "text")
    return f"{' '.join(part.bare.split())}{f' ({values})' if values else ''}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
