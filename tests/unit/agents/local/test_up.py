"""`winnow up` before the broker is there: it waits, and only what a person must mend ends it."""

import asyncio
from pathlib import Path

import pytest

from agents.local import up
from agents.settings import Settings, load_settings
from schemas.errors import Unavailable, WinnowError


def _answers(monkeypatch: pytest.MonkeyPatch, *answers: Exception | list[str]) -> list[float]:
    """Let `up.prepare` come to these, one after the other; the pauses between the attempts."""
    left, pauses = list(answers), list[float]()

    async def prepare(settings: Settings, broker: object) -> list[str]:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def wait_for(waiting: asyncio.Future[bool], seconds: float) -> None:
        asyncio.ensure_future(waiting).cancel()
        pauses.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(up, "prepare", prepare)
    monkeypatch.setattr(up.asyncio, "wait_for", wait_for)
    return pauses


def test_it_waits_for_the_broker_and_says_so_once_a_minute(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Seven attempts come to nothing, with growing pauses, and are one line."""
    pauses = _answers(monkeypatch, *[Unavailable("cannot reach the broker")] * 7, ["support"])
    assert asyncio.run(up.prepared(load_settings(), None, asyncio.Event())) == ["support"]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert capsys.readouterr().err.splitlines() == ["winnow: cannot reach the broker. It is tried again until it answers."]


def test_a_misconfiguration_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting would mend nothing."""
    _answers(monkeypatch, Unavailable("not yet"), WinnowError("does not let jo in"))
    with pytest.raises(WinnowError, match="does not let jo in"):
        asyncio.run(up.prepared(load_settings(), None, asyncio.Event()))


def test_it_can_be_stopped_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the broker came is no failure."""
    stop = asyncio.Event()

    async def prepare(settings: Settings, broker: object) -> list[str]:
        stop.set()
        raise Unavailable("not yet")

    monkeypatch.setattr(up, "prepare", prepare)
    assert asyncio.run(up.prepared(load_settings(), None, stop)) is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("subjects_file", "subjects:\n  - {id: kestrel, name: Kestrel, terms: []}\n", "terms"),
        (
            "policy_file",
            "version: 1\nteams: [{name: care}]\nrules: [{name: all, when: situation.kind ==, do: reply, owner: care}]\n",
            "rule .all.",
        ),
        ("roster_file", None, "roster"),
    ],
)
def test_a_broken_file_ends_it_before_topics_are_made(
    name: str, text: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Subjects, policy or roster that no stage would start with: said at once, and the broker is not asked for anything."""
    asked = []

    async def apply(*told: object, **also: object) -> list[object]:
        asked.append(told)
        return []

    monkeypatch.setattr(up.topics, "apply", apply)
    file = tmp_path / "broken.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(WinnowError, match=said):
        asyncio.run(up.prepare(load_settings(**{name: file}), None))
    assert not asked
    assert asyncio.run(up.prepare(load_settings(), None))
    assert len(asked) == 1


def test_the_board_is_told_where_sift_shows_its_metrics(tmp_path: Path) -> None:
    """By its own environment alone, and not when somebody has said so already; ports are near the one that is wanted."""
    supervisor = up.with_board(load_settings(), tmp_path, str, first_port=up.WEB_PORT)
    found = {child.stage: child for child in supervisor.children}
    assert found["board"].own == {"WINNOW_BOARD_WORKERS": f"http://127.0.0.1:{found['sift'].port}/metrics"}
    assert not [child for child in supervisor.children if child.own and child.stage != "board"]
    named = up.with_board(load_settings(board_workers="http://sift:9100/metrics"), tmp_path, str)
    assert not [child for child in named.children if child.own]
