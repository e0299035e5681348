"""What a file says of a source, checked: the form that `parsing` gives it and `native`, `assembly` and `source` read it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from schemas.sources.shapes import Shape
from schemas.sources.transforms import Transform


@dataclass(frozen=True, slots=True)
class Path:
    """Where a native value sits. ``start``: "" for the record, "$" for what is around its envelope, else the name of a lookup."""

    start: str
    steps: tuple[str | int, ...]
    line: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return ".".join(map(str, (self.start, *self.steps) if self.start not in {"", "$"} else self.steps))


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


Option: TypeAlias = At | Template | Digest | Constant | OfField


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
    """What the value at a path must be for the record to be read at all."""

    path: Path
    choices: tuple[str, ...]
    may_be_absent: bool


@dataclass(frozen=True, slots=True)
class Description:
    """One source, as its file says it."""

    file: str
    name: str
    title: str
    topic: Literal["posts", "feedback"]
    envelope: str | None
    only: tuple[Only, ...]
    lookups: tuple[Lookup, ...]
    fields: Mapping[str, Field]
