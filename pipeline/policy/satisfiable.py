"""Whether a condition can ever be true, or ever false, as far as its comparisons of facts with values say. For `conditions`.

The tree is spread out into alternatives of atoms (disjunctive normal form); an alternative is void when what it asks of one fact
excludes each other, e.g. ``severity > 0.7 && severity < 0.3``. What is not understood is taken to be possible: nothing is called
void that is not.
"""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

from pipeline.policy.fact_table import AROUND, FIXED, RECORDS, SITUATION, Fact
from pipeline.policy.syntax import Node, path

ALTERNATIVES = 256
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_Value = str | float | bool


class Atom(NamedTuple):
    """What is asked of one fact: a ``sign`` and values (``in`` and ``not in`` have several). What is not understood: its text, == True."""

    about: str
    sign: str
    values: tuple[_Value, ...]


class _TooMany(Exception):
    """More alternatives than are worth looking at."""


def never(text: str, tree: Node) -> bool:
    """Whether it is surely false, whatever the facts."""
    return _void(text, tree, asked=True)


def always(text: str, tree: Node) -> bool:
    """Whether it is surely true, whatever the facts."""
    return _void(text, tree, asked=False)


class Alternatives:
    """A condition spread out, for comparing it with others."""

    def __init__(self, text: str, tree: Node) -> None:
        try:
            self._true: list[tuple[Atom, ...]] | None = _spread(text, tree, True)
            self._false: list[tuple[Atom, ...]] | None = _spread(text, tree, False)
        except _TooMany:
            self._true = self._false = None

    def within(self, other: "Alternatives") -> bool:
        """Whether this one is surely true only where the other one is."""
        if self._true is None or other._false is None:
            return False
        return all(_excluded(one + another) for one in self._true for another in other._false)


def void_parts(text: str, tree: Node) -> list[str]:
    """Warnings of the whole, or else of the alternatives that are never true and the demands that always are."""
    if never(text, tree):
        return ["can never be true: it would match nothing"]
    if always(text, tree):
        return ["is always true: it would match everything"]
    found: list[str] = []
    _look_into(text, tree, found)
    return found


def _look_into(text: str, node: Node, found: list[str]) -> None:
    if node.kind != "op" or node.value not in ("&&", "||"):
        return
    for part in node.parts:
        quoted = " ".join(text[part.at : part.end].split())[:80]
        if node.value == "||" and never(text, part):
            found.append(f"{quoted!r} can never be true: that alternative matches nothing")
        elif node.value == "&&" and always(text, part):
            found.append(f"{quoted!r} is always true: it demands nothing")
        else:
            _look_into(text, part, found)


def _void(text: str, tree: Node, *, asked: bool) -> bool:
    try:
        alternatives = _spread(text, tree, asked)
    except _TooMany:
        return False
    return all(_excluded(one) for one in alternatives)


def _spread(text: str, node: Node, asked: bool) -> list[tuple[Atom, ...]]:
    """Alternatives, each of which makes the part true (``asked``) or false."""
    if node.kind == "not":
        return _spread(text, node.parts[0], not asked)
    if node.kind == "op" and node.value in ("&&", "||"):
        left, right = (_spread(text, part, asked) for part in node.parts)
        either = (node.value == "||") == asked
        found = left + right if either else [one + other for one, other in itertools.product(left, right)]
        if len(found) > ALTERNATIVES:
            raise _TooMany
        return found
    if node.kind == "true":
        return [()] if node.value is asked else []
    return [(_atom(text, node, asked),)]


