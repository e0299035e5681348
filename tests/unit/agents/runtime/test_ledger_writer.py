"""Spans become ledger entries, one each, acknowledged."""

import asyncio
from types import SimpleNamespace

import orjson
import pytest

from agents.runtime import ledger_writer
from agents.runtime.ledger_writer import LedgerWriter, entry
from agents.runtime.outputs import Emitter
from agents.settings import Settings
from pipeline.ledger import Book, Entry, read_entry
from pipeline.stream import Deleted, Span, Written
from schemas.errors import WinnowError
from schemas.messages import LedgerEntry
from schemas.topics import DISPOSITIONS
from tests.unit.agents.runtime.fakes import FakeKafka, FakeProducer, Network

SETTINGS = Settings()
CODES = {name: code for code, name in enumerate(DISPOSITIONS["act"])}


def ledger(kafka: FakeKafka) -> LedgerWriter:
    """The ledger of act."""
    return LedgerWriter("act", Emitter(SETTINGS, FakeProducer(kafka)))


async def test_the_book_reads_what_was_written() -> None:
    """Every offset has the disposition of its span; a span that is repeated after a restart contradicts nothing."""
    kafka = FakeKafka()
    spans = [Span("decisions", 0, 7, bytes([CODES["acted"], CODES["absent"]])), Span("outcomes", 0, 0, bytes([CODES["rejected"]]))]
    await ledger(kafka).write(spans)
    await ledger(kafka).write(spans[:1])
    book = Book()
    for record in kafka.log(SETTINGS.topic("ledger")):
        book.read(record.value)
    assert [book.disposition("act", "decisions", 0, offset) for offset in (7, 8)] == ["acted", "absent"]
    assert book.disposition("act", "outcomes", 0, 0) == "rejected"
    assert not book.conflicts
    assert len({dict(record.headers)["ce_id"] for record in kafka.log(SETTINGS.topic("ledger"))}) == 2, "an entry is known by its span"


async def test_it_returns_only_when_acknowledged() -> None:
    """The input offset follows: it must not be ahead of the account."""
    kafka = FakeKafka(network=Network(held=True))
    writing = asyncio.ensure_future(ledger(kafka).write([Span("decisions", 0, 0, b"\x01")]))
    done, _ = await asyncio.wait({writing}, timeout=0.02)
    assert not done
    kafka.network.take(kafka.network.requests[0]).fail(done=False)
    with pytest.raises(WinnowError, match="Nothing was acknowledged"):
        await writing


async def test_without_spans_nothing_is_written() -> None:
    """Most ticks account for nothing."""
    kafka = FakeKafka()
    await ledger(kafka).write([])
    assert kafka.log(SETTINGS.topic("ledger")) == []


async def test_what_was_written_is_told_once() -> None:
    """With the first span; a reader knows where each record lies, and the contract of messages takes it."""
    kafka = FakeKafka()
    written = [Written("labels", 0, 7, 9), Written("labels", 1, 0, 0), Written("outcomes", 0, 4, 4)]
    await ledger(kafka).write([Span("decisions", 0, 0, b"\x05"), Span("outcomes", 0, 0, b"\x05")], written)
    records = kafka.log(SETTINGS.topic("ledger"))
    entries = [read_entry(record.value) for record in records]
    assert [entry.written for entry in entries if isinstance(entry, Entry)] == [tuple(written), ()]
    assert "deleted" not in LedgerEntry.model_validate_json(records[0].value or b"").model_fields_set
    assert LedgerEntry.model_validate_json(records[0].value or b"").wrote == {"labels": [(0, 7, 9), (1, 0, 0)], "outcomes": [(0, 4, 4)]}


async def test_what_was_deleted_unread_is_told_once() -> None:
    """With the first span, as a reader of the ledger gets it back."""
    kafka = FakeKafka()
    gone = [Deleted("outcomes", 0, 5, 44), Deleted("outcomes", 1, 0, 0)]
    await ledger(kafka).write([Span("decisions", 0, 0, b"\x05"), Span("outcomes", 0, 5, b"\x01", 40)], [], gone)
    records = kafka.log(SETTINGS.topic("ledger"))
    entries = [read_entry(record.value) for record in records]
    assert [entry.deleted for entry in entries if isinstance(entry, Entry)] == [tuple(gone), ()]
    assert LedgerEntry.model_validate_json(records[0].value or b"").deleted == {"outcomes": [(0, 5, 44), (1, 0, 0)]}


def test_an_entry_says_what_became_of_which_offsets() -> None:
    """First and last, how many ended how, by whom and when; a long gap says that it is one; a partition has one key."""
    dispositions = bytes([CODES["acted"], CODES["rejected"], CODES["acted"]])
    found = entry("act", Span("decisions", 3, 7, dispositions), "host/1", 1_700_000_000_500)
    assert orjson.loads(found.value) == {
        "stage": "act", "topic": "decisions", "partition": 3, "first": 7, "last": 9, "packed": orjson.loads(found.value)["packed"],
        "compressed": False, "counts": {"acted": 2, "rejected": 1}, "worker": "host/1", "at": "2023-11-14T22:13:20.500Z",
    }  # fmt: skip
    assert (found.noun, found.key, found.id, found.source) == ("ledger", b"act/decisions/3", "ledger/act/decisions/3/7", "act/decisions/3")
    assert (found.time_ms, found.lineage, found.trace) == (1_700_000_000_500, "decisions/3/7/0", "")
    gap = orjson.loads(entry("act", Span("decisions", 3, 7, b"\x01", 2_000), "host/1", 0).value)
    assert (gap["first"], gap["last"], gap["gap"]) == (7, 2_006, True)


async def test_entries_bear_the_time_of_their_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unix milliseconds."""
    monkeypatch.setattr(ledger_writer, "time", SimpleNamespace(time=lambda: 1_700_000_000.5))
    await ledger(kafka := FakeKafka()).write([Span("decisions", 0, 0, b"\x05"), Span("outcomes", 0, 0, b"\x05")])
    told = [orjson.loads(record.value or b"")["at"] for record in kafka.log(SETTINGS.topic("ledger"))]
    assert told == ["2023-11-14T22:13:20.500Z"] * 2
