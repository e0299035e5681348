"""Alarms when more distinct people speak in one series than chance explains, minute by minute, and their end.

Counted is not the post but the *fresh author*: one who was not counted in this series during the longest window, so that a
thousand posts of one person weigh as one. The baseline (`pulse_baseline`) is a discounted gamma-Poisson rate (West and Harrison
1997, ch. 10.8), which needs no history to start, times the rhythm of day and week as far as it has shown, and at least what the
long run leads one to expect; a silence longer than chance explains teaches nothing, or every feed that comes back would be a mass
reaction. How much counts scatter is learned from neighbouring windows. An alarm is a negative-binomial tail probability below
``alpha`` in one of several windows, even if the rate had drifted by ``drift`` unnoticed, so many people, and so many times what is
expected, without what may only be told late (`pulse_windows`). The count it takes is worked out once a bucket; an event costs
comparisons of integers.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from pipeline.bursts.baseline import UNKNOWN_INFLATION, Baseline
from pipeline.bursts.config import PulseConfig
from pipeline.bursts.negative_binomial import least_count, tail_probability
from pipeline.bursts.scores import score_series
from pipeline.bursts.seasonality import Rhythm
from pipeline.bursts.windows import before, rise, untold

__all__ = ["Alarm", "Baseline", "PulseConfig", "Series", "score_series"]


STATE_VERSION = 4
LONGEST_SILENCE_HOURS = 24 * 14
"""A longer silence says nothing about now: it counts as not watched."""


class Alarm(NamedTuple):
    """``onset`` bucket, what was ``seen`` and ``expected`` (fresh authors) since, and how likely chance is (``p_value``)."""

    onset: int
    seen: int
    expected: float
    p_value: float


class Series:
    """One series of fresh authors. Buckets are numbers of event time (``clock // bucket_ms``) and never fall."""

    def __init__(self, config: PulseConfig, bucket: int, idle_buckets: int = 0, rhythm: Rhythm | None = None) -> None:
        """Start at ``bucket``; ``idle_buckets`` before it were watched and had nothing. ``rhythm``: that of a larger series, which
        learns it for this one as well."""
        self.config = config
        self.bucket = bucket
        self.seen = 0
        self.alpha = config.alpha
        self.base = Baseline(inflation=[UNKNOWN_INFLATION] * len(config.windows))
        self.rhythm = rhythm or Rhythm()
        self._own_rhythm = rhythm is None
        self.counts: list[int] = []
        self.waiting: list[list[float]] = []
        self.corrections = 0
        self.current = 0
        self.onset: int | None = None
        self.told = 0
        self.rate_before = 0.0
        self._counted: list[int] = []
        self._longest = max(config.windows)
        self._decay = 0.5 ** (1.0 / config.half_life)
        if idle_buckets:
            self._absorb_zeros(idle_buckets)
        self._set_thresholds()

    def add(self, *, counts_for_alarm: bool) -> Alarm | None:
        """Count a fresh author now; late and replayed ones only correct the baseline. The alarm, at the moment it is due."""
        if not counts_for_alarm:
            self.corrections += 1
            return None
        self.current += 1
        if self.onset is not None or self.current < self._enough:
            return None
        return self._judge()

    def uncount(self, bucket: int) -> None:
        """Take out a fresh author who was counted in a bucket, as far back as counts reach: the one who spoke never did."""
        before = self.bucket - bucket
        if before == 0:
            self.current = max(self.current - 1, 0)
        elif 0 < before <= len(self.counts):
            self.counts[-before] = max(self.counts[-before] - 1, 0)
            if before <= len(self.waiting):
                self.waiting[-before][0] = max(self.waiting[-before][0] - 1.0, 0.0)
        self._set_thresholds()

    def count_again(self, bucket: int) -> None:
        """Count a fresh author in a bucket that has passed, without an alarm: another one's place was taken."""
        before = self.bucket - bucket
        if before == 0:
            self.current += 1
        elif 0 < before <= len(self.counts):
            self.counts[-before] += 1
            if before <= len(self.waiting):
                self.waiting[-before][0] += 1.0
        self._set_thresholds()

    def advance(self, bucket: int, alpha: float | None = None) -> bool:
        """Close all buckets before ``bucket``; True when that ends a surge. ``alpha`` holds for the bucket that opens."""
        ended = False
        silent = bucket - self.bucket - 1
        if silent > self.config.slack and self.onset is None and silent > self.base.believable(self.config.alpha):
            self._close_bucket()  # no chance explains all of that silence
            self.bucket += 1
            self._skip_to(bucket)
        while self.bucket < bucket:
            if self._is_blank():
                self._skip_to(bucket)
                break
            ended |= self._close_bucket()
            self.bucket += 1
            self.base.factor = self.rhythm.factor(self._middle(self.bucket))
        self.alpha = self.config.alpha if alpha is None else alpha
        self._set_thresholds()
        return ended

    def pass_over(self, bucket: int) -> None:
        """Go on at ``bucket``: what is between it and the open one was not watched."""
        if bucket <= self.bucket + 1:
            return
        self._close_bucket()
        self._forget(bucket - self.bucket - 1, self.bucket)
        self.onset = None
        self.bucket = bucket
        self.base.factor = self.rhythm.factor(self._middle(self.bucket))
        self._set_thresholds()

    def note_before(self) -> None:
        """Another series has recognised a surge that this one is a part of: remember what is usual."""
        if self.onset is None:
            self.rate_before = self.base.usual

    def calm(self) -> None:
        """End the surge: what it was about does not alarm again, and what comes in the next minutes only when there is more of it, for it
        might be the rest."""
        self.onset = None
        self.counts = []
        self.corrections += self.current
        self.current = 0
        self._set_thresholds()

    def count_since(self, onset: int) -> int:
        """Fresh authors counted since ``onset``, as far as the longest window reaches."""
        before = self.bucket - onset
        return self.current + (sum(self.counts[-before:]) if before > 0 else 0)

    def expected_since(self, onset: int) -> float:
        """Fresh authors that the baseline of before the surge expects from ``onset`` until now."""
        return (self.bucket - onset + 1) * self.rate_before

    def chance(self, seen: int, expected: float) -> float:
        """Probability of as many fresh authors where so many are expected, as scattered as this series is."""
        most = max(expected * self.config.drift, 1e-3)
        return tail_probability(seen, most, most * max(self.base.inflation))

    def _is_blank(self) -> bool:
        return not (self.current or self.corrections or self.onset is not None or any(self.counts[-self._longest :]))

    def _close_bucket(self) -> bool:
        taught = float(self.current + self.corrections)
        unusual = self.config.least_ratio * self.base.mean + 1.0
        if taught > unusual and self.seen >= self.config.warm_up:  # more teaches no more, or a rise would hide itself
            taught = min(taught, unusual + self._untold(1, self.base.usual))
        self.counts.append(self.current)
        del self.counts[: -2 * self._longest]
        scatter = self._scatter()
        ended = self.onset is not None and self._is_over()
        if ended:
            self.calm()
        self.waiting.append([round(taught, 3), self.base.factor, int(self._own_rhythm and self.onset is None), *scatter])
        self.current = self.corrections = 0
        self.seen += 1
        self._learn(min(self._longest, self.seen // 2), self.bucket)
        return ended

    def _is_over(self) -> bool:
        """Whether the last buckets, all after the alarm, are calm; of a sparse series more of them, for a few tell nothing."""
        config = self.config
        calm_rate = config.end_ratio * max(self.rate_before, self.base.usual)  # a level that lasts becomes the usual one
        enough = config.least_authors / max(calm_rate, 1e-9)
        window = int(min(max(enough, config.end_buckets), max(self._longest, config.end_buckets)))
        calm = max(window * calm_rate, config.least_authors / 2)
        return self.bucket - self.told >= window and sum(self.counts[-window:]) < calm

    def _scatter(self) -> list[float]:
        """How the series scatters, or 1, which teaches nothing, while that says nothing."""
        if self.onset is not None or self.seen < self.config.warm_up:
            return [1.0] * len(self.config.windows)
        return self.base.scatter(self.counts, self.config.windows)

    def _learn(self, keep: int, last: int) -> None:
        """Take closed buckets, of which ``last`` is the last one, into the baseline but for the last ``keep``: what is being judged must
        not teach its own baseline."""
        while len(self.waiting) > keep:
            count, factor, of_rhythm, *scatter = self.waiting.pop(0)
            self.base.learn_scatter(scatter, self.config.windows, self.config.half_life)
            self.base.learn(count, factor, self._decay)
            if of_rhythm:
                self.rhythm.learn(self._middle(last - len(self.waiting)), count)

    def _middle(self, bucket: int) -> float:
        return (bucket + 0.5) * self.config.bucket_ms

    def _skip_to(self, bucket: int) -> None:
        """Close empty buckets, those of one hour at once, as long as chance explains the silence; the rest was not watched."""
        hour = max(1, round(3_600_000 / self.config.bucket_ms))
        known, left = replace(self.base), 1.0  # what it was believed by, and the share of belief that is left
        while self.bucket < bucket:
            self.base.factor = self.rhythm.factor(self._middle(self.bucket))
            buckets = min(bucket, (self.bucket // hour + 1) * hour) - self.bucket
            known.factor = self.base.factor
            whole = known.believable(self.config.alpha)
            believed = left * whole
            if believed < 1.0 or bucket - self.bucket > LONGEST_SILENCE_HOURS * hour:
                self._forget(bucket - self.bucket, self.bucket - 1)
                self.bucket = bucket
                break
            buckets = min(buckets, int(min(believed, 1e9)))
            left -= buckets / whole
            self._absorb_zeros(buckets)
            if self._own_rhythm:
                self.rhythm.learn(self._middle(self.bucket), 0.0, buckets)
            self.bucket += buckets
        self.base.factor = self.rhythm.factor(self._middle(self.bucket))

    def _forget(self, buckets: int, last: int) -> None:
        """Nobody knows what these buckets, behind the ``last`` known one, were like (no feed, another subject list): the rate stays,
        certainty of it fades."""
        self._learn(0, last)
        kept = max(self.base.weight * self._decay**buckets, min(self.base.weight, float(self.config.warm_up)))
        self.base.shape = max(self.base.shape * kept / self.base.weight, 1e-3)
        self.base.weight = kept
        self.counts = []

    def _absorb_zeros(self, buckets: int) -> None:
        """Close so many buckets, with the open one as the first, in which nothing was counted; nor was before, for a window's time."""
        self._learn(0, self.bucket - 1)
        self.base.learn_zeros(buckets, self._decay)
        self.seen += buckets
        self.counts = (self.counts + [0] * min(buckets, 2 * self._longest))[-2 * self._longest :]

    def _set_thresholds(self) -> None:
        """The count in the current bucket from which `_judge` must look; cheap, because most buckets never come near it."""
        self._enough = 2**31
        if self.onset is not None or self.seen < self.config.warm_up:
            return
        usual, windows = self.base.usual, self.config.windows
        self._counted = [before(self.counts, window) - self._untold(window, usual) for window in windows]
        rate, least = self.config.least_ratio * usual, self.config.least_authors
        enough = min([math.ceil(max(rate * window, least)) - told for window, told in zip(windows, self._counted, strict=True)])
        self._enough = max(1, enough)

    def _sharpen_thresholds(self) -> None:
        """After a look in vain: the exact count at which the next look can succeed."""
        self._enough = 2**31
        for window, inflation, told in zip(self.config.windows, self.base.inflation, self._counted, strict=True):
            chance = least_count(*self.base.spread(window, inflation, self.config.drift), self.alpha)
            least = max(chance, self.config.least_ratio * window * self.base.usual, self.config.least_authors)
            self._enough = min(self._enough, max(self.current + 1, math.ceil(least) - told))

    def _untold(self, window: int, usual: float) -> int:
        """What is only told late in a window, where so much is ``usual`` in a bucket; nothing in a long one, which lateness alone never
        makes large."""
        if window * (self.config.least_ratio - 1.0) > self.config.slack:
            return 0
        return untold(self.counts, window, self.config.slack, usual)

    def _judge(self) -> Alarm | None:
        best: Alarm | None = None
        for window, inflation, told in zip(self.config.windows, self.base.inflation, self._counted, strict=True):
            seen = self.current + told
            mean = max(window * self.base.usual, 1e-3)
            p_value = tail_probability(seen, *self.base.spread(window, inflation, self.config.drift))
            large = seen >= max(self.config.least_ratio * mean, self.config.least_authors)
            if large and p_value < self.alpha and (best is None or p_value < best.p_value):
                onset = self.bucket - rise(self.counts, self.current, window, seen / mean)
                best = Alarm(onset, self.current + before(self.counts, window), mean, p_value)
        if best is None:
            self._sharpen_thresholds()
            return None
        self.onset, self.told, self.rate_before = best.onset, self.bucket, self.base.usual
        self._enough = 2**31
        return best

    def dump(self) -> list[object]:
        """JSON-ready state."""
        base = self.base
        return [
            STATE_VERSION, self.bucket, self.seen, base.shape, base.weight, base.factor, base.inflation, self.counts, self.waiting,
            self.corrections, self.current, self.onset, self.rate_before, self.alpha,
            self.rhythm.dump() if self._own_rhythm else None, self.told, base.long_shape, base.long_weight,
        ]  # fmt: skip

    @classmethod
    def load(cls, config: PulseConfig, dumped: list[object], shared: Rhythm | None = None) -> Series:
        """The series that `dump` wrote; floats survive JSON exactly, so it goes on identically."""
        series = cls(config, 0, rhythm=shared)
        version, series.bucket, series.seen, shape, weight, factor, inflation, series.counts, series.waiting, *rest = dumped  # type: ignore[assignment]  # JSON of dump
        if version not in (2, 3, STATE_VERSION) or len(inflation) != len(config.windows):  # type: ignore[arg-type]  # JSON of dump
            raise ValueError(f"state of a series has version {version!r} or other windows than {config.windows}")
        series.corrections, series.current, series.onset, series.rate_before, series.alpha, rhythm, *more = rest  # type: ignore[assignment]  # JSON
        series.told = more[0] if more else series.onset or 0  # type: ignore[assignment]  # JSON; version 2 did not know
        series.base = Baseline(shape, weight, factor, inflation, *(more[1:] or (shape, weight)))  # type: ignore[arg-type]  # JSON; versions before 4 did not know
        if version != STATE_VERSION:  # their inflation had the rhythm in it, because it told of scatter around the baseline
            series.base.inflation = [UNKNOWN_INFLATION] * len(config.windows)
            series.waiting = [[*one[:2], 0, *[1.0] * len(config.windows)] for one in series.waiting]
        if shared is None and rhythm is not None:
            series.rhythm = Rhythm.load(rhythm)  # type: ignore[arg-type]  # JSON of dump
        series._set_thresholds()
        return series
