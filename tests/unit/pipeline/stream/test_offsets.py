"""The account of one input partition: offsets end once, spans come out without a hole."""

import base64

import pytest

from pipeline.stream.offsets import LONG_GAP, OffsetTracker, dump_spans, load_spans
from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS

CODES = {name: code for code, name in enumerate(DISPOSITIONS["sift"])}
FAR = 10**9
FASTEST = b"\x78\x01"
"""How zlib begins what it packed by its first level."""
SPAM, COPY, ABSENT = (bytes([CODES[name]]) for name in ("spam", "copy", "absent"))


def fresh() -> OffsetTracker:
    """An account that nothing has arrived in."""
    return OffsetTracker("sift", "posts", 3)


def test_nothing_arrived_nothing_to_tell() -> None:
    """Before any record there is no position and no span."""
    account = fresh()
    assert account.position is None
    assert account.take() == []


def test_a_span_ends_before_the_first_open_offset() -> None:
    """What is settled behind an open offset waits for it."""
    account = fresh()
    for offset in (10, 11, 12):
        assert account.arrive(offset)
    account.settle(10, "spam")
    account.settle(12, "copy")
    assert account.take() == [Span("posts", 3, 10, bytes([CODES["spam"]]))]
    assert account.position == 11
    assert account.take() == []
    account.settle(11, "spam")
    assert account.take() == [Span("posts", 3, 11, bytes([CODES["spam"], CODES["copy"]]))]
    assert account.position == 13


def test_skipped_offsets_are_absent() -> None:
    """Offsets that the broker never hands out are accounted for as absent."""
    account = fresh()
    account.arrive(5)
    account.arrive(8)
    account.settle(5, "spam")
    account.settle(8, "spam")
    assert account.take() == [Span("posts", 3, 5, bytes(CODES[name] for name in ("spam", "absent", "absent", "spam")))]


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
    assert again.take() == [Span("posts", 3, 5, bytes(CODES[name] for name in ("spam", "spam", "copy")))]


@pytest.mark.parametrize("dumped", [["x", ""], [1, 2], [1.5, ""], [1, "", [], []]])
def test_foreign_state_is_refused(dumped: list[object]) -> None:
    """State that is not a settlement's is an error that says so."""
    with pytest.raises(ValueError, match="not the state of an offset tracker"):
        fresh().load(dumped)


def test_a_long_gap_is_one_number_however_long() -> None:
    """A hole of a billion offsets is a span of its own between its neighbours; what comes behind it waits for what is open before it."""
    account = fresh()
    assert account.arrive(5)
    assert account.arrive(6 + FAR)
    assert not account.arrive(7), "inside the gap nothing will ever be handed out"
    assert account.arrive(7 + FAR)
    account.settle(7 + FAR, "copy")
    assert account.take() == []
    account.settle(5, "spam")
    assert account.take() == [Span("posts", 3, 5, SPAM), Span("posts", 3, 6, ABSENT, FAR)]
    assert account.position == 6 + FAR
    account.settle(6 + FAR, "spam")
    assert account.take() == [Span("posts", 3, 6 + FAR, SPAM + COPY)]
    account.skip_to(8 + 2 * FAR)
    assert account.take() == [Span("posts", 3, 8 + FAR, ABSENT, FAR)]


def test_an_offset_in_a_long_gap_has_its_disposition() -> None:
    """As any other absent offset: it cannot end again."""
    account = fresh()
    account.arrive(5)
    account.arrive(6 + FAR)
    with pytest.raises(ValueError, match="posts/3/100 has a disposition"):
        account.settle(100, "spam")


@pytest.mark.parametrize(("length", "spans"), [(LONG_GAP - 1, 1), (LONG_GAP, 3)])
def test_a_short_hole_is_bytes_among_others(length: int, spans: int) -> None:
    """A transaction's marker brings forth no entries of its own."""
    account = fresh()
    for offset in (0, length + 1):
        account.arrive(offset)
        account.settle(offset, "spam")
    told = account.take()
    assert len(told) == spans
    assert sum(span.amount for span in told) == length + 2


