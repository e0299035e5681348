"""In: a source and a record's bytes. Out: field by field what was found where, and what was passed over: for whoever writes a source."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.sources.description import At, Constant, Gathered, IdList, Join, OfField, Only, Option, Path, When
from schemas.sources.form import FormReader, Reading
from schemas.sources.malformed import Ignored, Malformed, describe
from schemas.sources.native import Native
from schemas.sources.source import Source

SHOWN = 60
"""Characters of a value that are shown."""


@dataclass(slots=True)
class TracedField:
    """A canonical field: what it came to, and each place that was looked at: (line of the file, what is written there, what was found)."""

    name: str
    value: Any
    looked: list[tuple[int, str, str]]


@dataclass(slots=True)
class Traced:
    """One payload: the form that read it, or what kept each form from it; its fields; paths of it that nobody reads."""

    form: str | None
    misfits: list[tuple[str, str]] = field(default_factory=list)
    fields: list[TracedField] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


def trace(source: Source, raw: bytes, arrived_ms: int | None = None) -> Iterator[Traced]:
    """What became of each payload in a record. Never raises, whatever the bytes."""
    for native, form in source.payloads(raw):
        if isinstance(native, Malformed | Ignored):
            yield Traced(None, readings=[native])
            continue
        misfits = [(one.form.name, _told(only, one, native)) for one in source.forms if (only := one.misfit(native)) is not None]
        if form is None:
            yield Traced(None, misfits, readings=[source.unsupported(native)])
            continue
        readings = list(form.closely(native, arrived_ms))
        found = Traced(form.form.name, misfits, readings=readings)
        if form.form.ignored is None and not form.form.each:
            signal = None if isinstance(readings[0], Malformed | Ignored) else readings[0][0]
            found.fields = [_field(name, form, native, signal) for name in form.form.fields]
        found.passed_over = sorted(set(_leaves(native)) - _read(form))
        yield found


def _told(only: Only, form: FormReader, native: Native) -> str:
    if only.same is not None:
        wanted = f"{'another than' if only.but else 'the same as'} {only.same}, which is {_shown(form.value(only.same, native))}"
    else:
        words = " or ".join(map(repr, only.choices)) or ("absent" if only.may_be_absent else "there")
        wanted = f"none of {words}" if only.but else words
    return f"line {only.path.line}: {only.path} is {_shown(form.value(only.path, native))}, must be {wanted}"


def _field(name: str, form: FormReader, native: Native, signal: Any) -> TracedField:
    value = signal
    for part in name.split("."):
        value = getattr(value, part, None)
    looked = [one for option in form.form.fields[name].options for one in _looked(option, form, native)]
    return TracedField(name, value, looked)


def _looked(option: Option, form: FormReader, native: Native) -> Iterator[tuple[int, str, str]]:
    match option:
        case Constant():
            yield 0, f"is {option.value!r}", "always"
        case OfField():
            yield 0, f"field {option.name}", "as that field"
        case When():
            unmet = [only for only in option.only if not form.holds(only, native)]
            if unmet:
                yield unmet[0].path.line, f"when {unmet[0].path}", f"does not hold: {_shown(form.value(unmet[0].path, native))}"
            else:
                yield from _looked(option.option, form, native)
        case Join():
            for part in option.parts:
                yield from _looked(part, form, native)
        case _:
            for path in option.paths():
                found = form.value(path, native)
                odd = form.odd(path, native) if isinstance(option, At) and found is not None else None
                more = " and more" if isinstance(option, Gathered | IdList) and found is not None else ""
                yield path.line, str(path), f"odd: {odd.reason}" if odd is not None else f"{_shown(found)}{more}"


def _shown(value: object) -> str:
    if value is None:
        return "not there"
    if isinstance(value, dict | list):
        return describe(value)
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _read(form: FormReader) -> set[str]:
    """Every path that the form reads, as `_leaves` writes them."""
    described = form.form
    inside = () if described.envelope is None else (described.envelope,)
    paths: list[Path] = [path for only in described.only for path in only.paths]
    paths += [path for one in described.fields.values() for option in one.options for path in _paths(option)]
    starts = {lookup.name: (*_steps(lookup.entries, {}, inside), "[]") for lookup in described.lookups}
    paths += [lookup.value for lookup in described.lookups if isinstance(lookup.value, Path)]
    found = {".".join(_steps(path, starts, inside)) for path in paths}
    found |= {".".join((*starts[lookup.name], lookup.where)) for lookup in described.lookups}
    return {path.replace(".[]", "[]") for path in found}


def _paths(option: Option) -> Iterator[Path]:
    yield from option.paths()
    if isinstance(option, When):
        yield from (path for only in option.only for path in only.paths)


def _steps(path: Path, starts: dict[str, tuple[str, ...]], inside: tuple[str, ...]) -> tuple[str, ...]:
    before = starts.get(path.start, () if path.start == "$" else inside)
    return (*before, *("[]" if isinstance(step, int) else step for step in path.steps))


def _leaves(value: object, before: str = "") -> Iterator[str]:
    """Paths of all single values, positions in lists left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{before}.{key}" if before else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{before}[]")
    elif value is not None:
        yield before
