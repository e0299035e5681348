"""Situations in the order in which decide sees them, from recorded events or from the topic.

For `winnow policy diff` and `silence list`.
"""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

import orjson

from agents.kafka import Scanner
from agents.operate.recordings import read_arrivals
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.backtest import RecordedSituation
from pipeline.stream import WATERMARK, header, source_header
from schemas.errors import WinnowError

Progress = Callable[[int], None]
_RANGE = re.compile(r"situations(?::(\d{1,6})([mhd]))?")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def recorded_situations(settings: Settings, where: str, source: str | None, progress: Progress) -> list[RecordedSituation]:
    """Situations of ``where``: a file (sifted and correlated here, without Kafka), ``situations`` (all that the topic holds) or
    ``situations:24h`` (those appended since). Raises WinnowError when it is none of them.
    """
    asked = _RANGE.fullmatch(where)
    if asked is not None and not Path(where).exists():
        since_ms = int(time.time() * 1000) - int(asked[1]) * _UNIT_MS[asked[2]] if asked[1] else 0
        return asyncio.run(of_topic(settings, since_ms, progress))
    if not Path(where).is_file():
        raise WinnowError(f"{where} is neither a file nor `situations` or `situations:24h`", hint="Name it with --on.")
    return of_file(settings, Path(where), source, progress)


def of_file(settings: Settings, file: Path, source: str | None, progress: Progress) -> list[RecordedSituation]:
    """Sift and correlate a file as `winnow flow` does."""
    flow = stages.flow(settings, stages=("sift", "correlate"))
    found: list[tuple[int, str, int, RecordedSituation]] = []
    for output in flow.run(read_arrivals(file, source, start_ms=int(time.time() * 1000), together=True)):
        if output.noun == "situations":
            one = RecordedSituation((output.key or b"").decode(), output.clock, output.time_ms, output.value)
            found.append((output.clock, output.source, len(found), one))
            progress(len(found))
    return [one for *_, one in sorted(found, key=lambda entry: entry[:3])]


async def of_topic(settings: Settings, since_ms: int, progress: Progress) -> list[RecordedSituation]:
    """Read what the situations topic holds, appended at or after ``since_ms`` (Unix ms)."""
    found: list[tuple[int, str, int, RecordedSituation]] = []
    async with Scanner(settings, lambda done, _: progress(done)) as scanner:
        extents = await scanner.extents(scanner.nouns(["situations"]))
        async for _, records in scanner.records(extents):
            for record in records:
                if record.timestamp < since_ms or not record.value or header(record, "ce_type") == WATERMARK.encode():
                    continue
                clock, shard = header(record, "ce_clock") or b"", source_header(dict(record.headers))
                try:
                    message = orjson.loads(record.value)
                    one = RecordedSituation(str(message["id"]), int(clock), record.timestamp, record.value)
                except (ValueError, KeyError, TypeError):
                    continue  # decide rejects it as well
                found.append((one.clock, shard, record.offset, one))
    return [one for *_, one in sorted(found, key=lambda entry: entry[:3])]
