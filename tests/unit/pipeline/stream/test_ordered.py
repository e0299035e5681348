"""The frame of the stages that merge: what it tells downstream, and when a stage may hold its records back."""

from collections.abc import Mapping, Sequence

import pytest

from pipeline.stream.accounted import OF_NO_RECORD, Arrived
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.merge import Merge
from pipeline.stream.ordered import RUN_RECORDS, OrderedShard
from pipeline.stream.stage import WATERMARK, Batch, InputRecord, Output, Record, Step, header, watermark

SOURCES = ("sift/posts/0", "sift/posts/1")


class Forwarder(OrderedShard[bytes]):
    """Passes every record on."""

    stage = "correlate"
    ordered = "information"
    downstream = "situations"

    def parse(self, record: InputRecord, topic: str) -> bytes | Unreadable:
        """The value as it is."""
        return record.value or b""

    def apply(self, run: Sequence[Arrived[bytes]], step: Step) -> list[str]:
        """One output a record."""
        step.outputs += [Output("situations", b"k", one.message, "i", one.clock, self.source, one.lineage, "", one.clock) for one in run]
        return ["case"] * len(run)

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Count that the clock came by."""
        step.count("clock", str(now_ms), str(caught_up))

    def changes(self) -> dict[bytes, bytes | None]:
        """No state."""
        return {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """No state."""


def record(offset: int, source: str, clock: int, *, idle: bool | None = None) -> Record:
    """A record of a source, or its promise when ``idle`` is given."""
    if idle is not None:
        mark = watermark("information", source, clock, idle=idle)
        return Record(offset, clock, None, mark.value, mark.headers())
    output = Output("information", b"k", b"{}", f"{source}/{offset}", clock, source, f"posts/0/{offset}/0", "", clock)
    return Record(offset, clock, output.key, output.value, output.headers())


def last_word(step: Step) -> tuple[bytes | None, bytes | None]:
    """(type, idle) of the last output downstream."""
    last = step.outputs[-1]
    found = Record(0, 0, None, None, last.headers())
    return header(found, "ce_type"), header(found, "ce_idle")


def test_idleness_is_told_again_after_every_record() -> None:
    """Records at a clock that was already told as idle are followed by another word of idleness, with the same clock or not."""
    shard = Forwarder(0, SOURCES)
    idle = (b"winnow.watermark.v1", b"1")
    first = [record(0, SOURCES[0], 100), record(1, SOURCES[0], 100, idle=True), record(2, SOURCES[1], 50, idle=True)]
    assert last_word(shard.process(Batch("information", 0, first), 0)) == idle
    late = [record(3, SOURCES[1], 60), record(4, SOURCES[1], 60, idle=True)]
    step = shard.process(Batch("information", 0, late), 0)
    assert [output.noun for output in step.outputs] == ["situations", "situations"]
    assert last_word(step) == idle


def test_nothing_is_told_twice_without_a_reason() -> None:
    """A watermark that changes nothing is not passed on."""
    shard = Forwarder(0, SOURCES)
    marks = [record(0, SOURCES[0], 100, idle=True), record(1, SOURCES[1], 100, idle=True)]
    assert last_word(shard.process(Batch("information", 0, marks), 0)) == (b"winnow.watermark.v1", b"1")
    again = [record(2, SOURCES[0], 100, idle=True)]
    assert shard.process(Batch("information", 0, again), 0).outputs == []


def test_who_is_no_source_is_named() -> None:
    """By a record or a promise: a shard that was added must not be refused, nor its promise be passed over. Sources are not."""
    shard = Forwarder(0, SOURCES)
    strange = [record(0, SOURCES[0], 100), record(1, "sift/posts/2", 100), record(2, "sift/posts/3", 100, idle=True)]
    step = shard.process(Batch("information", 0, strange), 0)
    assert step.unknown_sources == {"sift/posts/2", "sift/posts/3"}
    assert [output.noun for output in step.outputs] == ["rejected"]
    assert shard.process(Batch("information", 0, [record(3, SOURCES[1], 100)]), 0).unknown_sources == set()


class Careful(Forwarder):
    """Works on records only while it may; remembers how many it was told of."""

    may = False

    def __init__(self) -> None:
        super().__init__(0, SOURCES[:1])
        self.released: list[int] = []

    def before_release(self, step: Step) -> bool:
        """Write down that it is about to."""
        step.changes[b"about"] = b"1"
        return self.may

    def after_release(self, step: Step, released: int) -> None:
        """Remember it."""
        self.released.append(released)


def test_a_stage_may_hold_its_records_back() -> None:
    """Until it lets them go they stay unsettled and in their order, and what it writes down meanwhile is a part of the step."""
    shard = Careful()
    records = [record(5, SOURCES[0], 100), record(6, SOURCES[0], 101), record(7, SOURCES[0], 101, idle=True)]
    held = shard.process(Batch("information", 0, records), 0)
    assert [output.noun for output in held.outputs if output.type == ""] == []
    assert held.changes[b"about"] == b"1"
    assert held.positions == {("information", 0): 5}
    assert shard.released == []
    shard.may = True
    step = shard.tick(0, caught_up=True)
    assert step is not None
    assert [output.clock for output in step.outputs if output.type == ""] == [100, 101]
    assert step.positions == {("information", 0): 8}
    assert shard.released == [2]


def test_a_watermark_counts_also_when_it_is_read_again() -> None:
    """A settled watermark changes no account, but a merge that was restored may not know the promise; idleness only if nothing followed."""
    shard = Careful()
    shard.may = True
    mark = record(5, SOURCES[0], 100, idle=True)
    first = shard.process(Batch("information", 0, [mark]), 0)
    assert first.positions == {("information", 0): 6}
    again = shard.process(Batch("information", 0, [mark]), 0)
    assert again.spans == []
    assert shard.merge.floor() == (100, True)
    shard.process(Batch("information", 0, [record(6, SOURCES[0], 90)]), 0)
    shard.process(Batch("information", 0, [mark]), 0)
    assert shard.merge.floor() == (100, False)


def test_a_record_of_nobody_upstream_is_rejected() -> None:
    """Without a source that is known and a clock that can be, a record has no place in the order."""
    shard = Careful()
    shard.may = True
    records = [record(5, "sift/posts/9", 100), record(6, SOURCES[0], 253_370_764_800_001)]
    step = shard.process(Batch("information", 0, records), 0)
    assert step.counts == {("rejected", "unknown_upstream"): 2}
    assert step.positions == {("information", 0): 7}


def test_a_step_ends_when_its_time_is_up() -> None:
    """It is asked after every run of records; what is left is done by ticks, in order, each record once."""
    shard = Forwarder(0, SOURCES[:1])
    amount = 3 * RUN_RECORDS + 7
    shard.enough = lambda: True
    step: Step | None = shard.process(Batch("information", 0, [record(at, SOURCES[0], at) for at in range(amount)]), 0)
    clocks, most = [], 0
    while step is not None:
        worked = [output.clock for output in step.outputs if output.type == ""]
        clocks += worked
        most = max(most, len(worked))
        step = shard.tick(0, caught_up=False) if step.more else None
    assert clocks == list(range(amount))
    assert most == RUN_RECORDS


def test_a_step_of_slow_records_is_short() -> None:
    """Where a run is enough for a step by itself the next one is half as long; quick records are worked in long runs again."""

    class Slow(Forwarder):
        seconds, cost = 0.0, 0.01

        def apply(self, run: Sequence[Arrived[bytes]], step: Step) -> list[str]:
            self.seconds += self.cost * len(run)
            return super().apply(run, step)

    shard = Slow(0, SOURCES[:1])
    began = 0.0
    shard.enough = lambda: shard.seconds - began > 0.25
    took, clocks = [], []
    step: Step | None = shard.process(Batch("information", 0, [record(at, SOURCES[0], at) for at in range(2_000)]), 0)
    while step is not None:
        took.append(shard.seconds - began)
        began = shard.seconds
        clocks += [output.clock for output in step.outputs if output.type == ""]
        shard.cost = 0.01 if len(clocks) < 1_000 else 0.0001
        step = shard.tick(0, caught_up=False) if step.more else None
    assert clocks == list(range(2_000))
    assert took[0] == pytest.approx(2.56)
    assert max(took[3:]) < 0.6
    assert len(took) < 40


def test_a_rehearsal_names_what_is_released_not_what_releases_it() -> None:
    """The record that was taken in last lets another one go first: that one is what is worked on when the process ends there."""
    shard = Forwarder(0, SOURCES)
    shard.process(Batch("information", 0, [record(5, SOURCES[0], 100), record(6, SOURCES[0], 101)]), 0)
    named: list[int] = []
    shard.rehearse(Batch("information", 0, [record(7, SOURCES[1], 100)]), 0, lambda topic, partition, offset: named.append(offset))
    assert named == [7, 5, 7, OF_NO_RECORD]


def test_a_rehearsal_without_records_works_what_is_due_by_time() -> None:
    """History waits for its grace; when that is over, time alone lets it go."""
    shard = Forwarder(0, SOURCES).with_grace(2.0)
    old = [record(5, SOURCES[1], 100, idle=True), record(6, SOURCES[0], 100)._replace(timestamp=10_000_000)]
    shard.process(Batch("information", 0, old), 1_000)
    assert not shard.due(2_999)
    assert shard.due(3_000)
    named: list[int] = []
    shard.rehearse(Batch("information", 0, []), 3_000, lambda topic, partition, offset: named.append(offset))
    assert named == [OF_NO_RECORD, 6]


def test_what_is_told_downstream_is_the_clock_that_nobody_precedes() -> None:
    """The least of what the sources promise; nothing while one of them has said nothing."""
    shard = Forwarder(0, SOURCES)
    assert shard.process(Batch("information", 0, [record(0, SOURCES[0], 100, idle=False)]), 0).outputs == []
    told = shard.process(Batch("information", 0, [record(1, SOURCES[1], 70, idle=False)]), 0).outputs
    assert [(one.type, one.clock, one.idle) for one in told] == [("winnow.watermark.v1", 70, False)]


def test_idleness_that_is_read_again_behind_a_restart_lets_nobody_pass() -> None:
    """The first source was idle at offset 1 and spoke again at 2: who reads 1 once more must not take it for news."""
    records = [record(0, SOURCES[1], 150), record(1, SOURCES[0], 100, idle=True), record(2, SOURCES[0], 120)]
    first = Forwarder(0, SOURCES)
    step = first.process(Batch("information", 0, records), 0)
    assert [output.clock for output in step.outputs if output.type != WATERMARK] == [120]
    assert step.positions == {("information", 0): 0}
    again = Forwarder(0, SOURCES)
    again.restore({key: value for key, value in step.changes.items() if value is not None})
    assert [one.clock for one in again.process(Batch("information", 0, records[:2]), 0).outputs if one.type != WATERMARK] == []
    rest = [records[2], record(3, SOURCES[0], 200, idle=False)]
    assert [one.clock for one in again.process(Batch("information", 0, rest), 0).outputs if one.type != WATERMARK] == [150]


def test_a_source_of_which_nothing_is_known_is_not_waited_for_once_state_was_lost() -> None:
    """It has nothing to read, and will not say so again."""
    shard = Forwarder(0, SOURCES)
    waiting = [record(0, SOURCES[0], 100)]
    assert shard.process(Batch("information", 0, waiting), 0).outputs == []
    shard.state_lost()
    step = shard.tick(1, caught_up=True)
    assert step is not None
    assert [output.clock for output in step.outputs if output.type != WATERMARK] == [100]
    assert step.counts[("clock", "1", "True")] == 1


def test_memory_comes_before_order_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of what waits the oldest go on unordered: each is counted once."""
    shard = Forwarder(0, SOURCES)
    monkeypatch.setattr(shard, "merge", Merge[Arrived[bytes]](SOURCES, limit=1))
    many = [record(offset, SOURCES[0], 100 + offset) for offset in range(3)]
    assert shard.process(Batch("information", 0, many), 0).counts == {("merge_forced",): 2}
    assert shard.process(Batch("information", 0, [record(3, SOURCES[0], 110)]), 0).counts == {("merge_forced",): 1}


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_stage_hears_how_many_were_released(one_by_one: bool) -> None:
    """In this step, however often it went about it; none when nothing may be."""
    released: list[int] = []

    class Hearing(Forwarder):
        """Notes it."""

        def after_release(self, step: Step, amount: int) -> None:
            released.append(amount)

    Hearing.one_by_one = one_by_one
    shard = Hearing(0, SOURCES)
    shard.process(Batch("information", 0, [record(0, SOURCES[1], 50, idle=True)]), 0)
    shard.process(Batch("information", 0, [record(offset, SOURCES[0], 100 + offset) for offset in (1, 2, 3)]), 0)
    shard.tick(0, caught_up=True)
    assert released == [0, 3, 0]


