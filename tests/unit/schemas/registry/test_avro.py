"""Avro behind a registry's header: bytes written by hand and by fastavro, schemas of every shape, and what must not end a process."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import fastavro
import orjson
import pytest

from schemas.registry import RegisteredSchema, SchemaCache
from schemas.registry.decoding import needed
from schemas.sources import Malformed
from tests.unit.pipeline.sift.world import records

POST: dict[str, Any] = {
    "type": "record", "name": "Post", "namespace": "org.example",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "nothing", "type": "null", "default": None},
        {"name": "text", "type": ["null", "string"], "default": None},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
        {"name": "account", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 0}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["NEW", "EDIT"]}},
        {"name": "author", "type": "org.people.Author"},
        {"name": "before", "type": ["null", "Kind"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "extra", "type": {"type": "map", "values": "bytes"}},
    ],
}  # fmt: skip
AUTHOR = {"type": "record", "name": "Author", "namespace": "org.people", "fields": [{"name": "id", "type": "string"}]}


def decoded(schema: object, body: bytes, *references: object) -> Any:
    """What a record with this schema and these bytes comes to."""
    cache = SchemaCache()
    texts = tuple((f"ref{number}", orjson.dumps(one).decode()) for number, one in enumerate(references))
    cache.put(258, RegisteredSchema("AVRO", orjson.dumps(schema).decode(), texts))
    return cache.to_json(b"\0\0\0\1\2" + body)


def record_of(kind: object) -> dict[str, Any]:
    """A record with one field."""
    return {"type": "record", "name": "R", "fields": [{"name": "x", "type": kind}]}


def test_every_type_comes_out_as_json() -> None:
    """A record that fastavro wrote, with a type of another schema: instants stay numbers, decimals are numbers, bytes base64."""
    named: dict[str, Any] = {}
    fastavro.parse_schema(AUTHOR, named_schemas=named)
    stream = io.BytesIO()
    fastavro.schemaless_writer(
        stream,
        fastavro.parse_schema(POST, named_schemas=named),
        {
            "id": 7, "nothing": None, "text": "late ägain", "at": datetime(2026, 1, 1, tzinfo=UTC), "price": Decimal("4.50"),
            "account": Decimal(12_345_678_901_234_567_890), "kind": "EDIT", "author": {"id": "u"}, "before": "NEW", "tags": ["a", "b"],
            "extra": {"k": b"\xff"},
        },
    )  # fmt: skip
    assert orjson.loads(decoded(POST, stream.getvalue(), AUTHOR)) == {
        "id": 7, "text": "late ägain", "at": 1_767_225_600_000, "price": 4.5, "account": "12345678901234567890", "kind": "EDIT",
        "author": {"id": "u"}, "before": "NEW", "tags": ["a", "b"], "extra": {"k": "/w=="},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        ("string", b"\x04hi", b'"hi"'),
        ("long", b"\x80\x01", b"64"),
        ("int", b"\x03", b"-2"),
        ("boolean", b"\1", b"true"),
        ("double", b"\0\0\0\0\0\0\x04\x40", b"2.5"),
        ("double", b"\0\0\0\0\0\0\xf8\x7f", b"null"),
        ("bytes", b"\x02\x00", b'"AA=="'),
        (["null", "string"], b"\0", b"null"),
        (["null", "string"], b"\x02\x02a", b'"a"'),
        ({"type": "array", "items": "long"}, b"\x04\x02\x04\x00", b"[1,2]"),
        ({"type": "array", "items": "long"}, b"\x03\x04\x02\x04\x00", b"[1,2]"),
        ({"type": "fixed", "name": "F", "size": 2}, b"ab", b'"YWI="'),
        ({"type": "fixed", "name": "F", "size": 1, "logicalType": "decimal", "scale": 1}, b"\x2d", b"4.5"),
        ({"type": "int", "logicalType": "date"}, b"\x04", b"2"),
        ({"type": "string", "logicalType": "uuid"}, b"\x02a", b'"a"'),
        ({"type": "long", "logicalType": "timestamp-micros"}, b"\x04", b"2"),
        ({"type": "bytes", "logicalType": "decimal", "scale": 3}, b"\x12\x01" + b"\0" * 8, b'"18446744073709551.616"'),
        ({"type": {"type": "string"}}, b"\x02a", b'"a"'),
    ],
)
def test_bytes_written_by_hand(kind: object, body: bytes, value: bytes) -> None:
    """As the specification writes them; also alone, without a record around."""
    assert decoded(record_of(kind), body) == b'{"x":' + value + b"}"
    assert decoded(kind, body) == value


def test_names_are_found_in_their_namespace_and_in_none() -> None:
    """A short name means the type beside it before one of no namespace; a type that was defined once may be named often."""
    there = {"type": "record", "name": "T", "fields": [{"name": "a", "type": "string"}]}
    beside = {"type": "record", "name": "T", "namespace": "n", "fields": [{"name": "b", "type": "int"}]}
    schema = {"type": "record", "name": "n.R", "fields": [{"name": "x", "type": "T"}, {"name": "y", "type": ["null", "T"]}]}
    assert decoded(schema, b"\x02\x02\x04", beside, there) == b'{"x":{"b":1},"y":{"b":2}}'
    assert decoded(schema, b"\x02a\x00", there) == b'{"x":{"a":"a"},"y":null}'


def test_what_reading_does_not_need_cannot_break_it() -> None:
    """Defaults of the wrong type, aliases and odd names of types: other writers of schemas let them pass."""
    schema = {"type": "record", "name": "x-y", "aliases": 7, "fields": [{"name": "a", "type": "int", "default": "no", "aliases": {}}]}
    assert decoded(schema, b"\x02") == b'{"a":1}'


LIST = {"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}


def test_a_type_may_contain_itself() -> None:
    """To the depth that is read; deeper ones are refused, where fastavro's compiled reader ends the process."""
    assert decoded(LIST, b"\x02\x02\x00") == b'{"next":{"next":{"next":null}}}'
    deep = decoded(LIST, b"\x02" * 500_000 + b"\0")
    assert isinstance(deep, Malformed)
    assert deep.code == "bad_avro"


