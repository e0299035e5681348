"""Ledger entries in any order, repeated or not, in; coverage, gaps, contradictions and counts per stage out."""

import base64
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.messages import LedgerEntry
from schemas.topics import DISPOSITIONS

COMPRESS_FROM_BYTES = 64


def pack(dispositions: bytes) -> tuple[str, bool]:
    """One byte an offset as base64, compressed when that pays: (text, compressed)."""
    if len(dispositions) < COMPRESS_FROM_BYTES:
        return base64.b64encode(dispositions).decode(), False
    return base64.b64encode(zlib.compress(dispositions, 1)).decode(), True


def unpack(entry: LedgerEntry) -> bytes:
    """The dispositions of an entry, one byte an offset. Raises ValueError when they do not fit its range."""
    raw = base64.b64decode(entry.packed)
    codes = zlib.decompress(raw) if entry.compressed else raw
    if len(codes) != entry.last - entry.first + 1:
        raise ValueError(f"ledger entry of {entry.stage} {entry.topic}/{entry.partition} holds {len(codes)} dispositions for {entry.first}..{entry.last}")
    return codes


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
    """An offset with two different dispositions."""

    stage: str
    topic: str
    partition: int
    offset: int
    dispositions: tuple[str, str]


@dataclass(slots=True)
class Account:
    """All that the ledger says of one stage's input partition: ``codes[i]`` is the disposition of ``first + i`` (0: none)."""

    first: int = 0
    codes: bytearray = field(default_factory=bytearray)

    @property
    def end(self) -> int:
        """Offset behind the last covered one."""
        return self.first + len(self.codes)


class Book:
    """The ledger as one reads it: feed entries with `add`, then ask for gaps, conflicts and counts."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str, int], Account] = {}
        self.conflicts: list[Conflict] = []

    def add(self, entry: LedgerEntry) -> None:
        """Take in an entry; one that repeats another changes nothing, one that contradicts it is a conflict."""
        key = (entry.stage, entry.topic, entry.partition)
        codes = unpack(entry)
        account = self.accounts.get(key)
        if account is None:
            self.accounts[key] = Account(entry.first, bytearray(codes))
            return
        if entry.first < account.first:
            account.codes[:0] = bytes(account.first - entry.first)
            account.first = entry.first
        if account.end < entry.last + 1:
            account.codes.extend(bytes(entry.last + 1 - account.end))
        start = entry.first - account.first
        window = account.codes[start : start + len(codes)]
        if window.count(0) != len(window):
            self._compare(key, entry.first, window, codes)
            codes = bytes(old or new for old, new in zip(window, codes, strict=True))
        account.codes[start : start + len(codes)] = codes

    def _compare(self, key: tuple[str, str, int], first: int, old: bytearray, new: bytes) -> None:
        names = DISPOSITIONS[key[0]]
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            if a and a != b:
                self.conflicts.append(Conflict(*key, first + index, (names[a], names[b])))

    def gaps(self) -> list[Gap]:
        """Uncovered ranges between the first and the last covered offset of each partition."""
        found = []
        for key, account in sorted(self.accounts.items()):
            start = account.codes.find(0)
            while start >= 0:
                end = start
                while end < len(account.codes) and account.codes[end] == 0:
                    end += 1
                found.append(Gap(*key, account.first + start, account.first + end - 1))
                start = account.codes.find(0, end)
        return found

    def counts(self) -> dict[str, dict[str, int]]:
        """Stage -> disposition -> number of offsets."""
        totals: dict[str, Counter[str]] = defaultdict(Counter)
        for (stage, _, _), account in self.accounts.items():
            for code, amount in Counter(account.codes).items():
                if code:
                    totals[stage][DISPOSITIONS[stage][code]] += amount
        return {stage: dict(sorted(counter.items())) for stage, counter in sorted(totals.items())}

    def disposition(self, stage: str, topic: str, partition: int, offset: int) -> str | None:
        """How one offset ended in a stage; None when the ledger does not know it."""
        account = self.accounts.get((stage, topic, partition))
        if account is None or not account.first <= offset < account.end:
            return None
        code = account.codes[offset - account.first]
        return DISPOSITIONS[stage][code] if code else None

    def offsets(self, stage: str, topic: str, partition: int, dispositions: Iterable[str]) -> list[int]:
        """Offsets of a partition that ended in one of these."""
        account = self.accounts.get((stage, topic, partition))
        if account is None:
            return []
        wanted = {DISPOSITIONS[stage].index(name) for name in dispositions}
        return [account.first + index for index, code in enumerate(account.codes) if code in wanted]


def total(counts: Mapping[str, int]) -> int:
    """Events of a stage: every offset that was handed out and is not the flow's own watermark."""
    return sum(amount for name, amount in counts.items() if name not in ("watermark", "absent"))