def test_who_lost_state_says_that_nothing_is_to_be_read() -> None:
    """Of sources that said so before, and do not say it again."""
    shard = Forwarder(0, SOURCES)
    step = shard.tick(0, caught_up=True)
    assert step is not None
    assert step.outputs == [], "nothing is known yet"
    shard.state_lost()
    step = shard.tick(0, caught_up=True)
    assert step is not None
    assert last_word(step) == (b"winnow.watermark.v1", b"1")


def test_what_needs_no_order_is_applied_as_it_arrives() -> None:
    """With its place, the time of its writing and its lineage; of event time it knows none."""
    seen: list[Arrived[bytes]] = []

    class Direct(Forwarder):
        """Has another input."""

        def apply_direct(self, arrived: Arrived[bytes], step: Step, now_ms: int) -> str:
            seen.append(arrived)
            assert now_ms == 77
            return "case"

    shard = Direct(0, SOURCES)
    step = shard.process(Batch("posts", 3, [record(5, SOURCES[0], 100)]), 77)
    (one,) = seen
    assert (one.topic, one.partition, one.offset, one.clock, one.appended_ms) == ("posts", 3, 5, 0, 100)
    assert (one.lineage, one.message) == ("posts/0/5/0", b"{}")
    assert step.positions[("posts", 3)] == 6


