"""The account that every stage keeps, whatever order it works in: each input record ends once, and a restart knows where to go on.

`OrderedShard`, `UnorderedShard` and the shard of sift are built on `AccountedShard`. Its steps are made durable in the order that
`pipeline.stream.stage.Step` says, so a crash may have kept spans and positions from being written that the state has: a restart
writes them again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import orjson
from msgspec import Struct

from pipeline.stream.dead_letter import Unreadable, rejected
from pipeline.stream.offsets import OffsetTracker, dump_spans, load_spans
from pipeline.stream.stage import Batch, InputRecord, Step

T = TypeVar("T")
Began: TypeAlias = Callable[[str, int, int], object]
"""Told the topic, partition and offset of a record that is about to be worked on."""
OF_NO_RECORD = -1
"""The offset of what is about to be done and is of no record."""

POSITION_KEY = b"@position"
"""State key of where a shard stands; written with the changes of the same batch, in one record batch."""

MOST_CLOCK_DIGITS = 15
"""No instant has more: the year 9999 in milliseconds has 15."""


class Arrived(Struct, Generic[T], gc=False):
    """A readable record on its way through a shard. ``clock`` is its place in event time (Unix ms); the merge sets it on release."""

    topic: str
    partition: int
    offset: int
    clock: int
    appended_ms: int
    lineage: str
    message: T

    @property
    def place(self) -> str:
        """The record, as topic/partition/offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class AccountedShard(ABC):
    """One shard's offsets, last ledger spans and position record. ``source``: the ``ce_source`` of all that it writes.

    ``enough``: asked now and then whether a step has gone on for long enough; what is left is then the next step's.
    """

    stage: ClassVar[str]

    def __init__(self, source: str) -> None:
        self.source = source
        self._trackers: dict[tuple[str, int], OffsetTracker] = {}
        self._last_spans: list[list[object]] = []
        self.enough: Callable[[], bool] = lambda: False
        self._began: Began | None = None

    # -- what a stage says -------------------------------------------------------------------------------------------

    @abstractmethod
    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call, with their new values (None: deleted)."""

    @abstractmethod
    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote, on a fresh shard."""

    @abstractmethod
    def process(self, batch: Batch, now_ms: int) -> Step:
        """Work a batch and account for it; see `pipeline.stream.stage.Shard`."""

    def dump_position(self) -> dict[str, Any]:
        """JSON-ready: where the shard stands in its inputs. The last spans are put beside it."""
        return {"settlements": [[*place, tracker.dump()] for place, tracker in sorted(self._trackers.items())]}

    def load_position(self, saved: Mapping[str, Any]) -> None:
        """Take over what `dump_position` wrote."""
        for topic, partition, dumped in saved["settlements"]:
            self.tracker(topic, partition).load(dumped)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Do what is due by the wall clock: nothing, unless a stage says otherwise."""
        return None

    # -- the account -------------------------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state; the step repeats the last ledger spans, which a crash may have kept from being written."""
        position = items.get(POSITION_KEY)
        if position is not None:
            saved = orjson.loads(position)
            self.load_position(saved)
            self._last_spans = saved["spans"]
        self.restore_items({key: value for key, value in items.items() if key != POSITION_KEY})
        step = Step(spans=load_spans(self._last_spans))
        self._note_positions(step)
        return step

    def state_lost(self) -> None:  # noqa: B027  # most stages have nothing to do
        """Less was restored than was worked. Nothing to be done, unless a stage says otherwise."""

    def tracker(self, topic: str, partition: int) -> OffsetTracker:
        """The account of one input partition, made when it is first asked for."""
        found = self._trackers.get((topic, partition))
        if found is None:
            found = self._trackers[topic, partition] = OffsetTracker(self.stage, topic, partition)
        return found

    def reject(self, batch: Batch, record: InputRecord, why: Unreadable, step: Step) -> str:
        """Write a record that cannot be read where it can be replayed from; the disposition that this is."""
        step.outputs.append(rejected(self.stage, self.source, batch.topic, batch.partition, record, why))
        step.count("rejected", why.code)
        return "rejected"

    # -- records that end a worker -----------------------------------------------------------------------------------

    def rehearse(self, batch: Batch, now_ms: int, began: Began) -> None:
        """Work a batch as a runner would, one record after the other, each named to ``began`` before it is worked on; then let the clock
        come by, which is of no record.

        For a copy of the shard that is thrown away afterwards: nothing of it is returned, and the shard is of no use any more.
        """
        self._began = began
        for record in batch.records:
            began(batch.topic, batch.partition, record.offset)
            if self.process(Batch(batch.topic, batch.partition, [record]), now_ms).more:
                self._rehearse_ticks(now_ms, began)
        self._rehearse_ticks(now_ms, began)

    def _rehearse_ticks(self, now_ms: int, began: Began) -> None:
        step: Step | None = Step(more=True)
        while step is not None and step.more:
            began("", 0, OF_NO_RECORD)
            step = self.tick(now_ms, caught_up=False)

    def due(self, now_ms: int) -> bool:
        """Whether `tick` would work on records that wait in the shard."""
        return False

    def put_aside(self, batch: Batch, why: Unreadable) -> Step:
        """End the records of a batch as ``rejected`` without looking at them; those that ended before stay as they are."""
        step = Step()
        tracker = self.tracker(batch.topic, batch.partition)
        for record in batch.records:
            if tracker.arrive(record.offset):
                tracker.settle(record.offset, self.reject(batch, record, why, step))
        return self.finish(step)

    # -- the account, step by step -----------------------------------------------------------------------------------

    def finish(self, step: Step, due: Iterable[OffsetTracker] | None = None, *, even_if_empty: bool = True) -> Step:
        """The step with its spans, state changes and positions.

        due: the partitions whose settled offsets are told now, None for all. A step that came to nothing leaves the position record
        as it was, unless ``even_if_empty``.
        """
        for tracker in self._trackers.values() if due is None else due:
            step.spans += tracker.take()
        self._note_positions(step)
        if step.spans or even_if_empty:
            self._last_spans = dump_spans(step.spans)
        step.changes.update(self.changes())
        if step.changes or step.outputs or step.spans or even_if_empty:
            step.changes[POSITION_KEY] = orjson.dumps({**self.dump_position(), "spans": self._last_spans})
        return step

    def _note_positions(self, step: Step) -> None:
        for place, tracker in self._trackers.items():
            if tracker.position is not None:
                step.positions[place] = tracker.position


def text_header(headers: Mapping[str, bytes], name: str) -> str:
    """A header as text, empty when it is absent."""
    return (headers.get(name) or b"").decode("utf-8", "replace")


def source_header(headers: Mapping[str, bytes]) -> str:
    """The shard that wrote a record, e.g. ``sift/posts/0``; the deployment before it, which former versions do not tell, is left out."""
    return _shard_named(headers.get("ce_source") or b"")


@lru_cache(maxsize=1_024)
def _shard_named(source: bytes) -> str:
    # The same few for each record.
    told = source.decode("utf-8", "replace")
    return told.split("/", 2)[-1] if told.startswith("/") else told


def clock_header(headers: Mapping[str, bytes]) -> int | None:
    """Event-time clock (Unix ms) of the shard that wrote a record; None when its header holds no instant."""
    claimed = headers.get("ce_clock") or b""
    return int(claimed) if claimed.isdigit() and len(claimed) <= MOST_CLOCK_DIGITS else None
