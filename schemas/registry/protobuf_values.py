"""In: a message of Protobuf. Out: the same as plain values of JSON."""

import base64
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from schemas.registry.decimals import decimal_value


class TooManyError(Exception):
    """A record has more values than are read."""


class PlainValues:
    """Messages as plain values, at most so many in all."""

    def __init__(self, left: int) -> None:
        self._left = left

    def message(self, message: Message) -> Any:
        """All fields of a message by their names; what a well-known one stands for. Raises TooManyError, and ValueError for no instant."""
        known = _WELL_KNOWN.get(message.DESCRIPTOR.full_name)
        return self.fields(message) if known is None else known(self, message)

    def fields(self, message: Message) -> dict[str, Any]:
        """All fields of a message by their names."""
        return {
            field.name: self._field(field, getattr(message, field.name))
            for field in message.DESCRIPTOR.fields
            if not field.has_presence or message.HasField(field.name)
        }

    def _field(self, field: FieldDescriptor, value: Any) -> Any:
        self._count()
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            inner = entry.fields_by_name["value"]
            return {_key(key): self.value(inner, value[key]) for key in value}
        return [self.value(field, one) for one in value] if field.is_repeated else self.value(field, value)

    def value(self, field: FieldDescriptor, value: Any) -> Any:
        """One value of a field."""
        self._count()
        if field.message_type is not None:
            return self.message(value)
        if field.enum_type is not None:
            word = field.enum_type.values_by_number.get(value)
            return None if field.enum_type.full_name == "google.protobuf.NullValue" else value if word is None else word.name
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise TooManyError


_WELL_KNOWN: dict[str, Callable[[PlainValues, Any], Any]] = {
    "google.protobuf.Timestamp": lambda _, message: message.ToJsonString(),
    "google.protobuf.Struct": lambda plain, message: plain.fields(message)["fields"],
    "google.protobuf.ListValue": lambda plain, message: plain.fields(message)["values"],
    "google.protobuf.Value": lambda plain, message: next(iter(plain.fields(message).values()), None),
    "confluent.type.Decimal": lambda _, message: decimal_value(message.value, message.scale),
}
_WELL_KNOWN |= {
    f"google.protobuf.{kind}Value": lambda plain, message: plain.value(message.DESCRIPTOR.fields_by_name["value"], message.value)
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
}
"""Messages that stand for something else."""


def _key(key: Any) -> str:
    return ("true" if key else "false") if isinstance(key, bool) else str(key)
