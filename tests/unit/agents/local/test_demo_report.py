"""The demo's story, made of messages as the flow writes them, and its screen at any size."""

from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from rich.console import Console

from agents.local.demo_report import show_report
from agents.local.demo_screen import Screen
from agents.local.flow_view import FlowView, View
from agents.settings import load_settings


def said(text: str) -> dict[str, str]:
    """A piece of evidence."""
    return {"source": "x", "text": text}


SURGE: dict[str, Any] = {
    "id": "s1", "kind": "surge", "subject": "cobalt", "facet": "negative", "status": "opened", "opened_at": "2027-01-15T08:00:00Z",
    "updated_at": "2027-01-15T08:02:00Z", "authors": 40, "events": 44, "expected": 3.6, "origin": "organic", "severity": 0.4,
    "sentiment": {"negative": 44}, "evidence": [said("@cobalt no signal since [8], nobody says why")],
}  # fmt: skip
CASE = SURGE | {"id": "c1", "kind": "case", "authors": 1, "severity": 0.9, "evidence": [said("my name is Jane Doe and I wait")]}
WISH = "@cobaltmobile please roll over unused data, @jane agrees " * 9
IDEA = SURGE | {"id": "i1", "kind": "idea", "facet": "", "authors": 12, "evidence": [said(WISH)]}
PAGE: dict[str, Any] = {
    "action_id": "a1", "situation": "s1", "team": "comms", "kind": "page", "created_at": "2027-01-15T08:03:30Z",
    "appended_at": "2027-01-15T08:03:00Z", "evidence": [],
}  # fmt: skip
DIGEST = PAGE | {"action_id": "a2", "team": "support", "kind": "digest", "situation": "c1", "evidence": [{}, {}, {}]}
MADE = {
    "subject": "aurora",
    "sentiment": "positive",
    "start": "2027-01-15T09:00:00Z",
    "end": "2027-01-15T09:12:00Z",
    "start_ms": 0,
    "end_ms": 1,
}


def _view(*messages: tuple[str, dict[str, Any]]) -> View:
    flow = FlowView(load_settings(), ["comms"])
    for noun, message in messages:
        record = SimpleNamespace(value=orjson.dumps(message), headers=[], timestamp=1_800_000_210_000)
        flow._take(noun, record)
    flow.view.dispositions["sift"].update({"information": 70, "copy": 10, "spam": 20})
    return flow.view


def _report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], view: View, *, balanced: bool = True) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    report = SimpleNamespace(events=100, absent={"posts/0": 0}, lines=lambda: ["gap posts/0: 7 to 9"])
    show_report(view, report, {"surges": [MADE]}, balanced=balanced, seconds=61)  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_the_story_says_who_was_asked_when(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence a surge with the minutes from its start to the first page, wishes, the funnel; nothing is wider than 80 columns."""
    later = SURGE | {"authors": 120, "updated_at": "2027-01-15T08:20:00Z", "status": "updated"}
    view = _view(
        ("situations", SURGE),
        ("situations", CASE),
        ("situations", IDEA),
        ("situations", later),
        ("actions.comms", PAGE),
        ("actions.support", DIGEST),
    )
    shown = _report(monkeypatch, capsys, view)
    words = " ".join(shown.split())
    assert "120 people complain about cobalt from 08:00 UTC on, in 20 minutes (expected 4; organic): comms got" in words
    assert "comms got a page 3.5 minutes after it began." in words
    assert "Not seen: a positive surge about aurora was simulated from 09:00 to 09:12 UTC." in words
    assert "12 people to cobalt: @cobaltmobile please roll over" in words, "its own account stays"
    assert "@jane" not in words
    assert "1 case, 1 idea, 1 surge" in words
    assert "3 more in digests" in words
    assert "Balanced: every event is accounted for (61 s)" in words
    assert max(map(len, shown.splitlines())) <= 80


def test_books_that_do_not_balance_are_shown_in_full(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is named."""
    shown = _report(monkeypatch, capsys, _view(("situations", SURGE)), balanced=False)
    assert "gap posts/0: 7 to 9" in shown
    assert "NOT balanced" in shown
    assert "seen after 2.0 minutes; nobody had to be asked" in " ".join(shown.split())


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 12), (200, 60)])
def test_the_screen_shows_the_gravest_first_at_any_size(width: int, height: int) -> None:
    """A mass reaction stands above what one person says, however grave; what does not fit is left out below."""
    console = Console(width=width, height=height, force_terminal=True, no_color=True, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    view = _view(("situations", CASE), ("situations", SURGE), ("actions.comms", PAGE))
    console.print(Screen(100, console).render(view))
    lines = console.export_text().splitlines()
    rows = [line for line in lines if "cobalt" in line]
    assert "surge" in rows[0]
    assert "case" in rows[1]
    assert "Jane" not in rows[1]
    assert "@cobalt" not in rows[0], "an account that is not the organisation's"
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
