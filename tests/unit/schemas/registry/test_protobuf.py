"""Protobuf behind a registry's header: descriptors and bytes written by hand, and what must not fill the memory."""

import base64
from typing import Any

import orjson
import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MessageOptions,
    OneofDescriptorProto,
)

from schemas.registry import RegisteredSchema, SchemaCache
from schemas.sources import Malformed

F = FieldDescriptorProto


def field(name: str, number: int, kind: int, type_name: str = "", *, repeated: bool = False, **more: Any) -> FieldDescriptorProto:
    """A field of a message."""
    label = F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL
    return F(name=name, number=number, type=kind, type_name=type_name or None, label=label, **more)  # type: ignore[arg-type]  # its enums


def file(*messages: DescriptorProto, name: str = "post.proto", package: str = "org", imports: tuple[str, ...] = (), **more: Any) -> str:
    """A schema as a registry gives it for ``format=serialized``."""
    made = FileDescriptorProto(name=name, package=package, syntax="proto3", message_type=messages, dependency=imports, **more)
    return base64.b64encode(made.SerializeToString()).decode()


AUTHOR = DescriptorProto(name="Author", field=[field("id", 1, F.TYPE_STRING), field("followers", 2, F.TYPE_INT64)])
COUNTS = DescriptorProto(
    name="CountsEntry", field=[field("key", 1, F.TYPE_INT32), field("value", 2, F.TYPE_STRING)], options=MessageOptions(map_entry=True)
)
POST = DescriptorProto(
    name="Post",
    field=[
        field("post_id", 1, F.TYPE_UINT64),
        field("text", 2, F.TYPE_STRING),
        field("author", 3, F.TYPE_MESSAGE, ".org.Author"),
        field("at", 4, F.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
        field("tags", 5, F.TYPE_STRING, repeated=True),
        field("kind", 6, F.TYPE_ENUM, ".org.Kind"),
        field("counts", 7, F.TYPE_MESSAGE, ".org.Post.CountsEntry", repeated=True),
        field("likes", 8, F.TYPE_INT32, proto3_optional=True, oneof_index=0),
        field("raw", 9, F.TYPE_BYTES),
        field("said", 10, F.TYPE_MESSAGE, ".google.protobuf.StringValue"),
        field("more", 11, F.TYPE_MESSAGE, ".google.protobuf.Struct"),
        field("price", 12, F.TYPE_MESSAGE, ".confluent.type.Decimal"),
    ],
    oneof_decl=[OneofDescriptorProto(name="_likes")],
    nested_type=[COUNTS, DescriptorProto(name="Inner", field=[field("word", 1, F.TYPE_STRING)])],
)
KIND = EnumDescriptorProto(name="Kind", value=[EnumValueDescriptorProto(name=word, number=at) for at, word in enumerate(("NEW", "EDIT"))])
IMPORTS = (
    "google/protobuf/timestamp.proto",
    "google/protobuf/wrappers.proto",
    "google/protobuf/struct.proto",
    "confluent/type/decimal.proto",
)
SCHEMA = file(AUTHOR, POST, imports=(*IMPORTS, "confluent/meta.proto"), enum_type=[KIND])
NOTHING = {"post_id": 0, "text": "", "tags": [], "kind": "NEW", "counts": {}, "raw": ""}


def decoded(schema: str, body: bytes, *references: tuple[str, str]) -> Any:
    """What a record with this schema and these bytes comes to."""
    cache = SchemaCache()
    cache.put(258, RegisteredSchema("PROTOBUF", schema, references))
    found = cache.to_json(b"\0\0\0\1\2" + body)
    return found if isinstance(found, Malformed) else orjson.loads(found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", {"post_id": 2**64 - 1}),
        (b"\x12\x04late", {"text": "late"}),
        (b"\x1a\x06\x0a\x02u1\x10\x05", {"author": {"id": "u1", "followers": 5}}),
        (b"\x1a\x00", {"author": {"id": "", "followers": 0}}),
        (b"\x22\x06\x08\x80\xf2\xd6\xca\x06", {"at": "2026-01-01T00:00:00Z"}),
        (b"\x2a\x01a\x2a\x01b", {"tags": ["a", "b"]}),
        (b"\x30\x01", {"kind": "EDIT"}),
        (b"\x30\x09", {"kind": 9}),
        (b"\x3a\x05\x08\x07\x12\x01x", {"counts": {"7": "x"}}),
        (b"\x40\x00", {"likes": 0}),
        (b"\x4a\x01\xff", {"raw": "/w=="}),
        (b"\x52\x03\x0a\x01s", {"said": "s"}),
        (b"\x52\x00", {"said": ""}),
        (b"\x5a\x09\x0a\x07\x0a\x01k\x12\x02\x2a\x00", {"more": {"k": {}}}),
        (b"\x5a\x0e\x0a\x0c\x0a\x01k\x12\x07\x32\x05\x0a\x03\x1a\x01v", {"more": {"k": ["v"]}}),
        (b"\x5a\x09\x0a\x07\x0a\x01k\x12\x02\x08\x00", {"more": {"k": None}}),
        (b"\x62\x05\x0a\x01\x2d\x18\x01", {"price": 4.5}),
        (b"\xc0\x3e\x01", {}),
    ],
)
def test_bytes_written_by_hand(body: bytes, expected: dict[str, object]) -> None:
    """Each field by its name, as the source files look for it; one that nobody knows is passed over. Indexes: the second message."""
    assert decoded(SCHEMA, b"\x02\x02" + body) == NOTHING | expected


