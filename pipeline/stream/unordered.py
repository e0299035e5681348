"""The frame of the stages whose inputs need no common order: monitor and learn apply records as they arrive.

A stage says what it consumes (`parse`), what one record does (`apply`) and what is told once a batch (`after_batch`); how records
are accounted for is in `pipeline.stream.accounted`.
"""

from abc import abstractmethod
from typing import Generic, TypeVar

from pipeline.stream.accounted import AccountedShard, Arrived, clock_header, text_header
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.decode import LATEST_MS
from pipeline.stream.offsets import OffsetTracker
from pipeline.stream.stage import WATERMARK, Batch, InputRecord, Step

T = TypeVar("T")

DEFERRED_LIMIT = 1_000
"""Records whose account is deferred wait for it at most; each thousand brings forth one more, so they still come to an end."""
_WATERMARK = WATERMARK.encode()


class UnorderedShard(AccountedShard, Generic[T]):
    """One shard: partition ``number`` of all of its stage's inputs."""

    def __init__(self, number: int) -> None:
        super().__init__(f"{self.stage}/{number}")
        self.number = number

    # -- what a stage says -------------------------------------------------------------------------------------------

    @abstractmethod
    def parse(self, record: InputRecord, topic: str) -> T | Unreadable:
        """Read one record's value; a reason when it cannot be read."""

    @abstractmethod
    def apply(self, arrived: Arrived[T], step: Step) -> str:
        """Work on one record: append outputs to ``step``, return its disposition."""

    def after_batch(self, step: Step) -> None:
        """All records of a batch are applied: append what is said once a batch. Nothing by default."""

    def may_defer_account(self, message: T, topic: str) -> bool:
        """Whether a ledger entry for this record may wait for the next one of its partition. False by default."""
        return False

    # -- the frame ---------------------------------------------------------------------------------------------------

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, account for it."""
        step = Step()
        tracker = self.tracker(batch.topic, batch.partition)
        due = batch.end is not None
        for record in batch.records:
            if tracker.arrive(record.offset):
                disposition, may_defer = self._take_in(batch, record, step)
                tracker.settle(record.offset, disposition)
                due = due or not may_defer
        tracker.skip_to(batch.end)
        self.after_batch(step)
        return self.finish(step, [tracker] if due or _deferred(tracker, batch) >= DEFERRED_LIMIT else [])

    def _take_in(self, batch: Batch, record: InputRecord, step: Step) -> tuple[str, bool]:
        """(disposition, whether its account may wait) of a record."""
        headers = dict(record.headers)  # of equal names the last, as `header` says
        if headers.get("ce_type") == _WATERMARK:
            return "watermark", False
        message = self.parse(record, batch.topic)
        if isinstance(message, Unreadable):
            return self.reject(batch, record, message, step), False
        clock = clock_header(headers)
        clock = record.timestamp if clock is None else min(clock, LATEST_MS)
        lineage = text_header(headers, "ce_lineage")
        arrived = Arrived(batch.topic, batch.partition, record.offset, clock, record.timestamp, lineage, message)
        return self.apply(arrived, step), self.may_defer_account(message, batch.topic)


def _deferred(tracker: OffsetTracker, batch: Batch) -> int:
    """How many offsets wait for their account behind a batch."""
    return batch.records[-1].offset + 1 - (tracker.position or 0) if batch.records else 0
