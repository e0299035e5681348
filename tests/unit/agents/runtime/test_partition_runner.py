"""What a runner makes of holes and of state that does not fit the commit; `test_schedules` tries the order of things."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

from agents.runtime.examiner import WaitingPoison
from agents.runtime.partition_runner import LostInput
from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.rehearsal import Ended
from agents.runtime.suspicion import load_mark
from pipeline.ledger import Book
from pipeline.stream import WATERMARK, Arrived, Batch, OrderedShard, Output, Step, UnorderedShard
from schemas.errors import WinnowError
from tests.unit.agents.runtime import hosts
from tests.unit.agents.runtime.controlled_loop import ControlledLoop
from tests.unit.agents.runtime.fakes import FakeRecord
from tests.unit.agents.runtime.hosts import DECISIONS, OUTCOMES, Applying, Host
from tests.unit.agents.runtime.world import Schedule, World


def played(course: Callable[[World], None]) -> World:
    """The deployment after a course of events, in which the network answers at once."""
    with ControlledLoop() as loop:
        deployment = World(Schedule(()), loop)
        deployment.network.held = False
        course(deployment)
    return deployment


def opened(deployment: World) -> Host:
    """A worker that has both partitions and is restored or has failed; a test brings the batches itself."""
    host = Host(deployment)
    deployment.generation += 1
    host.source.generation = deployment.generation
    deployment.loop.run(host.partitions.open([DECISIONS, OUTCOMES], host.source))
    deployment.loop.run_until(lambda: not host.partitions.unrestored() or host.failure)
    return host


def worked(host: Host, *batches: RecordBatch) -> None:
    """Bring batches, and wait until they are durable or the worker has failed."""
    for batch in batches:
        host.world.loop.run(host.partitions.deliver(batch))
    end = batches[-1].records[-1].offset + 1
    host.world.loop.run_until(lambda: host.source.settled(batches[-1].tp) == end or host.failure)


def batch(follows: int, *offsets: int) -> RecordBatch:
    """A batch of decisions."""
    return RecordBatch(DECISIONS, [FakeRecord(offset, 0, None, b"%d" % offset) for offset in offsets], follows)


def test_a_hole_of_the_broker_is_absent() -> None:
    """Nothing was fetched between the two batches: a marker, or compacted away."""

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1), batch(2, 4))
        deployment.loop.run(host.partitions.finish(host.source))
        assert host.failure is None

    deployment = played(course)
    assert deployment.dispositions(DECISIONS, 5) == ["acted", "acted", "absent", "absent", "acted"]
    assert deployment.committed[DECISIONS] == 5


class Waiting(OrderedShard[str]):
    """Two sources: what one of them says waits until the other has spoken."""

    stage = hosts.STAGE
    ordered = "decisions"

    def __init__(self) -> None:
        super().__init__(0, ["up/0", "up/1"])

    def parse(self, record: Any, topic: str) -> str:
        """The value."""
        return bytes(record.value).decode()

    def apply(self, run: Sequence[Arrived[str]], step: Step) -> list[str]:
        """One output each."""
        for arrived in run:
            step.outputs.append(Output(hosts.OUT, b"k", b"{}", arrived.message, 0, self.source, "", ""))
        return ["acted"] * len(run)

    def changes(self) -> dict[bytes, bytes | None]:
        """Nothing but the position."""
        return {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Nothing."""


@pytest.mark.parametrize("again", [(0, 1), (1, 2), (1,)], ids=["all of it", "and more", "a part"])
def test_what_is_handed_out_again_while_it_waits_is_worked_once(monkeypatch: pytest.MonkeyPatch, again: tuple[int, ...]) -> None:
    """A fetch that begins anew brings records that wait in the merge, unsettled: their second coming is left out."""
    monkeypatch.setattr(Host, "make", Waiting)

    def of(number: int, follows: int, *offsets: int) -> RecordBatch:
        headers = [("ce_source", b"up/%d" % number), ("ce_clock", b"1"), ("ce_type", b"x" if number == 0 else WATERMARK.encode())]
        return RecordBatch(
            DECISIONS, [FakeRecord(offset, 0, None, b"%d" % offset, [*headers, ("ce_idle", b"1")]) for offset in offsets], follows
        )

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, of(0, 0, 0, 1), of(0, 0, *again), of(0, 2, 2), of(1, 3, 3))
        deployment.loop.run(host.partitions.finish(host.source))
        assert host.failure is None, host.failure

    deployment = played(course)
    assert deployment.dispositions(DECISIONS, 4) == ["acted", "acted", "acted", "watermark"]
    assert deployment.outputs() == ["0", "1", "2"]


