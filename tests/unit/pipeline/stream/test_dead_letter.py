"""A record that cannot be read is kept so that it can be replayed."""

import base64

import orjson
import pytest

from pipeline.stream.dead_letter import RAW_LIMIT_BYTES, Unreadable, rejected
from pipeline.stream.stage import Record
from schemas.messages import Rejected

WHY = Unreadable("not_json", "wrong at character 3")


def message(record: Record, why: Unreadable = WHY) -> Rejected:
    """The rejection of a record, validated."""
    return Rejected.model_validate(orjson.loads(rejected("sift", "sift/posts/2", "posts", 2, record, why).value))


def test_it_tells_where_and_why_and_keeps_the_bytes() -> None:
    """Place, code and reason, and what a replay needs: value, key and headers."""
    found = message(Record(17, 1_424_131_200_123, b"\xffkey", b"\x00\xff{", (("source", b"x"), ("bad", b"\xff"))))
    assert (found.stage, found.code, found.reason) == ("sift", *WHY)
    assert (found.lineage.topic, found.lineage.partition, found.lineage.offset) == ("posts", 2, 17)
    assert base64.b64decode(found.raw_base64) == b"\x00\xff{"
    assert base64.b64decode(found.key_base64 or "") == b"\xffkey"
    assert found.headers == {"source": "x", "bad": "\ufffd"}
    assert (found.raw_bytes, found.truncated) == (3, False)


@pytest.mark.parametrize("headers", [(), (("source", None),)])
def test_nothing_is_no_problem(headers: tuple[tuple[str, bytes | None], ...]) -> None:
    """A tombstone without key, with a header that has no value, is kept as what it is."""
    found = message(Record(0, 0, None, None, headers))  # type: ignore[arg-type]  # Kafka allows headers without value
    assert (found.raw_base64, found.raw_bytes, found.key_base64, found.headers) == ("", 0, None, {})


def test_a_rejection_always_fits_a_message() -> None:
    """More than the limit is cut and said to be: the whole stays below Kafka's own limit for one message."""
    record = Record(0, 0, b"k" * 100_000, b"\xff" * (RAW_LIMIT_BYTES + 1), (("h", b"\xff" * 100_000),))
    found = message(record, Unreadable("too_large", "x" * 10_000))
    assert (found.raw_bytes, found.truncated) == (RAW_LIMIT_BYTES + 1, True)
    assert len(base64.b64decode(found.raw_base64)) == RAW_LIMIT_BYTES
    assert len(rejected("sift", "s", "posts", 0, record, WHY).value) < 1_000_000
    assert not message(record._replace(value=b"\xff" * RAW_LIMIT_BYTES)).truncated


def test_the_id_is_the_place() -> None:
    """The same record is rejected under the same id however often it is read; another one under another."""
    one, again, other = (rejected("sift", "s", "posts", 0, Record(offset, 5, None, b"x"), WHY) for offset in (1, 1, 2))
    assert one == again
    assert one.id != other.id
    assert one.lineage == "posts/0/1/0"
