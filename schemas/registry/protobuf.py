"""In: a FileDescriptorProto of a registry and its imports. Out: a function from Protobuf's bytes to JSON, with the names of the fields.

Registries hand a Protobuf schema out compiled (``format=serialized``), so that nobody here has to parse .proto text or run protoc.
Numbers of 64 bits stay numbers, instants are ISO 8601, bytes are base64, enumerations their words. A field without presence has its
default; one with presence is left out when it is not there.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import orjson
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)  # fmt: skip
from google.protobuf.descriptor import Descriptor

from schemas.registry.protobuf_values import PlainValues, TooManyError
from schemas.registry.schema import BadSchemaError, Decode, RegisteredSchema
from schemas.sources import Malformed, malformed

_WELL_KNOWN = {
    module.DESCRIPTOR.name: module.DESCRIPTOR.serialized_pb
    for module in (any_pb2, descriptor_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)
}
_MAIN = "winnow-main.proto"
_INDEXES = 32
_VALUES = 200_000
"""So many values are read of a record: a message of two bytes may have hundreds of fields with defaults."""
_DECIMAL = descriptor_pb2.DescriptorProto(
    name="Decimal",
    field=[
        descriptor_pb2.FieldDescriptorProto(name=name, number=number, type=kind, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL)
        for number, (name, kind) in enumerate(
            [
                ("value", descriptor_pb2.FieldDescriptorProto.TYPE_BYTES),
                ("precision", descriptor_pb2.FieldDescriptorProto.TYPE_UINT32),
                ("scale", descriptor_pb2.FieldDescriptorProto.TYPE_INT32),
            ],
            start=1,
        )
    ],
)
_CONFLUENT = {
    file.name: file.SerializeToString()
    for file in (
        descriptor_pb2.FileDescriptorProto(name="confluent/meta.proto", package="confluent", syntax="proto3"),
        descriptor_pb2.FileDescriptorProto(
            name="confluent/type/decimal.proto", package="confluent.type", syntax="proto3", message_type=[_DECIMAL]
        ),
    )
}
"""What registries know without a reference; of the first only options are used, which say nothing about bytes."""


def protobuf_decoder(number: int, schema: RegisteredSchema) -> Decode | Malformed:
    """Raises BadSchemaError for what cannot be used; `Malformed` when the registry gave the text of the schema, which is not read."""
    files = []
    for name, text in (*schema.references, (_MAIN, schema.text)):
        file = _file(text)
        if file is None:
            return malformed(
                "protobuf_unsupported",
                f"the registry gives schema {number} as .proto text only (no format=serialized); let the producer write Avro or JSON",
            )
        file.name = name
        files.append(file)
    types = _types(files)

    def decode(body: bytes) -> bytes | Malformed:
        try:
            indexes, at = _indexes(body)
            kind = types
            found: Any = None
            for index in indexes:
                found = kind[index]
                kind = _nested(found)
            message = message_factory.GetMessageClass(found)()
            message.ParseFromString(body[at:])
            return orjson.dumps(PlainValues(_VALUES).message(message))
        except TooManyError:
            return malformed("too_large", f"the record has more than {_VALUES} values")
        except Exception as error:  # noqa: BLE001  # bytes of anybody, and two libraries
            return malformed("bad_protobuf", f"the record is not what schema {number} of the registry says ({type(error).__name__})")

    return decode


def _file(text: str) -> descriptor_pb2.FileDescriptorProto | None:
    """The compiled schema; None for anything else, such as its text."""
    try:
        return descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
    except Exception:  # noqa: BLE001  # DecodeError, of which each implementation has its own
        return None


def _types(files: list[descriptor_pb2.FileDescriptorProto]) -> list[Descriptor]:
    """The messages of the last file, in their order. Raises BadSchemaError when the files do not fit together."""
    pool = descriptor_pool.DescriptorPool()
    given = {file.name: file.SerializeToString() for file in files}
    known = {**given, **_WELL_KNOWN, **_CONFLUENT}
    added: set[str] = set()

    def add(name: str) -> None:
        if name in added:
            return
        added.add(name)
        if name not in known:
            raise BadSchemaError(f"it imports {name[:60]!r}, which is not among its references")
        for imported in descriptor_pb2.FileDescriptorProto.FromString(known[name]).dependency:
            add(imported)
        pool.AddSerializedFile(known[name])

    try:
        add(_MAIN)
        return [*pool.FindFileByName(_MAIN).message_types_by_name.values()]
    except BadSchemaError:
        raise
    except Exception as error:  # TypeError, KeyError or others, by implementation
        raise BadSchemaError(f"its parts do not fit together ({type(error).__name__})") from error


def _nested(kind: Descriptor) -> list[Descriptor]:
    """Types within a type, as the clients count them: those that stand for maps were never written."""
    return [one for one in kind.nested_types if not one.GetOptions().map_entry]


def _indexes(body: bytes) -> tuple[list[int], int]:
    """Which message of the schema it is: its place in the file, and on into what lies in that; and where its bytes begin.

    >>> _indexes(b"\\0rest"), _indexes(b"\\4\\2\\0rest")
    (([0], 1), ([1, 0], 3))
    """
    numbers = _zigzags(body)
    count, at = next(numbers)
    if count == 0:
        return [0], at
    if not 0 < count <= _INDEXES:
        raise ValueError("no such number of indexes")
    found = []
    for _ in range(count):
        index, at = next(numbers)
        if index < 0:
            raise ValueError("a negative index")
        found.append(index)
    return found, at


def _zigzags(body: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of variable length at the beginning, each with the place behind it. Ends where the bytes do."""
    value = shift = 0
    for at, byte in enumerate(body[: 5 * (_INDEXES + 1)]):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield (value >> 1) ^ -(value & 1), at + 1
            value = shift = 0