def heard_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What shards made from here on hear with each tick: whether all that there is was worked."""
    seen: list[bool] = []

    class Clocked(Applying):
        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            seen.append(caught_up)
            return super().tick(now_ms, caught_up=caught_up)

    monkeypatch.setattr(Host, "make", Clocked)
    return seen


def test_a_successor_that_reads_only_what_was_done_has_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker died between state and commit, and nothing follows: the next one acknowledges what comes again, and its timers run."""
    seen = heard_of_the_clock(monkeypatch)

    def course(deployment: World) -> None:
        worked(opened(deployment), batch(0, 0, 1, 2))
        again = opened(deployment)
        again.source._handed[DECISIONS] = 3
        again.source._passed = dict(hosts.END)
        seen.clear()
        worked(again, batch(0, 0, 1, 2))
        deployment.loop.run_until(lambda: bool(seen) or again.failure)
        assert again.failure is None
        assert again.source.settled(DECISIONS) == 3

    deployment = played(course)
    assert set(seen) == {True}
    assert deployment.outputs() == [f"decisions/{offset}" for offset in range(3)]


@pytest.mark.parametrize("restored", [False, True], ids=["of a tick", "of a restore"])
def test_work_that_is_left_comes_before_further_input(monkeypatch: pytest.MonkeyPatch, *, restored: bool) -> None:
    """A shard that says so is let go on, step after step, each durable, until it has no more; then records are taken in."""
    order: list[str] = []

    class Owing(Applying):
        left = 0

        def restore(self, items: Mapping[bytes, bytes]) -> Step:
            step = super().restore(items)
            self.left, step.more = (3, True) if restored else (0, False)
            return step

        def apply(self, arrived: Arrived[int], step: Step) -> str:
            order.append(f"record {arrived.offset}")
            self.left = 0 if restored else 3
            return super().apply(arrived, step)

        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            if self.left == 0:
                return None
            self.left -= 1
            order.append(f"step {self.left}")
            return Step(changes={b"left": b"%d" % self.left}, more=self.left > 0)

    monkeypatch.setattr(Host, "make", Owing)

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0))
        deployment.loop.run_until(lambda: "step 0" in order or host.failure)
        worked(host, batch(1, 1))
        deployment.loop.run(host.partitions.finish(host.source))
        assert host.failure is None

    played(course)
    steps = ["step 2", "step 1", "step 0"]
    assert order[:5] == ([*steps, "record 0", "record 1"] if restored else ["record 0", *steps, "record 1"])


def test_a_retention_gap_of_a_billion_offsets_is_one_entry() -> None:
    """It is worked, accounted for and remembered like a marker: state and ledger hold a number, and a successor goes on behind it."""
    far = 10**9

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1), batch(2, 2 + far))
        deployment.loop.run(host.partitions.finish(host.source))
        assert host.failure is None
        again = opened(deployment)
        worked(again, batch(3 + far, 3 + far))
        deployment.loop.run(again.partitions.finish(again.source))
        assert again.failure is None

    deployment = played(course)
    assert deployment.committed[DECISIONS] == 4 + far
    book = Book()
    for record in deployment.kafka.log(hosts.SETTINGS.topic("ledger")):
        book.read(record.value)
    assert book.counts() == {"act": {"absent": far, "acted": 4}}
    assert sum(len(record.value or b"") for log in deployment.kafka.logs.values() for record in log) < 10_000


