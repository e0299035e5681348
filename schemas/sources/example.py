"""In: what a file says of a source. Out: payloads that have a value at every path which it reads: for measuring and for trying."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

import msgspec

from schemas.sources.description import EACH, At, Form, Join, Only, Option, Path, Versions, When
from schemas.sources.parsing import parse

AT_SECONDS = 1_772_359_200
_EPOCHS = {"seconds": AT_SECONDS, "milliseconds": AT_SECONDS * 1_000, "microseconds": AT_SECONDS * 1_000_000}
_TEXT = "Aurora Air lost my bag again, nobody at the desk knows where it is, and the hotline has not answered for two hours now."
_VALUES: Mapping[str, Any] = {
    "created_at": "2026-03-01T10:00:00Z",
    "text": _TEXT,
    "author.id": "777",
    "id": "12345",
    "title": "Lost again",
    "kind": "post",
    "source": "forum",
}
_FIRST = tuple(_VALUES)
"""Where two fields read one path, it has the value of the first of these."""
_OTHER = "7"
MAIL = (
    b"From: Jane <jane@mail.example>\r\nTo: help@brand.example\r\nSubject: Lost again\r\nDate: Sun, 01 Mar 2026 10:00:00 +0000\r\n"
    b"Message-ID: <12345@mail.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + _TEXT.encode() + b"\r\n"
)


def mapped(form: Form) -> list[Path]:
    """Every path that a form reads."""
    options = chain.from_iterable(field.options for field in form.fields.values())
    read = chain.from_iterable(option.paths() for option in options)
    asked = (path for only in form.only for path in only.paths)
    found = (path for lookup in form.lookups for path in (lookup.entries, lookup.value) if isinstance(path, Path))
    return list(dict.fromkeys(chain(read, asked, found)))


def written(form: Form, values: Mapping[Path, Any]) -> bytes:
    """A payload of a form with these values at its paths. Raises what msgspec does for what JSON has no bytes for."""
    payload: Any = {}
    for path, value in values.items():
        payload = _put(payload, _place(form, path), value)
    return msgspec.json.encode(payload)


def asked_for(form: Form) -> dict[Path, Any]:
    """What a form wants to find in a record of its own."""
    same = {path: _OTHER for only in form.only if only.same is not None and not only.but for path in only.paths}
    return same | {only.path: _wanted(only) for only in form.only if (only.choices and not only.but) or only.of is not None}


def example(file: str, text: str) -> bytes:
    """A record of the first form that tells a post of the source that a ``file`` with this text describes; whatever it reads is there."""
    description = parse(text, file)
    if description.mail:
        return MAIL
    form = next(form for form in description.forms if form.ignored is None and not form.deletes)
    values: dict[Path, Any] = {}
    for name in sorted(form.fields, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        for option in form.fields[name].options:
            values = _values(name, option) | values
    return written(form, {path: value for path, value in values.items() if path not in asked_for(form)} | asked_for(form))


def _wanted(only: Only) -> Any:
    if only.choices and not only.but:
        return only.choices[0]
    return _OTHER if only.of is None else only.of()


def _values(name: str, option: Option) -> dict[Path, Any]:
    """What the paths of an option hold, of the types that it is read as."""
    if isinstance(option, When):
        return {only.path: _wanted(only) for only in option.only} | _values(name, option.option)
    if isinstance(option, Join):
        return {path: value for part in option.parts for path, value in _values(name, part).items()}
    if isinstance(option, At):
        return {option.path: _typed(name, option)} | ({} if option.by is None else {option.by: _OTHER})
    return {path: [] if isinstance(option, Versions) else _VALUES.get(name, _OTHER) for path in option.paths()}


def _typed(name: str, option: At) -> Any:
    shape = option.shape
    if option.epoch is not None:
        return _EPOCHS.get(option.epoch, _OTHER)
    if shape.base == "flag":
        return True
    if shape.base in {"whole number", "number"}:
        low, high = shape.bounds or (0, 7)
        return int(min(max(3, low), high))
    return shape.choices[0] if shape.choices else _VALUES.get(name, _OTHER)


def _put(node: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    """The node with a value at a path, lists and objects made on the way."""
    if not steps:
        return value if not (isinstance(value, dict | list) and not value and isinstance(node, type(value))) else node
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        node = node if isinstance(node, dict) else {}
        node[step] = _put(node.get(step), rest, value)
        return node
    at = 0 if step == EACH else step
    node = node if isinstance(node, list) else []
    node += [None] * (at + 1 - len(node))
    node[at] = _put(node[at], rest, value)
    return node


def _place(form: Form, path: Path) -> tuple[str | int, ...]:
    """Where a path lies, from the record's root."""
    root: list[str | int] = []
    for name in form.each:
        root += [*name.split("."), EACH]
    if path.start == "$":
        return path.steps
    if path.start == "^":
        return (*root[: root.index(EACH) + 1], *path.steps) if root else path.steps
    lookup = next((lookup for lookup in form.lookups if lookup.name == path.start), None)
    if lookup is not None:
        return (*_place(form, lookup.entries), EACH, *path.steps)
    return (*root, *(form.envelope.split(".") if form.envelope else ()), *path.steps)
