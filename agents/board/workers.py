"""How the workers stand, for the books: how far each stage is behind, and how far what sift sees has drifted."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from aiokafka.errors import KafkaError

from agents.inspect import drift
from agents.kafka import Scanner
from agents.metrics import every_lag
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import INPUTS

FRESH_SECONDS = 10.0
"""What was seen so lately is shown without another look."""
STALE_SECONDS = 60.0
"""What was seen so long ago is not shown before there was another look."""
WAIT_SECONDS = 3.0


class StageLag(NamedTuple):
    """What one stage's group has not committed: of all its inputs, and where most of it waits. None: the broker did not tell."""

    stage: str
    events: int | None
    worst: str = ""


class WorkersSeen(NamedTuple):
    """One look. at_ms: when it ended (Unix ms); drift: facet and stability index, the highest first; silent: hosts that did not answer."""

    at_ms: int
    lags: tuple[StageLag, ...]
    drift: tuple[tuple[str, float], ...] = ()
    silent: tuple[str, ...] = ()


class WorkersWatch:
    """Looks while somebody reads the books, at most every `FRESH_SECONDS`; a page shows what was seen last and does not wait for more.

    Nobody's page, no question to the broker.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self.workers = tuple(one.strip() for one in settings.board_workers.split(",") if one.strip())
        self._seen: WorkersSeen | None = None
        self._looking: asyncio.Task[None] | None = None

    async def latest(self) -> WorkersSeen | None:
        """What was seen last; None when there is nothing yet that a page could wait for."""
        age = self._clock() - self._seen.at_ms / 1000 if self._seen else STALE_SECONDS
        if age >= FRESH_SECONDS and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        if age < STALE_SECONDS:
            return self._seen
        assert self._looking is not None
        await asyncio.wait([self._looking], timeout=WAIT_SECONDS)
        return self._seen if self._looking.done() else None

    async def close(self) -> None:
        """End a look that is under way."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    async def _look(self) -> None:
        lags, (worst, silent) = await asyncio.gather(_lags(self._settings), drift.ask(self.workers))
        self._seen = WorkersSeen(int(self._clock() * 1000), lags, tuple(drift.ranked(worst)), tuple(map(_host, silent)))


def _host(address: str) -> str:
    """Of an address what a page may show: no name and password that stand in it."""
    return address.partition("://")[2].partition("/")[0].rpartition("@")[2] or "an address that is none"


async def _lags(settings: Settings) -> tuple[StageLag, ...]:
    """Of every stage; what the broker does not tell, or forbids, is None."""
    try:
        async with Scanner(settings) as scanner:
            found = await every_lag(settings, scanner)
    except (WinnowError, KafkaError, OSError):
        found = dict.fromkeys(INPUTS)
    return tuple(_stage_lag(stage, lags) for stage, lags in found.items())


def _stage_lag(stage: str, lags: Mapping[tuple[str, str, int], int] | None) -> StageLag:
    if lags is None:
        return StageLag(stage, None)
    (_, noun, partition), most = max(lags.items(), key=lambda one: one[1])
    return StageLag(stage, sum(lags.values()), f"{noun}/{partition}" if most else "")
