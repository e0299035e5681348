"""What commands share that read files of posts: their arguments, and reading them with a counter on the terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agents.console import progress_line, say

if TYPE_CHECKING:
    from pipeline.flow import Arrival

FORMS = "JSON lines, CSV or Parquet, gzipped or not, or a folder of them."


@contextmanager
def recorded(file: Path, source: str | None, *, together: bool = True) -> Iterator[tuple[Iterator["Arrival"], Callable[[int], None]]]:
    """A recording's arrivals, and what is to be called while they are worked; what was guessed of it, or left out, is said on stderr."""
    from agents.operate import Position, read_arrivals

    position = Position()
    arrivals = read_arrivals(
        file, source, start_ms=int(time.time() * 1000), together=together, say=lambda line: say(line, err=True), position=position
    )
    with progress_line("events", position.estimate) as show:
        yield arrivals, lambda _: show(position.events)
