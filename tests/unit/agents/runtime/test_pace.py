"""Steps are bounded by time: slices shrink when records are slow, and grow again when they are quick."""

from agents.runtime.pace import FIRST_RECORDS, MOST_BYTES, STEP_SECONDS, StepPace
from tests.unit.agents.runtime.fakes import FakeRecord


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def now_ms(self) -> int:
        """Not asked."""
        raise NotImplementedError

    def seconds(self) -> float:
        """Now."""
        return self.now


def records(amount: int, size: int = 10) -> list[FakeRecord]:
    """So many, each of so many bytes."""
    return [FakeRecord(offset, 0, None, bytes(size)) for offset in range(amount)]


def worked(pace: StepPace, clock: Clock, amount: int, seconds_each: float) -> list[int]:
    """Sizes of the slices in which records are worked that take so long each."""
    given, sizes = records(amount), []
    for part in pace.slices(given):
        assert list(part) == given[sum(sizes) : sum(sizes) + len(part)], "all of them, in order"
        pace.begin()
        clock.now += len(part) * seconds_each
        pace.end(len(part))
        sizes.append(len(part))
    assert sum(sizes) == amount
    return sizes


def test_quick_records_are_soon_worked_all_at_once() -> None:
    """Eight times as many each time, up to the most."""
    clock = Clock()
    pace = StepPace(clock, 4_096)
    assert worked(pace, clock, 4_096, 1e-6) == [64, 512, 3_520]
    assert worked(pace, clock, 4_096, 1e-6) == [4_096]


def test_slow_records_never_hold_the_loop_for_long() -> None:
    """4,096 records of 16 s: the first slice tells, each after it keeps to the time."""
    clock = Clock()
    sizes = worked(StepPace(clock, 4_096), clock, 4_096, 16 / 4_096)
    assert sizes[0] == FIRST_RECORDS
    assert max(sizes[1:]) * 16 / 4_096 <= STEP_SECONDS


def test_a_step_grows_no_further_than_to_half_of_the_time() -> None:
    """By what the last one cost; what takes longer than that already stays as it is."""
    clock = Clock()
    assert worked(StepPace(clock, 4_096), clock, 300, STEP_SECONDS / 2 / 100) == [64, 100, 100, 36]
    assert worked(StepPace(clock, 4_096), clock, 200, STEP_SECONDS / 64) == [64, 64, 64, 8]


def test_one_record_is_the_least() -> None:
    """However long it takes."""
    clock = Clock()
    pace = StepPace(clock, 10)
    assert worked(pace, clock, 10, 60.0) == [10]
    assert worked(pace, clock, 3, 60.0) == [1, 1, 1]
    assert worked(pace, clock, 9, 0.001) == [1, 8]


def test_a_trickle_does_not_make_slices_grow() -> None:
    """A step of few records says nothing of many."""
    clock = Clock()
    pace = StepPace(clock, 4_096)
    for _ in range(20):
        assert worked(pace, clock, 3, 1e-6) == [3]
    assert pace.records == FIRST_RECORDS


def test_large_records_are_fewer_at_once() -> None:
    """As many as reach the bytes of a step."""
    pace = StepPace(Clock(), 4_096)
    assert [len(part) for part in pace.slices(records(5, MOST_BYTES // 2))] == [2, 2, 1]


def test_a_step_has_gone_on_for_long_enough() -> None:
    """As of its own beginning."""
    clock = Clock()
    pace = StepPace(clock, 10)
    for _ in range(2):
        pace.begin()
        clock.now += STEP_SECONDS * 0.9
        assert not pace.enough()
        clock.now += STEP_SECONDS * 0.2
        assert pace.enough()
    clock.now = 0.0
    pace.begin()
    clock.now = STEP_SECONDS
    assert pace.enough(), "what a step may last is enough"
