"""The frame of every stage behind sift: merges its sources in event-time order, settles offsets, keeps keyed state.

A subclass says how to read a record (`parse`) and what a run of released records means (`apply`); everything about order,
restarts and accounting is here, once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

import orjson
from msgspec import Struct

from pipeline.stream.dead_letter import Unreadable, rejected
from pipeline.stream.merge import BEGINNING, Merge
from pipeline.stream.offsets import OffsetTracker, dump_spans, load_spans
from pipeline.stream.stage import WATERMARK, Batch, InputRecord, Output, Step

T = TypeVar("T")

POSITION_KEY = b"@position"
"""State key of where a shard stands; written with the changes of the same batch, in one record batch."""

MOST_CLOCK_DIGITS = 15
LATEST_CLOCK_MS = 253_370_764_800_000
"""The year 9999: what falls due after a later clock has no date."""
_WATERMARK = WATERMARK.encode()


class Arrived(Struct, Generic[T], gc=False):
    """A readable record on its way through a shard. ``clock`` is its place in the total order (Unix ms), known when it is released."""

    topic: str
    partition: int
    offset: int
    clock: int
    appended_ms: int
    lineage: str
    message: T


class OrderedShard(ABC, Generic[T]):
    """One shard: ``ordered`` topics go through the merge, all others are applied as they arrive.

    sources: names of the upstream shards of the ordered topic, e.g. ``sift/posts/0``.
    downstream: noun whose consumers merge in turn and need this shard's watermark, or None.
    """

    stage: ClassVar[str]
    ordered: ClassVar[str]
    downstream: ClassVar[str | None] = None

    def __init__(self, number: int, sources: Sequence[str], *, run_limit: int = 5_000) -> None:
        self.number = number
        self.source = f"{self.stage}/{self.ordered}/{number}"
        self.merge: Merge[Arrived[T]] = Merge(sources)
        self._settlements: dict[tuple[str, int], OffsetTracker] = {}
        self._run_limit = run_limit
        self._last_spans: list[Any] = []
        self._announced: tuple[int, bool] = (BEGINNING, False)
        self._forced = 0

    def patient(self, grace_seconds: float) -> Self:
        """Itself, giving idle sources this long to wake up before history passes them; see `pipeline.stream.merge`."""
        self.merge.grace_ms = int(grace_seconds * 1000)
        return self

    # -- what a stage says -------------------------------------------------------------------------------------------

    @abstractmethod
    def parse(self, record: InputRecord, topic: str) -> T | Unreadable:
        """Read one record's value; a reason when it cannot be read."""

    @abstractmethod
    def apply(self, run: Sequence[Arrived[T]], step: Step) -> list[str]:
        """Work on released records in order: append outputs to ``step``, return one disposition per record.

        The result must not depend on how records are cut into runs.
        """

    @abstractmethod
    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call, with their new values (None: deleted)."""

    @abstractmethod
    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote, on a fresh shard."""

    def apply_direct(self, arrived: Arrived[T], step: Step, now_ms: int) -> str:
        """Work on a record of a topic that is not ordered."""
        raise NotImplementedError(f"{self.stage} has no unordered input")

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """The wall clock came by (Unix ms): do what is due. Nothing by default."""

    # -- the frame ---------------------------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state; the step repeats the last ledger spans, which a crash may have kept from being written."""
        position = items.get(POSITION_KEY)
        if position is not None:
            saved = orjson.loads(position)
            for topic, partition, dumped in saved["settlements"]:
                self._settlement(topic, partition).load(dumped)
            self.merge.load(saved["sources"])
            self._last_spans = saved["spans"]
        self.restore_items({key: value for key, value in items.items() if key != POSITION_KEY})
        step = Step()
        step.spans = load_spans(self._last_spans)
        for (topic, partition), settlement in self._settlements.items():
            if settlement.position is not None:
                step.positions[topic, partition] = settlement.position
        return step

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, work on all that may be released, account for it."""
        step = Step()
        settlement = self._settlement(batch.topic, batch.partition)
        for record in batch.records:
            self._take_in(batch, record, settlement, step, now_ms)
        settlement.reach(batch.end)
        self._release(step, now_ms)
        return self._finish(step)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Do what the wall clock makes due, and what was left of a long release. None when there was nothing."""
        step = Step()
        self._release(step, now_ms)
        self.on_time(step, now_ms, caught_up=caught_up)
        return self._finish(step, idle=True)

    def _take_in(self, batch: Batch, record: InputRecord, settlement: OffsetTracker, step: Step, now_ms: int) -> None:
        fresh = settlement.arrive(record.offset)
        headers = dict(record.headers)  # of equal names the last, as `header` says
        if headers.get("ce_type") == _WATERMARK:
            self._note_watermark(headers)
            if fresh:
                settlement.settle(record.offset, "watermark")
            return
        if not fresh:
            return
        message = self.parse(record, batch.topic)
        lineage = (headers.get("ce_lineage") or b"").decode("utf-8", "replace")
        arrived = Arrived(batch.topic, batch.partition, record.offset, 0, record.timestamp, lineage, message)
        if isinstance(message, Unreadable):
            self._reject(arrived, record, message, settlement, step)
        elif batch.topic != self.ordered:
            settlement.settle(record.offset, self.apply_direct(arrived, step, now_ms))  # type: ignore[arg-type]  # narrowed above
        else:
            source = (headers.get("ce_source") or b"").decode("utf-8", "replace")
            clock = _clock_of(headers)
            if not self.merge.knows(source) or clock is None:
                why = Unreadable(
                    "unknown_upstream", f"ce_source {source[:100]!r}, ce_clock {clock}: not written by a shard of the stage before"
                )
                self._reject(arrived, record, why, settlement, step)
                return
            grace_until_ms = self.merge.grace_until(clock, record.timestamp, now_ms)
            self.merge.push(source, clock, arrived, grace_until_ms=grace_until_ms)  # type: ignore[arg-type]  # narrowed above

    def _reject(self, arrived: Arrived[Any], record: InputRecord, why: Unreadable, settlement: OffsetTracker, step: Step) -> None:
        step.outputs.append(rejected(self.stage, self.source, arrived.topic, arrived.partition, record, why))
        step.count("rejected", why.code)
        settlement.settle(record.offset, "rejected")

    def _note_watermark(self, headers: Mapping[str, bytes]) -> None:
        source = (headers.get("ce_source") or b"").decode("utf-8", "replace")
        clock = _clock_of(headers)
        if self.merge.knows(source) and clock is not None:
            self.merge.watermark(source, clock, idle=headers.get("ce_idle") == b"1")

    def _release(self, step: Step, now_ms: int) -> None:
        run = []
        for clock, _, arrived in self.merge.release(self._run_limit, now_ms=now_ms):
            arrived.clock = clock
            run.append(arrived)
        if run:
            for arrived, disposition in zip(run, self.apply(run, step), strict=True):
                self._settlement(arrived.topic, arrived.partition).settle(arrived.offset, disposition)
        step.more = self.merge.ready(now_ms)
        if self.merge.forced > self._forced:
            step.count("merge_forced", by=self.merge.forced - self._forced)
            self._forced = self.merge.forced

    def _finish(self, step: Step, *, idle: bool = False) -> Step:
        for key, settlement in self._settlements.items():
            span = settlement.take()
            if span is not None:
                step.spans.append(span)
            if settlement.position is not None:
                step.positions[key] = settlement.position
        if step.spans or not idle:
            self._last_spans = dump_spans(step.spans)
        self._announce(step)
        step.changes.update(self.changes())
        if step.changes or step.outputs or step.spans or not idle:
            step.changes[POSITION_KEY] = orjson.dumps(
                {
                    "settlements": [[*key, settlement.dump()] for key, settlement in sorted(self._settlements.items())],
                    "sources": self.merge.dump(),
                    "spans": self._last_spans,
                }
            )
        return step

    def _announce(self, step: Step) -> None:
        """Tell downstream merges how far this shard has come, once per change.

        Who hears a record from us takes us for awake again: that nothing more comes must be said anew after every one.
        """
        floor = self.merge.floor()
        if self.downstream is None or (floor[0] == BEGINNING and not floor[1]):
            return
        woken = floor[1] and any(output.noun == self.downstream for output in step.outputs)
        if floor == self._announced and not woken:
            return
        self._announced = floor
        step.outputs.append(watermark(self.downstream, self.source, floor[0], idle=floor[1]))

    def _settlement(self, topic: str, partition: int) -> OffsetTracker:
        found = self._settlements.get((topic, partition))
        if found is None:
            found = self._settlements[topic, partition] = OffsetTracker(self.stage, topic, partition)
        return found


def watermark(noun: str, source: str, clock: int, *, idle: bool) -> Output:
    """A promise to every partition of ``noun``: nothing of ``source`` older than ``clock`` follows."""
    clock = max(clock, 0)
    return Output(
        noun=noun, key=None, value=b"{}", id=f"watermark/{source}/{clock}", time_ms=clock, source=source, lineage="", trace="",
        clock=clock, type=WATERMARK, broadcast=True, idle=idle,
    )  # fmt: skip


def _clock_of(headers: Mapping[str, bytes]) -> int | None:
    """The clock that a record claims (Unix ms); None when it claims none that can be."""
    claimed = headers.get("ce_clock") or b""
    clock = int(claimed) if claimed.isdigit() and len(claimed) <= MOST_CLOCK_DIGITS else LATEST_CLOCK_MS + 1
    return clock if clock <= LATEST_CLOCK_MS else None
