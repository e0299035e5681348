"""How `winnow up --restart STAGE` asks the `winnow up` of the same folder: by a file of the stage's name, which goes when it is done."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agents.console import say
from agents.local.supervise import BOARD
from schemas.errors import WinnowError
from schemas.topics import STAGES

FOLDER = Path(".winnow") / "restart"
ASKED, TAKEN, GONE, REFUSED = "asked", "taken", "gone", "refused: "
TAKEN_SECONDS = 10.0
DONE_SECONDS = 300.0
"""A worker takes seconds to end in order, and its successor to restore its state."""
LOOK_SECONDS = 0.2


def forget() -> None:
    """Nobody waits for what was asked of an earlier `winnow up`."""
    for path in FOLDER.glob("*"):
        path.unlink(missing_ok=True)


def give_up() -> None:
    """`winnow up` ends: whoever still waits is told."""
    for path in FOLDER.glob("*"):
        path.write_text(GONE, encoding="utf-8")


def take() -> Iterator[str]:
    """The stages that somebody asks to have started again; `done` ends each."""
    for path in sorted(FOLDER.glob("*")):
        if _says(path) == ASKED:
            path.write_text(TAKEN, encoding="utf-8")
            yield path.name


def done(stage: str) -> None:
    """The stage runs anew."""
    (FOLDER / stage).unlink(missing_ok=True)


def refuse(stage: str, why: str) -> None:
    """It does not, for this reason: whoever asked is told."""
    (FOLDER / stage).write_text(REFUSED + why, encoding="utf-8")


async def run_restart(stage: str) -> int:
    """Ask, and wait until it is done. Raises WinnowError for what does not run there, and where no `winnow up` answers."""
    if stage not in (*STAGES, BOARD):
        raise WinnowError(f"no stage is called {stage!r}", hint=f"One of {', '.join((*STAGES, BOARD))}.")
    request = FOLDER / stage
    FOLDER.mkdir(parents=True, exist_ok=True)
    request.write_text(ASKED, encoding="utf-8")
    try:
        if not await _within(TAKEN_SECONDS, lambda: _says(request) != ASKED):
            raise WinnowError("no `winnow up` answers here", hint=f"Run this in the folder where it runs: that has {FOLDER.parent}.")
        if not await _within(DONE_SECONDS, lambda: _says(request) not in (ASKED, TAKEN)):
            raise WinnowError(f"{stage} is not ready after {DONE_SECONDS:.0f} s", hint=f"See {FOLDER.parent / 'logs' / stage}.log.")
        ended = _says(request) or ""
        if ended.startswith(REFUSED):
            raise WinnowError(ended.removeprefix(REFUSED))
        if ended == GONE:
            raise WinnowError("`winnow up` ended meanwhile", hint=f"See what it said, and {FOLDER.parent / 'logs' / stage}.log.")
    finally:
        request.unlink(missing_ok=True)
    say(f"{stage} ended in order and runs anew")
    return 0


def _says(request: Path) -> str | None:
    try:
        return request.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


async def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold in that time."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        await asyncio.sleep(LOOK_SECONDS)
    return True
