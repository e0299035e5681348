"""What correlate makes of an Information record, and that no bytes whatever make it raise."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.correlate.information import Piece, parse
from pipeline.near_duplicates.index import reference
from pipeline.sift.speakers import author_hash
from pipeline.stream.dead_letter import Unreadable
from schemas.messages import Information, Intent, Kind, Sentiment, Stakeholder
from schemas.times import iso, to_milliseconds
from tests.unit.pipeline.correlate.world import START, information

KEY = b"test key of 16 bytes"
unhurried = settings(deadline=None)
"""A shared machine may stall for longer than any deadline."""

GOOD = information("1", START, title="Late", repost_of="0")
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, (1 << 64) - 1)  # beyond that orjson writes none
    | st.just(1 << 63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
    | st.sampled_from(["0" * 32, "A" * 32, "post", "2026-02-17", "1970-01-01T00:30:00+01:00", "9999-12-31T23:59:59.999-12:00"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=4,
)


def piece(message: Any) -> Piece:
    """A record that must be read."""
    found = parse(orjson.dumps(message), KEY)
    assert isinstance(found, Piece), found
    return found


def refused(value: bytes | None) -> Unreadable:
    """A record that must be refused."""
    found = parse(value, KEY)
    assert isinstance(found, Unreadable), found
    return found


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good record with another value at a path; with `...` the field is absent."""
    message = orjson.loads(orjson.dumps(GOOD))
    *way, last = path.split(".")
    holder = message
    for step in way:
        holder = holder[step]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return message


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a record."""
    for key in list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from _places(node[key])


def test_a_record_is_read_flat() -> None:
    """Every attribute is what the record says, or derived from it as its docstring tells."""
    message = information("17", START, "no seats left", author="ada", title="Sold out", followers=900, thread="t", in_reply_to="16",
                          repost_of="15", quote_of="14", kind="ticket", intent="question", sentiment="negative", sentiment_score=-0.25,
                          urgency=0.5, stakeholder="partner", reach={"likes": 1, "reposts": 2, "replies": 3, "quotes": 4, "views": None},
                          accepted_answer=True, dual_hat=True, backfill=True)  # fmt: skip
    found = piece(message)
    author = author_hash(KEY, "x", "ada")
    assert (found.id, found.subject, found.source, found.native, found.kind) == (message["id"], "aurora", "x", "17", "ticket")
    assert (found.text, found.author, found.crowd) == ("Sold out. no seats left", author, int(author[:16], 16))
    assert (found.intent, found.sentiment, found.stakeholder) == ("question", "negative", "partner")
    assert (found.native_key, found.repost_key, found.quote_key) == tuple(reference("x", native, "aurora") for native in ("17", "15", "14"))
    assert (found.thread, found.in_reply_to, found.url) == ("t", "16", None)
    assert (found.created_ms, found.appended_at, found.model) == (START, iso(START + 500), "m1")
    assert (found.negativity, found.urgency, found.reach, found.weight) == (0.25, 0.5, 900, 1.172104)
    assert (found.voice, found.dual_hat, found.backfill, found.accepted_answer, found.bag) == (False, True, True, True, 0)
    assert orjson.dumps(found.lineage) == b'{"topic":"posts","partition":0,"offset":0}'


def test_who_is_heard_by_many_has_a_voice() -> None:
    """The media and verified accounts are voices; of reach what is largest counts, at least one reader."""
    assert piece(information("1", START, stakeholder="media")).voice
    assert piece(information("1", START, verified=True)).voice
    assert piece(information("1", START, followers=3, reach={"likes": 2, "replies": 2})).reach == 5
    assert piece(information("1", START, followers=3, reach={"views": 70})).reach == 70
    assert piece(information("1", START, followers=None, reach=None)).reach == 1


def test_an_author_without_an_id_is_the_post_itself() -> None:
    """Posts whose network names no author have one author each."""
    one, other = (piece(information(native, START, author="")).author for native in ("1", "2"))
    assert one == author_hash(KEY, "x", "1") != other


@pytest.mark.parametrize(
    ("names", "path"),
    [(Intent, "intent"), (Sentiment, "sentiment"), (Stakeholder, "stakeholder"), (Kind, "signal.kind")],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_every_name_of_the_contract_is_read(names: Any, path: str) -> None:
    """A value added to an enum of the messages is read without another change, as a plain string: it becomes a key of JSON."""
    for member in names:
        assert type(getattr(piece(changed(path, member.value)), path.rpartition(".")[2])) is str


@pytest.mark.parametrize("value", [None, b""])
def test_no_value_is_empty(value: bytes | None) -> None:
    """A tombstone or an empty record is told apart from a broken one."""
    assert refused(value).code == "empty"


@pytest.mark.parametrize(
    "value",
    [
        b" ",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf" + orjson.dumps(GOOD),
        orjson.dumps(GOOD) + b"x",
        orjson.dumps(changed("signal.text", "@")).replace(b'"@"', rb'"\ud800"'),
        orjson.dumps(changed("signal.text", "@")).replace(b'"@"', b'"\xed\xa0\x80"'),
        orjson.dumps(changed("urgency", "@")).replace(b'"@"', b"NaN"),
        orjson.dumps(changed("urgency", "@")).replace(b'"@"', b"1e999"),
        orjson.dumps(changed("extension", "@")).replace(b'"@"', b'"\xff"'),
        orjson.dumps(changed("extension", "@")).replace(b'"@"', b"[" * 1_100 + b"]" * 1_100),
        orjson.dumps(changed("extension", "@")).replace(b'"@"', b'{"a":' * 100_000),
    ],
)
def test_what_is_no_json_is_bad_json(value: bytes) -> None:
    """Broken, oddly encoded and absurdly deep records are one class: nobody can read them."""
    assert refused(value).code == "bad_json"


@pytest.mark.parametrize("value", [b"[]", b"null", b'"text"', b"7"])
def test_what_is_no_object_is_told_so(value: bytes) -> None:
    """There is no field to name."""
    assert refused(value) == Unreadable("bad_field", "an information record is a JSON object")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((path, value) for path in ("id", "subject", "model", "signal.text", "signal.id", "signal.source") for value in (..., None, 7)),
        ("id", "0" * 31),
        ("id", "0" * 33),
        ("id", "A" * 32),
        ("id", "é" * 32),
        ("id", "00 " * 10 + "00"),
        *((path, value) for path in ("intent", "sentiment", "stakeholder", "signal.kind") for value in (..., None, "", "other ", ["x"])),
        *((path, value) for path in ("urgency", "sentiment_score") for value in (..., None, True, "0", 1.01, -1.01, 1 << 80)),
        ("urgency", -0.1),
        *(
            (path, value)
            for path in ("appended_at", "signal.created_at")
            for value in (..., None, 7, "", "yesterday", "1969-12-31T23:59:59Z")
        ),
        *((path, "1970-01-01T00:30:00+01:00") for path in ("appended_at", "signal.created_at")),
        *((path, "9999-12-31T23:59:59.999-12:00") for path in ("appended_at", "signal.created_at")),
        *((path, value) for path in ("signal", "signal.author", "lineage") for value in (..., None, [], "x")),
        *((f"signal.{name}", 7) for name in ("title", "url", "thread", "in_reply_to", "repost_of", "quote_of", "reach")),
        *((f"signal.reach.{name}", -1) for name in ("likes", "reposts", "replies", "quotes", "views")),
        *(("signal.author.followers", value) for value in (-1, 1 << 53, 1.0, True, "7")),
        ("signal.author.id", 7),
        ("lineage.topic", None),
        *((path, value) for path in ("lineage.partition", "lineage.offset") for value in (..., None, -1, 1.0, True, 1 << 63)),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:12],
)
def test_a_wrong_field_is_named(path: str, value: Any) -> None:
    """A reason tells with its path which field is missing or not of its kind; booleans are no numbers."""
    found = refused(orjson.dumps(changed(path, value)) if value != 1 << 80 else orjson.dumps(changed(path, "@")).replace(b'"@"', b"9" * 25))
    assert found.code == "bad_field"
    assert found.reason.startswith(f"field {path} is missing")


def test_the_last_of_two_equal_keys_counts() -> None:
    """JSON with a key twice reads as most readers of JSON do, whatever the first value was."""
    found = parse(orjson.dumps(GOOD).replace(b'"urgency":0.0', b'"urgency":"high","urgency":0.75'), KEY)
    assert isinstance(found, Piece)
    assert found.urgency == 0.75


@pytest.mark.parametrize("path", ["dual_hat", "backfill", "signal.accepted_answer", "signal.author.verified"])
@pytest.mark.parametrize("value", [..., None, 1, "true", [], {}, [[[]]]])
def test_only_true_is_true(path: str, value: Any) -> None:
    """Anything else in a flag, or nothing, is no."""
    found = piece(changed(path, value))
    assert [found.dual_hat, found.backfill, found.accepted_answer, found.voice] == [False] * 4


@unhurried
@given(st.binary(max_size=120))
def test_random_bytes_never_raise(value: bytes) -> None:
    """Whatever the bytes, there is an answer."""
    assert isinstance(parse(value, KEY), Unreadable)


@unhurried
@given(st.data())
def test_a_record_with_damaged_bytes_never_raises(data: st.DataObject) -> None:
    """Bytes replaced, removed or inserted anywhere give a refusal or still something heard, the same whichever way it is read."""
    raw = orjson.dumps(GOOD)
    at = data.draw(st.integers(0, len(raw)))
    same_both_ways(raw[:at] + data.draw(st.binary(max_size=4)) + raw[at + data.draw(st.integers(0, 4)) :])


@unhurried
@given(st.data())
def test_a_record_with_any_value_anywhere_never_raises(data: st.DataObject) -> None:
    """One node of a good record replaced by any JSON value: what the contract allows is heard, and a refusal has a code and a reason."""
    message = orjson.loads(orjson.dumps(GOOD))
    parent, key = data.draw(st.sampled_from(list(_places(message))))
    parent[key] = data.draw(junk)
    found = same_both_ways(orjson.dumps(message))
    if isinstance(found, Unreadable):
        assert not allowed(message)


@pytest.mark.parametrize(
    ("kind", "visibility", "public"),
    [
        ("post", None, True), ("post", "unlisted", True), ("post", "followers", False), ("review", None, True),
        ("message", "direct", False),
        ("ticket", None, False), ("ticket", "unlisted", False), ("ticket", "public", True), ("survey", "public", True),
    ],
)  # fmt: skip
def test_what_everybody_can_read_is_answered_in_public(kind: str, visibility: str | None, public: bool) -> None:
    """By what its source says of it, before what is usual for its kind."""
    message = changed("signal.kind", kind)
    message["signal"]["visibility"] = visibility
    found = parse(orjson.dumps(message), KEY)
    assert isinstance(found, Piece)
    assert found.public == public


@unhurried
@given(
    st.integers(900, 1_030),
    st.sampled_from(["extension", "signal.author.verified", "backfill"]),
    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]),
)
def test_depth_never_raises(depth: int, path: str, brackets: tuple[bytes, bytes]) -> None:
    """About where readers of JSON give up there is an answer, too."""
    nested = brackets[0] * depth + b"1" + brackets[1] * depth
    found = parse(orjson.dumps(changed(path, "@")).replace(b'"@"', nested), KEY)
    assert isinstance(found, Piece) or found.code == "bad_json"


def same_both_ways(raw: bytes) -> Piece | Unreadable:
    """What is heard; asserts that white space, which makes a record too long for the quick way, changes nothing."""
    found, closely = parse(raw, KEY), parse(raw + b" " * 2_000, KEY)
    if isinstance(closely, Unreadable) and "infinity" in closely.reason:
        return found  # a number that nobody reads may be beyond what a double holds
    if isinstance(found, Unreadable) and found.code == "bad_json":
        assert isinstance(closely, Unreadable)
        assert closely.code == "bad_json"
    else:
        assert found == closely
    return found


def allowed(message: Any) -> bool:
    """Whether the contract allows such a record, with an id and with times as Winnow writes them."""
    try:
        model = Information.model_validate_json(orjson.dumps(message), strict=True)
        times = [to_milliseconds(text) for text in (message["appended_at"], message["signal"]["created_at"])]
    except (ValidationError, ValueError, OverflowError):
        return False
    counts = [model.signal.author.followers, *vars(model.signal.reach).values(), model.lineage.partition << 10, model.lineage.offset << 10]
    written = len(model.id) == 32 and set(model.id) <= set("0123456789abcdef")
    return written and all(0 <= time < 253_402_300_800_000 for time in times) and all((count or 0) < 1 << 53 for count in counts)
