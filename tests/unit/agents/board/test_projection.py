"""Records to rows: in whatever order topics are read, the same; answers as act counts them; what is unreadable changes nothing."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.board.projection import TAKEN_BACK, fold, without
from agents.board.schema import MOST_POINTS
from agents.board.seen import Seen
from agents.board.store import Store
from pipeline.privacy import OwnTerms
from schemas.times import iso
from tests.unit.agents.board.world import NOW, flow, outcome, seen, surge
from tests.unit.pipeline.decide.world import START, situation

MINUTE = 60_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    made = Store(tmp_path / "board.sqlite", "test")
    yield made
    made.close()


GONE_TEXT = "zanzibarword is what she said of her lost bag"


def taken_back(name: str) -> dict[str, Any]:
    """A situation of which nothing is left."""
    (piece,) = situation(name)["evidence"]
    return situation(name, 2, START + MINUTE, status="withdrawn", events=0, evidence=[], withdrawals=[piece["information"]])


def test_evidence_keeps_the_organisations_own_terms(tmp_path: Path) -> None:
    """Its accounts stay readable, on the network where they are its own; a person's handle does not."""
    store = Store(tmp_path / "own.sqlite", "test", OwnTerms(["@aurora"], accounts={"x": ["@aurora_help"]}))
    text = "@aurora @aurora_help @jane no luggage"
    there, elsewhere = surge(text=text), surge("z", text=text)
    elsewhere["evidence"][0]["source"] = "zendesk"
    store.apply(seen("situations", [there, elsewhere]), {}, NOW)
    pieces = [orjson.loads(row[0])[0] for row in store.rows("SELECT evidence FROM situations")]
    shown = {one["source"]: one["excerpt"] for one in pieces}
    store.close()
    assert shown == {"x": "@aurora @aurora_help [handle] no luggage", "zendesk": "@aurora [handle] [handle] no luggage"}


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, without the numbers that only say what came first."""
    return {
        table: sorted(tuple(row)[1:] if table == "actions" else tuple(row) for row in store.rows(f"SELECT * FROM {table}"))
        for table in ("situations", "points", "decisions", "actions", "ends", "answers", "health", "told", "tally", "gone")
    }


def messages() -> list[Seen]:
    """Three situations over some revisions with answers to all that was asked; the last one is taken back."""
    story = [surge(), surge(revision=2, at_ms=START + 5 * MINUTE, authors=90, severity=0.8), situation("c", severity=0.8)]
    story += [situation("g", text=GONE_TEXT), taken_back("g")]
    found = flow(story)
    asked = [orjson.loads(one.value or b"") for one in found if one.noun.startswith("actions.")]
    answers = [outcome(one["action_id"], one["team"], "acknowledged", by="ana") for one in asked]
    answers += [outcome(asked[0]["action_id"], asked[0]["team"], "declined", reason="noise", by="ana")]
    return found + seen("outcomes", answers)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_in_which_topics_are_read_changes_nothing(tmp_path: Path, seed: int) -> None:
    """Each topic in its own order, mixed in any way, cut into any transactions, some read twice: the same rows."""
    straight, mixed = Store(tmp_path / "a.sqlite", "test"), Store(tmp_path / "b.sqlite", "test")
    straight.apply(messages(), {}, NOW)
    chance, topics = random.Random(seed), dict[str, list[Seen]]()
    for one in messages():
        topics.setdefault(one.noun, []).append(one)
    waiting = {noun: list(records) for noun, records in topics.items()}
    while any(waiting.values()):
        noun = chance.choice([name for name, records in waiting.items() if records])
        cut = chance.randint(1, 3)
        batch, waiting[noun] = waiting[noun][:cut], waiting[noun][cut:]
        mixed.apply(batch + (batch if chance.random() < 0.3 else []), {}, NOW)
    assert everything(mixed) == everything(straight)
    assert len(everything(straight)["actions"]) >= 4


def test_a_page_is_due_when_it_escalates_and_else_when_it_expires(store: Store) -> None:
    """The owner's page goes up after 15 minutes; nobody escalates a peer's."""
    store.apply(flow([surge()]), {}, NOW)
    rows = {row["team"]: row for row in store.rows("SELECT * FROM actions")}
    assert rows["comms"]["due_ms"] == rows["comms"]["created_ms"] + 15 * MINUTE
    assert rows["support"]["due_ms"] == rows["support"]["not_after_ms"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ([], ("none", None)),
        ([("received", "tool", "")], ("received", "tool")),
        ([("acknowledged", "ana", ""), ("received", "tool", "")], ("acknowledged", "ana")),
        ([("acknowledged", "ana", ""), ("acknowledged", "bo", "")], ("acknowledged", "ana")),
        ([("acknowledged", "ana", ""), ("done", "bo", "")], ("done", "bo")),
        ([("done", "ana", ""), ("acknowledged", "bo", "")], ("done", "ana")),
        ([("acknowledged", "ana", ""), ("overturned", "ana", "undo")], ("none", None)),
        ([("declined", "ana", "noise"), ("overturned", "ana", "undo"), ("acknowledged", "bo", "")], ("acknowledged", "bo")),
        ([("done", "ana", ""), ("overturned", "chief", "no")], ("overturned", "chief")),
    ],
)
def test_answers_count_as_act_counts_them(said: list[tuple[str, str, str]], state: tuple[str, str | None]) -> None:
    """The first who acknowledges holds it, the last word stands, what is taken back was never said."""
    assert fold([(status, who, 0, reason, 0, at) for at, (status, who, reason) in enumerate(said)])[:2] == state


def test_what_is_taken_back_or_replaced_asks_for_nothing(store: Store) -> None:
    """A graver revision replaces the ask; a revocation ends it, whether it is read before or after."""
    found = flow([surge(), surge(revision=2, at_ms=START + 5 * MINUTE, severity=0.9)])
    store.apply(found, {}, NOW)
    states = [(row["team"], row["state"], row["open"]) for row in store.rows("SELECT * FROM actions ORDER BY team, number")]
    assert states == [("comms", "replaced", 0), ("comms", "none", 1), ("support", "replaced", 0), ("support", "none", 1)]


def test_an_answer_of_a_team_that_was_not_asked_changes_nothing(store: Store) -> None:
    """Only the action's own team answers it."""
    store.apply(flow([surge()]), {}, NOW)
    action = store.value("SELECT id FROM actions WHERE team = 'comms'")
    store.apply(seen("outcomes", [outcome(action, "product", "done")]), {}, NOW)
    assert store.value("SELECT state FROM actions WHERE id = ?", (action,)) == "none"


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"action_id": 7}', b"\xff\xfe", orjson.dumps(outcome("a", "b", "perhaps"))]
)
@pytest.mark.parametrize("noun", ["situations", "decisions", "actions.comms", "outcomes", "health", "silences", "ledger"])
def test_what_cannot_be_read_is_counted_and_changes_nothing(store: Store, noun: str, value: bytes) -> None:
    """Anybody may write to topics; the board goes on."""
    before = everything(store)
    store.apply([Seen(noun, 0, 0, NOW, b"k", value)], {(noun, 0): 1}, NOW)
    assert everything(store) == before
    assert store.unreadable == (0 if noun == "silences" and not value else 1)
    assert store.positions() == {(noun, 0): 1}


