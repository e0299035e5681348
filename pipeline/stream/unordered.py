"""The frame of stages whose inputs need no common order: applies records as they arrive, settles offsets, keeps keyed state.

A subclass says how to read a record (`parse`), what it means (`apply`) and what a batch comes to (`conclude`). Restarts and
accounting are here, once, as `pipeline.stream.ordered` has them for stages that merge.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import orjson

from pipeline.stream.dead_letter import Unreadable, rejected
from pipeline.stream.decode import LATEST_MS
from pipeline.stream.offsets import OffsetTracker, dump_spans, load_spans
from pipeline.stream.ordered import POSITION_KEY, Arrived
from pipeline.stream.stage import WATERMARK, Batch, InputRecord, Step, header

T = TypeVar("T")

QUIET_LIMIT = 1_000
"""Quiet records that wait for an account at most; each thousand brings forth one more, so they still come to an end."""

MOST_DIGITS = 16
"""No instant has more: the year 9999 in milliseconds has 15."""


class UnorderedShard(ABC, Generic[T]):
    """One shard: partition ``number`` of all of its stage's inputs."""

    stage: ClassVar[str]

    def __init__(self, number: int) -> None:
        self.number = number
        self.source = f"{self.stage}/{number}"
        self._settlements: dict[tuple[str, int], OffsetTracker] = {}
        self._last_spans: list[list[Any]] = []

    # -- what a stage says -------------------------------------------------------------------------------------------

    @abstractmethod
    def parse(self, record: InputRecord, topic: str) -> T | Unreadable:
        """Read one record's value; a reason when it cannot be read."""

    @abstractmethod
    def apply(self, arrived: Arrived[T], step: Step) -> str:
        """Work on one record: append outputs to ``step``, return its disposition."""

    @abstractmethod
    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call, with their new values (None: deleted)."""

    @abstractmethod
    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote, on a fresh shard."""

    def conclude(self, step: Step) -> None:
        """All records of a batch are applied: append what is said once a batch. Nothing by default."""

    def quiet(self, message: T, topic: str) -> bool:
        """Whether a record alone is no reason to write an account: its own goes with that of the next batch. False by default."""
        return False

    # -- the frame ---------------------------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state; the step repeats the last ledger spans, which a crash may have kept from being written."""
        position = items.get(POSITION_KEY)
        if position is not None:
            saved = orjson.loads(position)
            for topic, partition, dumped in saved["settlements"]:
                self._settlement(topic, partition).load(dumped)
            self._last_spans = saved["spans"]
        self.restore_items({key: value for key, value in items.items() if key != POSITION_KEY})
        step = Step()
        step.spans = load_spans(self._last_spans)
        self._note_positions(step)
        return step

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, account for it."""
        step = Step()
        settlement = self._settlement(batch.topic, batch.partition)
        stirred = False
        for record in batch.records:
            if settlement.arrive(record.offset):
                disposition, quiet = self._take_in(batch, record, step)
                settlement.settle(record.offset, disposition)
                stirred = stirred or not quiet
        if batch.end is not None:
            settlement.reach(batch.end)
            stirred = True
        self.conclude(step)
        held = batch.records[-1].offset + 1 - (settlement.position or 0) if batch.records else 0
        span = settlement.take() if stirred or held >= QUIET_LIMIT else None
        if span is not None:
            step.spans.append(span)
        self._note_positions(step)
        self._last_spans = dump_spans(step.spans)
        step.changes.update(self.changes())
        step.changes[POSITION_KEY] = orjson.dumps(
            {
                "settlements": [[*key, settlement.dump()] for key, settlement in sorted(self._settlements.items())],
                "spans": self._last_spans,
            }
        )
        return step

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Nothing here is due by the wall clock."""
        return None

    def _take_in(self, batch: Batch, record: InputRecord, step: Step) -> tuple[str, bool]:
        if header(record, "ce_type") == WATERMARK.encode():
            return "watermark", False
        message = self.parse(record, batch.topic)
        if isinstance(message, Unreadable):
            step.outputs.append(rejected(self.stage, self.source, batch.topic, batch.partition, record, message))
            step.count("rejected", message.code)
            return "rejected", False
        lineage = (header(record, "ce_lineage") or b"").decode("utf-8", "replace")
        arrived = Arrived(batch.topic, batch.partition, record.offset, _clock(record), record.timestamp, lineage, message)
        return self.apply(arrived, step), self.quiet(message, batch.topic)

    def _note_positions(self, step: Step) -> None:
        for key, settlement in self._settlements.items():
            if settlement.position is not None:
                step.positions[key] = settlement.position

    def _settlement(self, topic: str, partition: int) -> OffsetTracker:
        found = self._settlements.get((topic, partition))
        if found is None:
            found = self._settlements[topic, partition] = OffsetTracker(self.stage, topic, partition)
        return found


def _clock(record: InputRecord) -> int:
    """Event-time clock of the shard that wrote a record (Unix ms); when it was appended, if the header says no instant."""
    given = header(record, "ce_clock") or b""
    return min(int(given), LATEST_MS) if given.isdigit() and len(given) < MOST_DIGITS else record.timestamp
