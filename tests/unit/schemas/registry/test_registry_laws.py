"""Laws of what stands behind a registry's header: whatever the bytes, whatever the schema, JSON or a reason comes out."""

import io
from typing import Any

import fastavro
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.registry import RegisteredSchema, SchemaCache
from schemas.sources import CODES, Malformed
from tests.unit.schemas.registry.test_avro import AUTHOR, LIST, POST
from tests.unit.schemas.registry.test_protobuf import SCHEMA

CACHE = SchemaCache()
CACHE.put(1, RegisteredSchema("AVRO", orjson.dumps(POST).decode(), (("a", orjson.dumps(AUTHOR).decode()),)))
CACHE.put(2, RegisteredSchema("AVRO", orjson.dumps(LIST).decode()))
CACHE.put(3, RegisteredSchema("PROTOBUF", SCHEMA))
CACHE.put(4, RegisteredSchema("AVRO", '{"type": "map", "values": {"type": "array", "items": ["null", "double", "string"]}}'))


def sound(found: bytes | Malformed) -> None:
    """JSON, or a code with a reason that is not too long."""
    if isinstance(found, Malformed):
        assert found.code in CODES
        assert 0 < len(found.reason) <= 200
    else:
        orjson.loads(found)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_any_bytes_are_read_or_refused(number: int) -> None:
    """Of each kind of schema."""

    @settings(max_examples=300, deadline=None)
    @given(st.binary(max_size=80))
    def law(body: bytes) -> None:
        sound(CACHE.to_json(b"\0\0\0\0" + bytes([number]) + body))

    law()


NAMES = st.sampled_from(["A", "n.A", "B", "", "null", "int", "string", "array", "record"])
ATOMS = st.one_of(NAMES, st.none(), st.integers(-(2**40), 2**40), st.booleans())
KEYS = st.sampled_from(["type", "name", "namespace", "fields", "items", "values", "symbols", "size", "logicalType", "scale"])
KINDS = st.sampled_from(["record", "array", "map", "enum", "fixed", "bytes", "int", "string"])


def entry(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What may be a part of a schema, and mostly nearly is one."""
    field = st.fixed_dictionaries({"name": NAMES, "type": inner})
    return st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"type": KINDS}, optional={"name": NAMES, "fields": st.lists(field, max_size=3), "items": inner,
                              "values": inner, "symbols": st.lists(NAMES, max_size=2), "size": ATOMS, "scale": ATOMS,
                              "logicalType": st.just("decimal"), "namespace": NAMES}),
        st.dictionaries(KEYS, inner, max_size=4),
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.recursive(ATOMS, entry, max_leaves=12), st.binary(max_size=20))
def test_any_schema_is_used_or_named(schema: object, body: bytes) -> None:
    """Also one that is none."""
    cache = SchemaCache()
    cache.put(5, RegisteredSchema("AVRO", orjson.dumps(schema).decode()))
    sound(cache.to_json(b"\0\0\0\0\5" + body))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["AVRO", "PROTOBUF", "JSON", ""]), st.text(max_size=40), st.binary(max_size=20))
def test_any_text_of_a_schema_is_used_or_named(kind: str, text: str, body: bytes) -> None:
    """Whatever kind the registry says it is; behind JSON Schema comes JSON, which the source reads."""
    cache = SchemaCache()
    cache.put(5, RegisteredSchema(kind, text, (("a", text),)))
    found = cache.to_json(b"\0\0\0\0\5" + body)
    assert found == body if kind == "JSON" else sound(found) is None


VALUES = st.dictionaries(
    st.text(max_size=5), st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=9)), max_size=4),
    max_size=4,
)  # fmt: skip


@given(VALUES)
def test_what_fastavro_writes_is_read(value: dict[str, list[object]]) -> None:
    """The same values come back."""
    stream = io.BytesIO()
    kind = fastavro.parse_schema({"type": "map", "values": {"type": "array", "items": ["null", "double", "string"]}})
    fastavro.schemaless_writer(stream, kind, value)
    found = CACHE.to_json(b"\0\0\0\0\4" + stream.getvalue())
    assert not isinstance(found, Malformed), found
    assert orjson.loads(found) == value
