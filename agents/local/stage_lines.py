"""What `winnow up` shows on a terminal while it runs: a line a stage, from the metrics that each worker serves."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from agents.local.supervise import BOARD, Child

LOOK_SECONDS = 2.0
ANSWER_SECONDS = 2.0
NO_EVENTS = ("watermark", "absent")


class Look(NamedTuple):
    """What a worker says of itself. waiting: events that it has not committed; at: when it was asked, by a clock that only rises (s)."""

    ready: bool
    events: float
    waiting: float
    at: float


def read(exposed: str, at: float) -> Look:
    """Metrics as a worker exposes them. Raises ValueError where the text is something else."""
    samples = [sample for family in text_string_to_metric_families(exposed) for sample in family.samples]
    events = (one for one in samples if one.name == "winnow_events_total" and one.labels["disposition"] not in NO_EVENTS)
    return Look(
        ready=any(one.name == "winnow_ready" and one.value == 1 for one in samples),
        events=sum(one.value for one in events),
        waiting=sum(one.value for one in samples if one.name == "winnow_lag_events"),
        at=at,
    )


@dataclass(slots=True)
class StageLines:
    """The workers of a supervisor, seen every few seconds; on anything but a terminal nothing is asked and nothing shown."""

    children: Sequence[Child]
    console: Console = field(default_factory=Console)
    _looks: dict[str, tuple[Look | None, Look | None]] = field(default_factory=dict)
    """Stage -> the last look at its worker and the one before; None of one that did not answer."""

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """While open, the lines are on the screen; what is said meanwhile goes above them."""
        if not self.console.is_terminal:
            yield
            return
        looking = asyncio.create_task(self._keep_looking())
        try:
            with Live(get_renderable=self.render, console=self.console, refresh_per_second=1, transient=True):
                yield
        finally:
            looking.cancel()
            await asyncio.wait({looking})

    async def _keep_looking(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
            while True:
                stages = [child for child in self.children if child.stage != BOARD]
                for child, look in zip(stages, await asyncio.gather(*(_look(session, child) for child in stages)), strict=True):
                    self.note(child.stage, look)
                await asyncio.sleep(LOOK_SECONDS)

    def note(self, stage: str, look: Look | None) -> None:
        """Keep what a look has found."""
        self._looks[stage] = (look, self._looks.get(stage, (None, None))[0])

    def render(self) -> Table:
        """A line a stage, and one of the board."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("stage", "state", "events/s", "waiting", "restarts", "address"):
            table.add_column(column, no_wrap=True, justify="right" if column in ("events/s", "waiting", "restarts") else "left")
        for child in self.children:
            look, before = self._looks.get(child.stage, (None, None))
            page = "" if child.stage == BOARD else "metrics"
            table.add_row(
                Text(child.stage, style="bold"), _state(child, look), _rate(look, before), "" if look is None else f"{look.waiting:,.0f}",
                Text(str(child.restarts), style="red") if child.restarts else "0", f"http://127.0.0.1:{child.port}/{page}",
            )  # fmt: skip
        return table


async def _look(session: aiohttp.ClientSession, child: Child) -> Look | None:
    try:
        async with session.get(f"http://127.0.0.1:{child.port}/metrics") as answer:
            return read(await answer.text(), time.monotonic())
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None


def _state(child: Child, look: Look | None) -> Text:
    if child.process is None or child.process.returncode is not None:
        return Text("starts again" if child.restarts else "starts", style="yellow")
    if child.stage == BOARD:
        return Text("runs")
    if look is None:
        return Text("no answer", style="yellow")
    return Text("ready", style="green") if look.ready else Text("restoring", style="yellow")


def _rate(look: Look | None, before: Look | None) -> str:
    """Events a second between two looks at the same process."""
    if look is None or before is None or look.events < before.events or look.at <= before.at:
        return ""
    return f"{(look.events - before.events) / (look.at - before.at):,.0f}"
