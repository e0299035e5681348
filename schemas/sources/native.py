"""In: the paths that a description reads. Out: the type tree of its native payload, which msgspec decodes into at once; and the same tree
filled from plain values, where whatever does not fit is left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import GenericAlias
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from schemas.sources.description import EACH, At, Digest, Form, Gathered, IdList, Join, Lookup, Option, Path, Template, Versions, When
from schemas.sources.malformed import Malformed, wrong_type
from schemas.sources.places import refusal
from schemas.sources.shapes import ANYTHING, DIGEST_PART, LISTED_ID, TEMPLATE_PART, Shape
from schemas.sources.transforms import SINCE

Native = dict[str, Any]
_LOOKED_UP_BY = Shape("text")


@dataclass(slots=True)
class Leaf:
    """A value that is read."""

    shape: Shape

    def type(self) -> Any:
        """What msgspec decodes it into."""
        return self.shape.annotation()

    def fill(self, value: Any) -> Any:
        """The value, None for one that does not fit."""
        return self.shape.clean(value)


@dataclass(slots=True)
class List:
    """A list whose entries are all alike, as far as they are read."""

    entry: "Node"

    def type(self) -> Any:
        """What msgspec decodes it into."""
        entry = self.entry.type()
        return GenericAlias(list, (self.entry.struct if isinstance(self.entry, Object) else entry,)) | None

    def fill(self, value: Any) -> Any:
        """As many entries as there are; None for what is no list."""
        if type(value) is not list:
            return None
        return [self.entry.fill(one) or self.entry.empty if isinstance(self.entry, Object) else self.entry.fill(one) for one in value]


@dataclass(slots=True)
class Object:
    """An object of which some fields are read. ``struct`` and ``empty`` (all fields unknown) are there once `type` was asked."""

    fields: "dict[str, Node]" = field(default_factory=dict)
    struct: type[Struct] = Struct
    empty: Any = None

    def attribute(self, key: str) -> str:
        """What the struct calls the field: keys may be any text."""
        return f"f{list(self.fields).index(key)}"

    def type(self) -> Any:
        """What msgspec decodes it into."""
        if self.empty is None:
            names = {self.attribute(key): key for key in self.fields}
            typed = [(name, self.fields[key].type(), None) for name, key in names.items()]
            self.struct = msgspec.defstruct("Native", typed, rename=names, gc=False)
            self.empty = self.struct()
        return self.struct | None

    def fill(self, value: Any) -> Any:
        """The struct with what fits; None for what is no object."""
        if type(value) is not dict:
            return None
        return self.struct(*(child.fill(value.get(key)) for key, child in self.fields.items()))


Node: TypeAlias = Leaf | List | Object


class NativeTree:
    """The payloads of one form: ``record``, and ``outer`` when there may be an envelope around it (else the same). ``uses``: what is read
    of them, all that the form reads unless said otherwise."""

    def __init__(self, form: Form, uses: Iterable[tuple[Path, Shape]] | None = None) -> None:
        self._file = form.file
        self._lookups: dict[str, Lookup] = {lookup.name: lookup for lookup in form.lookups}
        self.record = Object()
        self.outer = Object() if form.envelope or form.each else self.record
        for path, shape in _uses(form) if uses is None else uses:
            self._put(path, shape)
        if form.envelope:
            if form.envelope in self.outer.fields:
                raise refusal(form.file, 1, "envelope", f"$.{form.envelope} is the envelope and cannot be read as a value")
            self.outer.fields[form.envelope] = self.record
        self.outer.type()
        self.record.type()

    def start(self, name: str) -> Node:
        """Where paths with this ``start`` begin."""
        if name in self._lookups:
            entries = self.at(self._lookups[name].entries)
            assert isinstance(entries, List)
            return entries.entry
        return self.outer if name == "$" else self.record

    def at(self, path: Path) -> Node:
        """The node at a path that was put."""
        node = self.start(path.start)
        for step in path.steps:
            node = node.entry if isinstance(node, List) else node.fields[str(step)]  # type: ignore[union-attr]  # it was put there
        return node

    def look_up(self, path: Path, native: Native, record: Native) -> Any:
        """The plain value at a path, None when it is absent; `Malformed` when something on the way is no object or list."""
        lookup = self._lookups.get(path.start)
        value: Any = native if path.start == "$" else record if lookup is None else self._entry(lookup, native, record)
        for depth, step in enumerate(path.steps):
            if step == EACH and isinstance(value, list):
                rest = replace(path, start="$", steps=path.steps[depth + 1 :])
                inner = (one if not rest.steps else self.plain(rest, one, one) for one in value)
                return next((one for one in inner if one is not None), None)
            if isinstance(step, int) and isinstance(value, list):
                value = value[step] if len(value) > step else None
            elif isinstance(step, str) and isinstance(value, dict):
                value = value.get(step)
            else:
                return wrong_type(".".join(map(str, path.steps[:depth])), "a list" if isinstance(step, int) else "an object", value)
        return value

    def _entry(self, lookup: Lookup, native: Native, record: Native) -> Native:
        entries = self.look_up(lookup.entries, native, record)
        wanted = self.look_up(lookup.value, native, record) if isinstance(lookup.value, Path) else lookup.value
        if not isinstance(entries, list) or wanted is None:
            return {}
        return next((entry for entry in entries if isinstance(entry, dict) and entry.get(lookup.where) == wanted), {})

    def plain(self, path: Path, native: Native, record: Native) -> Any:
        """The plain value at a path, None as well when something on the way is no object or list."""
        value = self.look_up(path, native, record)
        return None if isinstance(value, Malformed) else value

    def complaint(self, path: Path, native: Native, record: Native) -> Malformed | None:
        """What is wrong at a path of plain values."""
        value, node = self.look_up(path, native, record), self.at(path)
        return value if isinstance(value, Malformed) else node.shape.complaint(str(path), value) if isinstance(node, Leaf) else None

    def _put(self, path: Path, shape: Shape) -> None:
        node = self.start(path.start)
        for step, following in zip(path.steps, [*path.steps[1:], None], strict=True):
            wanted: Node = Leaf(shape) if following is None else List(Object()) if isinstance(following, int) else Object()
            node = self._child(path, node, step, wanted)
        if isinstance(node, Leaf):
            both = node.shape.also(shape)
            if both is None:
                raise refusal(self._file, path.line, str(path), f"is {node.shape.base} elsewhere and {shape.base} here; it can be only one")
            node.shape = both

    def _child(self, path: Path, node: Node, step: str | int, wanted: Node) -> Node:
        if isinstance(node, List) and isinstance(step, int):
            if isinstance(node.entry, Object) and not node.entry.fields and not isinstance(wanted, Object):
                node.entry = wanted
            found = node.entry
        elif isinstance(node, Object) and isinstance(step, str):
            found = node.fields.setdefault(step, wanted)
        else:
            raise refusal(self._file, path.line, str(path), "goes through a value that is none such elsewhere")
        if type(found) is not type(wanted):
            raise refusal(self._file, path.line, str(path), "is a single value in one place and holds others in another")
        return found


def _uses(form: Form) -> Iterator[tuple[Path, Shape]]:
    for lookup in form.lookups:
        yield Path(lookup.entries.start, (*lookup.entries.steps, 0, lookup.where), lookup.entries.line), _LOOKED_UP_BY
        if isinstance(lookup.value, Path):
            yield lookup.value, _LOOKED_UP_BY
    for only in () if form.each else form.only:
        yield only.path, Shape("text", choices=tuple(map(str, only.choices))) if only.is_words else ANYTHING
        if only.same is not None:
            yield only.same, ANYTHING
    for found in form.fields.values():
        for option in (*found.options, *((found.not_after,) if found.not_after else ())):
            yield from _of_option(option)


def _of_option(option: Option) -> Iterator[tuple[Path, Shape]]:
    match option:
        case At():
            yield option.path, option.shape
            if option.by is not None:
                yield option.by, ANYTHING if option.transform is SINCE else _LOOKED_UP_BY
        case When():
            yield from _of_option(option.option)
            yield from ((path, ANYTHING) for only in option.only for path in only.paths)
        case Join():
            for part in option.parts:
                yield from _of_option(part)
        case Gathered():
            yield option.path, Shape("text")
        case IdList():
            yield option.path, LISTED_ID
        case Versions():
            yield Path(option.path.start, (*option.path.steps, 0), option.path.line), ANYTHING
        case Template() | Digest():
            for path in option.paths():
                yield path, TEMPLATE_PART if isinstance(option, Template) else DIGEST_PART
