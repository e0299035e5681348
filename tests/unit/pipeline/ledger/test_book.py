"""The ledger as one reads it: coverage, gaps, contradictions, and what is no entry."""

import base64
import zlib
from typing import Any

import orjson
import pytest

from agents.runtime.ledger_writer import entry
from pipeline.ledger.book import CONFLICT_LIMIT, SPAN_LIMIT, Book, Conflict, Entry, Gap, read_entry, total, unpack
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.stage import Span
from schemas.messages import LedgerEntry
from schemas.topics import DISPOSITIONS

NOW = 1_760_000_000_000
SIFT = {name: code for code, name in enumerate(DISPOSITIONS["sift"])}


def codes(*names: str) -> bytes:
    """Disposition bytes of sift."""
    return bytes(SIFT[name] for name in names)


def value(span: Span, stage: str = "sift", at_ms: int = NOW, **changes: Any) -> bytes:
    """A ledger record's value, with fields changed."""
    return orjson.dumps(orjson.loads(entry(stage, span, "host/1", at_ms).value) | changes)


def book_of(*spans: Span, stage: str = "sift") -> Book:
    """A book that has read these spans as records."""
    book = Book()
    for span in spans:
        assert isinstance(book.read(value(span, stage)), Entry)
    return book


@pytest.mark.parametrize("amount", [1, 63, 64, 5_000])
def test_packed_dispositions_come_back(amount: int) -> None:
    """What is packed, compressed or not, unpacks to the same bytes, and the record is a valid LedgerEntry."""
    span = Span("posts", 2, 7, bytes(index % 7 + 1 for index in range(amount)))
    message = LedgerEntry.model_validate_json(value(span))
    assert unpack(message) == span
    assert message.compressed == (amount >= 64)
    read = read_entry(value(span))
    assert read == Entry("sift", span, NOW)


def test_a_run_that_is_covered_has_no_gap() -> None:
    """Entries that follow each other, in any order and repeated, cover a run without a gap."""
    book = book_of(
        Span("posts", 0, 5, codes("spam", "information")),
        Span("posts", 0, 0, codes("copy", "spam", "spam", "rejected", "copy")),
        Span("posts", 0, 5, codes("spam", "information")),
    )
    assert book.gaps() == []
    assert book.conflicts == []
    assert book.counts() == {"sift": {"copy": 2, "information": 1, "rejected": 1, "spam": 3}}
    account = book.accounts["sift", "posts", 0]
    assert (account.first, account.end) == (0, 7)


def test_uncovered_offsets_are_gaps() -> None:
    """Offsets between entries that no entry covers are told as ranges, however far apart."""
    book = book_of(Span("posts", 0, 0, codes("spam")), Span("posts", 0, 3, codes("spam")), Span("posts", 0, 10**15, codes("spam")))
    assert book.gaps() == [Gap("sift", "posts", 0, 1, 2), Gap("sift", "posts", 0, 4, 10**15 - 1)]


def test_a_gap_closes_when_its_entry_comes_late() -> None:
    """An entry that arrives after later ones fills the hole it belongs into."""
    book = book_of(Span("posts", 0, 0, codes("spam")), Span("posts", 0, 2, codes("spam")), Span("posts", 0, 1, codes("copy")))
    assert book.gaps() == []
    assert [book.disposition("sift", "posts", 0, offset) for offset in range(4)] == ["spam", "copy", "spam", None]


def test_two_dispositions_of_one_offset_are_a_conflict() -> None:
    """An offset that ended twice differently is a conflict, and the first ending counts."""
    book = book_of(Span("posts", 0, 0, codes("spam", "copy")), Span("posts", 0, 1, codes("information", "spam")))
    assert book.conflicts == [Conflict("sift", "posts", 0, 1, ("copy", "information"))]
    assert book.disposition("sift", "posts", 0, 1) == "copy"
    assert book.disposition("sift", "posts", 0, 2) == "spam"


def test_conflicts_beyond_the_limit_are_counted_only() -> None:
    """A ledger that is wrong throughout does not fill the memory, and its conflicts are all counted."""
    amount = CONFLICT_LIMIT + 5
    book = book_of(Span("posts", 0, 0, codes("spam") * amount), Span("posts", 0, 0, codes("copy") * amount))
    assert len(book.conflicts) == CONFLICT_LIMIT
    assert book.conflict_count == amount


def test_stages_and_partitions_have_accounts_of_their_own() -> None:
    """The same offset of another stage or partition is another account."""
    book = Book()
    book.add_span("sift", Span("posts", 0, 0, codes("information")))
    book.add_span("sift", Span("posts", 1, 4, codes("spam")))
    book.add_span("correlate", Span("information", 0, 0, bytes([4])))
    assert book.counts() == {"correlate": {"watermark": 1}, "sift": {"information": 1, "spam": 1}}
    assert book.gaps() == []


def test_the_time_of_an_ending_is_that_of_its_first_entry() -> None:
    """An entry that is repeated after a restart does not change when an offset was settled."""
    book = Book()
    book.read(value(Span("posts", 0, 0, codes("spam", "spam")), at_ms=NOW))
    book.read(value(Span("posts", 0, 0, codes("spam", "spam")), at_ms=NOW + 9_000))
    assert book.settled_at("sift", "posts", 0, 1) == NOW
    assert book.settled_at("sift", "posts", 0, 2) is None
    assert book.settled_at("sift", "posts", 1, 0) is None


def test_events_are_neither_watermarks_nor_absent() -> None:
    """What the flow says to itself, and what the broker never handed out, are no events."""
    assert total({"information": 3, "watermark": 5, "absent": 2, "rejected": 1}) == 4


def _bomb() -> str:
    return base64.b64encode(zlib.compress(bytes([4]) * 50_000_000)).decode()


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"7",
        b"{}",
        value(Span("posts", 0, 0, codes("spam")), stage="sift") [:-5],
        orjson.dumps(orjson.loads(value(Span("posts", 0, 0, codes("spam")))) | {"stage": "nobody"}),
        value(Span("posts", 0, 0, codes("spam")), packed="!!!"),
        value(Span("posts", 0, 0, codes("spam")), compressed=True),
        value(Span("posts", 0, 0, codes("spam")), last=1),
        value(Span("posts", 0, 0, codes("spam")), last=-1),
        value(Span("posts", 0, 0, codes("spam")), first="0"),
        value(Span("posts", 0, 0, codes("spam")), first=True),
        value(Span("posts", 0, 0, codes("spam")), last=SPAN_LIMIT * 2, compressed=True, packed=_bomb()),
        value(Span("posts", 0, 0, codes("spam")), compressed=True, packed=_bomb()),
        value(Span("posts", 0, 0, bytes([0])), counts={}),
        value(Span("posts", 0, 0, codes("spam")), packed=base64.b64encode(bytes([200])).decode()),
        value(Span("posts", 0, 0, codes("spam")), at="yesterday"),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_told_and_changes_nothing(raw: bytes | None) -> None:
    """A record that is no ledger entry, whatever is wrong with it, is a value with a reason; the book stays as it is."""
    book = Book()
    found = book.read(raw)
    assert isinstance(found, Unreadable)
    assert found.reason
    assert book.accounts == {}
