"""The frame of the stages that need one order: correlate, decide and act merge what upstream shards wrote, by event time.

A stage says what it consumes (`parse`), what a run of released records does (`apply`) and what falls due (`on_time`). How records
of several sources become one order is in `pipeline.stream.merge`, how they are accounted for in `pipeline.stream.accounted`.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from pipeline.stream.accounted import AccountedShard, Arrived, clock_header, source_header, text_header
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.merge import BEGINNING, Floor, Merge
from pipeline.stream.stage import WATERMARK, Batch, InputRecord, Step, watermark

T = TypeVar("T")

LATEST_CLOCK_MS = 253_370_764_800_000
"""The year 9999: what falls due after a later clock has no date."""
RUN_RECORDS = 256
"""After so many records the shard asks whether its step has gone on for long enough; after fewer when so many were enough by themselves."""
_WATERMARK = WATERMARK.encode()


class OrderedShard(AccountedShard, Generic[T]):
    """One shard: ``ordered`` topics go through the merge, all others are applied as they arrive.

    sources: names of the upstream shards of the ordered topic, e.g. ``sift/posts/0``.
    downstream: noun whose consumers merge in turn and need this shard's watermark, or None.
    """

    ordered: ClassVar[str]
    downstream: ClassVar[str | None] = None
    one_by_one: ClassVar[bool] = False
    """Whether all that may be worked on is, before the next record is taken in. It costs long runs, and makes the order follow from the
    topic alone while sources fall idle and wake up: wherever batches are cut, however often a worker dies."""

    def __init__(self, number: int, sources: Sequence[str], *, run_limit: int = 5_000) -> None:
        super().__init__(f"{self.stage}/{self.ordered}/{number}")
        self.number = number
        self.merge: Merge[Arrived[T]] = Merge(sources)
        self._run_limit = run_limit
        self._run_records = RUN_RECORDS
        self._promised = Floor(BEGINNING, idle=False)
        self._forced = 0
        self._heard: dict[str, int] = {}

    def with_grace(self, seconds: float) -> Self:
        """Itself, giving idle sources so much wall time to wake up before history passes them; see `pipeline.stream.merge`."""
        self.merge.grace_ms = int(seconds * 1000)
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

    def apply_direct(self, arrived: Arrived[T], step: Step, now_ms: int) -> str:
        """Work on a record of a topic that is not ordered; its disposition."""
        raise NotImplementedError(f"{self.stage} has no unordered input")

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """The wall clock came by (Unix ms): do what is due. Nothing by default."""

    def keep_word(self, step: Step) -> bool:
        """Before anything else on a tick: do what was promised. False: there is more of it than a step has time for, so nothing else is
        done before the next one, which the step asks for.
        """
        return True

    def before_release(self, step: Step) -> bool:
        """Whether records may be worked on in this step; False holds them back until what is put into ``step`` is durable."""
        return True

    def after_release(self, step: Step, released: int) -> None:
        """So many records were worked on: do what is due by the time that the sources promise. Nothing by default."""

    # -- the frame ---------------------------------------------------------------------------------------------------

    def dump_position(self) -> dict[str, Any]:
        """Where it stands, with the promises of its sources."""
        found = {**super().dump_position(), "sources": self.merge.dump()}
        position = self.tracker(self.ordered, self.number).position or 0
        heard = {source: offset for source, offset in self._heard.items() if offset >= position}
        return {**found, "heard": heard} if heard else found

    def load_position(self, saved: Mapping[str, Any]) -> None:
        """Take over what `dump_position` wrote."""
        super().load_position(saved)
        self.merge.load(saved["sources"])
        self._heard = dict(saved.get("heard", {}))

    def state_lost(self) -> None:
        """Sources that said that they have nothing to read do not say it again: wait for none of which nothing is known."""
        self.merge.forget_silent()

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Take in a batch, work on all that may be released, account for it."""
        step = Step()
        tracker = self.tracker(batch.topic, batch.partition)
        in_turn = self.one_by_one and self.before_release(step)
        worked = 0
        for record in batch.records:
            while in_turn and self.merge.may_be_surprised() and self.merge.ready(now_ms):
                worked += self._work_off(step, now_ms)
                if self.enough():  # memory and heartbeats before order
                    break
            fresh = tracker.arrive(record.offset)
            headers = dict(record.headers)  # of equal names the last, as `header` says
            disposition: str | None = "watermark"
            if headers.get("ce_type") == _WATERMARK:
                self._note_watermark(record, headers, step, now_ms)
            elif fresh:
                disposition = self._take_in(batch, record, headers, step, now_ms)
            if fresh and disposition is not None:
                tracker.settle(record.offset, disposition)
        tracker.skip_to(batch.end)
        self._release(step, now_ms, worked)
        self._promise(step)
        return self.finish(step)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Do what the wall clock makes due, and what was left of a long release."""
        step = Step()
        if self.keep_word(step):
            self._release(step, now_ms)
            self.on_time(step, now_ms, caught_up=caught_up)
        else:
            step.more = True
        self._promise(step)
        return self.finish(step, even_if_empty=False)

    def _take_in(self, batch: Batch, record: InputRecord, headers: Mapping[str, bytes], step: Step, now_ms: int) -> str | None:
        """How a record ends at once; None: it waits in the merge."""
        message = self.parse(record, batch.topic)
        if isinstance(message, Unreadable):
            return self.reject(batch, record, message, step)
        lineage = text_header(headers, "ce_lineage")
        arrived = Arrived(batch.topic, batch.partition, record.offset, 0, record.timestamp, lineage, message)
        if batch.topic != self.ordered:
            return self.apply_direct(arrived, step, now_ms)
        source, clock = source_header(headers), _clock_of(headers)
        if not self.merge.knows(source) or clock is None:
            if not self.merge.knows(source):
                step.unknown_sources.add(source)
            why = f"ce_source {source[:100]!r}, ce_clock {clock}: not written by a shard of the stage before"
            return self.reject(batch, record, Unreadable("unknown_upstream", why), step)
        grace_until_ms = self.merge.grace_until(clock, record.timestamp, now_ms)
        self.merge.push(source, clock, arrived, grace_until_ms=grace_until_ms)
        self._note_word(source, record.offset)
        return None

    def _note_watermark(self, record: InputRecord, headers: Mapping[str, bytes], step: Step, now_ms: int) -> None:
        source, clock = source_header(headers), _clock_of(headers)
        if not self.merge.knows(source):
            step.unknown_sources.add(source)
        elif clock is not None:
            # One that is read again behind a restart says nothing of now: more came of this source behind it.
            idle = headers.get("ce_idle") == b"1" and record.offset >= self._heard.get(source, 0)
            grace_until_ms = self.merge.grace_until(clock, record.timestamp, now_ms)
            self.merge.watermark(source, clock, idle=idle, grace_until_ms=grace_until_ms)
            self._note_word(source, record.offset)

    def _note_word(self, source: str, offset: int) -> None:
        """A word of a source, and the place of its last one."""
        if offset > self._heard.get(source, -1):
            self._heard[source] = offset

    def _release(self, step: Step, now_ms: int, worked: int = 0) -> None:
        if not self.before_release(step):
            return
        released = worked + self._work_off(step, now_ms)
        step.more = self.merge.ready(now_ms)
        if self.merge.forced > self._forced:
            step.count("merge_forced", by=self.merge.forced - self._forced)
            self._forced = self.merge.forced
        self.after_release(step, released)

    def _work_off(self, step: Step, now_ms: int) -> int:
        """Work on what may be released, until it is all, enough for a step, or takes too long; how many those were."""
        released, late = 0, self.enough()
        while released < self._run_limit:
            most = min(self._run_records, self._run_limit - released)
            run = self._take_run(most, now_ms)
            for arrived, disposition in zip(run, self._apply(run, step) if run else (), strict=True):
                self.tracker(arrived.topic, arrived.partition).settle(arrived.offset, disposition)
            released += len(run)
            too_long = self.enough()
            if not too_long:
                self._run_records = min(2 * self._run_records, RUN_RECORDS)
            elif not late and released == len(run):  # so many were enough by themselves
                self._run_records = max(1, len(run) // 2)
            if len(run) < most or too_long:
                break
        return released

    def _take_run(self, most: int, now_ms: int) -> list[Arrived[T]]:
        """The next records that may be worked on, at most so many."""
        run = []
        for clock, _, arrived in self.merge.release(most, now_ms=now_ms):
            arrived.clock = clock
            run.append(arrived)
        return run

    def due(self, now_ms: int) -> bool:
        """Whether records wait of which time alone has shown that nothing precedes them."""
        return self.merge.ready(now_ms)

    def _apply(self, run: Sequence[Arrived[T]], step: Step) -> list[str]:
        """What `apply` says; in a rehearsal it is told one record after the other."""
        began = self._began
        if began is None:
            return self.apply(run, step)
        dispositions: list[str] = []
        for arrived in run:
            began(arrived.topic, arrived.partition, arrived.offset)
            dispositions += self.apply([arrived], step)
        return dispositions

    def _promise(self, step: Step) -> None:
        """Tell downstream merges how far this shard has come, once per change.

        A record of ours makes us active again in their eyes: that nothing more comes must be said anew after every one.
        """
        floor = self.merge.floor()
        if self.downstream is None or (floor.clock == BEGINNING and not floor.idle):
            return
        woken = floor.idle and any(output.noun == self.downstream for output in step.outputs)
        if floor == self._promised and not woken:
            return
        self._promised = floor
        step.outputs.append(watermark(self.downstream, self.source, floor.clock, idle=floor.idle))


def _clock_of(headers: Mapping[str, bytes]) -> int | None:
    """The clock that a record claims (Unix ms); None when it claims none that things can fall due after."""
    clock = clock_header(headers)
    return None if clock is None or clock > LATEST_CLOCK_MS else clock
