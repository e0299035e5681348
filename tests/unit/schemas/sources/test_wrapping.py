"""What transports wrap around payloads, and what they write instead of them."""

import base64
import gzip

import orjson
import pytest

from schemas.sources import Malformed, read_all
from schemas.sources.source import MAX_PARTS
from schemas.sources.wrapping import MAX_WRAPPINGS, payloads

ONE, TWO = {"id": "1", "text": "late"}, {"id": "2", "text": "later"}
RAW = orjson.dumps(ONE)
EVENT = {"specversion": "1.0", "type": "t", "source": "/s", "id": "e"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (RAW, [ONE]),
        (b"\xef\xbb\xbf" + RAW, [ONE]),
        (RAW.decode().encode("utf-16"), [ONE]),
        (gzip.compress(b"\xef\xbb\xbf" + RAW), [ONE]),
        (b"\0\0\0\0\x07" + RAW, [ONE]),
        (b"payload=%7B%22id%22%3A+%221%22%2C%22text%22%3A%22late%22%7D&x=1", [ONE]),
        (orjson.dumps([ONE, [TWO]]), [ONE, TWO]),
        (RAW + b"\n\n" + orjson.dumps(TWO) + b"\r\n", [ONE, TWO]),
        (orjson.dumps(EVENT | {"data": ONE}), [ONE]),
        (orjson.dumps(EVENT | {"data": RAW.decode()}), [ONE]),
        (orjson.dumps(EVENT | {"data_base64": base64.b64encode(gzip.compress(RAW)).decode()}), [ONE]),
        (orjson.dumps([EVENT | {"data": ONE}, EVENT | {"data": TWO}]), [ONE, TWO]),
        (orjson.dumps({"schema": {"type": "struct"}, "payload": ONE}), [ONE]),
        (orjson.dumps({"schema": None, "payload": RAW.decode()}), [ONE]),
        (orjson.dumps(RAW.decode()), [ONE]),
        (rb'{"id": "1", "text": "la\u0000te"}', [ONE]),
        (
            rb'{"id": "1", "text": "\ud83d late \ude00 \ud83d\ude00 \\ud83d"}',
            [{"id": "1", "text": "\ufffd late \ufffd \U0001f600 \\ud83d"}],
        ),
    ],
)
def test_a_payload_is_found_in_its_wrapping(raw: bytes, expected: list[object]) -> None:
    """In order, each by itself."""
    assert list(payloads(raw)) == expected


@pytest.mark.parametrize(
    ("raw", "code", "told"),
    [
        (b"\x28\xb5\x2f\xfd....", "compressed", "zstd"),
        (b"\x82SNAPPY\x00....", "compressed", "snappy"),
        (b"PK\x03\x04....", "compressed", "zip"),
        (gzip.compress(RAW)[:-9], "compressed", "ends too early"),
        (b"\x1f\x8b\x08garbage", "compressed", "damaged"),
        (gzip.compress(b""), "empty", "nothing in it"),
        (gzip.compress(b" " * 3_000_000), "too_large", "bytes"),
        (b"\0\0\0\x01\x02\x02\x0aab", "schema_registry", "schema 258"),
        (b"Obj\x01\x04\x14", "avro", "Avro file"),
        (b"<?xml version='1.0'?><rss/>", "xml", "XML"),
        (b"\xff\xfea", "not_utf8", "UTF-16"),
        (b"hello", "not_json", "character 0"),
        (b'"hello"', "not_object", "a string of 5"),
        (b"7", "not_object", "the number 7"),
        (orjson.dumps(EVENT), "unsupported", ""),
    ],
)
def test_what_is_not_read_is_named(raw: bytes, code: str, told: str) -> None:
    """By what it is, and what to do about it."""
    (found,) = payloads(raw)
    if code == "unsupported":
        assert found == EVENT  # a CloudEvent without data is a payload like any other, which the source judges
        return
    assert isinstance(found, Malformed), found
    assert found.code == code
    assert told in found.reason


def test_wrappings_end() -> None:
    """However many there are, the answer comes."""
    raw = RAW
    for _ in range(MAX_WRAPPINGS + 1):
        raw = gzip.compress(raw)
    (found,) = payloads(raw)
    assert isinstance(found, Malformed)
    assert found.code == "too_deep"


def test_parts_without_number_are_read_up_to_a_bound() -> None:
    """Half a megabyte of lines would hold a worker for ten seconds. What is not read is told, once."""
    found = read_all("x", b'{"a":1}\n' * 60_000)
    assert len(found) == MAX_PARTS + 1
    assert isinstance(last := found[-1], Malformed)
    assert (last.code, "more than 4,000 parts" in last.reason) == ("too_large", True)
    assert len(read_all("x", b'{"a":1}\n' * MAX_PARTS)) == MAX_PARTS
