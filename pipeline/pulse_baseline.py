"""In: counts of closed buckets, already discounted. Out: the count to expect of a window, and how far it may be off by chance."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Baseline:
    """Rate per bucket as a discounted gamma posterior ``shape / weight`` times the season's ``factor`` of now, and variance
    inflation per window."""

    shape: float = 0.3
    weight: float = 0.02
    factor: float = 1.0
    inflation: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """Expected count of one bucket."""
        return self.shape / self.weight * self.factor

    def spread(self, window: int, inflation: float) -> tuple[float, float]:
        """(mean, variance) of the count of ``window`` buckets."""
        mean = max(window * self.mean, 1e-3)
        return mean, mean * inflation + (window * self.factor / self.weight) ** 2 * self.shape
