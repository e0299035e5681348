"""What open pages are told of: what their screen shows, at most once a second, and its live part alone."""

import asyncio
import itertools
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.board import changes as changes_module
from agents.board import words
from agents.board.changes import MOST_IDS, REMEMBERED, Changes, Moved, Touched
from agents.board.looking import STATES, Filters
from agents.board.people import Member, Members
from agents.board.site import TOKEN
from agents.board.store import Store
from agents.board.views import view_of
from tests.unit.agents.board.world import NOW, World, flow, outcome, seen, surge, world
from tests.unit.pipeline.decide.world import digest, situation

SCREENS = (
    "/", "/queue", "/queue/comms", "/queue/support", "/queue/all", "/queue/comms?state=done", "/queue/comms?kind=digest", "/ideas",
    "/silences", f"/situation/{digest('s')}", f"/situation/{digest('c')}", "/why", "/books", "/policy",
)  # fmt: skip
LOOKS_AT_ALL = Member("di", {"*": frozenset(["look"])})


def shown(store: Store, touched: Touched, person: Member = LOOKS_AT_ALL) -> set[str]:
    """The screens that show something of a change."""
    return {place for place in SCREENS if view_of(store, person, place)(touched)}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A surge that comms and support are paged for, and a case of support's."""
    return world(tmp_path, flow([surge(), situation("c", severity=0.8)]), monkeypatch)


def test_a_change_reaches_the_screens_that_show_it(made: World) -> None:
    """An answer: its queue, its situation and Now; a case's new revision only its story; a silence only Silences; the books nobody."""
    store, action = made.board.store, made.actions("comms")[0]
    answered = store.apply(seen("outcomes", [outcome(action, "comms", "acknowledged", by="bo")]), {}, NOW)
    everywhere = {"/", "/queue", "/queue/comms", "/queue/all", f"/situation/{digest('s')}"}
    assert shown(store, answered) == everywhere
    done = store.apply(seen("outcomes", [outcome(action, "comms", "done", by="bo")], 1), {}, NOW)
    assert shown(store, done) == everywhere | {"/queue/comms?state=done"}
    assert shown(store, done, Member("cy", {"support": frozenset(["look"])})) == {"/", f"/situation/{digest('s')}"}
    again = store.apply(seen("situations", [situation("c", revision=2, severity=0.8)]), {}, NOW)
    assert shown(store, again) == {f"/situation/{digest('c')}"}
    assert shown(store, store.apply(seen("situations", [surge(revision=2, severity=0.9)]), {}, NOW)) == {"/", f"/situation/{digest('s')}"}
    assert shown(store, store.apply(seen("situations", [situation("i", kind="idea")]), {}, NOW)) == {"/ideas"}
    assert not store.apply(seen("ledger", [{"stage": "x"}]) + seen("health", [{"kind": "rule", "name": "n"}]), {}, NOW)


def test_what_was_said_before_changes_nothing_on_a_queue(made: World) -> None:
    """Records that come again, or a later acknowledgement, are no change of a list."""
    store, action = made.board.store, made.actions("comms")[0]
    first = seen("outcomes", [outcome(action, "comms", "acknowledged", by="bo")])
    store.apply(first, {}, NOW)
    assert not store.apply(first, {}, NOW)
    later = store.apply(seen("outcomes", [outcome(action, "comms", "acknowledged", by="cy")], 1), {}, NOW)
    assert (later.moved, later.ids) == (set(), {action})


@pytest.mark.parametrize("filters", [{"state": state} for state in STATES] + [{"kind": "page"}, {"subject": "aurora"}, {"rule": "x"}])
def test_a_queue_is_told_of_what_its_query_finds(made: World, filters: dict[str, str]) -> None:
    """The condition in SQL and the one over a change are the same, for every state that an action can have."""
    asked, store = Filters.of(filters), made.board.store
    with store._transaction():
        for is_open, state in itertools.product((False, True), words.STATES):
            store._writer.execute("UPDATE actions SET open = ?, state = ?, answered_by = 'me'", (is_open, state))
            where, values = asked.where(None, "me", NOW)
            found = {row[0] for row in store._writer.execute(f"SELECT id FROM actions WHERE {where}", values)}
            for row in store._writer.execute("SELECT id, team, kind, subject, rule FROM actions").fetchall():
                assert asked.admit(Moved(*row[1:], None, (is_open, state))) == (row[0] in found), (is_open, state, row)


async def silent(stream: Any, seconds: float) -> bool:
    """Whether a stream says nothing for so long."""
    listening = asyncio.ensure_future(anext(stream))
    said, _ = await asyncio.wait([listening], timeout=seconds)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    return not said


def watching(changes: Changes, view: Callable[[Touched], bool], since: int | None = None) -> Any:
    """The stream of a screen, in versions."""
    return changes.watch("ana", view, changes.version if since is None else since, lambda version: b"%d" % version)


