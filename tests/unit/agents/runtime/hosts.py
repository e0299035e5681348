"""One worker process without Faust and Kafka: a real `Partitions` over a source, a broker and a coordinator that `world` plays.

One shard works two inputs that have holes.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaTimeoutError

from agents.metrics import Metrics
from agents.runtime.delivery import Delivery
from agents.runtime.lease import SessionLease
from agents.runtime.ledger_writer import LedgerWriter
from agents.runtime.outputs import Emitter
from agents.runtime.partition_runner import RunnerContext
from agents.runtime.partitions import Partitions
from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.rehearsal import Rehearse
from agents.runtime.stage import Stage
from agents.settings import Settings
from pipeline.stream import Arrived, Output, Shard, Step, UnorderedShard
from tests.unit.agents.runtime.controlled_loop import PROCESS, Process
from tests.unit.agents.runtime.fakes import FakeProducer, FakeRecord

if TYPE_CHECKING:
    from tests.unit.agents.runtime.world import World

STAGE, OUT = "act", "labels"
SETTINGS = Settings().model_copy(update={"batch_records": 3, "batch_interval_seconds": 0.0})
METRICS = Metrics(STAGE)
DECISIONS, OUTCOMES = (InputPartition(SETTINGS.topic(noun), 0) for noun in ("decisions", "outcomes"))
INPUT: dict[InputPartition, list[int]] = {DECISIONS: [0, 1, 3, 4, *range(7, 19)], OUTCOMES: [0, 1, 2, 4]}
"""Offsets of records; between them, and at an end, are markers of transactions."""
END: dict[InputPartition, int] = {DECISIONS: 20, OUTCOMES: 5}


async def nothing_ends(*_: object) -> None:
    """A rehearsal that finds nothing, without a copy of the process."""


REHEARSE: Rehearse = nothing_ends


class Applying(UnorderedShard[int]):
    """Remembers in which order it applied what; every output says how much was applied before."""

    stage = STAGE

    def __init__(self) -> None:
        super().__init__(0)
        self.applied: list[str] = []

    def parse(self, record: Any, topic: str) -> int:
        """The record's own offset."""
        return int(record.value)

    def apply(self, arrived: Arrived[int], step: Step) -> str:
        """Append to what was applied."""
        identity = f"{arrived.topic}/{arrived.offset}"
        before = sum(one.startswith(arrived.topic) for one in self.applied)
        self.applied.append(identity)
        step.outputs.append(
            Output(noun=OUT, key=b"k", value=b"%d" % before, id=identity, time_ms=0, source=self.source, lineage="", trace="")
        )
        return "acted"

    def changes(self) -> dict[bytes, bytes | None]:
        """All of it."""
        return {b"applied": json.dumps(self.applied).encode()}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Go on from there."""
        self.applied = json.loads(items.get(b"applied", b"[]"))


class FakeSource:
    """The consumer of one worker through all its assignments; see `agents.runtime.ports.InputSource`."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.generation = 0
        self._settled: dict[InputPartition, int] = {}
        self._handed: dict[InputPartition, int] = {}
        self._passed: dict[InputPartition, int] = {}
        self.flowing = False

    def settle(self, tp: InputPartition, position: int) -> None:
        """May be committed."""
        self._settled[tp] = max(position, self._settled.get(tp, 0))

    def settled(self, tp: InputPartition) -> int | None:
        """What may be committed."""
        return self._settled.get(tp)

    def handed(self, tp: InputPartition) -> int | None:
        """Behind the last record handed out."""
        return self._handed.get(tp)

    def end_reached(self, tp: InputPartition) -> bool:
        """Whether the log has no more."""
        return self._passed.get(tp) == END[tp]

    def trailing(self, tp: InputPartition, worked_to: int) -> int | None:
        """The end, when only markers come before it."""
        return END[tp] if self.end_reached(tp) and END[tp] > worked_to == self._handed.get(tp) else None

    async def commit(self) -> None:
        """The coordinator takes it from the members of the present generation only."""
        generation, settled = self.generation, dict(self._settled)
        await self._world.network.ask(("commit",), lambda: self._world.commit(generation, settled))

    def forget(self, tps: Iterable[InputPartition]) -> None:
        """No longer ours."""
        for tp in tps:
            for known in (self._settled, self._handed, self._passed):
                known.pop(tp, None)

    def fetched(self) -> Iterator[RecordBatch]:
        """Batches of one or two records from where the commit stands, partitions taking turns, as the transport cuts them."""
        generation = self.generation
        begin = {tp: self._world.committed.get(tp, 0) for tp in INPUT}
        left = {tp: [offset for offset in offsets if offset >= begin[tp]] for tp, offsets in INPUT.items()}
        while any(left.values()):
            for tp, offsets in left.items():
                if not offsets:
                    continue
                if not self.flowing or self.generation != generation:
                    return
                size = 1 + (offsets[0] == 3)
                taken, left[tp] = offsets[:size], offsets[size:]
                records = [FakeRecord(offset, tp.partition, None, b"%d" % offset) for offset in taken]
                yield RecordBatch(tp, records, begin[tp])
                begin[tp] = taken[-1] + 1
                self._handed[tp] = begin[tp]
                if not left[tp]:
                    self._passed[tp] = END[tp]
        self._passed = {tp: END[tp] for tp in INPUT}


