"""How sensitive the detector is, checked, and the chance of a false alarm that each series is allowed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PulseConfig:
    """``windows`` in buckets; ``alpha`` per bucket and window of each of the first ``series_at_alpha`` series; ``least_ratio`` times
    the expected count; ``half_life`` in buckets. At this ``alpha`` chance would raise at most one alarm in four days about a subject
    (four series, four windows, 1,440 buckets a day, as if they were independent).

    ``drift``: the usual rate may have risen by a quarter before the baseline knows; chance is reckoned from there, so that a rhythm
    which has not shown yet needs no wide margin. ``slack``: as many buckets late may an event be told and still count as now (of
    correlate's ten minutes, twice what sift lets a clock run ahead).

    A surge ends when the last ``end_buckets`` (of a sparse series as many as hold ``least_authors``, up to the longest window), all
    after its alarm, together hold less than ``end_ratio`` times the usual. ``warm_up`` buckets must have been seen (quiet ones count)
    before a series can alarm.
    """

    bucket_ms: int = 60_000
    windows: tuple[int, ...] = (1, 5, 15, 30)
    alpha: float = 1e-5
    series_at_alpha: int = 16
    least_authors: int = 10
    least_ratio: float = 2.5
    drift: float = 1.25
    slack: int = 10
    half_life: float = 180.0
    end_ratio: float = 1.5
    end_buckets: int = 10
    warm_up: int = 10

    def alpha_of(self, live: int, surging: int) -> float:
        """The chance allowed to each of ``live`` series while so many of them are ``surging``.

        As Benjamini and Hochberg (1995) share it out: in proportion to what has been found, over all that is being tested, so
        that false alarms stay a like part of all alarms however many series there are.
        """
        return self.alpha * min(1.0, self.series_at_alpha * (1 + surging) / max(live, 1))
