"""The ledger as one reads it back, entries in any order, repeated or not; the audit, `winnow explain` and the local flow do."""

import base64
import binascii
import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import orjson

from pipeline.ledger.account import Account
from pipeline.stream import Deleted, Span, Unreadable, Written
from schemas.messages import LedgerEntry
from schemas.times import to_milliseconds
from schemas.topics import DISPOSITIONS, INPUTS, READ

COMPRESS_FROM_BYTES = 64
SPAN_LIMIT = 1 << 26
"""More offsets than this in one entry are refused: no batch is that large, and a few bytes of zlib could claim it."""

CONFLICT_LIMIT = 10_000
"""Conflicts beyond this are only counted: a ledger that is wrong throughout must not fill the memory."""


def pack(dispositions: bytes) -> tuple[str, bool]:
    """One byte an offset as base64, compressed when that pays: (text, compressed)."""
    if len(dispositions) < COMPRESS_FROM_BYTES:
        return base64.b64encode(dispositions).decode(), False
    return base64.b64encode(zlib.compress(dispositions, 1)).decode(), True


def unpack(entry: LedgerEntry) -> Span:
    """What an entry tells. Raises ValueError when its dispositions do not fit its range."""
    amount = entry.last - entry.first + 1
    if entry.gap:
        return Span(entry.topic, entry.partition, entry.first, _gap(entry.stage, entry.packed, entry.compressed, amount), amount)
    return Span(entry.topic, entry.partition, entry.first, _codes(entry.packed, entry.compressed, amount))


def _gap(stage: str, packed: str, compressed: bool, amount: int) -> bytes:
    codes = _codes(packed, compressed, 1)
    if amount < 1 or codes[0] != DISPOSITIONS[stage].index("absent"):
        raise ValueError(f"a gap of {amount} offsets with the disposition {codes[0]}: it has at least one, and they are absent")
    return codes


def _codes(packed: str, compressed: bool, amount: int) -> bytes:
    if not 0 < amount <= SPAN_LIMIT:
        raise ValueError(f"a ledger entry covers 1 to {SPAN_LIMIT} offsets, not {amount}")
    raw = base64.b64decode(packed, validate=True)
    codes = zlib.decompressobj().decompress(raw, amount + 1) if compressed else raw
    if len(codes) != amount:
        raise ValueError(f"{len(codes)} dispositions for {amount} offsets")
    return codes


class Entry(NamedTuple):
    """What one ledger record says. ``at_ms`` is when it was written, Unix ms; None for a span that has not been.

    ``written``: where the records lie that the stage wrote since its last entry; ``deleted``: offsets of its input that were deleted
    before it had read them. Both are empty in entries that are older than these fields.
    """

    stage: str
    span: Span
    at_ms: int | None
    written: tuple[Written, ...] = ()
    deleted: tuple[Deleted, ...] = ()


