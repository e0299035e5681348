"""The probability of a count as high or higher, if counts are negative binomial with a given mean and variance.

P(X >= x) is the regularised incomplete beta function I_{1-p}(x, r) (Press et al., Numerical Recipes, 6.4) with p = mean / variance
and r = mean^2 / (variance - mean).
"""

from __future__ import annotations

import math

from schemas.jit import compiled

_LEAST = 1e-300
"""Least probability, and least divisor of the continued fraction."""
_MOST_TERMS, _EXACT = 400, 1e-12
"""The fraction ends when a term changes it by less, or after so many."""
_POISSON = 1.0001
"""Least variance to each mean: that of a Poisson distribution, and a little."""
_FIRST_COUNT, _LAST_COUNT = 4, 1 << 40
"""Where the search for a count begins, at least, and where it gives up."""


@compiled
def _beta_fraction(a: float, b: float, x: float) -> float:
    """Lentz's continued fraction of the incomplete beta function."""
    c = 1.0
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _LEAST else _LEAST)
    value = d
    for m in range(1, _MOST_TERMS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 + step * d
            d = 1.0 / (d if abs(d) > _LEAST else _LEAST)
            c = 1.0 + step / c
            c = c if abs(c) > _LEAST else _LEAST
            value *= d * c
        if abs(d * c - 1.0) < _EXACT:
            break
    return value


@compiled
def tail_probability(count: float, mean: float, variance: float) -> float:
    """P(X >= count), at least 1e-300. A variance not above the mean is lifted just above it: Poisson."""
    if count <= 0 or mean <= 0.0:
        return 1.0 if count <= 0 else _LEAST
    variance = max(variance, mean * _POISSON)
    p = mean / variance
    r = mean * mean / (variance - mean)
    x = 1.0 - p
    front = math.lgamma(count + r) - math.lgamma(count) - math.lgamma(r) + count * math.log(x) + r * math.log(p)
    if x < (count + 1.0) / (count + r + 2.0):
        log_tail = front + math.log(max(_beta_fraction(count, r, x), _LEAST)) - math.log(count)
        return max(math.exp(min(log_tail, 0.0)), _LEAST)
    body = math.exp(front) * _beta_fraction(r, count, p) / r
    return max(1.0 - min(body, 1.0), _LEAST)


@compiled
def least_count(mean: float, variance: float, alpha: float) -> int:
    """Smallest count whose tail probability is below ``alpha``."""
    low, high = 0, max(_FIRST_COUNT, int(2 * mean) + _FIRST_COUNT)
    while tail_probability(high, mean, variance) >= alpha and high < _LAST_COUNT:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if tail_probability(middle, mean, variance) >= alpha:
            low = middle
        else:
            high = middle
    return high
