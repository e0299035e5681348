"""What the ledger says of one stage's input partition; `pipeline.ledger.book` keeps one account for each, fed span by span."""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.stream import Span


@dataclass(slots=True)
class Run:
    """Offsets covered without a hole: ``codes[i]`` is the disposition of ``first + i``, or ``codes[0]`` that of ``times`` offsets."""

    first: int
    codes: bytearray
    times: int = 1

    @property
    def end(self) -> int:
        """Offset behind the last covered one."""
        return self.first + len(self.codes) * self.times

    def code(self, offset: int) -> int:
        """The disposition byte of a covered offset."""
        return self.codes[0 if self.times > 1 else offset - self.first]

    def between(self, first: int, end: int) -> bytes:
        """The disposition bytes of ``first <= offset < end``, all covered; a single byte when the run has one for all of them."""
        return bytes(self.codes if self.times > 1 else self.codes[first - self.first : end - self.first])


class Contradiction(NamedTuple):
    """Offsets ``first .. first + amount - 1`` were called ``earlier`` first and ``later`` after that (disposition bytes)."""

    first: int
    amount: int
    earlier: int
    later: int


@dataclass(slots=True)
class Account:
    """All that the ledger says of one stage's input partition: its runs in order, and when each entry was written.

    Runs with a byte for each offset never touch each other: they are one then. A gap is a run of its own whatever lies beside it.
    """

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

    def add(self, span: Span) -> list[Contradiction]:
        """Take in a span, of which only what is not covered yet; returns what contradicts earlier ones."""
        runs, first, end = self.runs, span.first, span.end
        low = len(runs) - 1 if runs and runs[-1].end == first else bisect_left(runs, first, key=lambda run: run.end)
        high = bisect_right(runs, end, lo=low, key=lambda run: run.first)
        wrong: list[Contradiction] = []
        pieces: list[Run] = []
        for run in runs[low:high]:
            if first < run.first:
                _append(pieces, span.between(first, run.first))
            start, stop = max(span.first, run.first), min(end, run.end)
            if start < stop:
                wrong += _compare(start, stop, run.between(start, stop), bytes(span.between(start, stop).dispositions))
            if pieces and pieces[-1].end == run.first and pieces[-1].times == run.times == 1:
                pieces[-1].codes += run.codes
            else:
                pieces.append(run)
            first = max(first, run.end)
        if first < end:
            _append(pieces, span.between(first, end))
        runs[low:high] = pieces
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
        return self.runs[place].code(offset)

    def counts(self) -> Counter[int]:
        """Disposition byte -> number of offsets."""
        found: Counter[int] = Counter()
        for run in self.runs:
            for code, amount in Counter(run.codes).items():
                found[code] += amount * run.times
        return found


def _append(pieces: list[Run], span: Span) -> None:
    """Put a span behind the last piece, and into it where both have a byte for each offset."""
    if pieces and pieces[-1].end == span.first and pieces[-1].times == span.times == 1:
        pieces[-1].codes += span.dispositions
    else:
        pieces.append(Run(span.first, bytearray(span.dispositions), span.times))


def _compare(first: int, end: int, old: bytes, new: bytes) -> list[Contradiction]:
    """Where two tellings of ``first <= offset < end`` differ; each is a byte for each offset, or one for all."""
    if old == new:
        return []
    amount = end - first
    if len(old) == len(new) == 1:
        return [Contradiction(first, amount, old[0], new[0])]
    old, new = (told * amount if len(told) == 1 else told for told in (old, new))
    return [Contradiction(first + index, 1, a, b) for index, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
