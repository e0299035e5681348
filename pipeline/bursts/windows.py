"""What a window of recent buckets held, what came late, where a rise began."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate


def before(counts: Sequence[int], window: int) -> int:
    """What the closed buckets of a window hold that ends with the open one."""
    return sum(counts[-(window - 1) :]) if window > 1 else 0


def untold(counts: Sequence[int], window: int, slack: int, usual: float) -> int:
    """How many are missing before a window, within ``slack`` buckets: so many in it may only be told late.

    A clock that jumps ahead, a source that is polled every few minutes and a feed that catches up all leave a gap and fill one
    bucket with it. Missing is what falls short of the ``usual`` count of a bucket, or of the buckets before if those held less;
    what is not known may have been empty.
    """
    if slack * usual < 1.0:
        return 0
    end = len(counts) - window + 1
    level = usual if end < 3 * slack else min(usual, sum(counts[end - 3 * slack : end - slack]) / (2 * slack))
    known = counts[max(end - slack, 0) : max(end, 0)]
    missing = [level - count for count in reversed(known)] + [level] * (slack - len(known))
    return int(max(0.0, *accumulate(missing)))


def rise(counts: Sequence[int], current: int, window: int, times: float) -> int:
    """How many buckets ago a rise to so many ``times`` what is expected began: the change point at which that pace, and not the
    usual one, explains the counts of the window best (Page 1954)."""
    recent = [*counts[-(window - 1) :], current] if window > 1 else [current]
    usual, gain = sum(recent) / window * (1.0 - 1.0 / times), math.log(times)
    best, evidence, ago = 0.0, 0.0, 0
    for at, count in enumerate(reversed(recent)):
        evidence += count * gain - usual
        if evidence > best + 1e-9:
            best, ago = evidence, at
    return ago
