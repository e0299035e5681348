"""What reading one event costs, source by source: a record that has everything in it which the source's file reads."""

import time
from typing import Any

from agents.bench.rig import Rig
from schemas.errors import WinnowError
from schemas.sources import SOURCES, Ignored, Malformed, example, read

PASSES = 5
SECONDS = 0.02
"""Of each pass of each source."""


async def measure(_: Rig | None) -> dict[str, Any]:
    """Microseconds of one processor an event, the best of the passes; and each in terms of the mean of all that are JSON."""
    raws = {name: example(*SOURCES.text(name)) for name in SOURCES}
    best = {name: min(_microseconds(name, raw) for _ in range(PASSES)) for name, raw in raws.items()}
    json = [found for name, found in best.items() if raws[name].startswith(b"{")]
    mean = sum(json) / len(json)
    return {
        "microseconds": {name: round(found, 2) for name, found in best.items()},
        "of_the_mean": {name: round(found / mean, 2) for name, found in best.items()},
        "mean_microseconds": round(mean, 2),
    }


def _microseconds(source: str, raw: bytes) -> float:
    found = read(source, raw)
    if isinstance(found, Malformed | Ignored):
        raise WinnowError(f"the example of the source {source!r} is {found.code}: {found.reason}")
    times, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        for _ in range(100):
            read(source, raw)
        times += 100
    return spent / times * 1e6
