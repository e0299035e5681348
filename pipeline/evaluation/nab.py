"""The score of the Numenta Anomaly Benchmark, standard profile, 0 (silent) to 100 (perfect), of labelled series.

From the published formula (Lavin and Ahmad 2015, arXiv 1510.03336, section 3): in each labelled window only the first detection
counts, the earlier the better; a missed window costs 1; a detection outside costs up to .11, less shortly after a window; the first
15 % of a series, at most 750 rows, are for learning and not scored.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.bursts import ALARM_SCORE
from pipeline.evaluation.counts import Count, score_counts
from schemas.errors import WinnowError
from schemas.times import to_milliseconds

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1.0, 0.11, 1.0
"""Weights of the standard profile."""
PROBATION, LONGEST_PROBATION = 0.15, 750


@dataclass(frozen=True, slots=True)
class Labelled:
    """One series: ``scores`` (n,) 0..1, and the labelled ``windows`` as (first, last) row, both included, in order."""

    name: str
    scores: Sequence[float]
    windows: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class JudgedSeries:
    """Of one series at one threshold: raw ``score``, ``windows``, those ``found``, and detections outside (``false_alarms``)."""

    name: str
    score: float
    windows: int
    found: int
    false_alarms: int

    @property
    def normalised(self) -> float:
        """0 for a detector that says nothing, 100 for a perfect one, below 0 for a noisy one."""
        return 100.0 * (self.score + FALSE_NEGATIVE * self.windows) / (self.windows * (TRUE_POSITIVE + FALSE_NEGATIVE))


@dataclass(frozen=True, slots=True)
class NabReport:
    """What the pulse is worth on labelled series: ``each`` and ``together`` at the alarm threshold."""

    each: list[JudgedSeries]
    together: JudgedSeries
    best: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """The figures as one JSON object."""
        return {
            "score": round(self.together.normalised, 2),
            "threshold": ALARM_SCORE,
            "best_threshold": {"threshold": self.best[0], "score": round(self.best[1], 2)},
            "series": {
                one.name: {"score": round(one.normalised, 2), "windows": one.windows, "found": one.found, "false_alarms": one.false_alarms}
                for one in self.each
            },
        }

    def lines(self) -> list[str]:
        """A table for a person."""
        rows = [f"{'series':24} {'score':>6} {'found':>8} {'false alarms':>13}"]
        rows += [
            f"{one.name:24} {one.normalised:6.1f} {one.found:>4}/{one.windows:<3} {one.false_alarms:>13}"
            for one in (*self.each, self.together)
        ]
        return [*rows, f"threshold {ALARM_SCORE}; the best in hindsight, {self.best[0]:.4f}, scores {self.best[1]:.1f}"]


def assess_nab(series: Sequence[tuple[str, Sequence[Count]]], windows: dict[str, list[list[str]]]) -> NabReport:
    """Run the pulse over named series and judge it by their labelled windows, as the benchmark writes them.

    Raises WinnowError for a window that no series has.
    """
    labelled = []
    for name, counts in series:
        times = [count.at_ms for count in counts]
        rows = [_rows(name, times, window) for window in windows.get(name, [])]
        labelled.append(Labelled(name.rsplit("/", 1)[-1].removesuffix(".csv"), [scored.score for scored in score_counts(counts)], rows))
    judged = [one for one in labelled if one.windows]
    if not judged:
        raise WinnowError("no series has a labelled window", hint="Name the series in windows.json as the files beside it")
    return NabReport([judge(one, ALARM_SCORE) for one in judged], overall(judged, ALARM_SCORE), best_threshold(judged))


def _rows(name: str, times: Sequence[int], window: Sequence[str]) -> tuple[int, int]:
    try:
        first, last = (to_milliseconds(moment) for moment in window)
    except ValueError:
        raise WinnowError(f"window {list(window)!r} of {name} is no pair of ISO 8601 times", hint="Mend windows.json") from None
    rows = bisect_left(times, first), bisect_right(times, last) - 1
    if rows[1] < rows[0]:
        raise WinnowError(f"window {list(window)!r} of {name} holds no row", hint="Check that windows.json belongs to these files")
    return rows


def judge(series: Labelled, threshold: float) -> JudgedSeries:
    """Score one series: a row whose score reaches ``threshold`` is a detection."""
    gains: dict[int, float] = {}
    outside, false_alarms = 0.0, 0
    for row in _detections(series, threshold):
        number = _window_before(series.windows, row)
        if number >= 0 and row <= series.windows[number][1]:
            gains[number] = max(gains.get(number, -1.0), _gain(series.windows[number], row))
        else:
            outside += FALSE_POSITIVE * _outside(series.windows, number, row)
            false_alarms += 1
    missed = len(series.windows) - len(gains)
    score = TRUE_POSITIVE * sum(gains.values()) + outside - FALSE_NEGATIVE * missed
    return JudgedSeries(series.name, score, len(series.windows), len(gains), false_alarms)


def overall(series: Sequence[Labelled], threshold: float) -> JudgedSeries:
    """The series together, as the benchmark counts them: sums of raw scores, normalised once."""
    each = [judge(one, threshold) for one in series]
    return JudgedSeries(
        "all", math.fsum(one.score for one in each), sum(one.windows for one in each), sum(one.found for one in each),
        sum(one.false_alarms for one in each),
    )  # fmt: skip


def best_threshold(series: Sequence[Labelled]) -> tuple[float, float]:
    """(threshold, normalised score): the threshold at which the series together score highest, the higher of equals."""
    rows = sorted(
        ((one.scores[row], number, row) for number, one in enumerate(series) for row in range(probation(len(one.scores)), len(one.scores))),
        reverse=True,
    )
    gains: dict[tuple[int, int], float] = {}
    windows = sum(len(one.windows) for one in series)
    total, best = -FALSE_NEGATIVE * windows, (math.inf, -FALSE_NEGATIVE * windows)
    for at, (score, number, row) in enumerate(rows):
        window = _window_before(series[number].windows, row)
        if window >= 0 and row <= series[number].windows[window][1]:
            before = gains.get((number, window), -FALSE_NEGATIVE)
            gains[number, window] = max(before, _gain(series[number].windows[window], row))
            total += gains[number, window] - before
        else:
            total += FALSE_POSITIVE * _outside(series[number].windows, window, row)
        if total > best[1] and (at + 1 == len(rows) or rows[at + 1][0] < score):
            best = (score, total)
    return best[0], 100.0 * (best[1] + FALSE_NEGATIVE * windows) / (windows * (TRUE_POSITIVE + FALSE_NEGATIVE))


def probation(rows: int) -> int:
    """How many rows at the start are not scored."""
    return min(int(PROBATION * rows), LONGEST_PROBATION)


def _detections(series: Labelled, threshold: float) -> Iterator[int]:
    for row in range(probation(len(series.scores)), len(series.scores)):
        if series.scores[row] >= threshold:
            yield row


def _window_before(windows: Sequence[tuple[int, int]], row: int) -> int:
    """The last window that has begun by a row, -1 for none."""
    return max((number for number, (first, _) in enumerate(windows) if first <= row), default=-1)


def _gain(window: tuple[int, int], row: int) -> float:
    """What a detection inside a window is worth: 1 at its first row, near 0 at its last."""
    width = window[1] - window[0] + 1
    return _sigmoid(-(window[1] - row + 1) / width) / _sigmoid(-1.0)


def _outside(windows: Sequence[tuple[int, int]], before: int, row: int) -> float:
    """What a detection outside is worth: -1, or more shortly after window number ``before``."""
    if before < 0:
        return -1.0
    first, last = windows[before]
    return _sigmoid((row - last) / max(last - first, 1))


def _sigmoid(position: float) -> float:
    return -1.0 if position > 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0
