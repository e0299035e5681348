"""Laws of decode: it never raises, accepts only Signals, and reads what Winnow writes."""

import gzip
import re
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import to_builtins

from schemas.messages import Author, Kind, Reach, Signal
from schemas.sources import CODES, MAX_DEPTH, SOURCES, Ignored, Malformed, decode, read_all
from schemas.sources.instant import EARLIEST_MS, LATEST_MS
from schemas.sources.malformed import REASON_LIMIT
from schemas.times import iso, to_milliseconds

unhurried = settings(deadline=None)
"""A shared machine may stall for longer than any deadline."""

NATIVE = Path(__file__).parents[3] / "contract" / "golden" / "native"
MAILS = [path.read_bytes() for path in sorted(NATIVE.glob("*.eml"))]
GOLDEN = [(path.stem.split("_")[0], path.read_bytes()) for path in sorted(NATIVE.glob("*.json"))]

texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=40)
ids = texts.filter(bool)
counts = st.none() | st.integers(0, 1 << 53)
maybe = st.none() | texts
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 63) | st.floats(allow_nan=False, allow_infinity=False) | texts | st.just("a\0b"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=5,
)
wrapped = st.recursive(
    junk,
    lambda inner: (
        inner.map(lambda value: {"specversion": "1.0", "type": "t", "source": "s", "data": value})
        | inner.map(lambda value: {"schema": None, "payload": value})
        | inner.map(lambda value: {"data": [value]})
        | inner.map(lambda value: orjson.dumps(value).decode())
        | inner.map(lambda value: {"event": "update", "payload": value})
    ),
    max_leaves=4,
)
authors = st.builds(Author, id=ids, handle=maybe, name=maybe, followers=counts, verified=st.booleans(), affiliation=maybe)
signals = st.builds(
    Signal,
    id=ids,
    source=ids,
    kind=st.sampled_from(Kind),
    author=authors,
    text=texts,
    created_at=st.integers(EARLIEST_MS, LATEST_MS - 1).map(iso),
    title=maybe,
    rating=st.none() | st.floats(0, 1),
    language=maybe,
    url=maybe,
    thread=maybe,
    in_reply_to=maybe,
    repost_of=maybe,
    quote_of=maybe,
    accepted_answer=st.booleans(),
    subject=maybe,
    reach=st.builds(Reach, likes=counts, reposts=counts, replies=counts, quotes=counts, views=counts),
)


def check(source: str, raw: bytes) -> None:
    """Either a refusal within its bounds, or a dict that is the canonical form of a valid Signal; the same when it is looked at closely."""
    found, quickly, closely = decode(source, raw), SOURCES[source].read_quickly(raw), SOURCES[source].read_closely(raw)
    if quickly is not None and isinstance(closely, Malformed):
        with pytest.raises(orjson.JSONDecodeError, match="infinity"):  # a number that nobody reads may be beyond what a double holds
            orjson.loads(raw)
    elif quickly is not None:
        assert quickly == closely
    else:
        assert found == (closely if isinstance(closely, Malformed | Ignored) else (to_builtins(closely[0]), closely[1]))
    if isinstance(found, Ignored):
        assert re.fullmatch("[a-z][a-z0-9_]*", found.code)
        assert 0 < len(found.reason) <= REASON_LIMIT
        return
    if isinstance(found, Malformed):
        assert found.code in CODES
        assert 0 < len(found.reason) <= REASON_LIMIT
        return
    signal, created_ms = found
    model = Signal.model_validate_json(orjson.dumps(signal))
    assert model.model_dump(mode="json") == signal
    assert to_milliseconds(str(signal["created_at"])) == created_ms
    assert iso(created_ms) == signal["created_at"]


@unhurried
@given(st.sampled_from(sorted(SOURCES)), st.binary(max_size=200))
def test_random_bytes_never_raise(source: str, raw: bytes) -> None:
    """Whatever the bytes, there is an answer."""
    check(source, raw)


@unhurried
@given(st.text(max_size=60), st.binary(max_size=20))
def test_any_source_name_is_answered(source: str, raw: bytes) -> None:
    """A source name is a header that anybody may write: any text will do."""
    found = decode(source, raw)
    assert isinstance(found, Malformed)
    assert len(found.reason) <= REASON_LIMIT


@unhurried
@given(st.sampled_from(MAILS), st.data())
def test_a_damaged_mail_never_raises(raw: bytes, data: st.DataObject) -> None:
    """Whatever the standard library's parser makes of it."""
    at = data.draw(st.integers(0, len(raw)))
    check("email", raw[:at] + data.draw(st.binary(max_size=6)) + raw[at + data.draw(st.integers(0, 40)) :])


