"""A board without Kafka: messages as decide and act really write them, a database in a folder, and requests straight to the application."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from agents.board import answering
from agents.board.access import Access
from agents.board.answering import AnswerDesk
from agents.board.app import application
from agents.board.changes import Changes
from agents.board.follow import TopicFollower
from agents.board.people import Member, Members, owner_of_machine
from agents.board.seen import Seen
from agents.board.site import Board
from agents.board.store import Store
from agents.board.workers import WorkersSeen, WorkersWatch
from agents.settings import load_settings
from pipeline.stream.stage import WATERMARK, Written
from schemas.messages import Outcome
from tests.unit.pipeline.decide.world import (
    DECIDE,
    POLICY,
    START,
    act_shell,
    decided,
    decision_records,
    policy,
    situation,
    watermark_record,
)

NOW = START + 3_600_000


def seen(noun: str, messages: Iterable[Mapping[str, Any]], first: int = 0, at_ms: int = NOW) -> list[Seen]:
    """Messages as records of one partition of a topic."""
    return [Seen(noun, 0, first + n, at_ms + n, b"key", orjson.dumps(one)) for n, one in enumerate(messages)]


def flow(situations: list[dict[str, Any]], text: str = POLICY, *, until: int | None = None) -> list[Seen]:
    """Situations, and what decide and act write of them under a policy, each topic in its order; ``until``: event time goes on to then."""
    outputs = decided(situations, policy(text))
    shell = act_shell(policy(text))
    shell.feed("decisions", decision_records(outputs))
    if until is not None:
        shell.feed("decisions", [watermark_record(len(shell.log["decisions"]), DECIDE, until)])
        shell.settle(until)
    found = seen("situations", situations)
    found += seen("decisions", (orjson.loads(one.value) for one in outputs if one.noun == "decisions" and not one.broadcast))
    topics: dict[str, list[dict[str, Any]]] = {}
    for output in shell.outputs.values():
        if output.type != WATERMARK and output.noun.startswith("actions."):
            topics.setdefault(output.noun, []).append(orjson.loads(output.value))
    return found + [one for noun, messages in topics.items() for one in seen(noun, messages)]


def surge(name: str = "s", **over: Any) -> dict[str, Any]:
    """A mass reaction."""
    return situation(name, **{"kind": "surge", "authors": 40, "events": 44, "facet": "negative", "severity": 0.6, **over})


def outcome(action: str, team: str, status: str, **over: Any) -> dict[str, Any]:
    """An answer."""
    return {"action_id": action, "team": team, "status": status, "at": "2026-03-02T12:30:00.000Z", **over}


class StillFollower(TopicFollower):
    """One that reads nothing: what is there is there."""

    def __init__(self, store: Store) -> None:
        super().__init__(load_settings(), store, Changes())
        self.caught_up = True
        self.as_of_ms = NOW

    async def until(self, condition: Callable[[], bool], timeout_seconds: float) -> bool:
        """What was written has been taken in at once."""
        return condition()


class UnaskedWatch(WorkersWatch):
    """One that asks nobody."""

    async def latest(self) -> WorkersSeen | None:
        """Nothing is known."""
        return None


@dataclass(slots=True)
class World:
    """A board and what was written through it."""

    board: Board
    app: Any
    written: list[Outcome] = field(default_factory=list)

    def ask(
        self, method: str, address: str, *, form: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None,
        client: str = "127.0.0.1", person: str | None = None,
    ) -> tuple[int, dict[str, str], str]:  # fmt: skip
        """One request: status, headers, body. person: whose cookie it carries."""
        given = {"host": "127.0.0.1:8440", **(headers or {})}
        if person is not None:
            given["cookie"] = f"winnow_board={self.board.access.cookie(person, 4e9)}"
        body = b"" if form is None else urlencode(form, doseq=True).encode()
        if form is not None:
            given.setdefault("content-type", "application/x-www-form-urlencoded")
        return asyncio.run(_asked(self.app, method, address, given, body, client))

    def token(self, person: str) -> str:
        """What this person's forms carry."""
        return self.board.access.form_token(Member(person, {}))

    def actions(self, team: str) -> list[str]:
        """Ids of a team's actions."""
        return [row[0] for row in self.board.store.rows("SELECT id FROM actions WHERE team = ? ORDER BY number", (team,))]


async def _asked(
    app: Any, method: str, address: str, headers: Mapping[str, str], body: bytes, client: str
) -> tuple[int, dict[str, str], str]:
    split = urlsplit(address)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": split.path,
        "raw_path": split.path.encode(), "query_string": split.query.encode(), "root_path": "", "client": (client, 4711),
        "server": ("127.0.0.1", 8440), "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    waiting, answer = [{"type": "http.request", "body": body, "more_body": False}], list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        answer.append(message)

    await app(scope, receive, send)
    said = {name.decode(): value.decode() for name, value in answer[0]["headers"]}
    return answer[0]["status"], said, b"".join(one.get("body", b"") for one in answer[1:]).decode()


def world(folder: Path, records: Iterable[Seen], monkeypatch: Any, *, people: Members | None = None, **access: Any) -> World:
    """A board that holds these records; what is answered through it is taken in at once."""
    store = Store(folder / "board.sqlite", "test")
    store.apply(records, {}, NOW)
    follower = StillFollower(store)
    settings = load_settings(board_folder=folder)
    given = {"hosts": frozenset(["127.0.0.1", "localhost"]), "proxies": frozenset[str](), "header": "x-forwarded-user", **access}
    local = owner_of_machine("ana") if people is None else None
    board = Board(
        settings=settings, store=store, changes=Changes(), follower=follower, desk=AnswerDesk(settings, store, follower),
        access=Access(key=b"k" * 32, people=people, local=local, **given),
        teams=("support", "comms", "product"), budgets={"support": 60}, names={"aurora": "Aurora Air"},
        workers=UnaskedWatch(settings),
    )  # fmt: skip
    made = World(board, application(board))

    async def started(_: AnswerDesk) -> Any:
        return None

    async def write(_settings: Any, said: Outcome, producer: Any = None) -> Written:
        made.written.append(said)
        first = len(made.written)
        store.apply(seen("outcomes", [said.model_dump(mode="json")], first), {("outcomes", 0): first + 1}, NOW)
        return Written("outcomes", 0, first, first)

    monkeypatch.setattr(AnswerDesk, "_started", started)
    monkeypatch.setattr(answering, "write_answer", write)
    return made