def test_what_the_broker_does_not_have_behind_the_last_record_is_passed() -> None:
    """Markers at the end: the position goes on behind them, so nobody waits for them."""
    shard = Forwarder(0, SOURCES[:1])
    assert shard.process(Batch("information", 0, [record(0, SOURCES[0], 100)]), 0).positions == {("information", 0): 1}
    assert shard.process(Batch("information", 0, [], 5), 0).positions == {("information", 0): 5}


def test_the_last_stage_promises_nobody() -> None:
    """It has no stage behind it."""

    class Last(Forwarder):
        downstream = None

    shard = Last(0, SOURCES[:1])
    step = shard.process(Batch("information", 0, [record(0, SOURCES[0], 100), record(1, SOURCES[0], 200, idle=True)]), 0)
    assert [output.type for output in step.outputs] == [""]


class InTurn(Forwarder):
    """Works on what is ready before it hears of more, as soon as it may."""

    one_by_one = True
    may = False

    def before_release(self, step: Step) -> bool:
        """Once a test lets it."""
        return self.may


@pytest.mark.parametrize("slow", [False, True])
def test_what_is_ready_is_worked_before_more_is_heard_unless_it_takes_too_long(*, slow: bool) -> None:
    """A late word of an idle source comes behind what was ready before it; of a step that has gone on for long enough, behind a part."""
    shard, ready = InTurn(0, SOURCES), 2 * RUN_RECORDS
    waiting = [record(0, SOURCES[1], 50, idle=True), *(record(number, SOURCES[0], 100) for number in range(1, ready + 1))]
    assert [output.type for output in shard.process(Batch("information", 0, waiting), 0).outputs if output.type != WATERMARK] == []
    shard.may, shard.enough = True, lambda: slow
    late = record(ready + 1, SOURCES[1], 60)
    step = shard.process(Batch("information", 0, [late]), 0)
    worked = [output.lineage for output in step.outputs if output.type != WATERMARK]
    assert worked.index(f"posts/0/{ready + 1}/0") == (RUN_RECORDS if slow else ready)