@pytest.mark.parametrize(
    ("place", "read", "log_start", "first", "counted"),
    [
        (DECISIONS, 2, 700, 900, 698), (DECISIONS, 2, 1_000, 900, 898), (DECISIONS, 2, 2, 900, 0), (DECISIONS, 0, 700, 900, 700),
        (OUTCOMES, 2, 700, 900, 698), (OUTCOMES, 0, 700, 900, 0),
    ],
    ids=["part of a hole", "all of it, and more since", "markers only", "before the first start", "of others", "of others before it came"],
)  # fmt: skip
def test_what_was_deleted_unread_is_counted_and_said(
    caplog: pytest.LogCaptureFixture, place: InputPartition, read: int, log_start: int, first: int, counted: int
) -> None:
    """A hole is retention's up to where the log starts; what others wrote before the first worker came is nobody's loss."""
    noun = hosts.SETTINGS.noun(place.topic)

    def total() -> float:
        return hosts.METRICS.registry.get_sample_value("winnow_deleted_unread_events_total", {"stage": "act", "topic": noun}) or 0.0

    def brought(*offsets: int, follows: int, start: int = 0) -> RecordBatch:
        return RecordBatch(place, [FakeRecord(offset, 0, None, b"%d" % offset) for offset in offsets], follows, start)

    def course(deployment: World) -> None:
        host = opened(deployment)
        if read:
            worked(host, brought(*range(read), follows=0))
        worked(host, brought(first, follows=read, start=log_start))
        deployment.loop.run(host.partitions.close())
        assert host.failure is None

    before = total()
    deployment = played(course)
    assert total() - before == counted
    book = Book()
    for record in deployment.kafka.log(hosts.SETTINGS.topic("ledger")):
        book.read(record.value)
    told = {("act", noun, 0): array("q", (read, read + counted - 1))} if counted and noun == "outcomes" else {}
    assert book.deleted == told, "of what stages write the ledger says itself where it lies"
    said = [record.message for record in caplog.records if "deleted before they were read" in record.message]
    assert len(said) == (counted > 0)
    if said:
        assert f"act: offsets {read} to {read + counted - 1} of {place.topic}/0 were deleted" in said[0]


def test_a_hole_of_our_own_ends_the_worker() -> None:
    """Something was fetched between the two batches: nothing behind the first is worked, accounted for or committed."""

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1))
        worked(host, batch(4, 4))
        assert isinstance(host.failure, LostInput)
        assert "winnow.decisions.v1/0: offsets 2 to 3 were fetched and never worked" in str(host.failure)
        deployment.loop.run(host.partitions.finish(host.source))

    deployment = played(course)
    assert deployment.dispositions(DECISIONS, 5) == ["acted", "acted", None, None, None]
    assert deployment.committed[DECISIONS] == 2


def test_what_is_handed_out_again_is_applied_once() -> None:
    """Faust seeks back to the commit: records that were worked come again, and those behind them follow."""

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1, 2))
        worked(host, batch(1, 1, 2), batch(3, 3))
        assert host.failure is None
        deployment.loop.run(host.partitions.close())
        assert host.partitions.places() == []

    deployment = played(course)
    assert deployment.dispositions(DECISIONS, 4) == ["acted"] * 4
    assert deployment.outputs() == [f"decisions/{offset}" for offset in range(4)]


def test_input_that_goes_back_ends_the_worker() -> None:
    """The topic was made anew: what has an offset that was worked would be passed over as done."""

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1, 2))
        worked(host, batch(3, 1))
        assert isinstance(host.failure, WinnowError)
        assert "winnow.decisions.v1/0 was read to 3 and goes on at 1: it was deleted and made anew, or cut back" in str(host.failure)
        deployment.loop.run(host.partitions.finish(host.source))

    deployment = played(course)
    assert deployment.committed[DECISIONS] == 3
    assert deployment.outputs() == [f"decisions/{offset}" for offset in range(3)]


@pytest.mark.parametrize(
    ("worked_as", "now", "refused"),
    [("one", "two", True), ("one", "one", False), ("one", "", False), ("", "two", False)],
    ids=["another one", "the same", "not known now", "not known then"],
)
def test_a_topic_that_was_made_anew_is_not_gone_on_with(worked_as: str, now: str, refused: bool) -> None:
    """However large the new one is: its records have the offsets of others that are accounted for."""

    def course(deployment: World) -> None:
        deployment.topic_ids = {DECISIONS.topic: worked_as} if worked_as else {}
        worked_to_one(deployment)
        deployment.topic_ids = {DECISIONS.topic: now} if now else {}
        host = opened(deployment)
        assert (host.failure is not None) == refused
        if refused:
            assert "has worked winnow.decisions.v1/0 to 1, as a topic with the id one; now it is two" in str(host.failure)

    played(course)


def test_a_topic_that_was_made_anew_before_it_was_worked_is_gone_on_with() -> None:
    """Nothing of the former one is done, so nothing of the new one is passed over."""

    def course(deployment: World) -> None:
        deployment.topic_ids = {DECISIONS.topic: "a", OUTCOMES.topic: "b"}
        worked_to_one(deployment)
        deployment.topic_ids = {DECISIONS.topic: "a", OUTCOMES.topic: "c"}
        for _ in range(2):
            host = opened(deployment)
            assert host.failure is None
            deployment.loop.run(host.revoke())

    played(course)


