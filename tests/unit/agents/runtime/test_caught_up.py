"""When a worker may say that nothing waits: too early, and those downstream do not wait for what it still has to read."""

from dataclasses import dataclass

import pytest
from faust.types import TP

from agents.runtime.transport import BatchConsumer

PLACE = TP("winnow.posts.v1", 3)


@dataclass
class Fetching:
    """What aiokafka knows of a partition: where it ends, and where the next fetch begins."""

    highwater: int | None
    position: int


class Reading(BatchConsumer):
    """A consumer before anything was started: only its book of positions."""

    def __init__(self, state: Fetching | None, *, handed: int | None = None, passed: int | None = None) -> None:
        self._handed = {} if handed is None else {PLACE: handed}
        self._passed = {} if passed is None else {PLACE: passed}
        self.known = state

    def _state(self, tp: TP) -> Fetching | None:
        return self.known


@pytest.mark.parametrize(
    ("consumer", "lag"),
    [
        (Reading(None), -1),
        (Reading(Fetching(None, 0)), -1),
        (Reading(Fetching(100, 100)), -1),
        (Reading(Fetching(100, 0), passed=0), 100),
        (Reading(Fetching(100, 100), handed=40), 60),
        (Reading(Fetching(100, 100), handed=100), 0),
        (Reading(Fetching(0, 0), passed=0), 0),
        (Reading(Fetching(101, 101), handed=100, passed=101), 0),
    ],
    ids=[
        "unassigned",
        "no answer",
        "fetched, not handed out",
        "empty poll",
        "on its way",
        "all handed out",
        "empty topic",
        "a marker",
    ],
)
def test_fetched_records_are_not_read_records(consumer: Reading, lag: int) -> None:
    """What aiokafka has fetched counts only when it was handed out; before that, nobody knows."""
    assert consumer.lag(PLACE) == lag
    assert consumer.end_reached(PLACE) is (lag == 0)