def test_long_gaps_survive_a_restart() -> None:
    """Several gaps behind an open offset, the last one at the end: restored at their places, and told once the open one is done."""
    account = fresh()
    for offset in (5, 6 + FAR, 8 + 3 * FAR):
        account.arrive(offset)
    account.settle(6 + FAR, "copy")
    account.settle(8 + 3 * FAR, "copy")
    account.skip_to(9 + 4 * FAR)
    again = fresh()
    again.load(account.dump())
    assert [again.arrive(offset) for offset in (5, 6 + FAR, 7 + FAR, 8 + 3 * FAR, 8 + 4 * FAR)] == [True, False, False, False, False]
    again.settle(5, "spam")
    assert again.take() == [
        Span("posts", 3, 5, SPAM), Span("posts", 3, 6, ABSENT, FAR), Span("posts", 3, 6 + FAR, COPY),
        Span("posts", 3, 7 + FAR, ABSENT, 2 * FAR + 1), Span("posts", 3, 8 + 3 * FAR, COPY), Span("posts", 3, 9 + 3 * FAR, ABSENT, FAR),
    ]  # fmt: skip
    assert again.position == 9 + 4 * FAR


def test_what_is_open_behind_a_gap_is_read_again() -> None:
    """State keeps no open offsets at its end: they arrive again, and the gap before them is as long as it was."""
    account = fresh()
    for offset in (5, 6 + FAR):
        account.arrive(offset)
    again = fresh()
    again.load(account.dump())
    assert again.arrive(5)
    assert again.arrive(6 + FAR)
    for offset in (5, 6 + FAR):
        again.settle(offset, "spam")
    assert sum(span.amount for span in again.take()) == FAR + 2


def test_spans_with_a_gap_come_back_from_state() -> None:
    """As they were, in a few bytes; those of former formats, which had a byte for each offset, too."""
    spans = [Span("posts", 3, 5, SPAM + COPY), Span("posts", 3, 7, ABSENT, FAR)]
    dumped = dump_spans(spans)
    assert load_spans(dumped) == spans
    assert len(str(dumped)) < 100
    assert [len(one) for one in dumped] == [4, 5]
    assert all(base64.b64decode(one[3]).startswith(FASTEST) for one in dumped)  # type: ignore[arg-type]  # text, as JSON has it


def test_what_lies_ahead_is_packed_the_fastest_way() -> None:
    """It is written with every batch."""
    account = fresh()
    account.arrive(5)
    account.arrive(6)
    account.settle(6, "spam")
    position, ahead = account.dump()
    assert position == 5
    assert base64.b64decode(ahead).startswith(FASTEST)  # type: ignore[arg-type]  # text, as JSON has it


def test_a_run_ends_at_once_only_right_behind_what_is_settled() -> None:
    """Nothing of it may be missing, and nothing before it open, untold or a long gap."""
    account = fresh()
    assert not account.follows(4, 5, 2), "nothing has arrived"
    account.arrive(4)
    assert not account.follows(5, 6, 2), "4 is open"
    account.settle(4, "spam")
    assert not account.follows(5, 6, 2), "4 was not told"
    account.take()
    assert [account.follows(*run) for run in ((5, 7, 3), (5, 7, 2), (5, 7, 4), (6, 8, 3), (4, 6, 3))] == [True] + [False] * 4
    account.settle_block(5, SPAM + COPY + SPAM)
    assert account.take() == [Span("posts", 3, 5, SPAM + COPY + SPAM)]
    assert account.follows(8, 8, 1)
    account.skip_to(8 + LONG_GAP)
    assert not account.follows(8, 8, 1), "a gap lies there"
    assert account.take() == [Span("posts", 3, 8, ABSENT, LONG_GAP)]


def test_a_run_that_does_not_follow_ends_nothing() -> None:
    """Whoever settles it has not asked: a fault of ours."""
    account = fresh()
    with pytest.raises(AssertionError):
        account.settle_block(0, SPAM)
    account.arrive(0)
    with pytest.raises(AssertionError):
        account.settle_block(2, SPAM)


def test_the_shortest_gap_that_is_a_number_comes_back_from_state() -> None:
    """Twice the same byte."""
    spans = [Span("posts", 0, 7, b"\1", 2)]
    assert load_spans(dump_spans(spans)) == spans
