"""In: the types of the canonical structs. Out: for each canonical field what a native value must be to become it.

A shape serves both ways of reading: as a type for msgspec, and as a check of one plain value that says what is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, inspect

from schemas.sources.malformed import Malformed, malformed, missing, named, out_of_range, wrong_type
from schemas.sources.typed import ID_LIMIT, AuthorRecord, ReachRecord, SignalRecord

Base = Literal["text", "whole number", "number", "flag", "text or whole number", "text or number", "ids", "anything"]
_TYPES: Mapping[Base, tuple[type, ...]] = {
    "text": (str,),
    "whole number": (int,),
    "number": (int, float),
    "flag": (bool,),
    "text or whole number": (str, int),
    "text or number": (str, int, float),
    "ids": (list,),
    "anything": (str, int, float, bool, list, dict),
}
_WORDS: Mapping[Base, str] = {
    "text": "text",
    "whole number": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "text or whole number": "text or a whole number",
    "text or number": "text or a number",
    "ids": "a list of ids",
    "anything": "anything",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a native value must be. ``lengths`` bounds the characters of a text, ``bounds`` a number; ``choices`` are all texts allowed."""

    base: Base
    lengths: tuple[int, int | None] = (0, None)
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    expected: str = ""

    def complaint(self, field: str, value: Any) -> Malformed | None:
        """What is wrong with the value, None when nothing is. Null and empty where there must be something are missing."""
        if value is None or (value == "" and self.lengths[0]):
            return missing(field)
        if type(value) not in _TYPES[self.base]:
            return wrong_type(field, self.expected or _WORDS[self.base], value)
        if isinstance(value, str):
            return self._text_complaint(field, value)
        if self.bounds is not None and not self.bounds[0] <= value <= self.bounds[1]:
            return out_of_range(field, f"from {self.bounds[0]} to {self.bounds[1]}", value)
        return None

    def _text_complaint(self, field: str, value: str) -> Malformed | None:
        if "\0" in value:
            # Databases and C programs downstream cut or refuse it.
            return Malformed("null_bytes", f"{field} contains the character U+0000")
        if self.choices and value not in self.choices:
            return malformed("out_of_range", f"{field} must be one of {', '.join(sorted(self.choices))}, found {named(value)}")
        if self.lengths[1] is not None and len(value) > self.lengths[1]:
            return out_of_range(field, f"at most {self.lengths[1]} characters", value)
        return None

    def clean(self, value: Any) -> Any:
        """The value as msgspec would decode it, None for one that it would refuse."""
        if value is None or self.complaint("", value) is not None:
            return None
        return float(value) if self.base == "number" else value

    def annotation(self) -> Any:
        """The same as a type for msgspec; null is always allowed, as every field may be absent."""
        if self.choices:
            return Literal[self.choices] | None
        text = Annotated[str, Meta(min_length=self.lengths[0] or None, max_length=self.lengths[1])]
        low, high = self.bounds or (None, None)
        whole = Annotated[int, Meta(ge=low, le=high)]
        by_base: Mapping[Base, Any] = {
            "text": text,
            "whole number": whole,
            "number": Annotated[float, Meta(ge=low, le=high)],
            "flag": bool,
            "text or whole number": text | whole,
            "text or number": str | int | float,
            "ids": list[text],
            "anything": Any,
        }
        return by_base[self.base] | None

    def also(self, other: "Shape") -> "Shape | None":
        """What a value must be to have both shapes; None when nothing can."""
        first, second = sorted((self, other), key=lambda shape: len(_TYPES[shape.base]))
        choices = tuple(choice for choice in first.choices or second.choices if choice in (second.choices or first.choices))
        if not set(_TYPES[first.base]) <= set(_TYPES[second.base]) or bool(choices) != bool(first.choices or second.choices):
            return None
        lengths = max(first.lengths[0], second.lengths[0]), _least(first.lengths[1], second.lengths[1])
        both = [bounds for bounds in (first.bounds, second.bounds) if bounds is not None]
        bounds = (max(low for low, _ in both), min(high for _, high in both)) if both else None
        return replace(first, lengths=lengths, bounds=bounds, choices=choices, expected=first.expected or second.expected)


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


INTEGERS = (-(1 << 63), (1 << 63) - 1)
ANYTHING = Shape("anything")
DIGEST_PART = Shape("text or whole number", bounds=INTEGERS)
TEMPLATE_PART = Shape("text or whole number", (0, ID_LIMIT), INTEGERS)
"""So short that no template becomes longer than a text may be."""
TIME = Shape("text or number", expected="an instant (text, or a Unix time)")
ID = Shape("text or whole number", bounds=INTEGERS)
"""An id that holds a time."""
LISTED_ID = Shape("text", (1, ID_LIMIT))
EPOCH = Shape("whole number", bounds=INTEGERS)


def _shape(type_: inspect.Type) -> Shape:
    if isinstance(type_, inspect.UnionType):
        (type_,) = (one for one in type_.types if not isinstance(one, inspect.NoneType))
    match type_:
        case inspect.StrType():
            return Shape("text", (type_.min_length or 0, type_.max_length))
        case inspect.IntType(ge=int(low), le=int(high)):
            return Shape("whole number", bounds=(low, high))
        case inspect.FloatType(ge=float(low), le=float(high)):
            return Shape("number", bounds=(low, high))
        case inspect.BoolType():
            return Shape("flag")
        case inspect.ListType(item_type=inspect.StrType()):
            return Shape("ids", (1, ID_LIMIT))
        case inspect.LiteralType():
            return Shape("text", choices=tuple(map(str, type_.values)))
    raise AssertionError(f"a canonical field is a {type_}")


def _shapes(struct: type[Struct], prefix: str) -> dict[str, Shape]:
    return {
        f"{prefix}{field.name}": _shape(inspect.type_info(field.type))
        for field in msgspec.structs.fields(struct)
        if f"{prefix}{field.name}" not in {"author", "reach"}
    }


FIELDS: Mapping[str, Shape] = MappingProxyType(
    _shapes(SignalRecord, "") | _shapes(AuthorRecord, "author.") | _shapes(ReachRecord, "reach.") | {"created_at": TIME}
)
"""Canonical field -> what it holds."""
ESSENTIAL = ("id", "source", "kind", "author.id", "text", "created_at")
"""Without these there is no signal; every other field may be unknown."""
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        f"{prefix}{field.name}": field.default
        for prefix, struct in (("", SignalRecord), ("author.", AuthorRecord), ("reach.", ReachRecord))
        for field in msgspec.structs.fields(struct)
        if not field.required and field.default not in (None, msgspec.NODEFAULT)
    }
)
"""Canonical field -> what it is when nobody says it, for those that are never None."""