def worked_to_one(deployment: World) -> None:
    """A worker has worked one record, and left."""
    host = opened(deployment)
    worked(host, batch(0, 0))
    deployment.loop.run(host.revoke())


def test_state_behind_the_commit_is_refused() -> None:
    """State is written before offsets: somebody moved the group, or the changelog has lost records. Going on would be silent about it."""

    def course(deployment: World) -> None:
        worked_to_one(deployment)
        deployment.committed[DECISIONS] = 3
        host = opened(deployment)
        assert isinstance(host.failure, WinnowError)
        assert str(host.failure).startswith(
            "group winnow-act is committed at 3 of winnow.decisions.v1/0, but by its state act 0 has worked to 1 only: "
            "somebody moved the group (a reset to latest?), or winnow.act-state.v1 has lost records"
        )
        assert "--group winnow-act --topic winnow.decisions.v1:0 --reset-offsets --to-offset 1 --execute" in host.failure.hint
        assert "WINNOW_ACCEPT_STATE_LOSS=true" in host.failure.hint

    deployment = played(course)
    assert deployment.outputs() == ["decisions/0"]
    assert deployment.committed[DECISIONS] == 3


def test_state_that_was_made_anew_leads_to_a_start(caplog: pytest.LogCaptureFixture) -> None:
    """There is nothing that could be restored: the worker says so and goes on from the commit, also when the first that did so died."""

    def course(deployment: World) -> None:
        deployment.committed[DECISIONS] = 3
        deployment.loop.run(deployment.store().take_over("0", 0))
        host = opened(deployment)
        worked(host, batch(3, 3, 4))
        assert host.failure is None
        deployment.loop.run(host.revoke())

    deployment = played(course)
    assert deployment.outputs() == ["decisions/3", "decisions/4"]
    assert deployment.committed[DECISIONS] == 5
    line = "act 0 goes on at 3 of winnow.decisions.v1/0 without what it remembered: winnow.act-state.v1/0 was made anew"
    assert line in caplog.text


def test_a_loss_that_is_accepted_goes_on_from_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """And from nowhere else: a batch that begins later is still a loss."""
    monkeypatch.setattr(hosts, "SETTINGS", hosts.SETTINGS.model_copy(update={"accept_state_loss": True}))

    def course(deployment: World) -> None:
        worked_to_one(deployment)
        deployment.committed[DECISIONS] = 3
        host = opened(deployment)
        worked(host, batch(3, 3, 4))
        assert host.failure is None
        deployment.committed[DECISIONS] = 7
        later = opened(deployment)
        worked(later, batch(8, 8))
        assert isinstance(later.failure, LostInput)

    assert played(course).outputs() == ["decisions/0", "decisions/3", "decisions/4"]


@pytest.mark.parametrize("added", [True, False])
def test_a_shard_that_was_added_is_not_refused(monkeypatch: pytest.MonkeyPatch, added: bool) -> None:
    """A claim that names a new shard of the stage before ends the worker before anything is written; any other is worked as it is."""

    def process(shard: hosts.Applying, one: Batch, now_ms: int) -> Step:
        step = UnorderedShard.process(shard, one, now_ms)
        step.unknown_sources = {"decide/situations/4"}
        return step

    async def sources() -> frozenset[str]:
        return frozenset({"decide/situations/3", "decide/situations/4"} if added else {"decide/situations/3"})

    monkeypatch.setattr(hosts.Applying, "process", process, raising=False)
    monkeypatch.setattr(hosts, "RunnerContext", partial(hosts.RunnerContext, sources=sources))

    def course(deployment: World) -> None:
        host = opened(deployment)
        worked(host, batch(0, 0, 1))
        if added:
            assert isinstance(host.failure, WinnowError)
            assert "act 0: decide/situations/4 is a shard that was added since this worker started" in str(host.failure)
        else:
            assert host.failure is None

    deployment = played(course)
    assert deployment.outputs() == ([] if added else ["decisions/0", "decisions/1"])
    assert deployment.dispositions(DECISIONS, 2) == ([None, None] if added else ["acted", "acted"])


