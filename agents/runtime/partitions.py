"""The partitions that a worker was assigned in; one runner for each shard of them out, closed again when they are revoked.

Called by `agents.runtime.worker`, which hears from Faust what is assigned, revoked and fetched.
"""

import asyncio
import math
from collections.abc import Callable, Iterable

from agents.runtime.partition_runner import PartitionRunner, RunnerContext
from agents.runtime.ports import InputPartition, InputSource, RecordBatch
from pipeline.stream import Shard
from schemas.topics import INPUTS


class Partitions:
    """The runners of one worker. fail: called with whatever ends a runner that was not asked to end."""

    def __init__(self, context: RunnerContext, fail: Callable[[BaseException], None]) -> None:
        self._context = context
        self._fail = fail
        self._nouns = {context.settings.topic(noun): noun for noun in INPUTS[context.stage.name]}
        self._runners: dict[str, PartitionRunner] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def topics(self) -> tuple[str, ...]:
        """Kafka's names of what this stage reads."""
        return tuple(self._nouns)

    def noun(self, tp: InputPartition) -> str:
        """Our name of a partition's topic."""
        return self._nouns[tp.topic]

    def unrestored(self) -> list[str]:
        """Shards that do not work yet."""
        return [runner.name for runner in self._runners.values() if not runner.restored]

    def held(self) -> str | None:
        """What a shard waits for that holds its input back; None when none does."""
        return next((f"{runner.name} is held back: {why}" for runner in self._runners.values() if (why := runner.waits_for)), None)

    def shards(self) -> list[Shard]:
        """Shards that work."""
        return [runner.shard for runner in self._runners.values() if runner.restored]

    def places(self) -> list[InputPartition]:
        """Input of the shards that work."""
        return [tp for runner in self._runners.values() if runner.restored for tp in runner.nouns]

    def worked(self, tp: InputPartition) -> int:
        """A number that grows with the work on a partition, and while one holds its input back: what is fetched for the others waits
        behind that. 0 when it is not ours.
        """
        runner = self._runners.get(self._name(tp))
        return 0 if runner is None else runner.worked(tp) + sum(one.hold_looks for one in self._runners.values())

    # -- life --------------------------------------------------------------------------------------------------------

    async def open(self, assigned: Iterable[tuple[str, int]], source: InputSource) -> None:
        """Start a runner for each shard of these partitions; it restores itself and then works what `deliver` brings."""
        await self.close()
        groups: dict[str, dict[InputPartition, str]] = {}
        for topic, partition in sorted(assigned):
            if topic in self._nouns and partition < self._in_use(topic):
                place = InputPartition(topic, partition)
                groups.setdefault(self._name(place), {})[place] = self._nouns[topic]
        for name, nouns in groups.items():
            first = next(iter(nouns))
            shard = self._context.stage.make(nouns[first], first.partition)
            runner = self._runners[name] = PartitionRunner(self._context, source, name, shard, nouns)
            task = asyncio.create_task(runner.run(), name=name)
            task.add_done_callback(self._ended)
            self._tasks.add(task)

    def _in_use(self, topic: str) -> float:
        """How many of its partitions are worked: one that was added has no state yet, and those downstream do not know it."""
        return self._context.stage.partitions.get(self._nouns[topic], math.inf)

    def _name(self, tp: InputPartition) -> str:
        return str(tp.partition) if self._context.stage.together else f"{self._nouns[tp.topic]}/{tp.partition}"

    def stop_taking(self) -> None:
        """No batch is begun from here on."""
        for runner in self._runners.values():
            runner.inbox.close()

    async def close(self) -> None:
        """Let the steps in flight become durable, drop what waits (it will be read again), forget the runners."""
        self.stop_taking()
        self._runners = {}
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    async def finish(self, source: InputSource) -> None:
        """Close, and commit what is durable: this worker stops."""
        await self.close()
        await source.commit()

    async def revoke(self, revoked: Iterable[InputPartition], source: InputSource) -> None:
        """Close, and commit what is durable, before another worker begins where the commit stands."""
        await self.finish(source)
        source.forget(revoked)

    async def deliver(self, batch: RecordBatch) -> None:
        """Hand a batch to its runner; returns when there is room for it."""
        runner = self._runners.get(self._name(batch.tp))
        if runner is not None:
            await runner.inbox.put(batch)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Whatever ends a runner but a request to close ends the worker."""
        self._tasks.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)
