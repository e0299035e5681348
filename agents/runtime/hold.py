"""Batches of one shard in; out when its stage has all that they need: until then they are held back, and that shows.

Called by `agents.runtime.partition_runner`. Sift needs the schemas of a registry (`agents.stages.schema_registry`): one that is away
for a while loses nothing and has nothing rejected.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from agents.metrics import Metrics
from agents.runtime.inbox import Inbox
from agents.runtime.ports import Clock, InputPartition, RecordBatch
from agents.runtime.stage import Stage
from schemas.errors import WinnowError

T = TypeVar("T")

LOOK_SECONDS = 1.0
LONG_SECONDS = 5.0
"""An attempt that takes longer is waiting, too."""
LIMIT_SECONDS = 600.0
"""Kafka takes partitions from who fetches nothing for 1,000 s: a worker rather ends before, and its successor waits on."""


class Hold:
    """What one runner waits with. nouns: the partitions it works, and our names of their topics."""

    def __init__(self, stage: Stage, metrics: Metrics, clock: Clock, inbox: Inbox, nouns: Mapping[InputPartition, str]) -> None:
        self.looks = 0
        """Grows while it waits: who waits does not stand still."""
        self.why: str | None = None
        """What it waits for; None when it does not."""
        self._stage = stage
        self._metrics = metrics
        self._clock = clock
        self._inbox = inbox
        self._nouns = nouns
        self._places = set(nouns) if stage.prepare is not None else set()
        self._since = 0.0
        self._tell(0.0)  # a dashboard shows that nothing waits, too

    async def until_prepared(self, taken: Sequence[RecordBatch]) -> bool:
        """Wait until the stage has what these batches need; False when the inbox was closed first: then they are not to be worked.

        Raises WinnowError after `LIMIT_SECONDS`.
        """
        prepare = self._stage.prepare
        if prepare is None or not taken:
            return True
        records = [record for batch in taken for record in batch.records]
        self._places, self._since = {batch.tp for batch in taken}, self._clock.seconds()
        try:
            while (attempt := await self._unless_closed(prepare(records))) is not None:
                (why,) = attempt
                if why is None:
                    return True
                self._look(why)
                if await self._unless_closed(asyncio.sleep(LOOK_SECONDS)) is None:
                    return False
            return False
        finally:
            if self.why is not None:
                self.why = None
                self._tell(0.0)

    def _look(self, why: str) -> None:
        """Note that it waits. Raises WinnowError when that has taken too long."""
        self.why = why
        self.looks += 1
        waited = self._clock.seconds() - self._since
        self._tell(waited)
        if waited >= LIMIT_SECONDS:
            raise WinnowError(
                f"{self._stage.name} has waited {waited:.0f} s: {why}",
                hint="Nothing was acknowledged: the supervisor starts a new worker, which waits on.",
            )

    def _tell(self, seconds: float) -> None:
        for place in self._places:
            self._metrics.held(self._nouns[place], place.partition, seconds)

    async def _unless_closed(self, work: Coroutine[Any, Any, T]) -> tuple[T] | None:
        """What comes of it; None when the inbox was closed first."""
        working, closing = asyncio.ensure_future(work), asyncio.ensure_future(self._inbox.until_closed())
        try:
            while not (await asyncio.wait({working, closing}, timeout=LONG_SECONDS, return_when=asyncio.FIRST_COMPLETED))[0]:
                self._look(self.why or "its batch is being prepared")
            return None if self._inbox.closed else (working.result(),)
        finally:
            working.cancel()
            closing.cancel()