def test_a_screen_is_told_at_most_once_a_second_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred changes in a row: those who show them hear of the last, once; those who do not hear nothing."""
    monkeypatch.setattr(changes_module, "LEAST_SECONDS", 0.2)

    async def scenario() -> None:
        changes = Changes()
        start = changes.version
        mine, other = (watching(changes, lambda touched, noun=noun: noun in touched.nouns) for noun in ("ideas", "silences"))
        assert [int(await anext(mine)), int(await anext(other))] == [start, start]
        for _ in range(200):
            changes.note(Touched(nouns={"ideas"}))
        assert int(await anext(mine)) == start + 200
        assert await silent(mine, 0.5)
        assert await silent(other, 0.5)

    asyncio.run(scenario())


def test_a_page_is_told_what_it_missed_before_its_stream_was_open() -> None:
    """Changes between the page and its stream, as far as they are remembered; of a board that was restarted, everything."""
    changes = Changes()
    since = changes.version
    changes.note(Touched(nouns={"ideas"}))
    assert changes.seen_by(lambda touched: "ideas" in touched.nouns, since) == since + 1
    assert changes.seen_by(lambda touched: "silences" in touched.nouns, since) == since
    assert changes.seen_by(lambda touched: False, since - 1) == changes.version
    for _ in range(REMEMBERED):
        changes.note(Touched(nouns={"ideas"}))
    assert changes.seen_by(lambda touched: False, since) == changes.version
    assert changes.seen_by(lambda touched: False, since + 1) == since + 1
    changes.note(Touched(ids={str(number) for number in range(MOST_IDS + 1)}))
    assert changes.seen_by(lambda touched: False, changes.version - 1) == changes.version, "too much to remember: of everything"
    assert Changes().seen_by(lambda touched: False, since - 60_000) > since - 60_000


def test_the_live_part_comes_alone_with_the_persons_own_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made once for all who see the same and only while it is new enough; each gets their own token, and nobody what is not theirs."""
    rights = {"comms": frozenset(["answer"])}
    people = Members({"bo": Member("bo", rights), "cy": Member("cy", rights), "di": Member("di", {"*": frozenset(["look"])})}, {})
    now_ms = int(time.time() * 1000)  # lists show what is of the last thirty days
    made = world(tmp_path, [one._replace(seen_ms=now_ms) for one in flow([surge()])], monkeypatch, people=people)
    version, parts = made.board.changes.version, {}

    def part(person: str, since: object, address: str = "/queue/comms") -> str:
        return made.ask("GET", address, headers={"x-winnow-fragment": str(since)}, person=person)[2]

    for person in ("bo", "cy", "di"):
        parts[person] = part(person, version)
        assert parts[person].lstrip().startswith("<ol")
        assert TOKEN not in parts[person]
    assert set(re.findall(r'name="token" value="([^"]*)"', parts["bo"])) == {made.token("bo")}
    assert parts["bo"].replace(made.token("bo"), made.token("cy")) == parts["cy"]
    assert "Acknowledge" not in parts["di"]
    assert made.board.fragments.count == 2
    part("bo", version)
    assert made.board.fragments.count == 2
    part("bo", version + 1)
    part("bo", "now")
    assert made.board.fragments.count == 4
    assert made.ask("GET", "/queue/support", headers={"x-winnow-fragment": "0"}, person="bo")[0] == 403
    for address in ("/", "/queue", "/ideas", "/silences", f"/situation/{digest('s')}", f"/action/{made.actions('comms')[0]}"):
        alone = part("bo", "now", address)
        assert "data-live" in alone, address
        assert "<body" not in alone, address
        assert TOKEN not in alone + made.ask("GET", address, person="bo")[2], address


def test_rows_that_left_a_list_come_as_they_are_now(made: World) -> None:
    """A page that shows what was answered meanwhile gets it with the list, marked; ids that are none of its team's do not count."""
    comms, support = made.actions("comms")[0], made.actions("support")[0]
    made.board.store.apply(seen("outcomes", [outcome(comms, "comms", "done", by="bo")]), {}, NOW)
    headers = {"x-winnow-fragment": "now", "x-winnow-shown": f"{comms},{support},x,{'0' * 32}"}
    part = made.ask("GET", "/queue/comms", headers=headers)[2]
    assert re.findall(r'data-id="(\w+)" data-left', part) == [comms]
    assert "done by bo" in part
    assert "data-left" not in made.ask("GET", "/queue/comms")[2]


def test_the_stream_says_what_its_screen_shows(made: World) -> None:
    """One request as the script sends it; a foreign address is no screen."""

    async def first(address: str) -> dict[str, Any]:
        sent, said = list[bytes](), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await said.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message.get("body", b""))
            if b"data:" in sent[-1]:
                said.set()

        path, _, query = address.partition("?")
        await made.app(
            {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": [(b"host", b"localhost")],
             "client": ("127.0.0.1", 1), "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("127.0.0.1", 1)},
            receive, send,
        )  # fmt: skip
        data = next(line for line in b"".join(sent).splitlines() if line.startswith(b"data: "))
        found: dict[str, Any] = orjson.loads(data[6:])
        return found

    changes = made.board.changes
    since = changes.version
    changes.note(Touched(nouns={"silences"}))
    for address, version in (("/silences", since + 1), ("/ideas", since), ("//evil.example", since)):
        assert asyncio.run(first(f"/events?at={address}&since={since}"))["version"] == version
    assert asyncio.run(first("/events"))["version"] == changes.version
