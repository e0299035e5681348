"""Makes of a message's model a decoder that accepts no record which the model refuses, in a third of the time. For `decode`.

What it refuses may be good all the same (an unknown field, for one): the model has the last word about that, and says what is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import msgspec
from pydantic import AwareDatetime, BaseModel, PlainSerializer, WithJsonSchema
from pydantic.fields import FieldInfo

_AS_THEY_ARE = (str, int, float, bool, type(None), Any)
_BOUNDS = ((annotated_types.Ge, "ge"), (annotated_types.Gt, "gt"), (annotated_types.Le, "le"), (annotated_types.Lt, "lt"))


def decoder(model: type[BaseModel]) -> Callable[[bytes], object]:
    """Reads JSON of the model with exactly its fields. What it gives is of no use, but that it raises no msgspec.MsgspecError.

    Raises TypeError for a model with types or demands of which msgspec may have another idea.
    """
    return msgspec.json.Decoder(_struct(model)).decode


def _struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, field in model.model_fields.items():
        kind = _demanding(_type(field.annotation), field.metadata)
        fields.append((name, kind) if field.is_required() else (name, kind, None))
    fields.sort(key=len)  # those that may be absent last
    return msgspec.defstruct(model.__name__, fields, forbid_unknown_fields=True, gc=False)


def _type(annotation: Any) -> Any:
    if annotation in _AS_THEY_ARE or get_origin(annotation) is Literal:
        return annotation
    if annotation is AwareDatetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation)
    return _made_of(get_origin(annotation), get_args(annotation))


def _made_of(origin: Any, parts: Sequence[Any]) -> Any:
    if origin is Annotated:
        return _demanding(_type(parts[0]), parts[1:])
    if origin in (Union, UnionType):
        return Union[tuple(_type(part) for part in parts)]  # noqa: UP007  # of as many as there are
    if origin is tuple and parts[1:] == (...,):
        return list[_type(parts[0])]  # type: ignore[misc]  # made, not written
    if origin is dict:
        return dict[_type(parts[0]), _type(parts[1])]  # type: ignore[misc]  # made, not written
    raise TypeError(f"{origin} of {parts} has no counterpart here")


def _demanding(kind: Any, demands: Iterable[Any]) -> Any:
    """The type with what is demanded of its values."""
    known: dict[str, Any] = {}
    for one in demands:
        if isinstance(one, FieldInfo):
            kind = _demanding(kind, one.metadata)
        elif (pattern := getattr(one, "pattern", None)) is not None:
            known["pattern"] = pattern.removesuffix("$") + r"\Z"  # Python's $ would let a line end through
        elif (bound := next((name for demand, name in _BOUNDS if isinstance(one, demand)), None)) is not None:
            known[bound] = getattr(one, bound)
        elif not isinstance(one, PlainSerializer | WithJsonSchema):
            raise TypeError(f"{one} has no counterpart here")
    return Annotated[kind, msgspec.Meta(**known)] if known else kind
