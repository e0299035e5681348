"""Batches are handed on as they are, or in parts where a record of them ends processes."""

from collections.abc import Sequence
from typing import Any

import pytest

from agents.runtime.examiner import Examiner, WaitingPoison
from agents.runtime.ports import InputPartition
from agents.runtime.rehearsal import Ended
from agents.runtime.suspicion import Mark
from pipeline.stream import AccountedShard, Batch, Step
from schemas.errors import WinnowError
from tests.unit.agents.runtime.fakes import FakeRecord
from tests.unit.agents.runtime.hosts import Applying

TP = InputPartition("winnow.decisions.v1", 0)
PLACE = ("decisions", 0)
Part = tuple[list[int], str | None]


class Source:
    """Of which the end is not known yet."""

    def handed(self, tp: InputPartition) -> int | None:
        """Some."""
        return 100

    def end_reached(self, tp: InputPartition) -> bool:
        """No."""
        return False


class Rehearsals:
    """Processes end at these offsets."""

    def __init__(self, *deadly: int) -> None:
        self.deadly = set(deadly)
        self.waiting: set[int] = set()
        self.asked: list[list[int]] = []

    async def __call__(self, shard: AccountedShard, batch: Batch, now_ms: int) -> Ended | None:
        """At the first of them."""
        offsets = [record.offset for record in batch.records]
        self.asked.append(offsets)
        found = next((offset for offset in [*self.waiting, *offsets] if offset in self.deadly), None)
        return None if found is None else Ended((*PLACE, found), "it ended")


class Waiting(Applying):
    """Has a record that becomes due by time alone."""

    def due(self, now_ms: int) -> bool:
        """From 10 on."""
        return now_ms >= 10


def examiner(rehearsals: Rehearsals, former: Mark | None = None, position: int = 5) -> Examiner:
    """Of a shard that stands where its former owner began, unless something else is said."""
    found = Examiner("act 0", Waiting(), {TP: "decisions"}, Source(), rehearsals, 1_000)  # type: ignore[arg-type]  # as far as asked
    found.restored(former or Mark({PLACE: 5}, {}), Step(positions={PLACE: position}))
    return found


def some(offsets: Sequence[int]) -> Any:
    """A batch of records at these offsets."""
    return Batch("decisions", 0, [FakeRecord(offset, 0, None, b"") for offset in offsets])


async def parts(of: Examiner, offsets: Sequence[int]) -> list[Part]:
    """What a batch comes to."""
    return [([record.offset for record in part.records], why) async for part, why in of.parts(some(offsets), 0)]


async def test_a_shard_that_got_on_is_not_examined() -> None:
    """Its batches are handed on as they are: nothing is tried, nothing split."""
    rehearsals = Rehearsals(6)
    assert await parts(examiner(rehearsals, position=6), [6, 7]) == [([6, 7], None)]
    assert rehearsals.asked == []


async def test_what_comes_through_is_worked_at_once() -> None:
    """A suspect batch in which nothing is wrong is one part."""
    rehearsals = Rehearsals()
    assert await parts(examiner(rehearsals), [5, 6, 8]) == [([5, 6, 8], None)]
    assert rehearsals.asked == [[5, 6, 8]]


@pytest.mark.parametrize(
    ("deadly", "expected"),
    [
        ([7], [([5, 6], None), ([7], "it ended"), ([8, 9], None)]),
        ([5], [([5], "it ended"), ([6, 7, 8, 9], None)]),
        ([9], [([5, 6, 7, 8], None), ([9], "it ended")]),
        ([6, 7], [([5], None), ([6], "it ended"), ([7], "it ended"), ([8, 9], None)]),
        ([5, 9], [([5], "it ended"), ([6, 7, 8], None), ([9], "it ended")]),
    ],
)
async def test_deadly_records_are_put_aside_in_their_place(deadly: list[int], expected: list[Part]) -> None:
    """The others are worked, in order, none left out."""
    assert await parts(examiner(Rehearsals(*deadly)), [5, 6, 7, 8, 9]) == expected


async def test_one_that_waits_in_the_shard_is_left_to_the_next_owner() -> None:
    """It was taken in with an earlier batch, so this worker ends; the next one knows it, and puts it aside when it is read."""
    rehearsals = Rehearsals(5)
    first = examiner(rehearsals)
    rehearsals.waiting = {5}
    with pytest.raises(WaitingPoison, match=r"decisions/0/5 waits in act 0 and ends whoever works it: it ended"):
        await parts(first, [6, 7])
    assert first.mark() == Mark({PLACE: 5}, {(*PLACE, 5): "it ended"})
    second = examiner(Rehearsals(), first.mark())
    assert await parts(second, [5, 6]) == [([5], "it ended"), ([6], None)]


async def test_one_that_time_alone_would_release_is_found() -> None:
    """No batch comes: when it is due, the tick is tried before it is done."""
    rehearsals = Rehearsals(5)
    rehearsals.waiting = {5}
    found = examiner(rehearsals)
    await found.before_tick(9)
    assert rehearsals.asked == []
    with pytest.raises(WaitingPoison):
        await found.before_tick(10)
    await examiner(rehearsals, position=6).before_tick(10)
    assert rehearsals.asked == [[]], "a shard that got on is not examined"


async def test_what_is_done_is_no_longer_remembered() -> None:
    """The mark of the next owner keeps what it may still meet."""
    former = Mark({PLACE: 3}, {(*PLACE, 4): "gone", (*PLACE, 9): "to come"})
    found = examiner(Rehearsals(), former)
    assert found.mark() == Mark({PLACE: 5}, {(*PLACE, 9): "to come"})
    assert await parts(found, [8, 9]) == [([8], None), ([9], "to come")], "also where nothing is suspect any more"


async def test_where_everything_is_deadly_the_worker_ends() -> None:
    """A release that breaks on every record must not empty the topic into `rejected`."""
    done: list[Part] = []
    found = examiner(Rehearsals(*range(40))).parts(some(range(5, 40)), 0)

    async def work() -> None:
        async for part, why in found:
            done.append(([record.offset for record in part.records], why))

    with pytest.raises(WinnowError, match=r"more than 16 records end a worker, the last one decisions/0/21: it ended"):
        await work()
    assert done == [([offset], "it ended") for offset in range(5, 21)]