def test_indexes_choose_the_message() -> None:
    """A zero means the first; a path goes on into nested types, among which those that stand for maps do not count."""
    assert decoded(SCHEMA, b"\x00\x0a\x01u") == {"id": "u", "followers": 0}
    assert decoded(SCHEMA, b"\x02\x00\x0a\x01u") == {"id": "u", "followers": 0}
    assert decoded(SCHEMA, b"\x04\x02\x00\x0a\x02hi") == {"word": "hi"}


def test_imports_are_its_references() -> None:
    """By the names that it imports them under, through one another."""
    base = file(DescriptorProto(name="Base", field=[field("n", 1, F.TYPE_INT32)]), name="whatever")
    middle = file(DescriptorProto(name="Middle", field=[field("b", 1, F.TYPE_MESSAGE, ".org.Base")]), imports=("base.proto",))
    main = file(DescriptorProto(name="Main", field=[field("m", 1, F.TYPE_MESSAGE, ".org.Middle")]), imports=("sub/middle.proto",))
    assert decoded(main, b"\0\x0a\x04\x0a\x02\x08\x05", ("base.proto", base), ("sub/middle.proto", middle)) == {"m": {"b": {"n": 5}}}
    refused = decoded(main, b"\0", ("sub/middle.proto", middle))
    assert (refused.code, "imports 'base.proto'" in refused.reason) == ("bad_schema", True)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "StopIteration"),
        (b"\x80", "StopIteration"),
        (b"\x01", "ValueError"),
        (b"\x7e" + b"\0" * 64, "ValueError"),
        (b"\x02\x01", "ValueError"),
        (b"\x02\x14", "IndexError"),
        (b"\x04\x02\x08", "IndexError"),
        (b"\x02\x02\x12\x09hi", "DecodeError"),
        (b"\x02\x02\x12\x02\xff\xff", "DecodeError"),
        (b"\x02\x02\x07", "DecodeError"),
        (b"\x02\x02\x22\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01", "("),
        (b"\x02\x02\x62\x07\x0a\x01\x2d\x18\xff\xff\x03", "ValueError"),
    ],
)
def test_bytes_that_are_not_what_the_schema_says(body: bytes, told: str) -> None:
    """Refused by a name and without what they say."""
    found = decoded(SCHEMA, body)
    assert isinstance(found, Malformed), found
    assert found.code == "bad_protobuf"
    assert told in found.reason


@pytest.mark.slow
def test_a_small_record_cannot_become_a_large_one() -> None:
    """Two bytes make a message of a thousand defaults: of so many values none is read."""
    wide = DescriptorProto(name="Wide", field=[field(f"f{number}", number, F.TYPE_STRING, repeated=True) for number in range(1, 1001)])
    many = DescriptorProto(name="Many", field=[field("wide", 1, F.TYPE_MESSAGE, ".org.Wide", repeated=True)])
    assert len(decoded(file(many, wide), b"\0" + b"\x0a\x00" * 100)["wide"]) == 100
    found = decoded(file(many, wide), b"\0" + b"\x0a\x00" * 200_000)
    assert isinstance(found, Malformed)
    assert found.code == "too_large"


def test_messages_within_messages_end() -> None:
    """However deep the bytes go."""
    loop = file(DescriptorProto(name="Loop", field=[field("next", 1, F.TYPE_MESSAGE, ".org.Loop")]))
    body = b""
    for _ in range(500):
        size = len(body)
        body = b"\x0a" + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + body
    found = decoded(loop, b"\0" + body)
    assert isinstance(found, Malformed)
    assert found.code == "bad_protobuf"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('syntax = "proto3"; message Post { string id = 1; }', "protobuf_unsupported"),
        ("bm8gZGVzY3JpcHRvcg==", "protobuf_unsupported"),
        (file(DescriptorProto(name="A", field=[field("x", 1, F.TYPE_MESSAGE, ".org.Nowhere")])), "bad_schema"),
        (file(DescriptorProto(name="A"), DescriptorProto(name="A")), "bad_schema"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named(text: str, code: str) -> None:
    """The text of a schema is not read: the registry has to compile it."""
    found = decoded(text, b"\0")
    assert isinstance(found, Malformed), found
    assert found.code == code
    assert "258" in found.reason
