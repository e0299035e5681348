"""The account of one input partition as the ledger tells it: long gaps cost the same whatever their length."""

import base64

import orjson
import pytest

from agents.runtime.ledger_writer import entry
from pipeline.ledger.account import Account, Contradiction
from pipeline.ledger.audit import Claims, Edge, judge
from pipeline.ledger.book import CONFLICT_LIMIT, Book, Entry, read_entry, unpack
from pipeline.monitor.continuity import Continuity
from pipeline.monitor.continuity import read_entry as read_for_monitor
from pipeline.stream import Span, Unreadable
from schemas.messages import LedgerEntry
from schemas.topics import DISPOSITIONS

FAR = 10**9
SPAM, COPY, ABSENT = (bytes([DISPOSITIONS["sift"].index(name)]) for name in ("spam", "copy", "absent"))
GAP = Span("posts", 0, 2, ABSENT, FAR)


def value(span: Span, **changes: object) -> bytes:
    """A ledger record's value, with fields changed."""
    return orjson.dumps(orjson.loads(entry("sift", span, "host/1", 1_760_000_000_000).value) | changes)


def test_an_entry_of_a_long_gap_is_short_and_comes_back() -> None:
    """A billion offsets in the size of one; both readers and the contract of messages take it."""
    written = value(GAP)
    assert len(written) < 250
    read = read_entry(written)
    assert isinstance(read, Entry)
    assert read.span == GAP
    assert unpack(LedgerEntry.model_validate_json(written)) == GAP
    followed = read_for_monitor(written)
    assert isinstance(followed, LedgerEntry)
    assert followed.counts == {"absent": FAR}


@pytest.mark.parametrize(
    "changes",
    [
        {"packed": base64.b64encode(SPAM).decode()},
        {"packed": base64.b64encode(ABSENT * 2).decode()},
        {"packed": ""},
        {"last": 1},
        {"gap": False},
    ],
    ids=["of another disposition", "two bytes", "no byte", "no offset", "not said to be one"],
)
def test_what_is_no_gap_is_refused(changes: dict[str, object]) -> None:
    """A gap is one byte, absent, for one offset or more: nothing else may claim a billion offsets."""
    written = value(GAP, **changes)
    assert isinstance(read_entry(written), Unreadable)
    assert isinstance(read_for_monitor(written), Unreadable)


def test_a_book_counts_a_gap_and_finds_what_lies_around_it() -> None:
    """Coverage is whole, each offset has its disposition, and neighbours keep theirs, in whatever order they come."""
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)):
        spans = (Span("posts", 0, 0, SPAM + COPY), GAP, Span("posts", 0, 2 + FAR, COPY))
        book = Book()
        for index in order:
            book.read(value(spans[index]))
        assert book.gaps() == []
        assert book.conflict_count == 0
        assert book.counts() == {"sift": {"absent": FAR, "copy": 2, "spam": 1}}
        found = [book.disposition("sift", "posts", 0, offset) for offset in (0, 1, 2, FAR, 1 + FAR, 2 + FAR, 3 + FAR)]
        assert found == ["spam", "copy", "absent", "absent", "absent", "copy", None]


def test_a_gap_that_is_told_again_in_other_pieces_contradicts_nothing() -> None:
    """A restart may tell a gap longer, shorter or as bytes: what is covered stays, what is not is added."""
    account = Account()
    for span in (GAP, Span("posts", 0, 100, ABSENT * 50), Span("posts", 0, 0, SPAM + COPY + ABSENT * 20), GAP._replace(times=2 * FAR)):
        assert account.add(span) == []
    assert (account.first, account.end) == (0, 2 + 2 * FAR)
    assert account.counts() == {ABSENT[0]: 2 * FAR, SPAM[0]: 1, COPY[0]: 1}


def test_a_gap_that_contradicts_is_told_as_what_it_is() -> None:
    """Each offset that a span calls otherwise is a conflict, and the book lists no more of them than it may."""
    account = Account()
    account.add(GAP)
    assert account.add(Span("posts", 0, 1, SPAM + ABSENT + COPY)) == [Contradiction(3, 1, ABSENT[0], COPY[0])]
    book = Book()
    book.add_span("sift", GAP)
    book.add_span("sift", Span("posts", 0, 2, SPAM, FAR))
    assert book.conflict_count == FAR
    assert len(book.conflicts) == CONFLICT_LIMIT


def test_a_gap_costs_no_more_than_its_entry() -> None:
    """A thousand gaps of a billion offsets are read and counted in the memory of a thousand entries."""
    book = Book()
    for number in range(1_000):
        first = number * (FAR + 1)
        book.read(value(Span("posts", 0, first, SPAM)))
        book.read(value(Span("posts", 0, first + 1, ABSENT, FAR)))
    assert sum(len(run.codes) for run in book.accounts["sift", "posts", 0].runs) == 2_000
    assert book.counts() == {"sift": {"absent": 1_000 * FAR, "spam": 1_000}}


def test_monitor_counts_of_a_gap_only_what_is_new() -> None:
    """An entry of which a part was counted before adds the rest, whatever its length."""
    continuity = Continuity()
    first, longer = (LedgerEntry.model_validate_json(value(GAP._replace(times=times))) for times in (FAR, 3 * FAR))
    assert continuity.follow(first).counts == {"absent": FAR}
    assert continuity.follow(longer).counts == {"absent": 2 * FAR}


def test_an_output_of_a_gap_is_a_surplus() -> None:
    """Nothing can have come of what was never handed out, however long the gap."""
    book, claims = Book(), Claims()
    book.add_span("sift", GAP)
    for offset in (5, 6, 9):
        claims.add("sift", "information", b"posts/0/%d/0" % offset, b"%d" % offset, ("information", 0, offset))
    report = judge(book, [Edge("sift", "posts", 0, 2, 2 + FAR)], claims, stages=("sift",))
    assert [(one.first, one.last, one.disposition, one.amount) for one in report.surplus_outputs] == [
        (5, 6, "absent", 2),
        (9, 9, "absent", 1),
    ]
    assert report.absent == {"sift": FAR}
    assert report.gaps == report.phantoms == report.losses == []
