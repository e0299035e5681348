"""Sift of records that stand behind a schema registry's header: as if they were JSON, wherever batches are cut."""

import io
from typing import Any

import fastavro
import orjson
import pytest

from pipeline.stream import Batch, Record
from schemas.registry import RegisteredSchema, SchemaCache
from tests.unit.pipeline.sift.world import START, endings, event, messages, records, run, shard

SIGNAL = {
    "type": "record", "name": "Signal",
    "fields": [
        {"name": "id", "type": "string"}, {"name": "source", "type": "string"}, {"name": "kind", "type": "string"},
        {"name": "author", "type": {"type": "record", "name": "Author", "fields": [{"name": "id", "type": "string"}]}},
        {"name": "text", "type": "string"}, {"name": "rating", "type": ["null", "double"]},
        {"name": "created_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}  # fmt: skip
PARSED = fastavro.parse_schema(SIGNAL)


def avro(name: str, text: str = "the aurora air flight was late again today", **over: Any) -> bytes:
    """A canonical signal as an Avro producer writes it."""
    stream = io.BytesIO(b"\0\0\0\0\7")
    stream.seek(5)
    value = {
        "id": name,
        "source": "signal",
        "kind": "post",
        "author": {"id": f"author of {name}"},
        "text": text,
        "created_at": START,
        **over,
    }
    fastavro.schemaless_writer(stream, PARSED, value)
    return stream.getvalue()


@pytest.fixture
def cache() -> SchemaCache:
    """Schema 7 is Avro, 8 is JSON, 9 nobody knows."""
    known = SchemaCache()
    known.put(7, RegisteredSchema("AVRO", orjson.dumps(SIGNAL).decode()))
    known.put(8, RegisteredSchema("JSON", "{}"))
    known.refuse(9, "unknown_schema", "the registry does not know schema 9")
    return known


def test_avro_is_judged_as_the_same_json(cache: SchemaCache) -> None:
    """Ids, texts and all else are those of the post in JSON, bare or behind the header."""
    plain = event("a", rating=0.5)
    found = [
        messages(run(records([value]), registry=cache).outputs, "information")
        for value in (avro("a", rating=0.5), plain, b"\0\0\0\0\x08" + plain)
    ]
    assert [len(one) for one in found] == [1, 1, 1]
    assert found[0] == found[1] == found[2]


def test_every_record_ends_once_wherever_batches_are_cut(cache: SchemaCache) -> None:
    """What is damaged or of an unknown schema is rejected with its own bytes; the rest goes on."""
    stream = records(
        [avro("a"), avro("b")[:-1], b"\0\0\0\0\x09x", event("c", "aurora air charged me twice"), b"\0\0\0\0\x08{", b"\0\0\0\0\7", b"\0"]
    )
    whole, cut = run(stream, registry=cache), run(stream, (1, 2, 3, 5), registry=cache)
    assert endings(whole.spans) == ["information", "rejected", "rejected", "information", "rejected", "rejected", "rejected"]
    assert [one["code"] for one in messages(whole.outputs, "rejected")] == [
        "bad_avro", "unknown_schema", "not_json", "bad_avro", "not_json"
    ]  # fmt: skip
    assert {one.id: one for one in cut.written()} == {one.id: one for one in whole.written()}
    assert cut.memory() == whole.memory()


def test_without_a_registry_it_says_where_to_name_it() -> None:
    """JSON behind the header is read all the same."""
    done = run(records([avro("a"), b"\0\0\0\0\x08" + event("b")]))
    assert endings(done.spans) == ["rejected", "information"]
    (refused,) = messages(done.outputs, "rejected")
    assert refused["code"] == "schema_registry"
    assert "schema 7" in refused["reason"]
    assert "WINNOW_SCHEMA_REGISTRY_URL" in refused["reason"]


def test_a_schema_that_nobody_fetched_ends_the_worker(cache: SchemaCache) -> None:
    """It was to be there before the batch came: nothing is rejected for a fault of ours."""
    with pytest.raises(KeyError):
        shard(registry=cache).process(Batch("posts", 0, [Record(0, START, b"k", b"\0\0\0\0\x0ax", ())]), 0)