def test_a_number_without_end_is_given_up_soon() -> None:
    """In a type that contains itself, too, which is read in Python: a number of half a megabyte would take ten seconds there."""
    node = {"type": "record", "name": "N", "fields": [{"name": "next", "type": ["null", "N"]}, {"name": "x", "type": "long"}]}
    for body in (b"\0" + b"\xff" * 500_000, b"\0" + b"\x80" * 500_000 + b"\0"):
        found = decoded(node, body)
        assert isinstance(found, Malformed)
        assert (found.code, "ValueError" in found.reason) == ("bad_avro", True)
    assert decoded(node, b"\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") == b'{"next":null,"x":-9223372036854775808}'


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("string", b"", "EOFError"),
        ("string", b"\x08hi", "EOFError"),
        ("string", b"\x01hi", "EOFError"),
        ("string", b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7fhi", "("),
        ("string", b"\x04\xff\xff", "UnicodeDecodeError"),
        ("string", b"\x02ab", "1 bytes are left"),
        ("long", b"\xff" * 400_000, "("),
        (["null", "string"], b"\x09", "IndexError"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x04", "IndexError"),
        ({"type": "array", "items": "boolean"}, b"\xfe\xff\xff\xff\xff\xff\xff\x7f\x01", "("),
        ({"type": "bytes", "logicalType": "decimal", "scale": 2}, b"\x82\x01" + b"\x7f" * 65, "ValueError"),
    ],
)
def test_bytes_that_are_not_what_the_schema_says(kind: object, body: bytes, told: str) -> None:
    """Refused by a name, and without what the bytes say."""
    found = decoded(kind, body)
    assert isinstance(found, Malformed), found
    assert found.code == "bad_avro"
    assert told in found.reason
    assert "258" in found.reason


def nested(make: Callable[[object], object], levels: int) -> object:
    """A type within a type, and so on."""
    kind: object = "int"
    for _ in range(levels):
        kind = make(kind)
    return kind


EMPTY = {"type": "record", "name": "Empty", "fields": [{"name": "n", "type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "array", "items": "null"}, "array of what takes no bytes"),
        ({"type": "array", "items": EMPTY}, "array of what takes no bytes"),
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, "array of what takes no bytes"),
        (EMPTY, "take no bytes"),
        ("org.nobody.Knows", "refers to 'org.nobody.Knows'"),
        ({"type": "record", "name": "R"}, "record without fields"),
        ({"type": "record", "fields": []}, "without a name"),
        ({"type": "record", "name": "R", "fields": [{"name": ["a"], "type": "int"}]}, "record without fields"),
        ([["int"]], "a union lies in a union"),
        (7, "neither a name"),
        (nested(lambda kind: {"type": "array", "items": kind}, 200), "levels deep"),
        ({"type": "enum", "name": "E"}, "no Avro schema"),
        ({"type": "fixed", "name": "F", "size": -1}, "without a size"),
        ({"type": "bytes", "logicalType": "decimal", "scale": 10**9}, "scale"),
        ([{"type": "enum", "name": "E", "symbols": ["A"]}, {"type": "fixed", "name": "E", "size": 1}], "twice"),
    ],
)
def test_a_schema_that_cannot_be_used_is_named(schema: object, told: str) -> None:
    """Every record with it is refused as bad_schema, and the schema is named."""
    found = decoded(schema, b"\0")
    assert isinstance(found, Malformed), found
    assert found.code == "bad_schema"
    assert told in found.reason
    assert "schema 258" in found.reason


def test_a_schema_may_be_no_json_at_all() -> None:
    """What a registry calls Avro and is something else."""
    cache = SchemaCache()
    cache.put(1, RegisteredSchema("AVRO", "message {"))
    found = cache.to_json(b"\0\0\0\0\1x")
    assert isinstance(found, Malformed)
    assert (found.code, found.reason) == ("bad_schema", "schema 1 of the registry cannot be used: it is not JSON")


def test_records_say_which_schemas_they_need() -> None:
    """Each once, and none for what no registry can have; asking for one that is not there is a fault of ours, not of the record."""
    cache = SchemaCache()
    numbers = needed(records([b"\0\0\0\1\2x", b"{}", None, b"", b"\0\0", b"\0\0\0\1\2y", b"\0\xff\0\0\0x", b"\0\0\0\0\7"]))
    assert numbers == {258, 7}
    cache.put(7, RegisteredSchema("JSON", "{}"))
    cache.refuse(9, "unknown_schema", "it says so")
    assert cache.missing(numbers | {9}) == {258}
    assert cache.to_json(b'\0\0\0\0\7{"a":1}') == b'{"a":1}'
    assert cache.to_json(b"\0\0\0\0\x09x") == Malformed("unknown_schema", "it says so")
    beyond = cache.to_json(b"\0\xff\0\0\0x")
    assert isinstance(beyond, Malformed)
    assert beyond.code == "unknown_schema"
    with pytest.raises(KeyError):
        cache.to_json(b"\0\0\0\1\2x")
    cache.forget(9)
    assert cache.missing({9}) == {9}


def test_a_kind_that_nobody_reads_is_named() -> None:
    """And a record beyond the limit, before its bytes are looked at."""
    cache = SchemaCache()
    cache.put(1, RegisteredSchema("XSD", ""))
    found = cache.to_json(b"\0\0\0\0\1x")
    assert isinstance(found, Malformed)
    assert found.code == "bad_schema"
    large = cache.to_json(b"\0\0\0\0\1" + bytes(512 * 1024))
    assert isinstance(large, Malformed)
    assert large.code == "too_large"
