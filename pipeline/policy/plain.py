"""Answers the plain parts of a condition without CEL: facts compared with literals, words looked for, joined by && || and !.
For `conditions`.

Most rules do not match most situations, and that can be seen at a glance for a fiftieth of what CEL costs. What is plain raises nothing,
so CEL, for which ``false && anything`` is false, an error too, cannot differ; a law of the tests holds both equal.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipeline.policy.fact_table import AROUND, SITUATION, Fact
from pipeline.policy.mentions import mentions
from pipeline.policy.syntax import Node, path

Look = Callable[[Mapping[str, Any]], bool]
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "mentions": mentions, "contains": operator.contains, "startsWith": str.startswith, "endsWith": str.endswith,
}  # fmt: skip
_ENTRIES = {"counts": "whole", "shares": "real"}
"""What has entries by name -> the type of one."""
_LITERALS = {"text": "\\", "whole": "uU"}
"""Type of a literal -> the signs of one that the tree may read otherwise than CEL: escapes, unsigned numbers."""


class Plain(NamedTuple):
    """``may_hold``: takes all facts but local time; what it says no to is false. ``whole``: what it says yes to is true as well.
    ``dear``: how much it costs, and how seldom it says no: among parts joined by && the least comes first. ``parts``: those. ``word``: the
    fact of the situation that must be a word, and the word. ``said``: its words, the same for the same demand.
    """

    may_hold: Look
    whole: bool
    dear: int
    said: str
    parts: tuple["Plain", ...] = ()
    word: tuple[str, object] | None = None


WORD, NUMBER, JOINED, SEARCHED = range(4)
"""How dear a part is: a comparison with a word, another one, several, words looked for."""


def plain(node: Node, text: str) -> Plain | None:
    """What can be said of a part of a condition (``text``: the whole) without CEL, None when nothing can."""
    said = text[node.at : node.end]
    if node.kind == "op" and node.value in ("&&", "||"):
        join = _all if node.value == "&&" else _any
        return join(plain(node.parts[0], text), plain(node.parts[1], text), said)
    if node.kind == "not":
        denied = plain(node.parts[0], text)
        return Plain(_not(denied.may_hold), True, denied.dear, said) if denied is not None and denied.whole else None
    look = _method(node, text) if node.kind == "method" else _compared(node, text) if node.kind == "op" else _flag(node)
    if look is None:
        return None
    word = _word(node)
    return Plain(look, True, WORD if word else SEARCHED if node.kind == "method" else NUMBER, said, word=word)


def _word(node: Node) -> tuple[str, object] | None:
    """Fact and word of a plain comparison that says that a fact of the situation is a word."""
    if node.kind != "op" or node.value != "==":
        return None
    for one, other in (node.parts, node.parts[::-1]):
        match (path(one) or "").split("."):
            case ["situation", name] if other.kind == "text":
                return name, other.value
    return None


def _all(left: Plain | None, right: Plain | None, said: str) -> Plain | None:
    """Both: in whichever order, since neither raises anything; what is cheap and says no most often first."""
    known = [one for one in (left, right) if one is not None]
    if not known:
        return None
    parts = tuple(sorted((part for one in known for part in one.parts or (one,)), key=lambda part: part.dear))
    whole = None not in (left, right) and all(one.whole for one in known)
    return Plain(each(tuple(part.may_hold for part in parts)), whole, JOINED, said, parts)


def each(looks: tuple[Look, ...]) -> Look:
    """Whether all of them hold, asked in this order."""
    if len(looks) == 1:
        return looks[0]

    def may_hold(facts: Mapping[str, Any]) -> bool:
        for look in looks:  # noqa: SIM110  # a generator would cost twice as much
            if not look(facts):
                return False
        return True

    return may_hold


def _any(left: Plain | None, right: Plain | None, said: str) -> Plain | None:
    """Either: nothing is known where one of them is not."""
    if left is None or right is None:
        return None
    one, other = sorted((left, right), key=lambda part: part.dear)
    first, second = one.may_hold, other.may_hold
    return Plain(lambda facts: first(facts) or second(facts), left.whole and right.whole, max(JOINED, other.dear), said)


def _not(look: Look) -> Look:
    return lambda facts: not look(facts)


def _flag(node: Node) -> Look | None:
    fact = _fact(node)
    return None if fact is None or fact[0] != "true" else fact[1]


def _method(node: Node, text: str) -> Look | None:
    """Words or letters looked for in a text."""
    fact, does = _fact(node.parts[0]), _METHODS.get(str(node.value))
    if fact is None or fact[0] != "text" or does is None or len(node.parts) != 2 or not _is(node.parts[1], "text", text):
        return None
    read, wanted = fact[1], str(node.parts[1].value)
    return lambda facts: does(read(facts), wanted)


def _compared(node: Node, text: str) -> Look | None:
    """A comparison of one fact with a literal of its own type, or with a list of texts."""
    left, right = node.parts
    if node.value == "in":
        fact = _fact(left)
        if fact is None or fact[0] != "text" or right.kind != "list" or not all(_is(one, "text", text) for one in right.parts):
            return None
        read, known = fact[1], frozenset(one.value for one in right.parts)
        return lambda facts: read(facts) in known
    sign = str(node.value)
    fact, literal = _fact(left), right
    if fact is None:
        fact, literal, sign = _fact(right), left, _MIRRORED.get(sign, sign)
    if fact is None or sign not in _SIGNS or not _is(literal, fact[0], text):
        return None
    if fact[0] not in ("whole", "real") and sign not in ("==", "!="):
        return None
    read, compare, value = fact[1], _SIGNS[sign], literal.value
    return lambda facts: compare(read(facts), value)


def _is(node: Node, kind: str, text: str) -> bool:
    """Whether it is a literal of that type whose value the tree is sure to have as CEL has it."""
    return node.kind == kind and not set(text[node.at : node.end]) & set(_LITERALS.get(kind, ""))


def _fact(node: Node) -> tuple[str, Callable[[Mapping[str, Any]], Any]] | None:
    """Type of a fact, and how to read it; None for what may be absent, or is none."""
    match (path(node) or "").split("."):
        case [name] if name in AROUND:
            return AROUND[name].type, operator.itemgetter(name)
        case ["situation", name] if name in SITUATION:
            return SITUATION[name].type, _field(name)
        case ["situation", name, entry] if name in SITUATION:
            return _entry(SITUATION[name], name, entry)
    return None


def _field(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda facts: facts["situation"][name]


def _entry(known: Fact, name: str, entry: str) -> tuple[str, Callable[[Mapping[str, Any]], Any]] | None:
    if known.type not in _ENTRIES or entry not in known.values:
        return None
    return _ENTRIES[known.type], lambda facts: facts["situation"][name][entry]
