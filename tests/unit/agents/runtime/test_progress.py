"""Who stands still and who does not: the watchdog goes by it. The clock is the test's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from faust.types import TP

from agents.runtime.progress import Progress

PLACE = TP("winnow.situations.v1", 0)
WALL_MS = 1_790_000_000_000


@dataclass
class Consumer:
    """Positions in one partition, set by the test; ``worked`` is its runner's."""

    at: float = 0.0
    committed_to: int | None = 100
    settled_to: int | None = 100
    handed_to: int | None = 100
    end: int = 100
    worked_to: int = 0

    def committed(self, _: TP) -> int | None:
        """Position last committed."""
        return self.committed_to

    def settled(self, _: TP) -> int | None:
        """Position that is durable."""
        return self.settled_to

    def handed(self, _: TP) -> int | None:
        """Offset behind the last record handed out."""
        return self.handed_to

    def lag(self, _: TP) -> int:
        """Records not handed out."""
        return -1 if self.handed_to is None else self.end - self.handed_to

    def answered_ms(self, _: TP) -> int | None:
        """The broker answers all the time."""
        return WALL_MS + int(self.at * 1000)

    def worked(self, _: TP) -> int:
        """Grows with the work."""
        return self.worked_to


def stalled(consumer: Consumer, course: Iterator[None], seconds: int = 300) -> float:
    """How long it seems to stand still after so many seconds of a course of events, looked at once a second."""
    progress, longest = Progress(), 0.0
    for second in range(seconds):
        consumer.at = float(second)
        next(course, None)
        looked = progress.look(consumer, [PLACE], consumer.at, WALL_MS + second * 1000, consumer.worked)
        longest = max(longest, looked[PLACE].stalled)
    return longest


def test_who_waits_for_another_source_does_not_stand_still() -> None:
    """It takes in all that comes, and may release nothing of it for minutes: there is always more to read, and nothing to commit."""
    consumer = Consumer()

    def course() -> Iterator[None]:
        while True:
            consumer.end += 40
            consumer.handed_to = consumer.end - 15
            consumer.worked_to = consumer.handed_to - 100
            yield

    assert stalled(consumer, course()) == 0


def test_who_works_slowly_on_what_waited_does_not_stand_still() -> None:
    """A busy machine: one further step in 30 s, the first record of the partition last; nothing is taken in meanwhile."""
    consumer = Consumer(end=5_000, handed_to=900)

    def course() -> Iterator[None]:
        while True:
            consumer.worked_to += 1
            yield from [None] * 30

    assert stalled(consumer, course()) < 31


@pytest.mark.parametrize("end", [900, 5_000], ids=["nothing else to read", "more to read"])
def test_who_does_not_commit_what_is_done_stands_still(end: int) -> None:
    """Work goes on, and no commit comes through: it would all be done again by whoever comes next."""
    consumer = Consumer(end=end)

    def course() -> Iterator[None]:
        while True:
            consumer.worked_to += 1
            consumer.handed_to = consumer.settled_to = min(100 + consumer.worked_to, 900)
            yield

    assert stalled(consumer, course()) >= 298


@pytest.mark.parametrize("handed", [100, 900], ids=["nothing is fetched", "a step never ends"])
def test_who_works_nothing_of_what_waits_stands_still(handed: int) -> None:
    """Input is there, and neither its position nor its work moves."""
    assert stalled(Consumer(end=5_000, handed_to=handed), iter(())) == 299


def test_who_has_nothing_to_do_does_not_stand_still() -> None:
    """All is read; what waits for another source is not settled."""
    assert stalled(Consumer(settled_to=40, committed_to=40), iter(())) == 0
    assert stalled(Consumer(settled_to=None, committed_to=None, handed_to=None), iter(())) == 0


def test_a_commit_ends_a_standstill() -> None:
    """From then on it counts anew."""
    consumer = Consumer(end=5_000, handed_to=900)

    def course() -> Iterator[None]:
        yield from [None] * 100
        consumer.committed_to = 200
        yield

    assert stalled(consumer, course(), seconds=180) == 99


@pytest.mark.parametrize(
    ("answered", "end", "age"),
    [
        pytest.param(lambda at: at, 100, 0.0, id="it answers, and nothing waits"),
        pytest.param(lambda at: at, 101, 50.0, id="a record waits"),
        pytest.param(lambda _: 0.0, 100, 50.0, id="nobody has answered since"),
        pytest.param(lambda _: None, 100, 50.0, id="nobody has ever answered"),
    ],
)
def test_a_commit_is_as_old_as_the_last_word_that_nothing_waits(
    answered: Callable[[float], float | None], end: int, age: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty seconds after the first look: what was committed is current while the broker says that no more is there."""
    consumer, progress = Consumer(end=end), Progress()
    for second in (0.0, 50.0):
        word = answered(second)
        monkeypatch.setattr(consumer, "answered_ms", lambda _, word=word: None if word is None else WALL_MS + int(word * 1000))
        looked = progress.look(consumer, [PLACE], second, WALL_MS + int(second * 1000))

    assert looked[PLACE].commit_age == age
    assert progress.oldest_commit() == (PLACE, age)


def test_lag_is_what_waits_and_what_is_not_committed() -> None:
    """As long as nothing is known of a commit, what was handed out does not count: it may all be committed."""
    for consumer, lag in (
        (Consumer(end=110), 10),
        (Consumer(end=110, handed_to=104), 10),
        (Consumer(end=110, handed_to=104, committed_to=None), 6),
        (Consumer(handed_to=None), 0),
    ):
        assert Progress().look(consumer, [PLACE], 0.0, WALL_MS)[PLACE].lag == lag


def test_work_that_was_done_once_is_no_work_now() -> None:
    """Input waits, one record was worked on in second 10, then nothing: it stands still since then."""

    def course() -> Iterator[None]:
        for second in range(300):
            consumer.worked_to = int(second >= 10)
            yield

    consumer = Consumer(end=200)

    assert stalled(consumer, course()) == 289
