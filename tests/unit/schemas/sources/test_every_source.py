"""Whatever comes in, every shipped source answers with a value: a signal, a lifecycle operation, ignored, or rejected by a code."""

import copy
import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.messages import Operation, Signal
from schemas.sources import CODES, SOURCES, Ignored, Malformed, read_all
from schemas.sources.description import Form, Path
from schemas.sources.example import asked_for, example, mapped, written
from schemas.sources.malformed import REASON_LIMIT
from schemas.sources.parsing import parse
from tests.unit.schemas.sources.test_decode_laws import GOLDEN, MAILS, junk

ARRIVED = 1_772_359_200_000
WRONG: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1 << 63, 10**30, "", "x", "\0", "\ud83d", "2026-13-45T99:99:99Z", "9" * 400, [], [None], [[1]],
    ["x", {"x": 1}], {}, {"x": None}, {"$": {"data": []}},
)  # fmt: skip
LIKELY = st.sampled_from(
    ["1", "u1", "late again", "2026-03-01T10:00:00Z", 1_772_359_200, 1_772_359_200_000, 5, True, "https://x.example/a/1"]
)
HOSTILE = (
    "<" * 50_000, "&amp" * 20_000, "<a href='" * 8_000, "9" * 60_000, "@" * 60_000, "2026-" * 12_000, " \n" * 30_000, "https://" * 8_000,
    "]]>" * 20_000,
)  # fmt: skip
SECONDS = 2.0
"""Of one processor, for one record: a reader that takes more than linear time takes minutes for these."""
patient = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@lru_cache
def forms(source: str) -> tuple[Form, ...]:
    """The forms that a shipped source describes."""
    return parse(SOURCES.text(source)[1], f"{source}.yaml").forms


@lru_cache
def goldens(source: str) -> tuple[bytes, ...]:
    """Its golden payloads."""
    return tuple(raw for name, raw in GOLDEN if name == source) or (tuple(MAILS) if source == "email" else ())


def payload(form: Form, values: dict[Path, Any]) -> bytes:
    """A payload of a form with these values; null for what JSON has no bytes for (half an emoji: tried as an escape)."""
    try:
        return written(form, copy.deepcopy(values))
    except (UnicodeEncodeError, OverflowError):
        return b"null"


def _odd(payload: Any) -> bool:
    """Whether the encoder has no bytes for it (half an emoji); those are tried as they come, escaped, elsewhere."""
    try:
        msgspec.json.encode(payload)
    except (UnicodeEncodeError, OverflowError):
        return True
    return False


ENCODABLE = [value for value in WRONG if not _odd(value)]


def answer(source: str, raw: bytes) -> None:
    """At least one reading; each a signal that the contract takes, or why there is none, by a code and within its bounds."""
    readings = read_all(source, raw, ARRIVED, b"k")
    assert readings
    for reading in readings:
        if isinstance(reading, Malformed | Ignored):
            assert reading.code in CODES or (isinstance(reading, Ignored) and re.fullmatch("[a-z][a-z0-9_]*", reading.code))
            assert 0 < len(reading.reason) <= REASON_LIMIT
        else:
            signal = Signal.model_validate_json(msgspec.json.encode(reading[0]))
            assert signal.operation in Operation
            assert signal.id


def nodes(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a payload."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from nodes(node[key])


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_its_own_example_is_read(source: str) -> None:
    """A record with everything in it that the file reads is a signal: what is tried below begins with one that is read."""
    (reading,) = read_all(source, example(*SOURCES.text(source)), ARRIVED)
    assert not isinstance(reading, Malformed | Ignored), reading
    assert reading[0].text.startswith("Aurora Air lost my bag")
    assert reading[0].id
    assert reading[0].operation != Operation.DELETE


@pytest.mark.parametrize("source", sorted(SOURCES))
@patient
@given(st.data())
def test_mutated_payloads_are_answered(source: str, data: st.DataObject) -> None:
    """Golden ones, changed in up to four places: another value, nothing, a list of it, it within itself; mails in their bytes."""
    raw = data.draw(st.sampled_from(goldens(source)))
    if source == "email":
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(raw)))
            raw = raw[:at] + data.draw(st.binary(max_size=20)) + raw[at + data.draw(st.integers(0, 40)) :]
        answer(source, raw)
        return
    whole = {"root": orjson.loads(raw)}
    for _ in range(data.draw(st.integers(1, 4))):
        parent, key = data.draw(st.sampled_from(list(nodes(whole))))
        change = data.draw(st.sampled_from(["junk", "wrong", "list", "inside", "gone"]))
        if change == "gone" and isinstance(parent, dict) and parent is not whole:
            del parent[key]
        elif change == "list":
            parent[key] = [parent[key]] * data.draw(st.integers(0, 3))
        elif change == "inside":
            parent[key] = {str(key): copy.deepcopy(parent[key])}
        else:
            parent[key] = copy.deepcopy(data.draw(junk if change == "junk" else st.sampled_from(ENCODABLE)))
    answer(source, msgspec.json.encode(whole["root"]))


@pytest.mark.parametrize("source", sorted(SOURCES))
@patient
@given(st.data())
def test_random_payloads_of_the_described_shape_are_answered(source: str, data: st.DataObject) -> None:
    """Anything at the paths that a form reads, what it asks for mostly there."""
    form = data.draw(st.sampled_from(forms(source)))
    values: dict[Path, Any] = {path: data.draw(LIKELY | junk) for path in mapped(form) if data.draw(st.integers(0, 5))}
    for only in form.only:
        if only.choices and not only.but and data.draw(st.integers(0, 5)):
            values[only.path] = data.draw(st.sampled_from(only.choices))
    answer(source, payload(form, values))


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_wrong_type_at_any_mapped_path_is_answered(source: str) -> None:
    """Each kind of value at each path of each form, the others as they should be; half an emoji as JSON may escape it."""
    tried = 0
    for form in forms(source):
        paths = mapped(form)
        good: dict[Path, Any] = {path: "1" for path in paths} | asked_for(form)
        for path in paths:
            for value in WRONG:
                answer(source, payload(form, good | {path: value}))
                tried += 1
        answer(source, payload(form, good).replace(b'"1"', rb'"\ud83d"'))
    assert tried >= 20 or source == "email"


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_no_text_takes_long(source: str) -> None:
    """Long runs of what markup, links, numbers, handles and times begin with, at every path at once."""
    for form in forms(source):
        good = asked_for(form)
        for hostile in HOSTILE:
            raw = payload(form, {path: hostile for path in mapped(form)} | good)
            began = time.process_time()
            answer(source, raw)
            assert time.process_time() - began < SECONDS, (form.name, hostile[:10])
