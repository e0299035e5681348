"""A step in; the same made durable in the order that makes delivery effectively once, out. Called by the partition runners.

One after the other: outputs acknowledged -> state changes with the position they reach -> ledger, each awaited; then the input offset is
noted as safe, and Faust commits it by its timer. A crash anywhere in between leaves input that is read again and gives the same ids.
"""

from collections.abc import Callable, Mapping

import orjson

from agents.metrics import Metrics
from agents.runtime.ports import Changelog, Clock, InputPartition, InputSource, Lease, Ledger, Outputs
from pipeline.stream import Deleted, Step, Written

WRITTEN_KEY = b"@written"
"""State key of what a shard wrote since its last ledger entry, and with it: a crash may have kept that entry from being written."""

DELETED_KEY = b"@deleted"
"""State key of what a shard found deleted unread and no ledger entry tells yet: once its position is behind that, nobody finds it again."""

TOPICS_KEY = b"@topics"
"""State key of which topics the positions in a state are of: noun -> the topic's id. One that was made anew begins at offset 0 again."""


class Delivery:
    """Makes the steps of a stage's shards durable. Every failure is raised: the worker must end without acknowledging.

    kafka_name: noun -> full name of its topic.
    """

    def __init__(
        self,
        *,
        outputs: Outputs,
        changelog: Changelog,
        ledger: Ledger,
        lease: Lease,
        metrics: Metrics,
        clock: Clock,
        kafka_name: Callable[[str], str],
    ) -> None:
        self.changelog = changelog
        self._outputs = outputs
        self._ledger = ledger
        self._lease = lease
        self._metrics = metrics
        self._clock = clock
        self._kafka_name = kafka_name
        self._untold: dict[str, list[Written]] = {}
        """Shard -> what it wrote that no ledger entry tells yet."""
        self._deleted: dict[str, list[Deleted]] = {}
        """Shard -> what it found deleted that no ledger entry tells yet."""
        self._remembered: set[str] = set()
        """Shards whose state holds such."""
        self._topics: dict[str, Mapping[str, str]] = {}
        """Shard -> which topics its positions are of."""

    async def take_over(self, shard: str, partition: int) -> Mapping[bytes, bytes]:
        """The state of a shard, which from here on is this worker's."""
        items = dict(await self.changelog.take_over(shard, partition, self._lease.check))
        self._untold[shard] = [Written(*one) for one in orjson.loads(items.pop(WRITTEN_KEY, b"[]"))]
        self._deleted[shard] = [Deleted(*one) for one in orjson.loads(items.pop(DELETED_KEY, b"[]"))]
        self._topics[shard] = orjson.loads(items.pop(TOPICS_KEY, b"{}"))
        if self._deleted[shard]:
            self._remembered.add(shard)
        return items

    def topics(self, shard: str) -> Mapping[str, str]:
        """Which topics the positions of a shard are of that was taken over: noun -> id, as far as that was known."""
        return self._topics[shard]

    def note_deleted(self, shard: str, deleted: Deleted) -> None:
        """A shard's next step will account as absent for offsets that were deleted before they were read: the ledger is to say so."""
        self._deleted.setdefault(shard, []).append(deleted)

    async def guard(self, shard: str, partition: int) -> None:
        """See to it, between two steps, that the state of a shard is what this worker wrote."""
        await self.changelog.guard(shard, partition, self._lease.check)

    def mark(self, shard: str) -> bytes:
        """What the former owner of a shard had left for this one."""
        return self.changelog.mark(shard)

    async def leave_mark(self, shard: str, partition: int, mark: bytes) -> None:
        """Leave something for the next owner of a shard."""
        self._lease.check()
        await self.changelog.leave_mark(shard, partition, mark)

    async def make_durable(self, shard: str, partition: int, step: Step, source: InputSource) -> None:
        """The delivery rule."""
        started = self._clock.seconds()
        self._lease.check()
        written = await self._outputs.emit(step.outputs)
        self._lease.check()
        untold = self._untold.setdefault(shard, [])
        untold += written
        changes = {**step.changes, WRITTEN_KEY: orjson.dumps([tuple(one) for one in untold])} if written else step.changes
        if deleted := self._deleted.get(shard):
            changes = {**changes, DELETED_KEY: orjson.dumps([tuple(one) for one in deleted])}
            self._remembered.add(shard)
        elif shard in self._remembered:
            changes = {**changes, DELETED_KEY: None}
            self._remembered.remove(shard)
        await self.changelog.write(shard, partition, changes)
        await self._tell(shard, step)
        self._settle(step.positions, source)
        self._metrics.step(step, self._clock.seconds() - started)

    async def resume(self, shard: str, partition: int, step: Step, source: InputSource, topics: Mapping[str, str]) -> None:
        """After a restore: what must be remembered before the first output, the last spans again, which a crash may have kept from
        being written, and where the state stands. topics: which its positions are of from here on, noun -> id.
        """
        self._lease.check()
        former = self._topics.get(shard, {})
        known = self._topics[shard] = {**former, **topics}
        changes = step.changes if known == former else {**step.changes, TOPICS_KEY: orjson.dumps(known)}
        await self.changelog.write(shard, partition, changes)
        await self._tell(shard, step)
        self._settle(step.positions, source)

    async def _tell(self, shard: str, step: Step) -> None:
        """Write the spans, and what the shard wrote since its last ones: what became of it is to be found in the ledger of its reader.
        With them goes what was deleted before the shard had read it.
        """
        await self._ledger.write(step.spans, self._untold.get(shard, []), self._deleted.get(shard, []))
        if step.spans:
            self._untold[shard] = []
            self._deleted[shard] = []

    def _settle(self, positions: Mapping[tuple[str, int], int], source: InputSource) -> None:
        for (noun, partition), position in positions.items():
            source.settle(InputPartition(self._kafka_name(noun), partition), position)
