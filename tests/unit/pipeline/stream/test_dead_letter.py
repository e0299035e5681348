"""A record that cannot be read is kept so that it can be replayed."""

import base64

import orjson
import pytest

from pipeline.stream.dead_letter import HEADERS_LIMIT_BYTES, KEY_LIMIT_BYTES, RAW_LIMIT_BYTES, Original, Unreadable, original, rejected
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
    assert (found.raw_base64, found.raw_bytes, found.key_base64, found.headers, found.tombstone) == ("", 0, None, {}, True)


def test_a_rejection_always_fits_a_message() -> None:
    """More than the limit is cut and said to be: the whole stays below Kafka's own limit for one message."""
    record = Record(0, 0, b"k" * 100_000, b"\xff" * (RAW_LIMIT_BYTES + 1), (("h", b"\xff" * 100_000),))
    found = message(record, Unreadable("too_large", "x" * 10_000))
    assert (found.raw_bytes, found.truncated) == (RAW_LIMIT_BYTES + 1, True)
    assert len(base64.b64decode(found.raw_base64)) == RAW_LIMIT_BYTES
    assert len(rejected("sift", "s", "posts", 0, record, WHY).value) < 1_000_000


HEADERS = (("source", b"x"), ("bad", b"\xff"), ("source", b"y"), ("none", None), ("", b""), ("long", b"z" * 5_000))
RECORDS = {
    "as it comes": Record(0, 0, b"\xffkey", b"\x00\xff{", HEADERS),  # type: ignore[arg-type]  # Kafka allows headers without value
    "a tombstone": Record(0, 0, b"key", None),
    "nothing in it": Record(0, 0, b"", b""),
    "no key": Record(0, 0, None, b"x"),
    "as large as can be kept": Record(
        0, 0, b"k" * KEY_LIMIT_BYTES, b"\xff" * RAW_LIMIT_BYTES, (("h", b"\xff" * (HEADERS_LIMIT_BYTES - 1)),)
    ),
    "many headers": Record(0, 0, None, b"x", tuple((f"{number:04}", b"\xff" * 12) for number in range(4_096))),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_what_is_kept_comes_back_exactly(record: Record) -> None:
    """Key, value and all headers, in order, repeated and without value, byte for byte; and it fits a message."""
    output = rejected("sift", "s", "posts", 0, record, WHY)
    kept = orjson.loads(output.value)
    assert original(kept) == Original(record.key, record.value, list(record.headers))
    assert not Rejected.model_validate(kept).truncated
    assert len(output.value) < 1_000_000


@pytest.mark.parametrize("part", [
    {"key": b"k" * (KEY_LIMIT_BYTES + 1)}, {"value": b"v" * (RAW_LIMIT_BYTES + 1)}, {"headers": (("h", b"h" * HEADERS_LIMIT_BYTES),)},
    {"headers": tuple((str(number), b"") for number in range(20_000))},
])  # fmt: skip
def test_what_was_cut_does_not_come_back(part: dict[str, object]) -> None:
    """Whichever part was too large: it is said, and nothing is put back that is not what it was."""
    record = Record(0, 0, b"k", b"v", (("h", b"h"),))._replace(**part)  # type: ignore[arg-type]  # one of its fields
    output = rejected("sift", "s", "posts", 0, record, WHY)
    assert len(output.value) < 1_000_000
    assert original(orjson.loads(output.value)) == "too large to be kept whole"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, Original(b"key", b"{", [("source", b"x")])),
        ({"key_base64": None}, Original(None, b"{", [("source", b"x")])),
        ({"headers": {"bad": "\ufffd"}}, "kept by a former version, which changed its key or headers"),
        ({"headers": {"long": "z" * 1_024}}, "kept by a former version, which changed its key or headers"),
        ({"key_base64": base64.b64encode(b"k" * 1_024).decode()}, "kept by a former version, which changed its key or headers"),
        ({"raw_base64": "", "raw_bytes": 0}, "kept by a former version, which did not say whether its value was empty or null"),
        ({"truncated": True}, "too large to be kept whole"),
    ],
)
def test_what_former_versions_kept_comes_back_or_says_why_not(change: dict[str, object], found: Original | str) -> None:
    """What shows no sign of loss is put back; the rest is not made up."""
    old = {
        "stage": "sift", "code": "not_json", "reason": "", "raw_base64": "ew==", "raw_bytes": 1, "truncated": False,
        "key_base64": "a2V5", "headers": {"source": "x"}, "appended_at": "2026-02-17T07:36:06.250Z",
        "lineage": {"topic": "posts", "partition": 3, "offset": 1},
    } | change  # fmt: skip
    assert Rejected.model_validate(old).headers_base64 is None
    assert original(old) == found


def test_the_id_is_the_place() -> None:
    """The same record is rejected under the same id however often it is read; another one under another."""
    one, again, other = (rejected("sift", "s", "posts", 0, Record(offset, 5, None, b"x"), WHY) for offset in (1, 1, 2))
    assert one == again
    assert one.id != other.id
    assert one.lineage == "posts/0/1/0"
