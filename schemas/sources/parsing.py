"""In: a source as YAML. Out: the same as a `Description`, checked; or a WinnowError that names file, line, key and what is allowed.

What may be written is in the docstring of `schemas.sources`. Nothing here is executed: names of transforms come from a closed list.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal, cast

import yaml

from schemas.messages import Kind
from schemas.sources.description import At, Constant, Description, Digest, Field, Lookup, OfField, Only, Option, Path, Template
from schemas.sources.places import FieldPlace, one_of, read_places, refusal
from schemas.sources.shapes import EPOCH, ESSENTIAL, FIELDS
from schemas.sources.transforms import EPOCHS, TRANSFORMS, Transform, mapped, scale, scale_by, unless_in

TOPICS = ("posts", "feedback")
_KEYS = ("name", "title", "topic", "kind", "envelope", "only", "lookups", "fields")
_OPTIONS = ("path", "template", "digest", "is", "field", "first_of")
_REFINEMENTS = ("as", "scale", "map", "except", "epoch")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_STEP = re.compile(r"[^.\s{}\[\]]+")


def parse(text: str, file: str) -> Description:
    """Read a description. Raises WinnowError."""
    top = read_places(text, file, _KEYS).mapping(_KEYS)
    for key in ("name", "title", "topic", "fields"):
        if key not in top:
            raise refusal(file, 1, key, f"is missing; a source needs name, title, topic and fields{one_of(_KEYS)}")
    name = top["name"].text()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise top["name"].error("must be lower-case letters, digits, - and _, at most 64")
    enclosed = "envelope" in top
    lookups = _lookups(top["lookups"], enclosed=enclosed) if "lookups" in top else ()
    paths = _Paths(lookups, enclosed=enclosed)
    given = _fields(top["fields"], paths)
    given.setdefault("source", Field("source", (Constant(name),)))
    if "kind" in top:
        given["kind"] = Field("kind", (Constant(top["kind"].text([kind.value for kind in Kind])),))
    for needed in ESSENTIAL:
        if needed not in given:
            raise top["fields"].error(f"do not say where {needed} is" + (", nor does a key `kind` beside them" if needed == "kind" else ""))
    return Description(
        file=file,
        name=name,
        title=top["title"].text(),
        topic=cast(Literal["posts", "feedback"], top["topic"].text(TOPICS)),
        envelope=top["envelope"].text() if "envelope" in top else None,
        only=_only(top["only"], paths) if "only" in top else (),
        lookups=lookups,
        fields=given,
    )


class _Paths:
    """Reads paths, knowing which lookups there are."""

    def __init__(self, lookups: Iterable[Lookup], *, enclosed: bool) -> None:
        self._lookups = {lookup.name for lookup in lookups}
        self._enclosed = enclosed

    def of(self, place: FieldPlace, written: str | None = None) -> Path:
        """``a.b.0.c``: keys, and positions in lists. ``$.`` begins outside of the envelope."""
        text = place.text() if written is None else written
        steps = text.split(".")
        start = ""
        if steps[0] == "$":
            start, steps = ("$" if self._enclosed else ""), steps[1:]
        elif steps[0] in self._lookups:
            start, steps = steps[0], steps[1:]
        if not steps or not all(map(_STEP.fullmatch, steps)) or steps[0].isdecimal():
            raise place.error(f"{text!r} is no path: keys with dots between them, such as data.user.0.name")
        return Path(start, tuple(int(step) if step.isdecimal() else step for step in steps), place.line)


def _lookups(place: FieldPlace, *, enclosed: bool) -> tuple[Lookup, ...]:
    found: list[Lookup] = []
    for name, at in place.mapping().items():
        paths = _Paths(found, enclosed=enclosed)
        given = at.mapping(("list", "where", "equals", "is"))
        if not name.isidentifier():
            raise at.error("is no name for a lookup: letters, digits and _")
        if not given.keys() >= {"list", "where"} or ("equals" in given) == ("is" in given):
            raise at.error("needs list, where, and one of equals (a path) and is (a constant)")
        value = paths.of(given["equals"]) if "equals" in given else given["is"].text()
        found.append(Lookup(name, paths.of(given["list"]), given["where"].text(), value))
    return tuple(found)


def _only(place: FieldPlace, paths: _Paths) -> tuple[Only, ...]:
    found = []
    for written, at in place.mapping().items():
        values = [choice.value() for choice in at.items()]
        choices = tuple(value for value in values if isinstance(value, str))
        if not choices or any(value is not None and not isinstance(value, str) for value in values):
            raise at.error("must be a list of texts; null among them lets the field be absent")
        path = paths.of(at, written)
        if path.start not in {"", "$"}:
            raise at.error("is looked up in a list; what a record is must stand in the record")
        found.append(Only(path, choices, None in values))
    return tuple(found)


def _fields(place: FieldPlace, paths: _Paths) -> dict[str, Field]:
    return {name: _FieldReader(name, paths).field(at) for name, at in place.mapping(FIELDS).items()}


class _FieldReader:
    """Reads what is said of one canonical field."""

    def __init__(self, name: str, paths: _Paths) -> None:
        self._name, self._paths, self._shape = name, paths, FIELDS[name]

    def field(self, place: FieldPlace) -> Field:
        not_after = None
        if isinstance(place.node, yaml.ScalarNode):
            return Field(self._name, (self._at({"path": place}),))
        given = place.mapping((*_OPTIONS, *_REFINEMENTS, "not_after"))
        if "not_after" in given:
            bound = given.pop("not_after")
            not_after = self._at(bound.mapping(("path", "epoch")))
            if self._name != "created_at" or not_after.epoch is None:
                raise bound.error("bounds created_at, by a path with an epoch")
        if "first_of" not in given:
            return Field(self._name, (self._option(place, given),), not_after)
        if len(given) > 1:
            raise place.error("says first_of: anything else belongs to one of its options")
        return Field(self._name, tuple(self._option(one) for one in given["first_of"].items(2)), not_after)

    def _option(self, place: FieldPlace, given: dict[str, FieldPlace] | None = None) -> Option:
        if given is None:
            if isinstance(place.node, yaml.ScalarNode):
                return self._at({"path": place})
            given = place.mapping((*_OPTIONS[:-1], *_REFINEMENTS))
        kinds = [key for key in _OPTIONS if key in given]
        if len(kinds) != 1 or (len(given) > 1 and kinds != ["path"]):
            raise place.error(f"needs one of {', '.join(_OPTIONS)}; only path goes with {', '.join(_REFINEMENTS)}")
        if kinds != ["path"] and (self._shape.base != "text" or self._name == "created_at") and kinds != ["is"]:
            raise place.error(f"is {self._shape.base}, which no {kinds[0]} gives")
        readers: dict[str, Callable[[FieldPlace], Option]] = {
            "path": lambda at: self._at(given),
            "template": self._template,
            "digest": lambda at: Digest(tuple(self._paths.of(one) for one in at.items())),
            "is": self._constant,
            "field": self._of_field,
        }
        return readers[kinds[0]](given[kinds[0]])

    def _constant(self, place: FieldPlace) -> Constant:
        value = place.value()
        if self._name == "created_at" or self._shape.complaint(self._name, value) is not None:
            raise place.error(f"is no {self._name}")
        return Constant(self._shape.clean(value))

    def _of_field(self, place: FieldPlace) -> OfField:
        allowed = {"text": ("title",), "thread": ("id",)}.get(self._name, ())
        if not allowed:
            raise place.error("is only for thread (id) and text (title)")
        return OfField(cast(Literal["id", "title"], place.text(allowed)))

    def _template(self, place: FieldPlace) -> Template:
        text = place.text()
        pieces = _PLACEHOLDER.split(text)
        if not 3 <= len(pieces) <= 13 or len(text) > 200 or any(sign in piece for piece in pieces[::2] for sign in "{}"):
            raise place.error("must be text of at most 200 characters with one to six paths in braces, such as https://a.example/{id}")
        return Template(tuple(self._paths.of(place, piece) if at % 2 else piece for at, piece in enumerate(pieces) if piece or at % 2))

    def _at(self, given: dict[str, FieldPlace]) -> At:
        path, refined = given["path"], [key for key in _REFINEMENTS if key in given]
        if len(refined) > 1:
            raise path.error(f"takes one of {', '.join(_REFINEMENTS)}")
        found = At(self._paths.of(path), self._shape)
        if not refined:
            return found
        (key,) = refined
        if key == "epoch":
            if self._name != "created_at":
                raise given[key].error("is only for created_at")
            return replace(found, epoch=given[key].text(EPOCHS), shape=EPOCH)
        transform, by = self._transform(key, given[key])
        if transform.gives != self._shape.base or self._name == "created_at":
            raise given[key].error(f"gives {transform.gives}, but {self._name} is {self._shape.base}")
        return replace(found, transform=transform, by=by, shape=transform.native(self._shape))

    def _transform(self, key: str, place: FieldPlace) -> tuple[Transform, Path | None]:
        if key == "as":
            return TRANSFORMS[place.text(TRANSFORMS)], None
        if key == "except":
            return unless_in([one.text() for one in place.items()]), None
        if key == "map":
            values = {word: self._constant(at).value for word, at in place.mapping().items()}
            return mapped(values, self._shape.base), None
        if isinstance(place.node, yaml.SequenceNode):
            return scale(*_bounds(place)), None
        scales = place.mapping()
        if "by" not in scales or len(scales) < 2:
            raise place.error("must be [lowest, highest], or {by: a path, and for each of its values: [lowest, highest]}")
        by = self._paths.of(scales.pop("by"))
        return scale_by({name: _bounds(at) for name, at in scales.items()}), by


def _bounds(place: FieldPlace) -> tuple[int, int]:
    bounds = [one.whole() for one in place.items(2)]
    if len(bounds) != 2 or bounds[0] >= bounds[1]:
        raise place.error("must be [lowest, highest]")
    return bounds[0], bounds[1]