def read_entry(value: bytes | None) -> Entry | Unreadable:
    """Read one ledger record's value. Never raises, whatever the bytes."""
    try:
        message = orjson.loads(value or b"")
        stage, topic, partition, first, last = (message[name] for name in ("stage", "topic", "partition", "first", "last"))
        names = DISPOSITIONS[stage]
        if not (isinstance(topic, str) and _natural(partition) and _natural(first) and _natural(last)):
            return Unreadable("bad_field", "topic, partition, first or last is not what a ledger entry has there")
        packed, compressed, amount = message["packed"], message["compressed"] is True, last - first + 1
        if message.get("gap") is True:
            codes, times = _gap(stage, packed, compressed, amount), amount
        else:
            codes, times = _codes(packed, compressed, amount), 1
        if not 0 < min(codes) <= max(codes) < len(names):
            return Unreadable("unknown_disposition", f"a disposition of {stage} is none of 1..{len(names) - 1}")
        span = Span(topic, partition, first, codes, times)
        written = tuple(Written(*run) for run in _runs("wrote", message.get("wrote") or {}, READ))
        deleted = tuple(Deleted(*run) for run in _runs("deleted", message.get("deleted") or {}, INPUTS[stage]))
        return Entry(stage, span, to_milliseconds(message["at"]), written, deleted)
    except (orjson.JSONDecodeError, binascii.Error, zlib.error, AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        return Unreadable("bad_entry", f"not a ledger entry: {type(error).__name__} {error}"[:300])


def _runs(field: str, told: Mapping[str, Sequence[Sequence[int]]], topics: Collection[str]) -> Iterator[tuple[str, int, int, int]]:
    for topic, places in told.items():
        for partition, first, last in places:
            if topic not in topics or not (_natural(partition) and _natural(first) and _natural(last) and first <= last):
                raise ValueError(f"{field} says {[topic, partition, first, last]}, which is no run of records that a stage reads")
            yield topic, partition, first, last


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets ``first..last`` that no entry covers."""

    stage: str
    topic: str
    partition: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """An offset with two different dispositions; the one that was written first counts."""

    stage: str
    topic: str
    partition: int
    offset: int
    dispositions: tuple[str, str]


class Book:
    """The ledger as one reads it: feed entries with `read` or `add_span`, then ask for gaps, conflicts and counts."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str, int], Account] = {}
        self.written: dict[tuple[str, int], array[int]] = {}
        """(topic, partition) -> first and last offset of the records that stages wrote there, one pair after the other."""
        self.deleted: dict[tuple[str, str, int], array[int]] = {}
        """(stage, topic, partition) -> the same of what was deleted before the stage had read it."""
        self.conflicts: list[Conflict] = []
        self.conflict_count = 0

    def read(self, value: bytes | None) -> Entry | Unreadable:
        """Take in a ledger record's value and return what it says; one that is no entry changes nothing."""
        entry = read_entry(value)
        if isinstance(entry, Entry):
            self.add_span(entry.stage, entry.span, entry.at_ms)
            for topic, partition, first, last in entry.written:
                self.written.setdefault((topic, partition), array("q")).extend((first, last))
            for topic, partition, first, last in entry.deleted:
                self.deleted.setdefault((entry.stage, topic, partition), array("q")).extend((first, last))
        return entry

    def add_span(self, stage: str, span: Span, at_ms: int | None = None) -> None:
        """Take in what an entry says, unpacked; what repeats earlier ones changes nothing, what contradicts them is a conflict."""
        key = (stage, span.topic, span.partition)
        if not span.dispositions:
            return
        account = self.accounts.get(key)
        if account is None:
            account = self.accounts[key] = Account()
        names = DISPOSITIONS[stage]
        for first, amount, earlier, later in account.add(span):
            self.conflict_count += amount
            told = min(amount, CONFLICT_LIMIT - len(self.conflicts))
            self.conflicts += [Conflict(*key, offset, (names[earlier], names[later])) for offset in range(first, first + told)]
        if at_ms is not None:
            account.note_time(span.first, span.end - 1, at_ms)

    def gaps(self) -> list[Gap]:
        """Uncovered ranges between the first and the last covered offset of each partition."""
        return [
            Gap(*key, before.end, after.first - 1)
            for key, account in sorted(self.accounts.items())
            for before, after in pairwise(account.runs)
            if before.end < after.first
        ]

    def counts(self) -> dict[str, dict[str, int]]:
        """Stage -> disposition -> number of offsets."""
        totals: dict[str, Counter[str]] = defaultdict(Counter)
        for (stage, _, _), account in self.accounts.items():
            for code, amount in account.counts().items():
                totals[stage][DISPOSITIONS[stage][code]] += amount
        return {stage: dict(sorted(counter.items())) for stage, counter in sorted(totals.items())}

    def disposition(self, stage: str, topic: str, partition: int, offset: int) -> str | None:
        """How one offset ended in a stage; None when the ledger does not know it."""
        account = self.accounts.get((stage, topic, partition))
        code = account.code(offset) if account is not None else 0
        return DISPOSITIONS[stage][code] if code else None

    def settled_at(self, stage: str, topic: str, partition: int, offset: int) -> int | None:
        """When the first entry that covers an offset was written, Unix ms; None when none is known."""
        account = self.accounts.get((stage, topic, partition))
        if account is None:
            return None
        return min((at for first, last, at in zip(*account.times(), strict=True) if first <= offset <= last), default=None)


def total(counts: Mapping[str, int]) -> int:
    """Events of a stage: every offset that was handed out and is not the flow's own watermark."""
    return sum(amount for name, amount in counts.items() if name not in ("watermark", "absent"))
