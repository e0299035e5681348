"""In: a source as YAML. Out: the same as a `Description`, checked; or a WinnowError that names file, line, key and what is allowed.

What may be written is in the docstring of `schemas.sources`. Nothing here is executed: names of transforms come from a closed list.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal, cast

import yaml

from schemas.messages import Kind, Operation, Scope
from schemas.sources.description import (
    EACH,
    At,
    Constant,
    Description,
    Digest,
    Field,
    Form,
    Gathered,
    IdList,
    Join,
    Lookup,
    OfField,
    Only,
    Option,
    Path,
    Template,
    Versions,
    When,
)
from schemas.sources.places import FieldPlace, one_of, read_places, refusal
from schemas.sources.shapes import EPOCH, ESSENTIAL, FIELDS, ID
from schemas.sources.transforms import EPOCHS, ID_EPOCHS, SINCE, TRANSFORMS, Transform, mapped, scale, scale_by, unless_in

TOPICS = ("posts", "feedback")
MAIN = "main"
"""How a form refers to that of the file itself."""
_NOTES = ("purpose", "legal_basis")
_KEYS = (
    "name", "title", "topic", "kind", "envelope", "only", "lookups", "fields", "forms", "ignore", "tombstone", "format", "each", *_NOTES,
)  # fmt: skip
_FORM_KEYS = ("only", "extends", "envelope", "each", "ignore", "unwrap", "kind", "operation", "scope", "lookups", "fields")
CONSTANTS: Mapping[str, tuple[str, ...]] = {
    "kind": tuple(kind.value for kind in Kind),
    "operation": tuple(operation.value for operation in Operation),
    "scope": tuple(scope.value for scope in Scope),
}
"""What may stand beside the fields, being the same for every record."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
CONDITIONS: Mapping[str, tuple[bool, type | None]] = {
    "present": (False, None),
    "absent": (True, None),
    "list": (False, list),
    "object": (False, dict),
}
"""What a condition may ask of a value besides its words -> (it may be absent, the JSON type it must have)."""
_OPTIONS = ("path", "template", "digest", "is", "field", "versions", "join", "first_of")
_PROSE = ("text", "title", "context")
"""Fields that may be made of several texts."""
_REFINEMENTS = ("as", "scale", "map", "except", "epoch", "since")
_LISTED = 20
"""An error lists the words that are allowed if there are no more: countries are known."""
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
    return Description(
        file=file,
        name=name,
        title=top["title"].text(),
        topic=cast(Literal["posts", "feedback"], top["topic"].text(TOPICS)),
        forms=_Forms(file, name, top).forms(),
        tombstones="tombstone" in top and top["tombstone"].text(("delete",)) == "delete",
        mail="format" in top and top["format"].text(("json", "email")) == "email",
        purpose=top["purpose"].text() if "purpose" in top else "",
        legal_basis=top["legal_basis"].text() if "legal_basis" in top else "",
    )


