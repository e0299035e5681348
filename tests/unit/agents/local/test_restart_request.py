"""`winnow up --restart STAGE`, and the `winnow up` that it asks."""

import asyncio
from pathlib import Path

import pytest

from agents.local import restart_request, up
from agents.local.restart_request import FOLDER, run_restart
from agents.local.supervise import Supervisor
from schemas.errors import WinnowError


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, and nobody who waits for long."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(restart_request, "LOOK_SECONDS", 0.01)


class Running:
    """A supervisor that notes what it is asked to start again."""

    failure: str | None = None

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.begun, self.ready = asyncio.Event(), asyncio.Event()

    async def restart(self, stage: str) -> None:
        """Note it, and take until ``ready``."""
        self.asked.append(stage)
        self.begun.set()
        await self.ready.wait()


async def test_a_stage_is_started_again_and_whoever_asked_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Only once it is ready, and once however often `winnow up` looks."""
    running, stop = Running(), asyncio.Event()
    upping = asyncio.create_task(up._run(running, stop))  # type: ignore[arg-type]
    asking = asyncio.create_task(run_restart("decide"))
    await asyncio.wait_for(running.begun.wait(), 30)
    assert not asking.done()
    running.ready.set()
    assert await asking == 0
    stop.set()
    await upping
    assert running.asked == ["decide"]
    assert capsys.readouterr().out == "decide ended in order and runs anew\n"
    assert list(FOLDER.iterdir()) == []


async def test_what_does_not_run_there_is_said(tmp_path: Path) -> None:
    """At once, in the words of who would have to do it: the board is not installed everywhere."""
    stop = asyncio.Event()
    upping = asyncio.create_task(up._run(Supervisor(["sift", "act"], {}, tmp_path), stop))
    with pytest.raises(WinnowError, match="board does not run here") as refused:
        await run_restart("board")
    assert "What runs: sift, act" in str(refused.value)
    stop.set()
    await upping
    assert list(FOLDER.iterdir()) == []


async def test_where_nothing_runs_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves nothing behind that a later `winnow up` would obey."""
    monkeypatch.setattr(restart_request, "TAKEN_SECONDS", 0.05)
    with pytest.raises(WinnowError, match="no `winnow up` answers here"):
        await run_restart("act")
    assert list(restart_request.take()) == []


async def test_a_stage_that_is_none_is_refused() -> None:
    """With those that there are; nothing is asked."""
    with pytest.raises(WinnowError, match="no stage is called 'sieve'") as refused:
        await run_restart("../sieve".removeprefix("../"))
    assert "correlate" in refused.value.hint
    assert not FOLDER.exists()


async def test_who_waits_is_told_when_all_of_it_ends() -> None:
    """Not that the stage runs."""
    asking = asyncio.create_task(run_restart("sift"))
    await asyncio.sleep(0)  # it has asked, and waits
    assert list(restart_request.take()) == ["sift"]
    restart_request.give_up()
    with pytest.raises(WinnowError, match="ended meanwhile"):
        await asking


def test_what_was_asked_of_an_earlier_one_is_forgotten() -> None:
    """A request that nobody took."""
    FOLDER.mkdir(parents=True)
    (FOLDER / "sift").write_text("asked")
    restart_request.forget()
    assert list(restart_request.take()) == []
