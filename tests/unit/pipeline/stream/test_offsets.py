"""The account of one input partition: offsets end once, spans come out without a hole."""

import pytest

from pipeline.stream.offsets import OffsetTracker
from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS

CODES = {name: code for code, name in enumerate(DISPOSITIONS["sift"])}


def fresh() -> OffsetTracker:
    """An account that nothing has arrived in."""
    return OffsetTracker("sift", "posts", 3)


def test_nothing_arrived_nothing_to_tell() -> None:
    """Before any record there is no position and no span."""
    account = fresh()
    assert account.position is None
    assert account.take() is None


def test_a_span_ends_before_the_first_open_offset() -> None:
    """What is settled behind an open offset waits for it."""
    account = fresh()
    for offset in (10, 11, 12):
        assert account.arrive(offset)
    account.settle(10, "spam")
    account.settle(12, "copy")
    assert account.take() == Span("posts", 3, 10, bytes([CODES["spam"]]))
    assert account.position == 11
    assert account.take() is None
    account.settle(11, "spam")
    assert account.take() == Span("posts", 3, 11, bytes([CODES["spam"], CODES["copy"]]))
    assert account.position == 13


def test_skipped_offsets_are_absent() -> None:
    """Offsets that the broker never hands out are accounted for as absent."""
    account = fresh()
    account.arrive(5)
    account.arrive(8)
    account.settle(5, "spam")
    account.settle(8, "spam")
    assert account.take() == Span("posts", 3, 5, bytes(CODES[name] for name in ("spam", "absent", "absent", "spam")))


def test_a_settled_offset_is_not_handed_out_again() -> None:
    """A record that comes again is to be applied only while it has no disposition."""
    account = fresh()
    account.arrive(5)
    account.arrive(6)
    assert account.arrive(6), "not settled: it must be applied"
    account.settle(6, "spam")
    assert not account.arrive(6), "settled ahead of an open one"
    account.settle(5, "spam")
    account.take()
    assert not account.arrive(5), "settled and told"


def test_a_second_disposition_is_refused() -> None:
    """An offset ends once; ending it again, or one that never came, is a bug."""
    account = fresh()
    account.arrive(5)
    account.settle(5, "spam")
    with pytest.raises(ValueError, match="posts/3/5 has a disposition"):
        account.settle(5, "copy")
    with pytest.raises(ValueError, match="posts/3/6 was never handed out"):
        account.settle(6, "copy")
    account.take()
    with pytest.raises(ValueError, match="never handed out"):
        account.settle(5, "spam")


def test_state_survives_a_restart() -> None:
    """A restarted account knows its position and what was settled ahead of it."""
    account = fresh()
    for offset in (5, 6, 7):
        account.arrive(offset)
    account.settle(7, "copy")
    again = fresh()
    again.load(account.dump())
    assert again.position == 5
    assert [again.arrive(offset) for offset in (5, 6, 7)] == [True, True, False]
    again.settle(5, "spam")
    again.settle(6, "spam")
    assert again.take() == Span("posts", 3, 5, bytes(CODES[name] for name in ("spam", "spam", "copy")))


@pytest.mark.parametrize("dumped", [["x", ""], [1, 2], [1.5, ""]])
def test_foreign_state_is_refused(dumped: list[object]) -> None:
    """State that is not a settlement's is an error that says so."""
    with pytest.raises(ValueError, match="not the state of a settlement"):
        fresh().load(dumped)