class _Forms:
    """Reads the forms that payloads of a source may have: that of the file itself, others beside it, and those of no interest."""

    def __init__(self, file: str, source: str, top: dict[str, FieldPlace]) -> None:
        self._file, self._source, self._top = file, source, top
        self._said: dict[str, dict[str, FieldPlace]] = {MAIN: top}

    def forms(self) -> tuple[Form, ...]:
        top = self._top
        found = [self._form(MAIN, top, top["fields"])]
        for name, at in (top["forms"].mapping() if "forms" in top else {}).items():
            given = at.mapping(_FORM_KEYS)
            if name == MAIN or not _NAME.fullmatch(name):
                raise at.error(f"is no name for a form: small letters and _, and not {MAIN}")
            if "only" not in given:
                raise at.error("does not say with `only` which payloads have this form")
            extended = given["extends"].text(self._said) if "extends" in given else None
            given = (self._inherited(extended, given) if extended else {}) | given
            if "kind" not in given and "kind" in top:
                given["kind"] = top["kind"]
            self._said[name] = given
            found.append(self._form(name, given, at))
        for name, at in (top["ignore"].mapping() if "ignore" in top else {}).items():
            only = _only(_ignored(name, at), _Paths((), enclosed=False))
            found.append(Form(self._file, self._source, name, None, only, (), {}, ignored=name))
        first = found[0]
        if len(found) > 1 and not first.only:
            raise top["forms" if "forms" in top else "ignore"].error(
                "are never reached: what is read first takes every payload; give it an `only`"
            )
        return tuple(found)

    def _inherited(self, extended: str, given: dict[str, FieldPlace]) -> dict[str, FieldPlace]:
        said = self._said[extended]
        return {
            key: said[key] for key in ("envelope", "kind", "operation", "scope", "lookups", "fields") if key in said and key not in given
        }

    def _form(self, name: str, given: dict[str, FieldPlace], place: FieldPlace) -> Form:
        if "unwrap" in given:
            only, listed = _only(given["only"], _Paths((), enclosed=False)), given["unwrap"]
            places = listed.items() if isinstance(listed.node, yaml.SequenceNode) else [listed]
            return Form(self._file, self._source, name, None, only, (), {}, unwrap=tuple(map(_loop, places)))
        enclosed = "envelope" in given or "each" in given
        lookups = _lookups(given["lookups"], enclosed=enclosed) if "lookups" in given else ()
        paths = _Paths(lookups, enclosed=enclosed)
        fields = self._fields(given, paths)
        fields.setdefault("source", Field("source", (Constant(self._source),)))
        for key, allowed in CONSTANTS.items():
            if key in given:
                fields[key] = Field(key, (Constant(given[key].text(allowed)),))
        # Which form a page has, the page says, not its entries.
        only = _only(given["only"], _Paths((), enclosed=False) if "each" in given else paths) if "only" in given else ()
        envelope = given["envelope"].text() if "envelope" in given and "each" not in given else None
        each = _each(given["each"]) if "each" in given else ()
        passed = _passed(given["ignore"], paths) if each and name != MAIN and "ignore" in given else ()
        if name != MAIN and "ignore" in given and not each:
            raise given["ignore"].error("in a form goes with each: it names entries; the one beside `forms` names payloads")
        form = Form(self._file, self._source, name, envelope, only, lookups, fields, each=each, passed=passed)
        for needed in ("id", "source", "kind") if form.deletes else (*ESSENTIAL,):
            if needed not in fields and needed != "created_at":
                raise place.error(f"do not say where {needed} is" + (", nor does a key `kind` beside them" if needed == "kind" else ""))
        return form

    def _fields(self, given: dict[str, FieldPlace], paths: "_Paths") -> dict[str, Field]:
        found: dict[str, Field] = {}
        if "extends" in given:
            inherited = self._said[given["extends"].text()]
            found = self._fields(inherited, paths)
        return found | (_fields(given["fields"], paths) if "fields" in given else {})


class _Paths:
    """Reads paths, knowing which lookups there are."""

    def __init__(self, lookups: Iterable[Lookup], *, enclosed: bool) -> None:
        self._lookups = {lookup.name for lookup in lookups}
        self._enclosed = enclosed

    def of(self, place: FieldPlace, written: str | None = None, *, gathers: bool = False) -> Path:
        """``a.b.0.c``: keys, and positions in lists; ``a[].b``: all entries. ``$.`` begins outside of the envelope."""
        text = place.text() if written is None else written
        steps = text.replace("[]", f".{EACH}").split(".")
        start = ""
        if steps[0] == "$":
            start, steps = ("$" if self._enclosed else ""), steps[1:]
        elif steps[0] in self._lookups:
            start, steps = steps[0], steps[1:]
        if not steps or not all(map(_STEP.fullmatch, steps)) or steps[0].isdecimal():
            raise place.error(f"{text!r} is no path: keys with dots between them, such as data.user.0.name")
        found = tuple(EACH if step == str(EACH) else int(step) if step.isdecimal() else step for step in steps)
        if EACH in found and not gathers:
            raise place.error(f"{text!r} goes through a list with [], which only texts that are joined may, and versions")
        return Path(start, found, place.line)


