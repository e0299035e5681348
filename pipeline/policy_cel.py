"""The text of a CEL expression in; a compiled condition that was tried on sample facts, out. Never raises when evaluated."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import cel

from pipeline.policy_facts import samples

LENGTH_LIMIT = 2_000
DEPTH_LIMIT = 40
_PATH = re.compile(r"\b(?:situation(?:\.[A-Za-z_]\w*)+|text|hour|weekday)\b(?!\s*\()")
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)\s*,")
_METHODS = re.compile(r"\.(?:contains|startsWith|endsWith|matches|size|all|exists|exists_one|map|filter)$")
_RARE = (ZeroDivisionError, OverflowError, IndexError)
_SAMPLES = tuple(samples())
_NAMES = frozenset(_SAMPLES[0])


class Condition(NamedTuple):
    """A compiled expression. ``paths``: facts it speaks about; ``warnings``: what looked wrong but may be meant."""

    text: str
    program: cel.Program
    paths: tuple[str, ...]
    warnings: tuple[str, ...]

    def holds(self, context: cel.Context) -> bool | str:
        """Whether it is true for these facts; a reason (never an exception) when it cannot be evaluated."""
        try:
            result = self.program.execute(context)
        except Exception as error:
            return _reason(error)
        return result if isinstance(result, bool) else f"is {type(result).__name__}, not true or false"


def context(seen: Mapping[str, Any]) -> cel.Context:
    """Facts as CEL wants them: built once a situation, evaluated many times."""
    return cel.Context(variables=dict(seen))


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
    found = Condition(text, program, paths, ())
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
        for sample in _CONTEXTS:
            try:
                result = program.execute(sample)
            except _RARE as error:
                rare.add(f"{part!r} can fail: {_reason(error)}")
            except KeyError as error:
                if ".sources" not in bare:  # any network may be missing there; an `in` guards it in the whole
                    raise ValueError(_reason(error)) from None
            except Exception as error:
                raise ValueError(_reason(error)) from None
            else:
                if not isinstance(result, bool):
                    raise ValueError(f"{part!r} is {type(result).__name__}, not true or false")
    yield from sorted(rare)
    if all(found.holds(sample) is True for sample in _CONTEXTS):
        yield "is true for every sample situation: it would match everything"


def _operands(text: str) -> Iterator[str]:
    """Operands of top-level && and ||, outer parentheses and negations removed, down to the atoms."""
    text = text.strip()
    while text.startswith("!"):
        text = text[1:].strip()
    if text.startswith("(") and _closing(text) == len(text) - 1:
        yield from _operands(text[1:-1])
        return
    cuts = [-2]
    masked = _STRING.sub(lambda match: "'" * len(match.group()), text)
    depth = 0
    for index, letter in enumerate(masked):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and letter == "?":
            return
        if depth == 0 and masked[index : index + 2] in ("&&", "||"):
            cuts.append(index)
    if len(cuts) == 1:
        yield text
        return
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        yield from _operands(text[start + 2 : end])


def _closing(text: str) -> int:
    masked = _STRING.sub(lambda match: "'" * len(match.group()), text)
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