def _atom(text: str, node: Node, asked: bool) -> Atom:
    if node.kind == "op":
        one, other = node.parts
        sign = str(node.value)
        if sign == "in" and other.kind == "list" and (about := path(one)) and (values := _literals(other.parts)) is not None:
            return Atom(about, "in" if asked else "not in", values)
        if sign in _DENIED:
            if path(one) is None:
                one, other, sign = other, one, _MIRRORED[sign]
            values = _literals((other,))
            about = path(one)
            if about is not None and values is not None:
                return Atom(about, sign if asked else _DENIED[sign], values)
    about = path(node)
    if about is not None and (fact := _fact(about)) is not None and fact.type == "true":
        return Atom(about, "==", (asked,))
    return Atom("".join(text[node.at : node.end].split()), "==", (asked,))


def _literals(parts: tuple[Node, ...]) -> tuple[_Value, ...] | None:
    values = tuple(
        part.value for part in parts if part.kind in ("text", "whole", "real", "true") and isinstance(part.value, str | float | int)
    )
    return values if len(values) == len(parts) else None


def _fact(about: str) -> Fact | None:
    names = about.split(".")
    if names[0] not in RECORDS:
        return AROUND.get(about)
    fact = RECORDS[names[0]].get(names[1]) if len(names) > 1 else None
    if fact is None or len(names) == 2:
        return fact
    return {"counts": Fact("whole", "", (), 0), "shares": Fact("real", "", (), 0, 1)}.get(fact.type) if len(names) == 3 else None


def _excluded(atoms: tuple[Atom, ...]) -> bool:
    by_fact: dict[str, list[Atom]] = {}
    for atom in atoms:
        by_fact.setdefault(atom.about, []).append(atom)
    return any(_exclude_each_other(_fact(about), asked) for about, asked in by_fact.items()) or _beyond_its_kind(by_fact)


def _beyond_its_kind(by_fact: Mapping[str, list[Atom]]) -> bool:
    """Whether every kind of situation that is asked for always has another value of some fact."""
    kinds = [kind for kind in SITUATION["kind"].values if all(_fits(kind, atom) for atom in by_fact.get("situation.kind", ()))]
    return all(
        any(not _fits(value, atom) for about, value in FIXED.get(kind, {}).items() for atom in by_fact.get(f"situation.{about}", ()))
        for kind in kinds
    )


def _exclude_each_other(fact: Fact | None, atoms: list[Atom]) -> bool:
    """Whether no value of the fact is all that is asked. Values between two that are named need not be tried one by one."""
    if fact is None or fact.type == "true":
        candidates: list[_Value] = [True, False]
        candidates += [value for atom in atoms for value in atom.values]
        if fact is None:
            candidates.append("\0")  # a value that nobody names
    elif fact.type == "text":
        candidates = list(fact.values) or [*(value for atom in atoms for value in atom.values), "\0"]
    else:
        candidates = _numbers(fact, atoms)
    return not any(all(_fits(value, atom) for atom in atoms) for value in candidates)


def _numbers(fact: Fact, atoms: list[Atom]) -> list[_Value]:
    named = sorted(
        {float(value) for atom in atoms for value in atom.values if isinstance(value, int | float)} | {float(fact.low), float(fact.high)}
    )
    if fact.type == "whole":
        near = {value + step for value in named for step in (-1, 0, 1)} | {float(int(value)) for value in named if abs(value) < 2**53}
        near |= {value + 1 for value in near}
        return [value for value in sorted(near) if fact.low <= value <= fact.high and (value.is_integer() or abs(value) == float("inf"))]
    inside = [(one + other) / 2 for one, other in itertools.pairwise(named)]
    inside += [value + step for value in named for step in (-1.0, 1.0)]
    return [value for value in (*named, *inside) if fact.low <= value <= fact.high]


def _fits(value: _Value, atom: Atom) -> bool:
    if atom.sign in ("==", "in"):
        return value in atom.values
    if atom.sign in ("!=", "not in"):
        return value not in atom.values
    other = atom.values[0]
    if isinstance(value, str) != isinstance(other, str):
        return True
    if isinstance(value, str) and value == "\0":
        return True
    return bool({"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}[atom.sign])  # type: ignore[operator]  # same types
