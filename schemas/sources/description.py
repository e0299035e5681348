"""What a file says of a source, checked: the form that `parsing` gives it and `native`, `assembly` and `source` read it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from schemas.sources.shapes import Shape
from schemas.sources.transforms import Transform

EACH = -1
"""The step of a path that goes through all entries of a list."""


@dataclass(frozen=True, slots=True)
class Path:
    """Where a native value sits. ``start``: "" for the record, "$" for what is around its envelope, else the name of a lookup."""

    start: str
    steps: tuple[str | int, ...]
    line: int = field(default=0, compare=False)

    def __str__(self) -> str:
        written = ".".join(map(str, (self.start, *self.steps) if self.start not in {"", "$"} else self.steps))
        return written.replace(f".{EACH}", "[]")


@dataclass(frozen=True, slots=True)
class At:
    """The value at a path, transformed. ``by``: a second value that the transform needs; ``epoch``: it is a Unix time in this unit."""

    path: Path
    shape: Shape
    transform: Transform | None = None
    by: Path | None = None
    epoch: str | None = None

    def paths(self) -> tuple[Path, ...]:
        """Every path it reads."""
        return (self.path,) if self.by is None else (self.path, self.by)


@dataclass(frozen=True, slots=True)
class Template:
    """Text with values in it; unknown as soon as one of them is unknown or empty."""

    parts: tuple[str | Path, ...]

    def paths(self) -> tuple[Path, ...]:
        """Every path it reads."""
        return tuple(part for part in self.parts if isinstance(part, Path))


@dataclass(frozen=True, slots=True)
class Digest:
    """An id made of other values."""

    parts: tuple[Path, ...]

    def paths(self) -> tuple[Path, ...]:
        """Every path it reads."""
        return self.parts


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every record."""

    value: Any

    def paths(self) -> tuple[Path, ...]:
        """None: it reads nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class OfField:
    """What another canonical field holds: ``id``, or for a text without one the ``title``, which is no title then."""

    name: Literal["id", "title"]

    def paths(self) -> tuple[Path, ...]:
        """None: it reads what was read already."""
        return ()


@dataclass(frozen=True, slots=True)
class Versions:
    """How many versions of a post came before this one, by the list of all of them."""

    path: Path

    def paths(self) -> tuple[Path, ...]:
        """The one it counts."""
        return (self.path,)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All texts at a path that goes through lists, a line each."""

    path: Path
    transform: Transform | None = None

    def paths(self) -> tuple[Path, ...]:
        """The one it gathers."""
        return (self.path,)


@dataclass(frozen=True, slots=True)
class IdList:
    """All ids in a list that has more than one."""

    path: Path

    def paths(self) -> tuple[Path, ...]:
        """The one that goes through the list."""
        return (self.path,)


@dataclass(frozen=True, slots=True)
class Join:
    """Those of several options that are known, as one text."""

    parts: "tuple[Option, ...]"
    separator: str

    def paths(self) -> tuple[Path, ...]:
        """Every path it reads."""
        return tuple(path for part in self.parts for path in part.paths())


@dataclass(frozen=True, slots=True)
class When:
    """An option that counts only for records of which certain values are what they must be."""

    option: "At | Template | Constant | Gathered | Join"
    only: "tuple[Only, ...]"

    def paths(self) -> tuple[Path, ...]:
        """Every path that the option reads."""
        return self.option.paths()


Option: TypeAlias = At | Template | Digest | Constant | OfField | Versions | When | Gathered | IdList | Join


@dataclass(frozen=True, slots=True)
class Field:
    """How a canonical field is read: the first option that is known. ``not_after``: a Unix time that bounds ``created_at``."""

    name: str
    options: tuple[Option, ...]
    not_after: At | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """An entry of a list, found by one of its fields: by what another path holds, or by a constant."""

    name: str
    entries: Path
    where: str
    value: Path | str


@dataclass(frozen=True, slots=True)
class Only:
    """What the value at a path must be for a form to read a record: one of ``choices``; or, when there are none, anything that is there
    (``of``: of this JSON type). ``may_be_absent``: or nothing. ``but``: anything but one of ``choices``. ``same``: what sits at this other
    path, or with ``but`` something else than that; of what is not there, neither is known.
    """

    path: Path
    choices: tuple[str | int, ...]
    may_be_absent: bool
    of: type | None = None
    but: bool = False
    same: Path | None = None

    @property
    def is_words(self) -> bool:
        """Whether it asks for certain words, which msgspec can check as it decodes."""
        return bool(self.choices) and not self.but and all(isinstance(choice, str) for choice in self.choices)

    @property
    def paths(self) -> "tuple[Path, ...]":
        """Every path whose value `holds` needs, in its order."""
        return (self.path,) if self.same is None else (self.path, self.same)

    def holds(self, value: Any, other: Any = None) -> bool:
        """Whether a plain value is what it must be. ``other``: the one that it is compared with; 7 and "7" are the same id."""
        if value is None:
            return self.may_be_absent
        if self.same is not None:
            return other is not None and (str(value) == str(other)) != self.but
        if self.choices:  # true is no 1
            return any(choice == value and type(choice) is type(value) for choice in self.choices) != self.but
        return not self.may_be_absent and (self.of is None or type(value) is self.of)


@dataclass(frozen=True, slots=True)
class Form:
    """One form that payloads of a source have. ``ignored``: they are about no post, and this is their name. ``unwrap``: where payloads
    proper lie, as objects or JSON in a text. ``each``: where a list of records lies; `[]` is a step through all entries of a list;
    ``passed``: the entries that are no posts, by name.
    """

    file: str
    source: str
    name: str
    envelope: str | None
    only: tuple[Only, ...]
    lookups: tuple[Lookup, ...]
    fields: Mapping[str, Field]
    ignored: str | None = None
    unwrap: tuple[tuple[str, ...], ...] = ()
    each: tuple[str, ...] = ()
    passed: tuple[tuple[str, tuple[Only, ...]], ...] = ()

    @property
    def deletes(self) -> bool:
        """Whether it tells that something is gone: then only the id is essential, and the time."""
        return any(option == Constant("delete") for option in self.fields["operation"].options) if "operation" in self.fields else False


@dataclass(frozen=True, slots=True)
class Description:
    """One source, as its file says it. The first form whose `Only` hold reads a record. ``tombstones``: a record without a value deletes
    the post whose id is its key. ``mail``: records are e-mails, not JSON. ``purpose`` and ``legal_basis`` are notes for people: what for,
    and by what right, the source is read; "" where that is not said."""

    file: str
    name: str
    title: str
    topic: Literal["posts", "feedback"]
    forms: tuple[Form, ...]
    tombstones: bool = False
    mail: bool = False
    purpose: str = ""
    legal_basis: str = ""
