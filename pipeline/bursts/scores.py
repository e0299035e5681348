"""An anomaly score, 0..1, per count of a series, strictly online; .5 and above is an alarm. For `winnow pulse` and the benchmark.

Surprise is how far a count's square root (which evens out the variance of counts, Anscombe 1948) lies above what the season leads
one to expect, in spreads: of this row alone (bursts) and smoothed over ninety minutes (rises). How rare such a surprise is, each series
tells itself: what exceeds its 99th percentile has a tail, whose scale comes from the fourth moment of past excesses (peaks over
threshold, Coles 2001, ch. 4; the high moment lets the largest bursts weigh most). An alarm takes ``ALARM`` scales: a series that
bursts every day is calm about bursts, a sleepy one is not. While an alarm is fresh, only twice as strong a surprise alarms again.

Chosen, not fitted: memory of four weeks for everything, ninety minutes, the 99th percentile, half a day of rest. On the five brands
of `pipeline.evaluation.nab` each alone may be halved or doubled (the smoothing: half an hour to two hours) and ``ALARM`` lie between
2.25 and 3.5, with a score of 82 to 87. A lower ``ALARM`` than the best was kept: a false alarm costs less than an event missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.bursts.seasonality import Season

HOUR_MS = 3_600_000.0
MEMORY_MS = 28 * 24 * HOUR_MS
"""Half-life of all that is remembered."""
REST_MS = 12 * HOUR_MS
"""So long after an alarm only an escalation alarms."""
ESCALATION = 2.0
SMOOTHING_MS = (0.0, 1.5 * HOUR_MS)
ALARM = 2.75
"""Surprise in tail scales above the percentile, from which a score is an alarm."""
ALARM_SCORE = 0.5

_LONGEST_STEP_MS = 20 * MEMORY_MS
_CLIP = 3.0
_PERCENTILE, _PACE = 0.99, 0.02
_MOMENT = 4.0
_PRIOR_EXCESSES = 10.0
_VARIANCE_FLOOR = 0.05
_WARM_UP = 10


class Tail:
    """How high surprises of one kind rise above their 99th percentile, which is tracked online."""

    def __init__(self) -> None:
        self._start = 2.0
        self._excesses = 0.0
        self._moment = 0.0

    def scales(self, surprise: float) -> float:
        """By how many tail scales a surprise exceeds the percentile."""
        return (surprise - self._start) / self._scale()

    def learn(self, surprise: float, decay: float) -> None:
        """Take in a surprise after ``decay`` (0..1) of what was known."""
        step = _PACE * self._scale()
        self._excesses *= decay
        self._moment *= decay
        if surprise > self._start:
            self._excesses += 1.0
            self._moment += min(surprise - self._start, 1e9) ** _MOMENT / math.gamma(1.0 + _MOMENT)
            self._start += step * _PERCENTILE
        else:
            self._start -= step * (1.0 - _PERCENTILE)

    def _scale(self) -> float:
        """Exponential tails of scale s have a fourth moment of 24 s^4; ten excesses of scale 1 are assumed at first."""
        return float(((self._moment + _PRIOR_EXCESSES) / (self._excesses + _PRIOR_EXCESSES)) ** (1.0 / _MOMENT))


class Spread:
    """Surprises, smoothed over ``smoothing_ms``, in units of their own spread."""

    def __init__(self, smoothing_ms: float) -> None:
        self._smoothing_ms = smoothing_ms
        self._level = 0.0
        self._squares = self._weight = 0.0
        self._floor = _VARIANCE_FLOOR

    @property
    def deviation(self) -> float:
        """One spread."""
        return math.sqrt(self._squares / self._weight + self._floor) if self._weight else 1.0

    def surprise(self, off: float, elapsed_ms: float) -> float:
        """How many spreads the smoothed series is above 0, after ``elapsed_ms`` and a next value ``off``."""
        if self._smoothing_ms:
            share = -math.expm1(-elapsed_ms / self._smoothing_ms)
            self._floor = max(_VARIANCE_FLOOR * share / (2.0 - share), 1e-6)  # what smoothing leaves of independent noise
            self._level += share * (off - self._level)
        else:
            self._level = off
        return max(0.0, self._level / self.deviation)

    def learn(self, decay: float) -> None:
        """Take the present value into the spread; beyond `_CLIP` spreads it teaches no more."""
        most = _CLIP * self.deviation
        self._squares = self._squares * decay + min(max(self._level, -most), most) ** 2
        self._weight = self._weight * decay + 1.0


class Scorer:
    """The state of one series."""

    def __init__(self) -> None:
        self._last_ms: int | None = None
        self._rows = 0
        self._season = Season(MEMORY_MS)
        self._spreads = [Spread(smoothing) for smoothing in SMOOTHING_MS]
        self._tails = [Tail() for _ in SMOOTHING_MS]
        self._rest_until = -math.inf
        self._told = 0.0

    @property
    def expected(self) -> float:
        """The count that was expected of the last row."""
        return max(0.0, (self._season.expected / 2.0) ** 2 - 0.375)

    def score(self, at_ms: int, value: float) -> float:
        """Score the next count. Times that fall back count as no time passed; negative and not finite counts as 0."""
        elapsed = self._elapsed(at_ms)
        now = self._last_ms or 0
        decay = 0.5 ** (elapsed / MEMORY_MS)
        level = 2.0 * math.sqrt((value if math.isfinite(value) and value > 0 else 0.0) + 0.375)
        off = level - self._season.expect(now, level)
        clipped = _CLIP * self._spreads[0].deviation
        scales = 0.0
        for spread, tail in zip(self._spreads, self._tails, strict=True):
            smooth = spread.surprise(off if spread is self._spreads[0] else min(off, 2.0 * clipped), elapsed)
            if self._rows >= _WARM_UP:
                scales = max(scales, tail.scales(smooth))
                spread.learn(decay)
                tail.learn(smooth, decay)
        self._season.learn(now, min(max(off, -clipped), clipped))
        self._rows += 1
        return self._told_once(now, scales)

    def _told_once(self, now: float, scales: float) -> float:
        """The score, halved when it only repeats an alarm."""
        score = scales / (scales + ALARM)  # ALARM_SCORE at ALARM
        if scales < ALARM:
            return score
        if now < self._rest_until and scales < ESCALATION * self._told:
            return 0.5 * score
        self._rest_until, self._told = now + REST_MS, scales
        return score

    def _elapsed(self, at_ms: int) -> float:
        before = at_ms if self._last_ms is None else self._last_ms
        self._last_ms = max(before, at_ms)
        return min(float(self._last_ms - before), _LONGEST_STEP_MS)


def score_series(timestamps_ms: Sequence[int], values: Sequence[float]) -> list[float]:
    """Anomaly scores, 0..1, of a series; a score depends on no later row. Raises ValueError when the lengths differ.

    >>> [round(score, 2) for score in score_series(range(0, 240_000, 10_000), [2.0] * 23 + [40.0])][-2:]
    [0.0, 0.94]
    """
    scorer = Scorer()
    return [scorer.score(at, value) for at, value in zip(timestamps_ms, values, strict=True)]
