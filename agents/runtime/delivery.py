"""A step in; the same made durable in the order that makes delivery effectively once, out.

Each awaited: outputs acknowledged -> state changes with the position they reach -> ledger -> input offset. A crash anywhere in
between leaves input that is read again and gives the same ids.
"""

import time
from collections.abc import Mapping

from faust.types import TP

from agents.metrics import Metrics
from agents.runtime.changelog import StateStore
from agents.runtime.lease import Awake
from agents.runtime.ledger_writer import LedgerWriter
from agents.runtime.outputs import Emitter
from agents.runtime.transport import BatchConsumer
from agents.settings import Settings
from pipeline.stream import Step


class Delivery:
    """Makes the steps of a stage's shards durable. Every failure is a WinnowError: the worker dies without acknowledging."""

    def __init__(
        self, settings: Settings, metrics: Metrics, awake: Awake, *, emitter: Emitter, state: StateStore, ledger: LedgerWriter
    ) -> None:
        self._awake = awake
        self._settings = settings
        self._metrics = metrics
        self._emitter = emitter
        self._ledger = ledger
        self.state = state

    async def make_durable(self, shard: str, partition: int, step: Step, consumer: BatchConsumer) -> None:
        """The delivery rule."""
        started = time.perf_counter()
        self._awake.insist()
        await self._emitter.emit(step.outputs)
        self._awake.insist()
        await self.state.write(shard, partition, step.changes)
        await self._ledger.write(step.spans)
        self._settle(step.positions, consumer)
        self._metrics.step(step, time.perf_counter() - started)

    async def resume(self, shard: str, partition: int, step: Step, consumer: BatchConsumer) -> None:
        """After a restore: what must be remembered before the first output, the last spans again, which a crash may have kept from
        being written, and where the state stands.
        """
        await self.state.write(shard, partition, step.changes)
        await self._ledger.write(step.spans)
        self._settle(step.positions, consumer)

    def _settle(self, positions: Mapping[tuple[str, int], int], consumer: BatchConsumer) -> None:
        for (noun, partition), position in positions.items():
            consumer.settle(TP(self._settings.topic(noun), partition), position)
