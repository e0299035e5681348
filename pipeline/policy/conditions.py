"""Compiles CEL expressions into conditions that were tried on sample facts and never raise when evaluated."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import cel

from pipeline.policy.fact_table import AROUND, RECORDS, SITUATION
from pipeline.policy.facts import samples
from pipeline.policy.mentions import mentions
from pipeline.policy.plain import Plain, plain
from pipeline.policy.satisfiable import void_parts
from pipeline.policy.syntax import Node, Token, parse, path, tokens, walk, without_comments, words_of
from pipeline.policy.type_check import doubts, faults

LENGTH_LIMIT = 2_000
DEPTH_LIMIT = 40
_FAILURES = (RuntimeError, TypeError, ValueError, LookupError, ArithmeticError)
"""All that `cel` raises for an expression that cannot be evaluated."""

_RARE = (ZeroDivisionError, OverflowError, IndexError)
_SAMPLES = tuple(samples())


class Condition(NamedTuple):
    """A compiled expression.

    ``bare``: its text without comments, of which ``tree`` is made; ``paths``: facts it speaks about; ``fields``: of the situation, None
    when it takes that as a whole; ``words``: what its mentions look for, one text a mention; ``warnings``: what looked wrong but may be
    meant; ``local``: it asks for local time. ``plain``: what can be said of it without CEL, None when nothing can.
    """

    text: str
    bare: str
    tree: Node
    program: cel.Program
    paths: tuple[str, ...]
    fields: frozenset[str] | None
    words: tuple[str, ...]
    plain: Plain | None
    warnings: tuple[str, ...]
    local: bool

    @property
    def is_plain(self) -> bool:
        """Whether all can be said of it without CEL."""
        return self.plain is not None and self.plain.whole

    def at_a_glance(self, seen: Mapping[str, Any]) -> bool | None:
        """Whether it is true for these facts (`facts.facts_of`), None when CEL has to say."""
        if self.plain is None:
            return None
        if not self.plain.may_hold(seen):
            return False
        return True if self.plain.whole else None

    def holds(self, context: cel.Context) -> bool | str:
        """Whether it is true for these facts; a reason (never an exception) when it cannot be evaluated."""
        try:
            result = self.program.execute(context)
        except _FAILURES as error:
            return _reason(error)
        return result if isinstance(result, bool) else f"is {type(result).__name__}, not true or false"


def context(seen: Mapping[str, Any], fields: frozenset[str] | None = None) -> cel.Context:
    """Facts as CEL wants them: built once a situation, evaluated many times. ``fields``: of the situation, None for all."""
    known = dict(seen)
    if fields is not None:
        known["situation"] = {name: value for name, value in seen["situation"].items() if name in fields}
    return cel.Context(variables=known, functions={"mentions": mentions})


def fields_of(conditions: Iterable["Condition"]) -> frozenset[str] | None:
    """Fields of the situation that these conditions look at; None when one takes the situation as a whole."""
    found: set[str] = set()
    for one in conditions:
        if one.fields is None:
            return None
        found |= one.fields
    return frozenset(found)


_CONTEXTS = tuple(context(sample) for sample in _SAMPLES)


class Faulty(ValueError):
    """A condition that is refused. ``reasons``: all that is wrong with it."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)


@lru_cache(maxsize=1024)
def condition(text: str) -> Condition:
    """Compile, check and try an expression. Raises Faulty: syntax, unknown name, types or values that do not fit, cost, no facts."""
    bare, program, tree = _compiled(text)
    if wrong := faults(bare, tree):
        raise Faulty(wrong)
    found = _made(text, bare, program, tree)
    if not _facts_in(tree):
        raise Faulty(["speaks about no fact, so it matches everything or nothing; compare something of the situation"])
    void = void_parts(bare, tree)
    return found._replace(warnings=(*doubts(bare, tree), *void, *_try(found, bare, tree, known_void=bool(void))))


def stored_condition(text: str) -> Condition:
    """An expression that was good once: whatever else is demanded of new ones, it means what it meant. Raises Faulty when it no longer
    means anything: by its syntax, or for a name or field that is gone.
    """
    bare, program, tree = _compiled(text)
    if gone := [reason for reason in faults(bare, tree) if reason.startswith("unknown")]:
        raise Faulty(gone)
    return _made(text, bare, program, tree)


def _compiled(text: str) -> tuple[str, cel.Program, Node]:
    try:
        bare = without_comments(text)
        _check_size(bare)
        program = cel.compile(bare)
    except ValueError as error:
        reason = f"syntax error: {_first_cause(error)}" if str(error).startswith("Failed to parse") else str(error)
        raise Faulty([reason + (_habit(text) if reason.startswith("syntax error") else "")]) from None
    try:
        return bare, program, parse(bare)
    except ValueError as error:
        raise Faulty([str(error)]) from None


