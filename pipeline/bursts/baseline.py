"""The count to expect of a window, from counts of closed buckets, and how far it may be off by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

UNKNOWN_INFLATION = 1.25
"""What a series is assumed to scatter until it has shown: a quarter more than chance."""
_LONG_DECAY = 0.5 ** (1.0 / (7 * 1440))
"""Of a week of buckets half is forgotten in the long run: it holds every hour and every day alike."""
_CLIP = 6.0
"""No pair of windows tells of more than this many times what it was assumed to scatter."""


@dataclass(slots=True)
class Baseline:
    """Rate per bucket as a discounted gamma posterior ``shape / weight`` times the season's ``factor`` of now; the same of the long
    run; variance inflation per window."""

    shape: float = 0.3
    weight: float = 0.02
    factor: float = 1.0
    inflation: list[float] = field(default_factory=list)
    long_shape: float = 0.0
    long_weight: float = 0.02

    @property
    def mean(self) -> float:
        """Expected count of one bucket, by what it was of late."""
        return self.shape / self.weight * self.factor

    @property
    def usual(self) -> float:
        """Expected count of one bucket, by what it was of late or in the long run: a morning after a quiet night is no news."""
        return max(self.mean, self.long_shape / self.long_weight * self.factor)

    def believable(self, alpha: float) -> float:
        """How many buckets of nothing chance explains with a probability of ``alpha``, sure as one is of the rate."""
        return self.weight / self.factor * math.expm1(min(-math.log(alpha) / self.shape, 40.0))

    def spread(self, window: int, inflation: float, drift: float) -> tuple[float, float]:
        """(mean, variance) of the count of ``window`` buckets at ``drift`` times the usual rate."""
        mean = max(window * drift * self.usual, 1e-3)
        share = window * drift * self.factor / self.weight
        return mean, mean * inflation + share * share * self.shape

    def scatter(self, counts: Sequence[int], windows: Sequence[int]) -> list[float]:
        """For each window how far the last one is off the one before it, squared, in variances; 1, which teaches nothing, where
        too few ``counts`` are known or nothing was counted.

        Neighbours are compared, and not a window with the baseline: what a day's rhythm moves it by is no scatter, and would hide
        a real rise behind a wide margin.
        """
        found = []
        for window, inflation in zip(windows, self.inflation, strict=True):
            both = sum(counts[-2 * window :]) if len(counts) >= 2 * window else 0
            off = both - 2 * sum(counts[-window:]) if both else 0
            found.append(round(min(off * off / (both * inflation), _CLIP), 3) if both else 1.0)
        return found

    def learn(self, count: float, factor: float, decay: float) -> None:
        """Take in the ``count`` of one bucket and the season's ``factor`` of its time, after ``decay`` (0..1) of what was known."""
        self.shape = max(decay * self.shape + count, 1e-3)
        self.weight = decay * self.weight + factor
        self.long_shape = _LONG_DECAY * self.long_shape + count
        self.long_weight = _LONG_DECAY * self.long_weight + factor

    def learn_zeros(self, buckets: int, decay: float) -> None:
        """Take in so many ``buckets`` at once in which nothing was counted."""
        for_all, for_long = decay**buckets, _LONG_DECAY**buckets
        self.shape = max(self.shape * for_all, 1e-3)
        self.weight = self.weight * for_all + self.factor * (1.0 - for_all) / (1.0 - decay)
        self.long_shape *= for_long
        self.long_weight = self.long_weight * for_long + self.factor * (1.0 - for_long) / (1.0 - _LONG_DECAY)

    def learn_scatter(self, scatter: Sequence[float], windows: Sequence[int], half_life: float) -> None:
        """Take in what `scatter` found; neighbouring windows overlap, so that the longer teach the slower."""
        for number, (window, off) in enumerate(zip(windows, scatter, strict=True)):
            if off == 1.0:
                continue
            pace = 1.0 / (2.0 * half_life + 20.0 * window)
            self.inflation[number] = max(1.0, self.inflation[number] * (1.0 + pace * (off - 1.0)))
