"""What networks and transports send beside the main form of a payload, and how each of it is read."""

import gzip
from typing import Any

import orjson
import pytest

from schemas.sources import Ignored, Malformed, SignalRecord, read_all

NOW = 1_772_359_200_000
AT = "2026-03-01T10:00:00Z"


def told(source: str, payload: object) -> list[str]:
    """Each reading in a word: `operation id text`, or the name of what is ignored, or the code of a refusal."""
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    found = []
    for reading in read_all(source, raw, NOW, b"k-1"):
        if isinstance(reading, Malformed | Ignored):
            found.append(f"{type(reading).__name__.lower()} {reading.code}")
        else:
            signal = reading[0]
            of = "" if signal.scope == "post" else f" {signal.scope}"
            found.append(f"{signal.operation}{of} {signal.id} {signal.text}".strip())
    return found


def signal_of(source: str, payload: object) -> SignalRecord:
    """The one signal of a payload that must be read."""
    (reading,) = read_all(source, payload if isinstance(payload, bytes) else orjson.dumps(payload), NOW)
    assert not isinstance(reading, Malformed | Ignored), reading
    return reading[0]


# -- transports ------------------------------------------------------------------------------------------------------------


def plain(number: int, **more: object) -> dict[str, Any]:
    """A payload of Winnow's own form."""
    return {"id": str(number), "source": "signal", "kind": "post", "author": {"id": "a"}, "text": "late", "created_at": AT, **more}


def line(number: int) -> bytes:
    """The same as a line."""
    return orjson.dumps(plain(number))


ROW = {"before": None, "after": plain(1), "source": {"connector": "postgresql", "table": "posts"}, "op": "c", "ts_ms": NOW}
SOME = [f"create {number} late" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (gzip.compress(line(1) + b"\n") + gzip.compress(line(2) + b"\n") + gzip.compress(line(3)), SOME),
        (gzip.compress(line(1)) + b"\0" * 5_000, SOME[:1]),
        (gzip.compress(line(1)) + b"\n", SOME[:1]),
        (gzip.compress(line(1)) + gzip.compress(b"") * 20_000, SOME[:1]),
        (gzip.compress(line(1) + b"\n") + gzip.compress(line(2))[:-4], ["malformed compressed"]),
        (gzip.compress(line(1)) + b"rest", ["malformed compressed"]),
        (gzip.compress(b" " * 2_000_000) * 2, ["malformed too_large"]),
        (ROW, SOME[:1]),
        (ROW | {"op": "u", "before": plain(0)}, SOME[:1]),
        (ROW | {"after": line(1).decode()}, SOME[:1]),
        ({"schema": {"type": "struct"}, "payload": ROW}, SOME[:1]),
        (ROW | {"op": "d", "before": plain(1), "after": None}, ["ignored deleted_row"]),
        ({"schema": None, "payload": None}, ["ignored tombstone"]),
        (line(1) + b"\n" + line(2)[:-9] + b"\n" + line(3), [SOME[0], "malformed not_json", SOME[2]]),
        (line(1)[9:] + b"\n" + line(2) + b"\n" + line(3), ["malformed not_json", *SOME[1:]]),
        (line(1) + b"\n" + line(2)[:-9], [SOME[0], "malformed not_json"]),
        (b'{\n "id": "1",\n "data": [\n  {"id": "2"}\n ],,\n}', ["malformed not_json"]),
        (line(1)[:-1] + b', "rating": NaN, "reach": {"likes": -Infinity}}', SOME[:1]),
        (line(1).replace(b"late", rb"NaN \" Infinity")[:-1] + b', "rating": Infinity}', ['create 1 NaN " Infinity']),
        (b'{"id": NaN, "text": "' + rb"\"" * 100_000, ["malformed not_json"]),
        (b"[]", ["ignored empty_list"]),
        (b"[[], " + line(1) + b"]", ["ignored empty_list", SOME[0]]),
    ],
)  # fmt: skip
def test_what_a_transport_adds_is_taken_off(payload: object, expected: list[str]) -> None:
    """Nothing behind a first part is lost, and of what is broken only that."""
    assert told("signal", payload) == expected


def test_a_broken_line_is_told_by_its_number() -> None:
    """Among lines that are read."""
    _, broken = read_all("signal", line(1) + b"\n" + line(2)[:-9], NOW)
    assert isinstance(broken, Malformed)
    assert broken.reason.startswith("line 2 of 2: the record is not JSON")
