"""The lines that `winnow up` shows, from metrics as workers serve them."""

import asyncio
import io
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from rich.console import Console

from agents.local import stage_lines
from agents.local.stage_lines import Look, StageLines, read
from agents.local.supervise import BOARD, Child
from agents.metrics import Metrics
from pipeline.stream import Span, Step


class Process:
    """One that runs, or has ended."""

    def __init__(self, returncode: int | None = None) -> None:
        self.returncode = returncode


def child(stage: str, number: int, process: Process | None, restarts: int = 0) -> Child:
    """A child of a supervisor."""
    return Child(stage, number, 8441 + number, Path("log"), process=process, restarts=restarts)  # type: ignore[arg-type]


def shown(lines: StageLines) -> list[list[str]]:
    """The words of each line."""
    console = Console(file=io.StringIO(), width=120)
    console.print(lines.render())
    return [line.split() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_look_is_what_a_worker_serves() -> None:
    """Its own events without watermarks, what it has not committed, whether it is ready."""
    metrics = Metrics("decide")
    metrics.step(Step(spans=[Span("situations", 0, 0, bytes([5, 5, 4]))]), 0.1)
    metrics.positions({("situations", 0): (12, 0.5)})
    metrics.worker(ready=True, loop_delay=0.0)
    assert read(generate_latest(metrics.registry).decode(), 1.0) == Look(True, 2.0, 12.0, 1.0)


def test_a_line_says_how_a_stage_is() -> None:
    """Ready with its pace, restoring, without an answer, on its way up again; the board runs."""
    stages = [
        child("sift", 0, Process()), child("correlate", 1, Process()), child("decide", 2, Process()), child("act", 3, Process(1), 2),
        child(BOARD, 4, Process()),
    ]  # fmt: skip
    lines = StageLines(stages)
    for at in (0.0, 2.0):
        lines.note("sift", Look(True, 1_000 * at, 30_000, at))
    lines.note("correlate", Look(False, 0, 5, 0.0))
    lines.note("decide", None)
    assert shown(lines) == [
        ["stage", "state", "events/s", "waiting", "restarts", "address"],
        ["sift", "ready", "1,000", "30,000", "0", "http://127.0.0.1:8441/metrics"],
        ["correlate", "restoring", "5", "0", "http://127.0.0.1:8442/metrics"],
        ["decide", "no", "answer", "0", "http://127.0.0.1:8443/metrics"],
        ["act", "starts", "again", "2", "http://127.0.0.1:8444/metrics"],
        [BOARD, "runs", "0", "http://127.0.0.1:8445/"],
    ]


def test_a_restart_has_no_pace_below_zero() -> None:
    """Its counters begin anew."""
    lines = StageLines([child("sift", 0, Process())])
    lines.note("sift", Look(True, 1_000, 0, 0.0))
    lines.note("sift", Look(True, 10, 0, 2.0))
    assert shown(lines)[1] == ["sift", "ready", "0", "0", "http://127.0.0.1:8441/metrics"]


async def test_lines_are_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere nothing is asked, and what is said stands alone."""
    asked, noted = asyncio.Event(), asyncio.Event()

    async def look(_: object, __: Child) -> Look:
        asked.set()
        return Look(True, 0, 7, 0.0)

    class Noted(StageLines):
        def note(self, stage: str, look: Look | None) -> None:
            super().note(stage, look)
            noted.set()

    monkeypatch.setattr(stage_lines, "_look", look)
    stages = [child("sift", 0, Process())]
    plain = Console(file=io.StringIO(), force_terminal=False)
    async with StageLines(stages, plain).shown():
        await asyncio.sleep(0)
    assert not asked.is_set()
    assert plain.file.getvalue() == ""  # type: ignore[attr-defined]
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    async with Noted(stages, terminal).shown():
        await asyncio.wait_for(noted.wait(), 30)
    assert "sift" in terminal.file.getvalue()  # type: ignore[attr-defined]