class Host(Process):
    """One worker process: what `agents.runtime.worker` does with its partitions, without Faust. make: its shard."""

    make: Callable[[], Shard] = Applying

    def __init__(self, world: "World") -> None:
        super().__init__()
        self.world = world
        self.failure: BaseException | None = None
        self.dropping = False
        self.overslept = 0.0
        self.source = FakeSource(world)
        self.lease = SessionLease(1e6, seconds=self.seconds)
        emitter = Emitter(SETTINGS, FakeProducer(world.kafka))
        self._state = world.store()
        delivery = Delivery(
            outputs=emitter, changelog=self._state, ledger=LedgerWriter(STAGE, emitter), lease=self.lease, metrics=METRICS, clock=self,
            kafka_name=SETTINGS.topic,
        )  # fmt: skip
        stage = Stage(STAGE, lambda _, __: type(self).make(), together=True)
        self.partitions = Partitions(
            RunnerContext(SETTINGS, stage, delivery, self._committed, METRICS, self, rehearse=REHEARSE, identities=self._identities),
            self._fail,
        )

    def now_ms(self) -> int:
        """Milliseconds of the test."""
        return int(self.seconds() * 1000)

    def seconds(self) -> float:
        """Seconds of the test, and those that this process was suspended."""
        return self.world.loop.time() + self.overslept

    async def _committed(self, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        found: Mapping[tuple[str, int], int] = await self.world.network.ask(("commit",), lambda: dict(self.world.committed))
        return found

    async def _identities(self, names: Iterable[str]) -> Mapping[str, str]:
        return {name: found for name in names if (found := self.world.topic_ids.get(name))}

    def start(self, coroutine: Any) -> Any:
        """A task of this process."""
        context = copy_context()
        context.run(PROCESS.set, self)
        return self.world.loop.create_task(coroutine, context=context)

    async def assign(self, generation: int) -> None:
        """Work from where the commit stands."""
        self.source.generation = generation
        await self.partitions.open(INPUT, self.source)
        self.source.flowing = True
        for batch in self.source.fetched():
            if self.dropping and batch.records[-1].offset != INPUT[batch.tp][-1]:  # behind the last nothing comes that would tell
                self.dropping = False
            else:
                await self.partitions.deliver(batch)

    async def revoke(self) -> None:
        """Faust clears its buffers before it says so."""
        self.source.flowing = False
        await self.partitions.revoke(INPUT, self.source)

    async def stop(self) -> None:
        """SIGTERM: Faust goes on fetching meanwhile."""
        self.partitions.stop_taking()
        await self.partitions.finish(self.source)
        self.dead = True

    def _fail(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
            self.start(self._end())

    async def _end(self) -> None:
        """What was settled is committed while Faust stops."""
        self.partitions.stop_taking()
        await self.try_to_commit()
        self.dead = True

    async def try_to_commit(self) -> None:
        """Commit what was settled, as every now and then; the next one makes up for one that fails."""
        with contextlib.suppress(KafkaTimeoutError):
            await self.source.commit()

    async def look(self) -> None:
        """Look at who writes the state, as every now and then; the next one makes up for one that fails."""
        with contextlib.suppress(KafkaTimeoutError):
            await self._state.look()

    async def leave(self) -> None:
        """Revoked after others have gone on: the coordinator takes no commit."""
        with contextlib.suppress(KafkaTimeoutError):
            await self.revoke()