def test_no_name_handle_or_address_of_an_author_is_kept(store: Store, tmp_path: Path) -> None:
    """The texts of situations are raw: nothing of them reaches the file but what an action may say."""
    text = "my bag is lost @jane_doe call 030 901820 or jo@example.org"
    case = situation("c", text=text, severity=0.8)
    store.apply(flow([case]), {}, NOW)
    store.close()
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for raw in (b"jane_doe", b"901820", b"jo@example.org", case["evidence"][0]["author"].encode()):
        assert raw not in content
    assert b"my bag is lost" in content


def test_a_curve_is_bounded(store: Store) -> None:
    """A surge of ten days keeps its shape in a bounded number of points."""
    steps = [surge(revision=n, at_ms=START + n * MINUTE, authors=n) for n in range(1, 3 * MOST_POINTS)]
    store.apply(seen("situations", steps), {}, NOW)
    points = store.rows("SELECT at_ms FROM points ORDER BY at_ms")
    assert MOST_POINTS / 3 < len(points) <= MOST_POINTS
    assert points[-1][0] > START + (3 * MOST_POINTS - 3) * MINUTE


def test_the_books_count_an_entry_that_is_written_again_once(store: Store) -> None:
    """On restore a stage writes its last ledger entry again."""
    entry = {
        "stage": "sift", "topic": "posts", "partition": 0, "first": 0, "last": 9, "packed": "", "compressed": False,
        "counts": {"information": 7, "spam": 3}, "worker": "w", "at": iso(NOW),
    }  # fmt: skip
    store.apply(seen("ledger", [entry, entry, entry | {"first": 10, "last": 10, "counts": {"spam": 1}}]), {}, NOW)
    assert dict(store.rows("SELECT disposition, events FROM book")) == {"information": 7, "spam": 4}  # type: ignore[arg-type]  # rows are pairs


def test_what_is_taken_back_is_in_no_file(tmp_path: Path) -> None:
    """Neither in the rows nor in the index of words, the log or what was deleted; the others stay and are found."""
    store = Store(tmp_path / "board.sqlite", "test")
    told = flow([situation("g", text=GONE_TEXT), situation("c", severity=0.8)])
    store.apply(told, {}, NOW)
    assert b"zanzibarword" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.apply(seen("situations", [taken_back("g")], first=len(told)), {}, NOW)
    assert b"zanzibar" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    rows = store.rows("SELECT summary, link FROM actions ORDER BY number")
    assert [(row["summary"] == TAKEN_BACK, row["link"] is None) for row in rows].count((True, True)) == 1
    assert len(rows) > 1
    assert store.rows("SELECT rowid FROM found WHERE found MATCH 'zanzibarword'") == []
    assert len(store.rows("SELECT rowid FROM found WHERE found MATCH 'bag'")) == len(rows) - 1
    store.close()


@pytest.mark.parametrize(
    ("kind", "shown", "gone", "summary", "titles"),
    [
        ("reply", "ab", "b", TAKEN_BACK, []),
        ("digest", "ab", "b", "whole", ["a", TAKEN_BACK]),
        ("digest", "ab", "a", TAKEN_BACK, [TAKEN_BACK, "b"]),
        ("escalate", "ab", "b", TAKEN_BACK, ["a", TAKEN_BACK]),
        ("escalate", "a", "a", TAKEN_BACK, [TAKEN_BACK, TAKEN_BACK]),
    ],
)
def test_an_action_without_what_is_gone(kind: str, shown: str, gone: str, summary: str, titles: list[str]) -> None:
    """A digest keeps the other lines, and its headline unless that told of what is gone; of steps that fit no piece none is shown."""
    items = [{"title": one, "reply": {"url": one}} for one in ("ab" if kind != "reply" else "")]
    evidence = [{"information": one, "author": one, "excerpt": one} for one in shown]
    found = without({"kind": kind, "summary": "whole", "link": "l", "evidence": evidence, "items": items}, {gone})
    assert (found["summary"], [one["title"] for one in found["items"]]) == (summary, titles)
    assert [one["excerpt"] for one in found["evidence"]] == ["" if one == gone else one for one in shown]
    assert all(one["reply"] is None for one in found["items"] if one["title"] == TAKEN_BACK)