@unhurried
@given(st.sampled_from(sorted(SOURCES)), st.lists(wrapped, max_size=3), st.sampled_from(GOLDEN), st.binary(max_size=8))
def test_wrapped_records_never_raise(source: str, values: list[object], golden: tuple[str, bytes], damage: bytes) -> None:
    """Every part gets a reading, and there is always one."""
    for raw in (orjson.dumps(values), gzip.compress(golden[1])[:-9] + damage, b"\0\0\0\0\7" + golden[1], damage + golden[1]):
        readings = read_all(source, raw, 1_772_359_200_000, b"k")
        assert readings
        for reading in readings:
            if isinstance(reading, Malformed):
                assert reading.code in CODES
            elif not isinstance(reading, Ignored):
                Signal.model_validate_json(msgspec.json.encode(reading[0]))


@unhurried
@given(st.sampled_from(GOLDEN), st.data())
def test_payload_with_damaged_bytes_never_raises(golden: tuple[str, bytes], data: st.DataObject) -> None:
    """Bytes replaced, removed or inserted anywhere give a refusal or still a valid Signal."""
    source, raw = golden
    at = data.draw(st.integers(0, len(raw)))
    check(source, raw[:at] + data.draw(st.binary(max_size=4)) + raw[at + data.draw(st.integers(0, 4)) :])


@unhurried
@given(st.sampled_from(GOLDEN), st.data())
def test_payload_with_any_value_anywhere_never_raises(golden: tuple[str, bytes], data: st.DataObject) -> None:
    """One node of a good payload replaced by any JSON value gives a refusal or still a valid Signal."""
    source, raw = golden
    payload = orjson.loads(raw)
    places = list(_places(payload))
    parent, key = data.draw(st.sampled_from(places))
    parent[key] = data.draw(junk)
    check(source, orjson.dumps(payload))


def _places(node: Any) -> Any:
    """Every (container, key) in a payload."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from _places(node[key])


@unhurried
@given(signals)
def test_what_winnow_writes_it_reads_back(signal: Signal) -> None:
    """Signal -> JSON -> decode gives the same Signal, with the same time to the millisecond."""
    found = decode("signal", signal.model_dump_json().encode())
    assert not isinstance(found, Malformed), found
    assert Signal.model_validate(found[0]) == signal
    assert found[0] == signal.model_dump(mode="json")


@pytest.mark.parametrize(("source", "raw"), GOLDEN)
def test_ordinary_payloads_are_read_quickly(source: str, raw: bytes) -> None:
    """A quick way that gives up where nothing is wrong would never be missed, only paid for."""
    found = SOURCES[source].read_quickly(raw)
    assert found is not None
    assert decode(source, raw) == (to_builtins(found[0]), found[1])


@unhurried
@given(st.sampled_from(GOLDEN), st.sampled_from([64, 66, 990, 1_100]))
def test_depth_is_limited_in_what_nobody_reads(golden: tuple[str, bytes], depth: int) -> None:
    """An ignored field must keep the limits, too."""
    source, raw = golden
    deep = raw.rstrip()[:-1] + b',"extension":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    assert isinstance(decode(source, deep), Malformed) == (depth > MAX_DEPTH)


@unhurried
@given(signals, st.dictionaries(texts.map(lambda text: f"x_{text}"), junk, max_size=3))
def test_unknown_fields_change_nothing(signal: Signal, extension: dict[str, Any]) -> None:
    """Fields that the contract does not know leave no trace."""
    plain = signal.model_dump(mode="json")
    assert decode("signal", orjson.dumps(plain | extension)) == decode("signal", orjson.dumps(plain))


@unhurried
@given(st.sampled_from(GOLDEN))
def test_keys_come_in_canonical_order(golden: tuple[str, bytes]) -> None:
    """Every source gives every canonical key, in the model's order: the bytes written do not depend on the network."""
    found = decode(*golden)
    assert not isinstance(found, Malformed)
    signal: dict[str, Any] = found[0]
    assert list(signal) == list(Signal.model_fields)
    assert list(signal["author"]) == list(Author.model_fields)
    assert list(signal["reach"]) == list(Reach.model_fields)


def test_codes_are_words() -> None:
    """Codes are used as metric labels: few, distinct, of plain letters."""
    assert len(set(CODES)) == len(CODES)
    assert all(re.fullmatch("[a-z_0-9]+", code) for code in CODES)
