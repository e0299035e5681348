"""Laws of settlement and ledger: whatever the order, batches, repeats and restarts, each offset is told once and told right."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ledger.book import Book, Gap
from pipeline.stream.offsets import LONG_GAP, OffsetTracker
from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS

NAMES = DISPOSITIONS["sift"][1:]


@st.composite
def partitions(draw: st.DrawFn) -> dict[int, str]:
    """Offsets of a partition, with holes, and how each ends."""
    start = draw(st.integers(0, 1_000))
    steps = draw(st.lists(st.integers(1, 4) | st.sampled_from([LONG_GAP, LONG_GAP + 1, 10**9]), min_size=1, max_size=40))
    offsets = [start + sum(steps[:index]) for index in range(len(steps))]
    return {offset: draw(st.sampled_from(NAMES)) for offset in offsets}


@settings(max_examples=60, deadline=None)
@given(partitions(), st.data())
def test_spans_cover_every_offset_once(ends: dict[int, str], data: st.DataObject) -> None:
    """Settled in any order, with restarts anywhere and read again from the position, spans join without overlap and say the same."""
    account, spans, done = OffsetTracker("sift", "posts", 0), [], set()
    order = data.draw(st.permutations(list(ends)))
    for offset in ends:
        account.arrive(offset)
    for offset in order:
        if data.draw(st.integers(0, 5)) == 0:
            restarted = OffsetTracker("sift", "posts", 0)
            restarted.load(account.dump())
            account = restarted
            open_again = {again for again in ends if again >= (account.position or 0) and account.arrive(again)}
            assert open_again == set(ends) - done, "exactly what has no disposition is handed out again"
        account.settle(offset, ends[offset])
        done.add(offset)
        if data.draw(st.booleans()):
            spans += account.take()
    spans += account.take()
    first, last = min(ends), max(ends)
    assert spans[0].first == first
    assert [span.first for span in spans[1:]] == [span.end for span in spans[:-1]]
    told = {
        span.first + index: DISPOSITIONS["sift"][code]
        for span in spans if span.times == 1
        for index, code in enumerate(span.dispositions)
    }  # fmt: skip
    assert {offset: told[offset] for offset in ends} == ends
    assert all(name == "absent" for offset, name in told.items() if offset not in ends)
    assert {code for span in spans if span.times > 1 for code in span.dispositions} <= {DISPOSITIONS["sift"].index("absent")}
    assert sum(span.amount for span in spans) == last + 1 - first
    assert account.position == last + 1


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[dict[int, int], list[Span]]:
    """True dispositions of offsets 0..59, of which 20..39 are absent, and spans that tell parts of them, overlapping, in any order."""
    truth = draw(st.lists(st.integers(1, 7), min_size=60, max_size=60))
    truth[20:40] = [1] * 20
    spans = []
    for _ in range(draw(st.integers(1, 12))):
        first = draw(st.integers(0, 59))
        last = draw(st.integers(first, min(first + 15, 59)))
        if 20 <= first < last < 40 and draw(st.booleans()):
            spans.append(Span("posts", 0, first, b"\x01", last + 1 - first))
        else:
            spans.append(Span("posts", 0, first, bytes(truth[first : last + 1])))
    return dict(enumerate(truth)), spans


@settings(max_examples=150, deadline=None)
@given(ledgers())
def test_a_book_is_what_a_table_of_offsets_would_be(ledger: tuple[dict[int, int], list[Span]]) -> None:
    """Dispositions, counts and gaps are those of the plain table that the same entries fill."""
    truth, spans = ledger
    book, table = Book(), {}
    for span in spans:
        book.add_span("sift", span)
        table.update({span.first + index: code for index, code in enumerate(span.dispositions * span.times)})
    for offset in truth:
        name = book.disposition("sift", "posts", 0, offset)
        assert name == (DISPOSITIONS["sift"][table[offset]] if offset in table else None)
    assert book.conflicts == []
    assert sum(book.counts()["sift"].values()) == len(table)
    holes = {offset for gap in book.gaps() for offset in range(gap.first, gap.last + 1)}
    assert holes == set(range(min(table), max(table) + 1)) - set(table)
    assert all(isinstance(gap, Gap) for gap in book.gaps())


@settings(max_examples=60, deadline=None)
@given(ledgers(), st.integers(0, 59))
def test_one_changed_disposition_is_always_noticed(ledger: tuple[dict[int, int], list[Span]], offset: int) -> None:
    """An entry that contradicts a covered offset is a conflict naming it; where nothing was covered it is none."""
    truth, spans = ledger
    book = Book()
    for span in spans:
        book.add_span("sift", span)
    covered = book.disposition("sift", "posts", 0, offset) is not None
    book.add_span("sift", Span("posts", 0, offset, bytes([truth[offset] % 7 + 1])))
    assert [conflict.offset for conflict in book.conflicts] == ([offset] if covered else [])
