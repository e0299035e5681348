"""The ledger as one reads it back, entries in any order, repeated or not; the audit, `winnow explain` and the local flow do."""

import base64
import binascii
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from pipeline.stream import Span, Unreadable
from schemas.messages import LedgerEntry
from schemas.times import to_milliseconds
from schemas.topics import DISPOSITIONS

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


def unpack(entry: LedgerEntry) -> bytes:
    """The dispositions of an entry, one byte an offset. Raises ValueError when they do not fit its range."""
    return _codes(entry.packed, entry.compressed, entry.last - entry.first + 1)


def _codes(packed: str, compressed: bool, amount: int) -> bytes:
    if not 0 < amount <= SPAN_LIMIT:
        raise ValueError(f"a ledger entry covers 1 to {SPAN_LIMIT} offsets, not {amount}")
    raw = base64.b64decode(packed, validate=True)
    codes = zlib.decompressobj().decompress(raw, amount + 1) if compressed else raw
    if len(codes) != amount:
        raise ValueError(f"{len(codes)} dispositions for {amount} offsets")
    return codes


class Entry(NamedTuple):
    """What one ledger record says. ``at_ms`` is when it was written, Unix ms; None for a span that has not been."""

    stage: str
    span: Span
    at_ms: int | None


def read_entry(value: bytes | None) -> Entry | Unreadable:
    """Read one ledger record's value. Never raises, whatever the bytes."""
    try:
        message = orjson.loads(value or b"")
        stage, topic, partition, first, last = (message[name] for name in ("stage", "topic", "partition", "first", "last"))
        names = DISPOSITIONS[stage]
        if not (isinstance(topic, str) and _natural(partition) and _natural(first) and _natural(last)):
            return Unreadable("bad_field", "topic, partition, first or last is not what a ledger entry has there")
        codes = _codes(message["packed"], message["compressed"] is True, last - first + 1)
        if not 0 < min(codes) <= max(codes) < len(names):
            return Unreadable("unknown_disposition", f"a disposition of {stage} is none of 1..{len(names) - 1}")
        return Entry(stage, Span(topic, partition, first, codes), to_milliseconds(message["at"]))
    except (orjson.JSONDecodeError, binascii.Error, zlib.error, KeyError, TypeError, ValueError, OverflowError) as error:
        return Unreadable("bad_entry", f"not a ledger entry: {type(error).__name__} {error}"[:300])


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


@dataclass(slots=True)
class Run:
    """Offsets covered without a hole: ``codes[i]`` is the disposition of ``first + i``."""

    first: int
    codes: bytearray

    @property
    def end(self) -> int:
        """Offset behind the last covered one."""
        return self.first + len(self.codes)


@dataclass(slots=True)
class Account:
    """All that the ledger says of one stage's input partition: its runs in order, never touching, and when each entry was written."""

    runs: list[Run] = field(default_factory=list)
    _firsts: "array[int]" = field(default_factory=lambda: array("q"))
    _lasts: "array[int]" = field(default_factory=lambda: array("q"))
    _times: "array[int]" = field(default_factory=lambda: array("q"))

    @property
    def first(self) -> int:
        """First covered offset."""
        return self.runs[0].first

    @property
    def end(self) -> int:
        """Offset behind the last covered one."""
        return self.runs[-1].end

    def add(self, first: int, codes: bytes) -> list[tuple[int, int, int]]:
        """Take in dispositions from offset ``first`` on; returns what contradicts earlier ones as (offset, earlier, later)."""
        runs = self.runs
        if runs and runs[-1].end == first:
            runs[-1].codes += codes
            return []
        end = first + len(codes)
        low = bisect_left(runs, first, key=lambda run: run.end)
        high = bisect_right(runs, end, key=lambda run: run.first)
        touched = runs[low:high]
        wrong = [difference for run in touched for difference in _compare(run, first, codes)]
        if len(touched) == 1 and touched[0].first <= first:
            if end > touched[0].end:
                touched[0].codes += codes[touched[0].end - first :]
            return wrong
        start = min([first, *(run.first for run in touched)])
        merged = bytearray(max([end, *(run.end for run in touched)]) - start)
        merged[first - start : end - start] = codes
        for run in touched:
            merged[run.first - start : run.end - start] = run.codes
        runs[low:high] = [Run(start, merged)]
        return wrong

    def note_time(self, first: int, last: int, at_ms: int) -> None:
        """Remember when ``first..last`` was written, Unix ms."""
        self._firsts.append(first)
        self._lasts.append(last)
        self._times.append(at_ms)

    def times(self) -> tuple["array[int]", "array[int]", "array[int]"]:
        """Columns first, last and time (Unix ms) of the entries, in the order they came."""
        return self._firsts, self._lasts, self._times

    def code(self, offset: int) -> int:
        """The disposition byte of an offset, 0 when it is not covered."""
        place = bisect_right(self.runs, offset, key=lambda run: run.first) - 1
        if place < 0 or offset >= self.runs[place].end:
            return 0
        return self.runs[place].codes[offset - self.runs[place].first]

    def counts(self) -> Counter[int]:
        """Disposition byte -> number of offsets."""
        return sum((Counter(run.codes) for run in self.runs), Counter())


def _compare(run: Run, first: int, codes: bytes) -> list[tuple[int, int, int]]:
    start, end = max(run.first, first), min(run.end, first + len(codes))
    old, new = run.codes[start - run.first : end - run.first], codes[start - first : end - first]
    if old == new:
        return []
    return [(start + index, a, b) for index, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]


class Book:
    """The ledger as one reads it: feed entries with `read` or `add_span`, then ask for gaps, conflicts and counts."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str, int], Account] = {}
        self.conflicts: list[Conflict] = []
        self.conflict_count = 0

    def read(self, value: bytes | None) -> Entry | Unreadable:
        """Take in a ledger record's value and return what it says; one that is no entry changes nothing."""
        entry = read_entry(value)
        if isinstance(entry, Entry):
            self.add_span(entry.stage, entry.span, entry.at_ms)
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
        for offset, earlier, later in account.add(span.first, span.dispositions):
            self.conflict_count += 1
            if len(self.conflicts) < CONFLICT_LIMIT:
                self.conflicts.append(Conflict(*key, offset, (names[earlier], names[later])))
        if at_ms is not None:
            account.note_time(span.first, span.first + len(span.dispositions) - 1, at_ms)

    def gaps(self) -> list[Gap]:
        """Uncovered ranges between the first and the last covered offset of each partition."""
        return [
            Gap(*key, before.end, after.first - 1)
            for key, account in sorted(self.accounts.items())
            for before, after in zip(account.runs, account.runs[1:], strict=False)
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
