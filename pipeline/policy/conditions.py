"""Compiles CEL expressions into conditions that were tried on sample facts and never raise when evaluated."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import cel

from pipeline.policy.facts import samples

LENGTH_LIMIT = 2_000
DEPTH_LIMIT = 40
_PATH = re.compile(r"\b(?:situation(?:\.[A-Za-z_]\w*)+|text|hour|weekday)\b(?!\s*\()")
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_EQUAL = re.compile(r"situation\.([a-z_]+)\s*==\s*'([^'\\]*)'")
_METHODS = re.compile(r"\.(?:contains|startsWith|endsWith|matches|size|all|exists|exists_one|map|filter)$")
_FAILURES = (RuntimeError, TypeError, ValueError, LookupError, ArithmeticError)
"""All that `cel` raises for an expression that cannot be evaluated."""

_RARE = (ZeroDivisionError, OverflowError, IndexError)
_SAMPLES = tuple(samples())
_NAMES = frozenset(_SAMPLES[0])


class Condition(NamedTuple):
    """A compiled expression. ``paths``: facts it speaks about; ``warnings``: what looked wrong but may be meant.

    ``look``: takes fields of the situation that must be ``expected`` for it to be true; to look first saves most evaluations.
    """

    text: str
    program: cel.Program
    paths: tuple[str, ...]
    look: Callable[[Mapping[str, Any]], object] | None
    expected: object
    warnings: tuple[str, ...]

    def possible(self, situation: Mapping[str, Any]) -> bool:
        """Whether these ``situation.*`` facts leave it a chance to be true."""
        return self.look is None or self.look(situation) == self.expected

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


def mentions(text: object, words: object) -> bool:
    """Whether one of the words (lower case, separated by commas) stands in the text, as whole words.

    >>> mentions("they will sue you", "lawyer, sue you")
    True
    """
    if not isinstance(text, str) or not isinstance(words, str):
        raise TypeError("mentions(text, 'word, other words') takes two texts")
    return _words(words).search(text) is not None


@lru_cache(maxsize=512)
def _words(words: str) -> re.Pattern[str]:
    alternatives = (re.escape(word.strip()) for word in words.split(",") if word.strip())
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives) or '(?!)'})(?!\w)")


def fields_of(conditions: Iterable["Condition"]) -> frozenset[str] | None:
    """Fields of the situation that these conditions look at; None when one takes the situation as a whole."""
    found: set[str] = set()
    for one in conditions:
        bare = _STRING.sub("''", one.text)
        named = re.findall(r"\bsituation\.([A-Za-z_]\w*)", bare)
        if len(named) < len(re.findall(r"\bsituation\b", bare)) or not set(named) <= _SAMPLES[0]["situation"].keys():
            return None
        found.update(named)
    return frozenset(found)


_CONTEXTS = tuple(context(sample) for sample in _SAMPLES)


def condition(text: str) -> Condition:
    """Compile and try an expression. Raises ValueError: syntax, unknown name or field, types that do not fit, or no facts in it."""
    bare = _STRING.sub("''", text)
    _check_size(text, bare)
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise ValueError(f"syntax error: {_first_cause(error)}") from None
    unknown = sorted(set(program.variables()) - _NAMES - set(_BOUND.findall(bare)))
    if unknown:
        raise ValueError(f"unknown name {unknown[0]!r}; known are {', '.join(sorted(_NAMES))}")
    if not program.variables():
        raise ValueError("speaks about no fact, so it matches everything or nothing; compare something of the situation")
    paths = tuple(sorted({_METHODS.sub("", path) for path in _paths(bare)}))
    required = dict(_required(text))
    values = tuple(required.values())
    look = itemgetter(*required) if required else None
    found = Condition(text, program, paths, look, values[0] if len(values) == 1 else values, ())
    return found._replace(warnings=tuple(_try(found, bare)))


def _check_size(text: str, bare: str) -> None:
    depth = deepest = 0
    for letter in bare:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    if len(text) > LENGTH_LIMIT or deepest > DEPTH_LIMIT or bare.count("!") + bare.count("-") > LENGTH_LIMIT // 10:
        raise ValueError(f"too long or too deep (at most {LENGTH_LIMIT} characters, {DEPTH_LIMIT} levels)")


def _paths(bare: str) -> Iterator[str]:
    for match in _PATH.finditer(bare):
        yield match.group()
    for match in re.finditer(r"\bsituation(?:\.[A-Za-z_]\w*)+(?=\.[A-Za-z_]\w*\s*\()", bare):
        yield match.group()


def _try(found: Condition, bare: str) -> Iterator[str]:
    """Evaluate the whole and each operand of && and || on all samples, so that short-circuiting hides no mistake."""
    rare: set[str] = set()
    for part in {found.text, *_operands(found.text)}:
        try:
            program = found.program if part == found.text else cel.compile(part)
        except ValueError:
            continue  # not an expression of its own, e.g. one half of a conditional
        failures = [failure for sample in _CONTEXTS if (failure := _failure(part, program, sample, bare))]
        unfit = sum(isinstance(failure, TypeError) for failure in failures)
        if unfit and (unfit == len(_CONTEXTS) or "/" not in part):
            raise ValueError(_reason(TypeError()))
        if unfit:  # the types of facts are the same for all, so it is a value: CEL compares no NaN
            rare.add(f"{part!r} can fail: 0.0 / 0.0 is no number")
        rare.update(f"{part!r} can fail: {_reason(failure)}" for failure in failures if isinstance(failure, _RARE))
    yield from sorted(rare)
    if all(found.holds(sample) is True for sample in _CONTEXTS):
        yield "is true for every sample situation: it would match everything"


def _failure(part: str, program: cel.Program, sample: cel.Context, bare: str) -> Exception | None:
    """How an expression fails on a sample, when that may be for its values. Raises ValueError when it never makes sense."""
    try:
        result = program.execute(sample)
    except (*_RARE, TypeError) as error:
        return error
    except KeyError as error:
        if ".sources" in bare:  # any network may be missing there; an `in` guards it in the whole
            return None
        raise ValueError(_reason(error)) from None
    except _FAILURES as error:
        raise ValueError(_reason(error)) from None
    if not isinstance(result, bool):
        raise ValueError(f"{part!r} is {type(result).__name__}, not true or false")
    return None


def _required(text: str) -> Iterator[tuple[str, str]]:
    """Comparisons of a field with a text that are joined to all the rest by &&: false && anything, an error too, is false in CEL."""
    parts, operators = _split(text)
    if operators <= {"&&"}:
        for part in parts:
            match = _EQUAL.fullmatch(part.strip())
            if match and isinstance(_SAMPLES[0]["situation"].get(match.group(1)), str):
                yield match.group(1), match.group(2)


def _operands(text: str) -> Iterator[str]:
    """Operands of top-level && and ||, outer parentheses and negations removed, down to the atoms."""
    text = text.strip()
    while text.startswith("!"):
        text = text[1:].strip()
    if text.startswith("(") and _closing(text) == len(text) - 1:
        yield from _operands(text[1:-1])
        return
    parts, operators = _split(text)
    if "?" in operators:
        return
    for part in parts:
        yield from _operands(part) if len(parts) > 1 else [part]


def _split(text: str) -> tuple[list[str], set[str]]:
    """The text cut at && and || outside of brackets and strings, and which of && || ? stand there."""
    cuts, operators, depth = [-2], set(), 0
    masked = _masked(text)
    for index, letter in enumerate(masked):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter == "?":
            operators.add("?")
        if depth == 0 and (pair := masked[index : index + 2]) in ("&&", "||"):
            operators.add(pair)
            cuts.append(index)
    return [text[start + 2 : end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)], operators


def _masked(text: str) -> str:
    return _STRING.sub(lambda match: "'" * len(match.group()), text)


def _closing(text: str) -> int:
    masked = _masked(text)
    depth = 0
    for index, letter in enumerate(masked):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0:
            return index
    return -1


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"unknown field {error.args[0]!r}"
    if isinstance(error, TypeError):
        return "compares or combines values of types that do not fit"
    return str(error).split(". ")[0].splitlines()[0][:200]


def _first_cause(error: Exception) -> str:
    match = re.search(r"<input>:\d+:(\d+): (.*)", str(error))
    return f"column {match.group(1)}, {match.group(2)[:120]}" if match else str(error).splitlines()[0][:160]
