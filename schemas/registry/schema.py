"""A schema as a registry hands it out, and what every kind of decoder promises."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from schemas.sources import Malformed

Decode: TypeAlias = Callable[[bytes], bytes | Malformed]
"""What lies behind the five bytes -> JSON. Never raises, whatever the bytes."""


class RegisteredSchema(NamedTuple):
    """What a registry says of an id. ``references``: (name, text) of what the text refers to, each behind what it refers to itself."""

    kind: str
    """``AVRO``, ``JSON`` or ``PROTOBUF``."""
    text: str
    """The schema; of Protobuf the base64 of a FileDescriptorProto, which registries give for ``format=serialized``."""
    references: tuple[tuple[str, str], ...] = ()


class BadSchemaError(Exception):
    """A schema cannot be used; the message says why."""