def _loop(place: FieldPlace) -> tuple[str, ...]:
    """``entry[].changes[]``: keys, and lists that are gone through."""
    steps = tuple(step for part in place.text().split(".") for step in part.replace("[]", ".[]").split(".") if step)
    if not steps or steps.count("[]") > 2 or not all(step == "[]" or _STEP.fullmatch(step) for step in steps):
        raise place.error("must be a path such as payload, data[] or entry[].changes[]")
    return steps


def _each(place: FieldPlace) -> tuple[str, ...]:
    """The same of a list, whose entries are the records."""
    steps = _loop(place)
    if steps[-1] != "[]":
        raise place.error("must end with [], such as data[] or entry[].changes[]")
    return steps


def _ignored(name: str, place: FieldPlace) -> FieldPlace:
    """The conditions of what is ignored, which has a name."""
    if not _NAME.fullmatch(name):
        raise place.error("is no name of what is ignored: small letters and _")
    return place


def _passed(place: FieldPlace, paths: _Paths) -> tuple[tuple[str, tuple[Only, ...]], ...]:
    return tuple((name, _only(_ignored(name, at), paths)) for name, at in place.mapping().items())


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
        path = _of_record(at, paths.of(at, written))
        if isinstance(at.node, yaml.MappingNode):
            found.append(_relation(at, path, paths))
        elif isinstance(at.node, yaml.ScalarNode):
            if at.value() not in CONDITIONS:
                raise at.error(f"{at.shown()} is none of {', '.join(CONDITIONS)}, nor a list of words")
            may_be_absent, of = CONDITIONS[at.text()]
            found.append(Only(path, (), may_be_absent, of))
        else:
            found.append(Only(path, *_words(at)))
    if not found:
        raise place.error("must name at least one path")
    return tuple(found)


def _of_record(place: FieldPlace, path: Path) -> Path:
    if path.start not in {"", "$"}:
        raise place.error("is looked up in a list; what a record is must stand in the record")
    return path


def _words(place: FieldPlace) -> tuple[tuple[str | int, ...], bool]:
    """(what a value may be, whether it may be absent)."""
    values = [choice.value() for choice in place.items()]
    choices = tuple(value for value in values if isinstance(value, str | int))
    if not choices or any(value is not None and not isinstance(value, str | int) for value in values):
        raise place.error("must be a list of texts, whole numbers, true or false; null among them lets the field be absent")
    return choices, None in values


