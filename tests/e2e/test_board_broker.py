"""The broker is killed while people answer on the board: no answer is lost or doubled, pages say so, and a rebuild says the same."""

import asyncio
import re
import sqlite3
import threading
import time
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from agents.local.kafka import LocalKafka, missing_tools
from agents.settings import Settings
from schemas.times import iso
from tests.conftest import absent
from tests.e2e.board_world import BoardProcess, settings_of, until
from tests.integration.policy_world import create, seen, send

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

ACTIONS, PEOPLE = 60, 4
OUTAGE_SECONDS = 4.0
TABLES = ("situations", "decisions", "answers", "ends", "told", "tally")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker of this test's own, to be killed."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalKafka(tmp_path / "kafka") as running:
        yield running


def action(number: int) -> dict[str, Any]:
    """An action of support's."""
    now_ms = int(time.time() * 1000)
    lineage = {"topic": "posts", "partition": 0, "offset": number}
    return {
        "action_id": uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex, "decision": uuid.uuid4().hex, "situation": uuid.uuid4().hex,
        "situation_kind": "case", "subject": "aurora", "team": "support", "role": "owner", "kind": "reply", "owner": "support", "peers": [],
        "step": 0, "contact": "support-lead", "severity": 0.5, "summary": f"My bag {number} is lost", "rule": "case", "policy": "p",
        "created_at": iso(now_ms), "not_after": iso(now_ms + 3_600_000), "supersedes": None, "revokes": None, "reply": None, "evidence": [],
        "appended_at": iso(now_ms), "lineage": lineage,
    }  # fmt: skip


class Clerk(threading.Thread):
    """Somebody who answers action after action, and again what the board could not say it had written, as people do."""

    def __init__(self, url: str, ids: list[str], token: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.ids, self.token, self.stop = url, ids, token, stop
        self.told, self.refused = list[str](), 0

    def run(self) -> None:
        """Answer all of them."""
        for one in self.ids:
            while not self.stop.is_set():
                time.sleep(0.05)
                form = urllib.parse.urlencode({"token": self.token, "action": one, "status": "done"}).encode()
                try:
                    asked = urllib.request.Request(f"{self.url}/answers", form, {"X-Winnow": "1"})
                    with urllib.request.urlopen(asked, timeout=120) as answer:
                        orjson.loads(answer.read())
                except OSError:  # 503 and the like as well
                    self.refused += 1
                    time.sleep(1.0)
                    continue
                self.told.append(one)
                break


def rows(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a board holds, without the numbers that only say what came first."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found = {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES}
        actions = connection.execute("SELECT * FROM actions").fetchall()
    return found | {"actions": sorted(row[1:] for row in actions)}


def state(url: str) -> dict[str, Any]:
    """What the stream of a page says now."""
    with urllib.request.urlopen(f"{url}/events", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"data: "):
                found: dict[str, Any] = orjson.loads(line[6:])
                return found
    raise AssertionError("the stream said nothing")


def read(url: str) -> str:
    """A page."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


async def ask(settings: Settings) -> None:
    """All topics, and the actions on theirs."""
    await create(settings)
    for number in range(ACTIONS):
        message = action(number)
        await send(settings, "actions.support", message["situation"], message)


def test_kill_9_of_the_broker_loses_and_doubles_no_answer(broker: LocalKafka, tmp_path: Path) -> None:
    """Four people answer sixty actions; in their midst the broker dies and comes back. Every confirmed answer is on the topic, once."""
    settings: Settings = settings_of(broker.address, f"k{uuid.uuid4().hex[:6]}")
    asyncio.run(ask(settings))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    stop = threading.Event()
    with BoardProcess(settings, tmp_path / "a") as board:
        token = re.search(r'data-token="([0-9a-f]+)"', read(f"{board.url}/queue/support"))
        assert token is not None
        ids = [action(number)["action_id"] for number in range(ACTIONS)]
        clerks = [Clerk(board.url, ids[number::PEOPLE], token[1], stop) for number in range(PEOPLE)]
        try:
            for one in clerks:
                one.start()
            until("some are answered", lambda: sum(len(one.told) for one in clerks) >= 8)
            broker.stop(kill=True)
            until("the page says that nothing new comes", lambda: state(board.url)["trouble"])
            assert not board.ready(), "what it shows may be old"
            shown = read(f"{board.url}/queue/support")
            assert re.search(r'id="trouble" class="banner bad" role="alert"><strong>Nothing new comes from Kafka', shown)
            time.sleep(OUTAGE_SECONDS)
            broker.start()
            for one in clerks:
                one.join(180)
            assert sorted(told for one in clerks for told in one.told) == sorted(ids)
        finally:
            stop.set()
        until("it reads again", lambda: state(board.url)["trouble"] is None and board.ready())
        written = Counter((one["action_id"], one["status"]) for one in asyncio.run(seen(settings, "outcomes")))
        assert written == {(one, "done"): 1 for one in ids}
        name = f"{settings.prefix}.sqlite"
        until("all are in its database", lambda: len(rows(tmp_path / "a" / "board" / name)["answers"]) == ACTIONS)
        with BoardProcess(settings, tmp_path / "b"):
            assert rows(tmp_path / "b" / "board" / name) == rows(tmp_path / "a" / "board" / name)
