"""What somebody has handled of a partition, and how it is kept beside a committed offset."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kafka.handled import NOTE_UNPACKED_LIMIT, Handled, read_handled

OFFSETS = st.sets(st.integers(0, 200))


def runs(offsets: set[int]) -> list[tuple[int, int]]:
    """Each offset as a run of its own."""
    return [(offset, offset + 1) for offset in offsets]


@given(OFFSETS, OFFSETS, st.integers(0, 50))
def test_what_was_handled_is_handled_and_nothing_else(first: set[int], then: set[int], position: int) -> None:
    """In whatever order and pieces: an offset is handled or it waits, also after it was written down and read again."""
    made = Handled(position).with_runs(runs(first)).with_runs(runs(then))
    found = read_handled(made.position, made.note())
    assert found == made
    truth = {offset for offset in range(202) if offset < position or offset in first | then}
    assert {offset for offset in range(202) if offset in found} == truth
    assert {offset for begin, end in found.waiting(3, 150) for offset in range(begin, end)} == set(range(3, 150)) - truth
    assert found.position not in found, "the position is the first that waits"


@pytest.mark.parametrize(
    "note", ["", "a note of somebody else", "bm90IHpsaWI=", base64.b64encode(zlib.compress(b"[1")).decode(),
             *(base64.b64encode(zlib.compress(steps)).decode() for steps in (b"{}", b"[1]", b"[0,1]", b"[-1,2]", b'["1",2]', b"[1.5,2]")),
             base64.b64encode(zlib.compress(b" " * (NOTE_UNPACKED_LIMIT + 1))).decode()],
)  # fmt: skip
def test_a_note_that_is_not_ours_counts_for_nothing(note: str) -> None:
    """Whatever stands beside the offset, only the offset is believed."""
    assert read_handled(7, note) == Handled(7)


def test_some_thousand_runs_fit() -> None:
    """Two reasons that take turns are no trouble; where it ends is said before anything is done."""
    assert Handled().with_runs((offset, offset + 1) for offset in range(1, 20_001, 2)).fits()
    scattered = [offset * offset % 1_000_003 for offset in range(10_000)]
    assert not Handled().with_runs(runs(set(scattered))).fits()
