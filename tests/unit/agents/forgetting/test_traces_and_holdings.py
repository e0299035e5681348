"""What of a record holds something of a person, what an erasure is, and what of each topic is theirs."""

import base64
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from agents.commands.forgetting import told
from agents.forgetting.erasure import deletions
from agents.forgetting.holdings import Holdings
from agents.forgetting.people import Needles, Realm, Sought
from agents.forgetting.traces import Trace, board_files, held
from agents.settings import load_settings
from pipeline.privacy import pseudonym
from pipeline.sift import author_hash, post_id
from schemas.sources import SOURCES

KEY = b"a key of sixteen bytes or more"
HER = Sought(("erika",), ("99",), (Realm("forum"),), (), frozenset(["f" * 32]))
NOW = 1_800_000_000_000


def record(value: Any, *, key: bytes | None = None, **headers: bytes) -> Any:
    """A record as the client hands it out."""
    return SimpleNamespace(value=orjson.dumps(value), key=key, timestamp=NOW, headers=list(headers.items()))


def test_an_erasure_is_a_deletion_that_the_source_reads() -> None:
    """One of the account, one of the post, in the realm."""
    found = deletions(HER._replace(realms=(Realm("forum", "a.example"),)), NOW)
    read = [SOURCES["signal"].read(orjson.dumps(one), NOW) for one in found]
    shown = [(signal.id, signal.scope, signal.operation, signal.source, signal.namespace) for signal, _ in read]  # type: ignore[misc]
    assert shown == [("erika", "account", "delete", "forum", "a.example"), ("99", "post", "delete", "forum", "a.example")]
    assert read[0][0].author.id == "erika"  # type: ignore[index]
    assert {one["reason"] for one in found} == {"erasure"}


@pytest.mark.parametrize(
    ("noun", "given", "what"),
    [
        ("posts", record({"user": {"id": "erika"}}), ("author erika",)),
        ("posts", record({}, key=b"99"), ("post 99",)),
        ("posts", record({}, by=b"erika"), ("author erika",)),
        ("information", record({}, ce_lineage=b"posts/0/99/0"), ()),
        ("posts", record({"id": 99}), ("post 99",)),
        ("situations", record({"lineage": {"offset": 99}}), ()),
        ("rejected", record({"raw_base64": base64.b64encode(b"{'erika'").decode(), "key_base64": None}), ("author erika",)),
        ("rejected", record({"headers_base64": [["x", base64.b64encode(b"erika").decode()], ["y", None]]}), ("author erika",)),
        ("rejected", record([1]), ()),
        ("chaff", record({"id": post_id("forum", "99").hex(), "text": "t"}), ("a text of theirs",)),
        ("chaff", record({"id": "f" * 32, "text": "t"}), ("a text of theirs",)),
        ("chaff", record({"id": "e" * 32, "text": "t"}), ()),
        ("labels", record({"information": "f" * 32}), ()),
    ],
)  # fmt: skip
def test_what_a_record_holds(noun: str, given: Any, what: tuple[str, ...]) -> None:
    """In value, key and headers, but for those that name records; in what was put aside."""
    assert held(given, noun, Needles(HER, KEY)) == what


def test_what_is_left_is_told_with_its_end() -> None:
    """By retention, by the stage, or by nobody; the first places of a topic one by one."""
    places = [Trace("w.posts.v1", 0, n, NOW, ("author erika",), NOW + 1) for n in range(12)]
    places += [
        Trace("w.act-state.v1", 1, 3, NOW, ("text x",), None, stands=True, key="action/1"),
        Trace("w.models.v1", 0, 1, NOW, ("text x",), None),
    ]
    lines = told(places, NOW)
    assert lines[0] == "w.posts.v1/0 offset 0: author erika; gone by 2027-01-15T08:00:00.001Z"
    assert lines[10] == "w.act-state.v1/1 offset 3: text x; stands in action/1: until its stage lets it go"
    assert lines[11:] == [
        "w.models.v1/0 offset 1: text x; nobody takes it out",
        "w.posts.v1: 12 places in all",
        "14 places hold it still, the last of those that end by themselves until 2027-01-15T08:00:00.001Z",
    ]
    assert told([], NOW) == []
    assert told(places, NOW + 2)[0].endswith("that is over: Kafka waits for its next look, or for the next record of the partition")


def test_the_boards_files_are_searched(tmp_path: Any) -> None:
    """Also where a word lies across two blocks that are read; a board that is elsewhere has none."""
    settings = load_settings(board_folder=tmp_path / "board")
    assert board_files(settings, HER) == []
    (tmp_path / "board").mkdir()
    (tmp_path / "board" / "board.sqlite").write_bytes(b"." * ((1 << 20) - 2) + b"erika.")
    (tmp_path / "board" / "other").write_bytes(b"nothing")
    assert [(name.rsplit("/", 1)[1], what) for name, what in board_files(settings, HER)] == [("board.sqlite", ("author erika",))]


def test_what_is_held_is_theirs_alone() -> None:
    """Posts, information, evidence, actions and what was answered to those; nothing of what others said beside them."""
    hashed = author_hash(KEY, "forum", "erika")
    hers, theirs = post_id("forum", "1").hex(), post_id("forum", "2").hex()
    known = Holdings(HER, KEY)
    signal = {"id": "1", "source": "forum", "kind": "post", "author": {"id": "erika"}, "text": "late", "created_at": "2026-01-01T00:00:00Z"}
    other = signal | {"id": "2", "author": {"id": "bob"}, "text": "to erika: hm"}
    assert known.of("posts", record(signal, source=b"signal")) == signal
    assert known.of("posts", record(other, source=b"signal")) is None
    told_of = {"id": hers, "signal": signal}
    assert known.of("information", record(told_of)) == told_of
    assert known.of("information", record({"id": theirs, "signal": other})) is None
    assert known.of("information", record({"withdraws": hers})) == {"withdraws": hers}
    assert known.of("information", record({})) is None
    mine, others = ({"information": one, "author": who, "text": "t"} for one, who in ((hers, hashed), (theirs, "f" * 32)))
    situation = {"id": "s", "kind": "surge", "evidence": [mine, others], "events": 2}
    assert known.of("situations", record(situation)) == {"id": "s", "kind": "surge", "evidence": [mine]}
    assert known.of("situations", record(situation | {"evidence": [others]})) is None
    decision = known.of("decisions", record({"id": "d", "team": "support", "situation": situation}))
    assert decision == {"id": "d", "team": "support", "evidence": [mine], "situation": "s"}
    shown = {"information": hers, "author": pseudonym(hashed, KEY), "excerpt": "late"}
    action = {"action_id": "a", "team": "support", "title": "t", "summary": "late", "evidence": [shown]}
    assert known.of("actions.support", record(action)) == action
    among = {**action, "action_id": "b", "evidence": [shown, {"information": theirs, "author": "x", "excerpt": "y"}]}
    assert known.of("actions.support", record(among)) == {"action_id": "b", "team": "support", "evidence": [shown]}
    assert [known.of("outcomes", record({"action_id": one, "comment": "c"})) is not None for one in "abz"] == [True, True, False]
    assert known.of("labels", record({"information": hers})) == {"information": hers}
    assert known.of("chaff", record({"id": theirs})) is None
    put_aside = {"raw_base64": base64.b64encode(b"{erika").decode()}
    assert known.of("rejected", record(put_aside)) == put_aside
