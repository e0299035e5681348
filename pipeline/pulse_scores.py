"""In: a series of counts with their times. Out: an anomaly score, 0..1, per count, strictly online.

How surprising a count is: its square root (which evens out the variance of counts, Anscombe 1948) against a slowly forgetting
mean and spread. How anomalous: that surprise against the highest surprise of late, itself slowly forgotten, so that a series that
bursts every day is calm about bursts, and one event does not alarm twice. .5 means: about as surprising as the record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

DAY_MS = 86_400_000.0
WEEK_MS = 7 * DAY_MS
LONGEST_STEP = 20.0
"""Half-lives beyond which everything is forgotten anyway."""

_CLIP = 3.0
_RESERVE = 3.0
_VARIANCE_FLOOR = 0.05
_WARM_UP = 10


class Scorer:
    """The state of one series: memory of the mean and of records is a week, of the spread two."""

    def __init__(self) -> None:
        self._last_ms: int | None = None
        self._rows = 0
        self._sum = self._weight = 0.0
        self._squares = self._squares_weight = 0.0
        self._record = 0.0

    def score(self, at_ms: int, value: float) -> float:
        """Score the next count. Times that fall back count as no time passed; negative and not finite counts as 0."""
        half_lives = self._elapsed(at_ms) / WEEK_MS
        decay = 0.5**half_lives
        self._record *= decay
        level = 2.0 * math.sqrt((value if math.isfinite(value) and value > 0 else 0.0) + 0.375)
        mean = self._sum / self._weight if self._weight else level
        spread = math.sqrt(self._squares / self._squares_weight + _VARIANCE_FLOOR) if self._squares_weight else 1.0
        surprise = max(0.0, (level - mean) / spread) if self._rows >= _WARM_UP else 0.0
        score = surprise / (surprise + self._record + _RESERVE)
        self._record = max(self._record, surprise)
        off = min(max(level - mean, -_CLIP * spread), _CLIP * spread)
        self._sum, self._weight = self._sum * decay + mean + off, self._weight * decay + 1.0
        if self._rows >= _WARM_UP:
            slower = math.sqrt(decay)
            self._squares, self._squares_weight = self._squares * slower + off * off, self._squares_weight * slower + 1.0
        self._rows += 1
        return score

    def _elapsed(self, at_ms: int) -> float:
        before = at_ms if self._last_ms is None else self._last_ms
        self._last_ms = max(before, at_ms)
        return min(float(self._last_ms - before), LONGEST_STEP * WEEK_MS)


def score_series(timestamps_ms: Sequence[int], values: Sequence[float]) -> list[float]:
    """Anomaly scores, 0..1, of a series; a score depends on no later row. Raises ValueError when the lengths differ.

    >>> [round(score, 2) for score in score_series(range(0, 240_000, 10_000), [2.0] * 23 + [40.0])][-2:]
    [0.0, 0.93]
    """
    scorer = Scorer()
    return [scorer.score(at, value) for at, value in zip(timestamps_ms, values, strict=True)]