def _relation(place: FieldPlace, path: Path, paths: _Paths) -> Only:
    """``{not: words}``, ``{same_as: a path}``, ``{other_than: a path}``."""
    given = place.mapping(("not", "same_as", "other_than"))
    if len(given) != 1:
        raise place.error(
            "needs a list of words, one of present, absent, list, object, or one of not (words), same_as, other_than (a path)"
        )
    ((key, operand),) = given.items()
    if key == "not":
        unwanted, or_absent = _words(operand)
        if or_absent:
            raise operand.error("must be words; what is absent is none of them anyway, and `present` beside it is another condition")
        return Only(path, unwanted, may_be_absent=True, but=True)
    return Only(path, (), may_be_absent=False, but=key == "other_than", same=_of_record(operand, paths.of(operand)))


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
        given = place.mapping((*_OPTIONS, *_REFINEMENTS, "not_after", "when", "with"))
        if "not_after" in given:
            bound = given.pop("not_after")
            not_after = cast(At, self._at(bound.mapping(("path", "epoch"))))
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
            given = place.mapping((*_OPTIONS[:-1], *_REFINEMENTS, "when", "with"))
        if "when" in given:
            return self._when(place, given.pop("when"), given)
        kinds = [key for key in _OPTIONS if key in given]
        if (
            len(kinds) != 1
            or (len(given) > 1 and kinds != ["path"] and given.keys() != {"join", "with"})
            or ("with" in given and kinds != ["join"])
        ):
            raise place.error(f"needs one of {', '.join(_OPTIONS)}; only path goes with {', '.join(_REFINEMENTS)}")
        if kinds[0] not in {"path", "is", "versions"} and (self._shape.base != "text" or self._name == "created_at"):
            raise place.error(f"is {self._shape.base}, which no {kinds[0]} gives")
        readers: dict[str, Callable[[FieldPlace], Option]] = {
            "path": lambda at: self._at(given),
            "template": self._template,
            "digest": lambda at: Digest(tuple(self._paths.of(one) for one in at.items())),
            "is": self._constant,
            "field": self._of_field,
            "versions": self._versions,
            "join": lambda at: self._join(at, given.get("with")),
        }
        return readers[kinds[0]](given[kinds[0]])

    def _when(self, place: FieldPlace, condition: FieldPlace, given: dict[str, FieldPlace]) -> When:
        if self._name == "created_at":
            raise condition.error("does not go with created_at")
        option = self._option(place, given)
        if not isinstance(option, At | Template | Constant | Gathered | Join):
            raise condition.error("goes with path, template, join and is only")
        return When(option, _only(condition, self._paths))

    def _join(self, place: FieldPlace, separator: FieldPlace | None) -> Join:
        if self._name not in _PROSE:
            raise place.error(f"is only for {', '.join(_PROSE)}")
        return Join(tuple(self._option(one) for one in place.items()), "\n" if separator is None else separator.text())

    def _versions(self, place: FieldPlace) -> Versions:
        if self._name != "revision":
            raise place.error("is only for revision")
        return Versions(self._paths.of(place))

    def _constant(self, place: FieldPlace) -> Constant:
        value = place.value()
        listed = self._shape.choices if 0 < len(self._shape.choices) <= _LISTED else None
        if self._name == "created_at" or self._shape.base == "ids" or self._shape.complaint(self._name, value) is not None:
            raise place.error(f"is no {self._name}{one_of(listed)}")
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

    def _listed(self, path: FieldPlace, refined: list[str]) -> IdList:
        found = self._paths.of(path, gathers=True)
        if refined or found.steps[-1] != EACH or EACH in found.steps[:-1]:
            raise path.error(f"must be a list of ids, such as {self._name}[], as it is")
        return IdList(found)

    def _at(self, given: dict[str, FieldPlace]) -> At | Gathered | IdList:
        path, refined = given["path"], [key for key in _REFINEMENTS if key in given]
        if self._shape.base == "ids":
            return self._listed(path, refined)
        if len(refined) > 1:
            raise path.error(f"takes one of {', '.join(_REFINEMENTS)}")
        if "[]" in path.text() and self._name in _PROSE:
            transform = TRANSFORMS[given["as"].text(("html_to_text", "entities_to_text"))] if "as" in given else None
            return Gathered(self._paths.of(path, gathers=True), transform)
        found = At(self._paths.of(path), self._shape)
        if not refined and self._name == "country":  # networks write it in several ways, facts have it in one
            transform = TRANSFORMS["country"]
            return replace(found, transform=transform, shape=transform.native(self._shape))
        if not refined:
            return found
        (key,) = refined
        if key == "epoch":
            unit = given[key].text((*EPOCHS, *ID_EPOCHS))
            if self._name != "created_at" and (self._name != "revision" or unit in ID_EPOCHS):
                raise given[key].error("is only for created_at")
            return replace(found, epoch=unit, shape=ID if unit in ID_EPOCHS else EPOCH)
        transform, by = self._transform(key, given[key])
        if transform.gives != self._shape.base or self._name == "created_at":
            raise given[key].error(f"gives {transform.gives}, but {self._name} is {self._shape.base}")
        return replace(found, transform=transform, by=by, shape=transform.native(self._shape))

    def _transform(self, key: str, place: FieldPlace) -> tuple[Transform, Path | None]:
        if key == "as":
            return TRANSFORMS[place.text(TRANSFORMS)], None
        if key == "since":
            return SINCE, self._paths.of(place)
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
