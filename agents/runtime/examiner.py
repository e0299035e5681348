"""Batches of one shard in; the same in parts to be worked or put aside out, where the shard's last owner has ended.

Called by `agents.runtime.partition_runner`. While nothing is suspect it hands on batches as they are.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from agents.runtime.ports import InputPartition, InputSource
from agents.runtime.rehearsal import Ended, Rehearse
from agents.runtime.suspicion import Mark, Place, Suspicion
from pipeline.stream import AccountedShard, Batch, Shard, Step
from schemas.errors import WinnowError

log = logging.getLogger("winnow")

MOST_ASIDE = 16
"""Records that one worker puts aside: where more end it, the fault is hardly theirs."""


class Examiner:
    """What one shard's runner knows of records that end workers.

    who: stage and shard, for the log. most_records: so many of a suspect partition are rehearsed at most.
    """

    def __init__(
        self, who: str, shard: Shard, tps: Mapping[InputPartition, str], source: InputSource, rehearse: Rehearse, most_records: int
    ) -> None:
        self._who = who
        self._shard = shard
        self._tps = tps
        self._source = source
        self._rehearse = rehearse
        self._suspicion = Suspicion(most_records)
        self._positions: dict[Place, int] = {}
        self._aside: dict[tuple[str, int, int], str] = {}
        self._found = 0
        self._tried = False

    def restored(self, former: Mark, step: Step) -> Mark:
        """The shard stands where its first step says: suspect what the former owner left so. The mark of this owner."""
        places = [(noun, tp.partition) for tp, noun in self._tps.items()]
        began = {place: step.positions.get(place) for place in places}
        self.note(step)
        if isinstance(self._shard, AccountedShard):
            self._suspicion.compare(former, began)
        self._aside = {offset: why for offset, why in former.aside.items() if offset[2] >= (began.get(offset[:2]) or 0)}
        return Mark(began, self._aside)

    def note(self, step: Step) -> None:
        """A step is durable."""
        self._positions.update(step.positions)

    def mark(self) -> Mark:
        """What the next owner has to know when this one ends here."""
        return Mark(dict(self._positions), self._aside)

    async def parts(self, batch: Batch, now_ms: int) -> AsyncIterator[tuple[Batch, str | None]]:
        """The batch in order: parts to be worked, and single records to be put aside, with the reason.

        The caller makes each part durable before it asks for the next. Raises WinnowError when too many records end a process, or
        one that waits in the shard does, which only the next owner can put aside: see `mark`.
        """
        if self._suspicion:
            self._suspicion.look(self._source, self._tps, self._positions)
        if not self._suspicion and not self._aside:
            yield batch, None
            return
        left = batch.records
        while left:
            ahead = self._up_to_next_aside(batch, left)
            ended = await self._try_if_suspect(batch._replace(records=ahead), now_ms)
            if ended is not None:
                self._condemn(ended, batch._replace(records=ahead))
                continue
            if ahead:
                yield batch._replace(records=ahead), None
            left = left[len(ahead) :]
            if left:
                why = self._aside.pop((batch.topic, batch.partition, left[0].offset))
                yield batch._replace(records=left[:1]), why
                left = left[1:]

    async def before_tick(self, now_ms: int) -> None:
        """The clock comes by. Raises WinnowError, as `parts` does, when that lets a waiting record end a process."""
        if not self._suspicion:
            return
        self._suspicion.look(self._source, self._tps, self._positions)
        if self._suspicion and isinstance(self._shard, AccountedShard) and self._shard.due(now_ms):
            tp, noun = next(iter(self._tps.items()))
            nothing = Batch(noun, tp.partition, ())
            ended = await self._try(self._shard, nothing, now_ms)
            if ended is not None:
                self._condemn(ended, nothing)

    def _up_to_next_aside(self, batch: Batch, left: Sequence[Any]) -> Sequence[Any]:
        for number, record in enumerate(left):
            if (batch.topic, batch.partition, record.offset) in self._aside:
                return left[:number]
        return left

    async def _try_if_suspect(self, batch: Batch, now_ms: int) -> Ended | None:
        """At which record a process ends that works the batch, when its partition is suspect, or what waits in the shard may be."""
        shard = self._shard
        if not batch.records or not self._suspicion or not isinstance(shard, AccountedShard):
            return None
        suspect = (batch.topic, batch.partition) in self._suspicion or shard.due(now_ms)
        return await self._try(shard, batch, now_ms) if suspect else None

    async def _try(self, shard: AccountedShard, batch: Batch, now_ms: int) -> Ended | None:
        if not self._tried:
            self._tried = True
            log.warning("%s: the last worker ended where it had begun: records are tried in a copy of this process first", self._who)
        return await self._rehearse(shard, batch, now_ms)

    def _condemn(self, ended: Ended, batch: Batch) -> None:
        """Remember a record at which processes end. Raises WinnowError when this worker cannot go on with that."""
        noun, partition, offset = ended.place
        self._aside[ended.place] = ended.why
        self._found += 1
        log.error("%s: %s/%d/%d ends whoever works it and is put aside as rejected: poison: %s", self._who, *ended.place, ended.why)
        if self._found > MOST_ASIDE:
            raise WinnowError(
                f"{self._who}: more than {MOST_ASIDE} records end a worker, the last one {noun}/{partition}/{offset}: {ended.why}",
                hint="The code, the model or the policy is at fault rather than the records: go back to the release before.",
            )
        if (noun, partition) != (batch.topic, batch.partition) or all(record.offset != offset for record in batch.records):
            raise WaitingPoison(
                f"{noun}/{partition}/{offset} waits in {self._who} and ends whoever works it: {ended.why}",
                hint="The supervisor starts a new worker, which puts it aside when it reads it again.",
            )


class WaitingPoison(WinnowError):
    """A record that ends workers was taken in already: this worker ends, and tells the next one."""
