"""CSV lines ``timestamp,value`` as a series, and the same lines with their anomaly scores. For `winnow pulse`.

Timestamps are ISO 8601, without a zone UTC, and come back as they were written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.bursts import ALARM_SCORE, Scorer
from schemas.errors import WinnowError
from schemas.times import to_milliseconds

COLUMNS = ("timestamp", "value")


class Count(NamedTuple):
    """One row: the time as written, the same in Unix ms, the value as written and as a number."""

    written: str
    at_ms: int
    value_written: str
    value: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A row with what was expected, its score 0..1, and whether that is an alarm."""

    count: Count
    expected: float
    score: float

    @property
    def alarm(self) -> bool:
        """Whether the score reaches the alarm threshold."""
        return self.score >= ALARM_SCORE


def read_counts(lines: Iterable[str], name: str = "the file") -> Iterator[Count]:
    """Rows of a series, in order. Raises WinnowError that names the line for columns, times and values that are none."""
    rows = csv.DictReader(lines)
    if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
        raise WinnowError(f"{name} has no column {missing[0]!r}", hint="Its first line must be: timestamp,value")
    before: int | None = None
    for row in rows:
        written, value = row["timestamp"] or "", row["value"] or ""
        try:
            found = Count(written, to_milliseconds(written), value, float(value))
        except ValueError:
            problem = f"{name} line {rows.line_num}: {written!r},{value!r} is no ISO 8601 time and number"
            raise WinnowError(problem, hint="Write rows as 2015-02-26 21:42:53,104") from None
        if before is not None and found.at_ms < before:
            raise WinnowError(f"{name} line {rows.line_num}: {written} is earlier than the row before", hint="Sort the rows by time")
        before = found.at_ms
        yield found


def score_counts(counts: Iterable[Count]) -> Iterator[Scored]:
    """Score rows one by one; a score depends on no later row."""
    scorer = Scorer()
    for count in counts:
        score = scorer.score(count.at_ms, count.value)
        yield Scored(count, scorer.expected, score)
