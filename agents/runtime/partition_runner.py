"""The work of one shard: batches of its partitions in, steps made durable out, one after the other. Opened by `Partitions`.

It runs over the ports of `agents.runtime.ports`, so that a test can try every order in which things happen around it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from agents.metrics import Metrics
from agents.runtime.delivery import Delivery
from agents.runtime.examiner import Examiner, WaitingPoison
from agents.runtime.hold import Hold
from agents.runtime.inbox import Inbox
from agents.runtime.pace import StepPace
from agents.runtime.ports import Clock, CommittedOffsets, InputPartition, InputSource, RecordBatch
from agents.runtime.rehearsal import Rehearse, rehearse
from agents.runtime.stage import Stage
from agents.runtime.suspicion import load_mark
from agents.settings import Settings
from pipeline.stream import AccountedShard, Batch, Deleted, Shard, Step, Unreadable
from schemas.errors import WinnowError
from schemas.topics import MERGES, WRITTEN_BY_OTHERS

log = logging.getLogger("winnow")

TICK_SECONDS = 0.1
RESTORE_LIMIT_SECONDS = 300.0
REHEARSED_BATCHES = 2
"""So many full batches of a suspect partition are rehearsed at most; see `agents.runtime.suspicion`."""


class LostInput(WinnowError):
    """Input was fetched and dropped before it was worked. The worker ends; its successor reads it again."""


def made_anew(what: str) -> WinnowError:
    """A topic that begins again, or ends earlier than it did: its new records have offsets of others that are done and accounted for."""
    return WinnowError(
        f"{what}: it was deleted and made anew, or cut back",
        hint="Records at offsets that are done would be passed over: bring that topic back, or begin anew under another WINNOW_PREFIX.",
    )


async def _no_sources() -> frozenset[str]:
    return frozenset()


async def _no_identities(_: Iterable[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class RunnerContext:
    """What all runners of a worker share.

    sources: the shards there are now of the stage before, whose order is merged. identities: ids of topics by their Kafka names.
    """

    settings: Settings
    stage: Stage
    delivery: Delivery
    committed: CommittedOffsets
    metrics: Metrics
    clock: Clock
    sources: Callable[[], Awaitable[frozenset[str]]] = _no_sources
    rehearse: Rehearse = rehearse
    identities: Callable[[Iterable[str]], Awaitable[Mapping[str, str]]] = _no_identities


class PartitionRunner:
    """One shard and the partitions that it works.

    nouns: the partitions, and our names of their topics. Any exception of `run` must end the worker: nothing of the step that
    failed was acknowledged.
    """

    def __init__(self, context: RunnerContext, source: InputSource, name: str, shard: Shard, nouns: Mapping[InputPartition, str]) -> None:
        self.name = name
        self.shard = shard
        self.nouns = nouns
        self.inbox = Inbox()
        self.restored = False
        self._context = context
        self._source = source
        self._partition = next(iter(nouns)).partition
        self._taken_to: dict[InputPartition, int] = {}
        self._read_to: dict[InputPartition, int] = {}
        self._worked_to: dict[InputPartition, int] = {}
        self._further_steps = 0
        self._more = False
        """Whether the shard has work left that needs no input, and comes first."""
        self._ended: dict[InputPartition, int] = {}
        self._hold = Hold(context.stage, context.metrics, context.clock, self.inbox, nouns)
        self._pace = StepPace(context.clock, context.settings.batch_records)
        if isinstance(shard, AccountedShard):
            shard.enough = self._pace.enough
        self._examiner = Examiner(
            f"{context.stage.name} {name}", shard, nouns, source, context.rehearse,
            most_records=REHEARSED_BATCHES * context.settings.batch_records,
        )  # fmt: skip

    def worked(self, tp: InputPartition) -> int:
        """A number that grows with the work on a partition, whether there is something to commit yet or not."""
        return self._worked_to.get(tp, 0) + self._further_steps

    @property
    def hold_looks(self) -> int:
        """A number that grows while input is held back on purpose."""
        return self._hold.looks

    @property
    def waits_for(self) -> str | None:
        """Why input is held back now; None when it is not."""
        return self._hold.why

    async def run(self) -> None:
        """Restore, then work until the inbox is closed: take, process, make durable, tick."""
        await self._restore_in_time()
        try:
            await self._work_until_closed()
        except WaitingPoison:
            await self._context.delivery.leave_mark(self.name, self._partition, self._examiner.mark().dump())
            raise

    async def _work_until_closed(self) -> None:
        context = self._context
        while True:
            started = context.clock.seconds()
            taken = [] if self._more else await self.inbox.take(context.settings.batch_records, TICK_SECONDS)
            if self.inbox.closed and not taken:
                return
            if not await self._hold.until_prepared(taken):
                return
            context.stage.between_batches()
            await context.delivery.guard(self.name, self._partition)
            now_ms = context.clock.now_ms()
            if not taken:
                await self._tick(now_ms)
                continue
            for batch in self._join(taken):
                await self._work(batch, now_ms)
            pause = context.settings.batch_interval_seconds - (context.clock.seconds() - started)
            if pause > 0 and sum(len(one.records) for one in taken) < context.settings.batch_records:
                await asyncio.sleep(pause)

    # -- work --------------------------------------------------------------------------------------------------------

    def _join(self, taken: Sequence[RecordBatch]) -> list[Batch]:
        """One batch a partition, of what this runner has not taken yet. Raises LostInput when one does not follow what was taken before it,
        and WinnowError when its topic went back.

        A fetch that begins anew hands records out again; those that still wait in the shard are not settled, so it could not tell.
        What a former worker did is not left out: the shard knows it, and it has to be acknowledged.
        """
        records: dict[InputPartition, list[Any]] = {}
        for one in taken:
            if one.records[0].offset < one.follows:
                raise made_anew(f"{one.tp.topic}/{one.tp.partition} was read to {one.follows} and goes on at {one.records[0].offset}")
            before = self._taken_to.get(one.tp, 0)
            if one.follows > before:
                raise LostInput(
                    f"{one.tp.topic}/{one.tp.partition}: offsets {before} to {one.follows - 1} were fetched and never worked",
                    hint="Nothing was acknowledged: the supervisor starts a new worker, which reads them again.",
                )
            self._note_deleted(one, before)
            self._taken_to[one.tp] = max(before, one.records[-1].offset + 1)
            read_to = self._read_to.get(one.tp, 0)
            if fresh := [record for record in one.records if record.offset >= read_to]:
                records.setdefault(one.tp, []).extend(fresh)
            self._read_to[one.tp] = max(read_to, one.records[-1].offset + 1)
        return [Batch(self.nouns[tp], tp.partition, found) for tp, found in records.items()]

    def _note_deleted(self, one: RecordBatch, before: int) -> None:
        """Count and say what retention took before it was read: all from ``before`` on up to where the log started.

        A worker that never read a topic of others has no claim to what was there before it came; one that merges what a stage wrote has.
        """
        stage, noun = self._context.stage.name, self.nouns[one.tp]
        deleted = min(one.log_start, one.records[0].offset) - before
        if deleted > 0 and (before or noun == MERGES.get(stage, ("",))[0]):
            self._context.metrics.deleted_unread(noun, deleted)
            if noun in WRITTEN_BY_OTHERS:
                self._context.delivery.note_deleted(self.name, Deleted(noun, one.tp.partition, before, before + deleted - 1))
            log.error(
                "%s: offsets %d to %d of %s/%d were deleted before they were read (retention or delete-records). `winnow audit` says what "
                "was lost with them; add workers or keep %s longer", stage, before, before + deleted - 1, *one.tp, noun,
            )  # fmt: skip

    async def _work(self, batch: Batch, now_ms: int) -> None:
        """Process a batch in slices of time, but for records of it that are found to end workers: they are put aside."""
        async for part, why in self._examiner.parts(batch, now_ms):
            if why is not None:
                await self._put_aside(part, why)
                continue
            for records in self._pace.slices(part.records):
                await self._process(part._replace(records=records), now_ms)

    async def _put_aside(self, record: Batch, why: str) -> None:
        """Account for a record that ends workers as rejected, without looking at it."""
        assert isinstance(self.shard, AccountedShard)  # nothing else is rehearsed
        step = self.shard.put_aside(record, Unreadable("poison", f"a worker ended, and two copies of the next one at this record: {why}"))
        self._worked_to[self._place(record)] = record.records[-1].offset + 1
        await self._make_durable(step)

    async def _process(self, batch: Batch, now_ms: int) -> None:
        self._pace.begin()
        # In a thread the kernels would overlap with the rest; fighting for Python's lock costs more: 18,500 events/s instead of 20,000.
        step = self.shard.process(batch, now_ms)
        self._context.metrics.batch(len(batch.records), self._pace.end(len(batch.records)))
        if step.unknown_sources:
            await self._look_for(step.unknown_sources)
        self._worked_to[self._place(batch)] = batch.records[-1].offset + 1
        further = self._tick_shard(now_ms) if self.inbox.empty and not step.more else None
        if further is not None and not (further.changes or further.spans or further.positions):
            # Only a word to those downstream, e.g. that nothing waits here: it goes out with the rest.
            step.outputs += further.outputs
            further = None
        await self._make_durable(step)
        while step.more and not self.inbox.closed:
            self._pace.begin()
            more = self.shard.tick(now_ms, caught_up=False)
            if more is None:
                return
            step = more
            await self._make_durable(step)
            self._further_steps += 1
        if further is not None:
            await self._make_durable(further)

    async def _look_for(self, unknown: AbstractSet[str]) -> None:
        """Raise WinnowError, before anything of the step is written, when one of these shards of the stage before was added since."""
        added = sorted(unknown & (await self._context.sources()))
        if added:
            raise WinnowError(
                f"{self._context.stage.name} {self.name}: {', '.join(added)} is a shard that was added since this worker started",
                hint="Nothing was acknowledged: the supervisor starts a new worker, which knows it.",
            )

    async def _tick(self, now_ms: int) -> None:
        """Nothing came: account for what the broker does not have behind the last record, and let the shard see the clock."""
        for tp, worked_to in list(self._worked_to.items()):
            end = self._source.trailing(tp, worked_to)
            if end is not None and self._ended.get(tp) != end:
                self._ended[tp] = end
                await self._make_durable(self.shard.process(Batch(self.nouns[tp], tp.partition, (), end), now_ms))
        await self._examiner.before_tick(now_ms)
        step = self._tick_shard(now_ms)
        if step is not None:
            await self._make_durable(step)
            self._further_steps += step.more

    def _tick_shard(self, now_ms: int) -> Step | None:
        """Let the shard see the clock, and whether all that there is to read was worked."""
        self._pace.begin()
        source = self._source
        caught_up = all(source.end_reached(tp) and self._worked_to.get(tp) == source.handed(tp) for tp in self.nouns)
        step = self.shard.tick(now_ms, caught_up=caught_up)
        self._more = step is not None and step.more
        return step

    async def _make_durable(self, step: Step) -> None:
        await self._context.delivery.make_durable(self.name, self._partition, step, self._source)
        self._examiner.note(step)

    def _place(self, batch: Batch) -> InputPartition:
        return InputPartition(self._context.settings.topic(batch.topic), batch.partition)

    # -- restoring ---------------------------------------------------------------------------------------------------

    async def _restore_in_time(self) -> None:
        try:
            await asyncio.wait_for(self._restore(), RESTORE_LIMIT_SECONDS)
        except TimeoutError as error:
            raise WinnowError(
                f"state of {self._context.stage.name} {self.name} was not restored within {RESTORE_LIMIT_SECONDS:.0f} s",
                hint="Is the broker there? The supervisor starts a new worker.",
            ) from error

    async def _restore(self) -> None:
        context = self._context
        started = context.clock.seconds()
        items = await context.delivery.take_over(self.name, self._partition)
        # Much state takes seconds, and the loop has heartbeats and probes to answer.
        step = await asyncio.to_thread(self.shard.restore, items)
        self._more = step.more
        topics = await self._same_topics(step)
        self._taken_to = await self._beginnings(step)
        await context.delivery.resume(self.name, self._partition, step, self._source, topics)
        mark = self._examiner.restored(load_mark(context.delivery.mark(self.name)), step)
        await context.delivery.leave_mark(self.name, self._partition, mark.dump())
        self.restored = True
        seconds = context.clock.seconds() - started
        context.metrics.recovered(seconds)
        if items:
            log.info("%s %s: restored %d keys in %.1f s", context.stage.name, self.name, len(items), seconds)

    async def _same_topics(self, step: Step) -> dict[str, str]:
        """The ids of the input topics, noun -> id. Raises WinnowError for one that is not the topic which the state has worked."""
        known, found = self._context.delivery.topics(self.name), await self._context.identities({tp.topic for tp in self.nouns})
        for tp, noun in self.nouns.items():
            position, former, now = step.positions.get((noun, tp.partition), 0), known.get(noun), found.get(tp.topic)
            if position and former and now and former != now:
                raise made_anew(
                    f"by its state {self._context.stage.name} {self.name} has worked {tp.topic}/{tp.partition} to {position}, as a topic "
                    f"with the id {former}; now it is {now}"
                )
        return {noun: found[tp.topic] for tp, noun in self.nouns.items() if tp.topic in found}

    async def _beginnings(self, step: Step) -> dict[InputPartition, int]:
        """Up to where input is done. Raises WinnowError for a position behind the committed offset: state is written first, so
        records of it were lost.
        """
        context = self._context
        committed = await context.committed(self.nouns)
        found: dict[InputPartition, int] = {}
        for tp, noun in self.nouns.items():
            position, offset = step.positions.get((noun, tp.partition), 0), committed.get(tp, 0)
            if offset > position:
                self._lose(tp, position, offset)
            found[tp] = max(position, offset)
        return found

    def _lose(self, tp: InputPartition, position: int, offset: int) -> None:
        """Go on although state ends before the commit, or raise WinnowError.

        A topic that was made anew holds nothing that could be waited for, and whoever made it anew was told to.
        """
        context = self._context
        stage, topic = context.stage.name, context.delivery.changelog.topic
        blank = context.delivery.changelog.blank(self.name)
        if not blank and not context.settings.accept_state_loss:
            group = f"{context.settings.prefix}-{stage}"
            raise WinnowError(
                f"group {group} is committed at {offset} of {tp.topic}/{tp.partition}, but by its state {stage} {self.name} has worked to "
                f"{position} only: somebody moved the group (a reset to latest?), or {topic} has lost records",
                hint=f"Moved: set it back (kafka-consumer-groups.sh --group {group} --topic {tp.topic}:{tp.partition} --reset-offsets "
                f"--to-offset {position} --execute). Lost: restore that topic. Or go on at {offset} with WINNOW_ACCEPT_STATE_LOSS=true.",
            )
        why = f"{topic}/{self._partition} was made anew" if blank else "as WINNOW_ACCEPT_STATE_LOSS says"
        log.warning("%s %s goes on at %d of %s/%d without what it remembered: %s", stage, self.name, offset, *tp, why)
        self.shard.state_lost()