def _made(text: str, bare: str, program: cel.Program, tree: Node) -> Condition:
    read = sorted(set(_paths(tree)))
    whole = any(one == "situation" for one in read)
    fields = frozenset(one.split(".")[1] for one in read if one.startswith("situation."))
    known = fields <= SITUATION.keys() and not whole
    paths = tuple(one for one in read if one not in RECORDS)
    words = tuple(
        str(one.parts[1].value) for one in walk(tree) if one.value == "mentions" and one.kind == "method" and one.parts[1].kind == "text"
    )
    return Condition(
        text, bare, tree, program, paths, fields if known else None, words, plain(tree, bare), (),
        any(one.split(".")[0] == "local" for one in read),
    )  # fmt: skip


def _check_size(bare: str) -> None:
    depth = deepest = 0
    signs = [token.text for token in tokens(bare) if token.kind == "sign"]
    for sign in signs:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    if len(bare) > LENGTH_LIMIT or deepest > DEPTH_LIMIT or sum(sign in "!-?:" for sign in signs) > LENGTH_LIMIT // 10:
        raise ValueError(f"too long or too deep (at most {LENGTH_LIMIT} characters, {DEPTH_LIMIT} levels)")


def _paths(node: Node) -> Iterator[str]:
    """Facts that are read, as they are written with dots; what is looked up by a name that is reckoned counts as a whole."""
    named = path(node)
    if named is not None:
        if named.split(".")[0] in (*RECORDS, *AROUND):
            yield named if node.kind in ("field", "name") else ".".join(named.split(".")[:-1])
        return
    for part in node.parts:
        yield from _paths(part)


def _facts_in(tree: Node) -> bool:
    return next(_paths(tree), None) is not None


def _try(found: Condition, bare: str, tree: Node, *, known_void: bool) -> Iterator[str]:
    """Evaluate the whole and each operand of && and || on all samples, so that short-circuiting hides no mistake."""
    rare: set[str] = set()
    for part in {bare, *_operands(bare, tree)}:
        program = found.program if part == bare else cel.compile(part)
        failures = [failure for sample in _CONTEXTS if (failure := _failure(part, program, sample, bare))]
        unfit = sum(isinstance(failure, TypeError) for failure in failures)
        if unfit and (unfit == len(_CONTEXTS) or "/" not in part):
            raise Faulty([f"{part!r} {_reason(TypeError())}"])
        if unfit:  # the types of facts are the same for all, so it is a value: CEL compares no NaN
            rare.add(f"{part!r} can fail: 0.0 / 0.0 is no number")
        rare.update(f"{part!r} can fail: {_reason(failure)}" for failure in failures if isinstance(failure, _RARE))
    yield from sorted(rare)
    if not known_void and all(found.holds(sample) is True for sample in _CONTEXTS):
        yield "is true for every sample situation: it would match everything"


def _failure(part: str, program: cel.Program, sample: cel.Context, bare: str) -> Exception | None:
    """How an expression fails on a sample, when that may be for its values. Raises Faulty when it never makes sense."""
    try:
        result = program.execute(sample)
    except (*_RARE, TypeError) as error:
        return error
    except KeyError as error:
        if re.search(r"\.(sources|languages|countries)\b", bare):  # any may be missing there; an `in` guards it in the whole
            return None
        raise Faulty([f"{part!r}: {_reason(error)}"]) from None
    except _FAILURES as error:
        raise Faulty([f"{part!r}: {_reason(error)}"]) from None
    if not isinstance(result, bool):
        raise Faulty([f"{part!r} is {type(result).__name__}, not true or false"])
    return None


def _operands(bare: str, node: Node) -> Iterator[str]:
    """Operands of && and ||, without negations, down to the atoms; what stands in a macro knows names of its own."""
    if node.kind == "not":
        yield from _operands(bare, node.parts[0])
    elif node.kind == "op" and node.value in ("&&", "||"):
        for part in node.parts:
            yield from _operands(bare, part)
    elif node.kind != "if":
        yield words_of(bare, node)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"unknown field {error.args[0]!r}"
    if isinstance(error, TypeError):
        return "compares or combines values of types that do not fit"
    return str(error).split(". ")[0].splitlines()[0][:200]


def _habit(text: str) -> str:
    """What somebody who writes other languages may have meant."""
    words = {token.text for token in _words_of(text)}
    meant = [
        f"{other} is {sign}"
        for other, sign in (("and", "&&"), ("or", "||"), ("not", "!"), ("AND", "&&"), ("OR", "||"), ("NOT", "!"))
        if other in words
    ]
    if re.search(r"(?<![=!<>])=(?!=)", re.sub(r"'[^']*'|\"[^\"]*\"", "", text)):
        meant.append("to compare is ==")
    return f" ({'; '.join(meant)} in CEL)" if meant else ""


def _words_of(text: str) -> list[Token]:
    try:
        return tokens(text.replace("=", " "))
    except ValueError:
        return []


def _first_cause(error: Exception) -> str:
    match = re.search(r"<input>:\d+:(\d+): (?:Syntax error: )?(.*)", str(error))
    if match is None:
        return str(error).splitlines()[0][:160]
    why = re.sub(r"(?:mismatched|extraneous) input (.*?)(?: expecting .*)?$", r"\1 does not fit there", match[2])
    why = why.replace("'<EOF>' does not fit there", "it ends too early")
    return f"column {match[1]}, {why[:120]}"
