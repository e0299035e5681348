"""Input is suspect when two owners in a row begin in the same place, until all is done that lay there."""

from collections.abc import Mapping

import pytest

from agents.runtime.ports import InputPartition
from agents.runtime.suspicion import Mark, Place, Suspicion, load_mark

DECISIONS, OUTCOMES = ("decisions", 0), ("outcomes", 0)
TPS = {InputPartition("winnow.decisions.v1", 0): "decisions", InputPartition("winnow.outcomes.v1", 0): "outcomes"}
ASIDE = {("decisions", 0, 7): "ended by SIGKILL"}


class Source:
    """What the consumer says: where the log ends, and what it handed out."""

    def __init__(self, handed: Mapping[str, int], ends: bool) -> None:
        self._handed = handed
        self._ends = ends

    def handed(self, tp: InputPartition) -> int | None:
        """Behind the last record handed out."""
        return self._handed.get(TPS[tp])

    def end_reached(self, tp: InputPartition) -> bool:
        """Whether all was handed out."""
        return self._ends


def suspicion(former: Mapping[Place, int | None], began: Mapping[Place, int | None]) -> Suspicion:
    """Of an owner that begins there."""
    found = Suspicion(most_records=100)
    found.compare(Mark(former, {}), began)
    return found


def look(found: Suspicion, positions: Mapping[Place, int], handed: Mapping[str, int], *, ends: bool = True) -> bool:
    """Whether anything is suspect still."""
    found.look(Source(handed, ends), TPS, positions)  # type: ignore[arg-type]  # no more of it is asked
    return bool(found)


@pytest.mark.parametrize(
    ("former", "began", "suspect"),
    [
        ({DECISIONS: 5}, {DECISIONS: 5}, True),
        ({DECISIONS: 5}, {DECISIONS: 6}, False),
        ({DECISIONS: None}, {DECISIONS: None}, True),
        ({DECISIONS: None}, {DECISIONS: 0}, False),
        ({}, {DECISIONS: 5}, False),
        ({}, {DECISIONS: None}, False),
        ({DECISIONS: 5, OUTCOMES: 3}, {DECISIONS: 5, OUTCOMES: 9}, True),
    ],
)
def test_only_who_did_not_get_on_is_suspect(former: dict[Place, int | None], began: dict[Place, int | None], suspect: bool) -> None:
    """In one of its inputs, whatever it did in the others; a first owner follows nobody."""
    assert bool(suspicion(former, began)) is suspect


def test_all_that_lay_there_is_looked_at() -> None:
    """Getting on is not enough: the record may lie farther on. What comes later is not suspect."""
    found = suspicion({DECISIONS: 5}, {DECISIONS: 5})
    assert look(found, {DECISIONS: 8}, {"decisions": 8}, ends=False)
    assert look(found, {DECISIONS: 8}, {"decisions": 20})
    assert look(found, {DECISIONS: 19}, {"decisions": 400})
    assert not look(found, {DECISIONS: 20}, {"decisions": 400})


def test_no_more_than_a_bound_is_looked_at() -> None:
    """In a backlog that never ends."""
    found = suspicion({DECISIONS: 5}, {DECISIONS: 5})
    assert look(found, {DECISIONS: 104}, {"decisions": 200}, ends=False)
    assert not look(found, {DECISIONS: 105}, {"decisions": 201}, ends=False)
    found = suspicion({DECISIONS: None}, {DECISIONS: None})  # from the first record on
    assert look(found, {DECISIONS: 99}, {"decisions": 200}, ends=False)
    assert not look(found, {DECISIONS: 100}, {"decisions": 200}, ends=False)


def test_where_nothing_lies_nothing_is_suspect() -> None:
    """An input that nobody writes to."""
    found = suspicion({DECISIONS: None, OUTCOMES: 3}, {DECISIONS: None, OUTCOMES: 3})
    assert look(found, {OUTCOMES: 3}, {"outcomes": 4})
    assert not look(found, {OUTCOMES: 4}, {"outcomes": 4})


def test_a_mark_is_read_as_it_was_written() -> None:
    """With nothing in it for none, and for one of another version."""
    mark = Mark({DECISIONS: None, OUTCOMES: 12}, ASIDE)
    assert load_mark(mark.dump()) == mark
    assert load_mark(b"") == Mark({}, {})
    assert load_mark(b'{"v":2,"began":7}') == Mark({}, {})