def test_a_partition_that_is_not_in_use_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was added and has no state: what is read of it is dropped, nothing is written or committed, the others are worked."""
    monkeypatch.setattr(hosts, "Stage", partial(hosts.Stage, partitions={"decisions": 1, "outcomes": 1}))
    more = InputPartition(DECISIONS.topic, 1)

    def course(deployment: World) -> None:
        host = Host(deployment)
        deployment.generation = host.source.generation = 1
        deployment.loop.run(host.partitions.open([DECISIONS, OUTCOMES, more], host.source))
        deployment.loop.run_until(lambda: not host.partitions.unrestored() or host.failure)
        deployment.loop.run(host.partitions.deliver(RecordBatch(more, [FakeRecord(0, 1, None, b"0")], 0)))
        worked(host, batch(0, 0, 1))
        assert host.failure is None
        assert sorted(host.partitions.places()) == [DECISIONS, OUTCOMES]
        deployment.loop.run(host.partitions.finish(host.source))

    deployment = played(course)
    assert deployment.outputs() == ["decisions/0", "decisions/1"]
    assert more not in deployment.committed


def test_a_revocation_waits_for_the_step_in_flight() -> None:
    """The next owner begins where the commit stands: what is half written is finished and committed first, what waits is dropped."""

    def course(deployment: World) -> None:
        loop, network = deployment.loop, deployment.network
        host = opened(deployment)
        network.held = True
        for one in (batch(0, 0, 1, 2), batch(3, 3)):
            loop.run(host.partitions.deliver(one))
        loop.run_until(lambda: network.requests)
        revoking = loop.create_task(host.revoke())
        while loop.step():
            pass
        assert not revoking.done(), "outputs are on their way"
        while not revoking.done():
            if not loop.step():
                network.take(network.requests[0]).answer()
        network.held = False
        assert host.failure is None

    deployment = played(course)
    assert deployment.committed == {DECISIONS: 3}
    assert deployment.outputs() == ["decisions/0", "decisions/1", "decisions/2"]


def test_slow_records_are_worked_in_steps_of_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand records of 10 ms are one batch: but for the first step, which finds that out, each lasts a quarter of a second at most."""
    monkeypatch.setattr(hosts, "SETTINGS", hosts.SETTINGS.model_copy(update={"batch_records": 4_096}))
    steps: list[float] = []

    def course(deployment: World) -> None:
        host = opened(deployment)
        apply, process = hosts.Applying.apply, hosts.Applying.process

        def slow(shard: hosts.Applying, arrived: Arrived[int], step: Step) -> str:
            host.overslept += 0.01
            return apply(shard, arrived, step)

        def timed(shard: hosts.Applying, one: Batch, now_ms: int) -> Step:
            before = host.seconds()
            done = process(shard, one, now_ms)
            steps.append(host.seconds() - before)
            return done

        monkeypatch.setattr(hosts.Applying, "apply", slow)
        monkeypatch.setattr(hosts.Applying, "process", timed)
        worked(host, batch(0, *range(1_000)))
        assert host.failure is None

    deployment = played(course)
    assert deployment.outputs() == [f"decisions/{offset}" for offset in range(1_000)]
    assert round(steps[0], 2) == 0.64
    assert round(max(steps[1:]), 2) <= 0.25


def test_a_shard_may_ask_whether_its_step_has_lasted_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the worker's clock: a quarter of a second after the step began, so that it leaves the rest to another one."""
    answers: list[bool] = []

    def course(deployment: World) -> None:
        host = opened(deployment)
        apply = hosts.Applying.apply

        def asking(shard: hosts.Applying, arrived: Arrived[int], step: Step) -> str:
            answers.append(shard.enough())
            host.overslept += 0.3
            answers.append(shard.enough())
            return apply(shard, arrived, step)

        monkeypatch.setattr(hosts.Applying, "apply", asking)
        worked(host, batch(0, 0))

    played(course)
    assert answers == [False, True]


@pytest.mark.parametrize(
    ("handed", "ends", "caught_up"), [(3, True, True), (3, False, False), (4, True, False)], ids=["all", "more lies there", "more waits"]
)
def test_a_shard_hears_whether_all_that_there_is_was_worked(
    monkeypatch: pytest.MonkeyPatch, handed: int, ends: bool, caught_up: bool
) -> None:
    """All that the broker has was handed out, and all that was handed out is worked: of every partition of it."""
    seen = heard_of_the_clock(monkeypatch)

    def course(deployment: World) -> None:
        host = opened(deployment)
        host.source._handed[DECISIONS] = handed
        host.source._passed = dict(hosts.END) if ends else {OUTCOMES: hosts.END[OUTCOMES]}
        worked(host, batch(0, 0, 1, 2))
        seen.clear()
        deployment.loop.run_until(lambda: bool(seen) or host.failure)
        assert host.failure is None

    played(course)
    assert set(seen) == {caught_up}


def test_how_long_a_restore_took_is_told() -> None:
    """Once for each."""

    def restores() -> float:
        return hosts.METRICS.registry.get_sample_value("winnow_recovery_seconds_count", {"stage": "act"}) or 0.0

    before = restores()

    def course(deployment: World) -> None:
        opened(deployment)
        opened(deployment)

    played(course)
    assert restores() - before == 2


def test_what_waits_where_a_worker_ended_is_tried_before_the_clock_comes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end this one too: the next owner is told which record it is."""
    tried: list[tuple[str, int, list[Any]]] = []
    ticks: list[int] = []

    async def rehearse(_: object, one: Batch, __: int) -> Ended:
        tried.append((one.topic, one.partition, list(one.records)))
        return Ended(("decisions", 0, 5), "KeyError: 5")

    class Due(Applying):
        def due(self, now_ms: int) -> bool:
            return True

        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            ticks.append(now_ms)
            return super().tick(now_ms, caught_up=caught_up)

    monkeypatch.setattr(hosts, "REHEARSE", rehearse)
    monkeypatch.setattr(Host, "make", Due)

    def course(deployment: World) -> None:
        deployment.loop.run(opened(deployment).partitions.close())
        ticks.clear()
        second = opened(deployment)
        deployment.loop.run_until(lambda: second.failure)
        assert isinstance(second.failure, WaitingPoison)
        assert load_mark(deployment.loop.run(marked(deployment))).aside == {("decisions", 0, 5): "KeyError: 5"}

    played(course)
    assert tried == [("decisions", 0, [])]
    assert ticks == []


async def marked(deployment: World) -> bytes:
    """What the last owner has left for the next one."""
    state = deployment.store()
    await state.take_over("0", 0)
    return state.mark("0")


def test_a_restore_that_does_not_end_ends_the_worker() -> None:
    """After five minutes: a successor may find a broker that answers."""

    def course(deployment: World) -> None:
        deployment.network.held = True
        host = Host(deployment)
        deployment.loop.run(host.partitions.open([DECISIONS, OUTCOMES], host.source))
        deployment.loop.run_until(lambda: host.failure)
        assert isinstance(host.failure, WinnowError)
        assert str(host.failure).startswith("state of act 0 was not restored within 300 s")
        assert deployment.loop.time() == 300.0
        assert host.partitions.unrestored() == ["0"]

    played(course)


@pytest.mark.parametrize("changes", [{b"due": b"1"}, {}], ids=["work", "a word"])
def test_what_is_due_behind_a_batch_is_durable_behind_it(monkeypatch: pytest.MonkeyPatch, changes: dict[bytes, bytes | None]) -> None:
    """The shard sees the clock as soon as nothing waits: its work is a step of its own, a mere word goes out with the batch."""

    class Due(Applying):
        """Something is due once, when all is worked."""

        told = False

        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            if self.told or not self.applied:
                return None
            self.told = True
            return Step([Output(hosts.OUT, b"k", b"0", "due", 0, self.source, "", "")], dict(changes))

    monkeypatch.setattr(Host, "make", Due)
    landed: list[list[str]] = []

    def course(deployment: World) -> None:
        check = deployment.kafka.landed

        def note(topic: str, partition: int, records: Sequence[FakeRecord]) -> None:
            check(topic, partition, list(records))
            if topic == hosts.SETTINGS.topic(hosts.OUT):
                landed.append([dict(record.headers)["ce_id"].decode() for record in records])

        deployment.kafka.landed = note
        host = opened(deployment)
        worked(host, batch(0, 0))
        deployment.loop.run(host.partitions.finish(host.source))
        assert host.failure is None
        assert deployment.loop.run(deployment.store().read("0", 0)).get(b"due") == changes.get(b"due")

    played(course)
    assert landed == ([["decisions/0"], ["due"]] if changes else [["decisions/0", "due"]])
