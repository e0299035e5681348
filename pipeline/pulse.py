"""In: who spoke, minute by minute, in one series. Out: an alarm when more distinct people speak than chance explains, and its end.

Counted is not the post but the *fresh author*: one who was not counted in this series during the longest window, so that a
thousand posts of one person weigh as one. The baseline is a discounted gamma-Poisson rate (West and Harrison 1997, ch. 10.8),
which needs no history to start, times the rhythm of day and week as far as it has shown; a silence longer than chance explains
teaches nothing, or every feed that comes back would be a mass reaction. The variance of windowed counts is
learned beside it, because counts of people are over-dispersed and correlated. An alarm is a negative-binomial tail probability
below ``alpha`` in one of several windows, so many people, and so many times what is expected. The count it takes is worked out
once a bucket; an event costs comparisons of integers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from pipeline.pulse_baseline import Baseline
from pipeline.pulse_config import PulseConfig
from pipeline.pulse_scores import score_series
from pipeline.pulse_season import Rhythm
from pipeline.pulse_tail import least_count, tail_probability

__all__ = ["Alarm", "Baseline", "PulseConfig", "Series", "score_series"]


STATE_VERSION = 3
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
        self.base = Baseline(inflation=[1.5] * len(config.windows))
        self.rhythm = rhythm or Rhythm()
        self._own_rhythm = rhythm is None
        self.counts: list[int] = []
        self.waiting: list[list[float]] = []
        self.corrections = 0
        self.current = 0
        self.onset: int | None = None
        self.told = 0
        self.rate_before = 0.0
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

    def advance(self, bucket: int, alpha: float | None = None) -> bool:
        """Close all buckets before ``bucket``; True when that ends a surge. ``alpha`` holds for the bucket that opens."""
        ended = False
        while self.bucket < bucket:
            if self._is_blank():
                self._skip_to(bucket)
                break
            ended |= self._close_bucket()
            self.bucket += 1
            self.base.factor = self.rhythm.factor(self._middle())
        self.alpha = self.config.alpha if alpha is None else alpha
        self._set_thresholds()
        return ended

    def pass_over(self, bucket: int) -> None:
        """Go on at ``bucket``: what is between it and the open one was not watched."""
        if bucket <= self.bucket + 1:
            return
        self._close_bucket()
        self._forget(bucket - self.bucket - 1)
        self.onset = None
        self.bucket = bucket
        self.base.factor = self.rhythm.factor(self._middle())
        self._set_thresholds()

    def note_before(self) -> None:
        """Another series has recognised a surge that this one is a part of: remember what is usual."""
        if self.onset is None:
            self.rate_before = self.base.mean

    def calm(self) -> None:
        """End the surge: what it was about does not alarm again."""
        self.onset = None
        self.counts = [0] * len(self.counts)

    def count_since(self, onset: int) -> int:
        """Fresh authors counted since ``onset``, as far as the longest window reaches."""
        before = self.bucket - onset
        return self.current + (sum(self.counts[-before:]) if before > 0 else 0)

    def expected_since(self, onset: int) -> float:
        """Fresh authors that the baseline of before the surge expects from ``onset`` until now."""
        return (self.bucket - onset + 1) * self.rate_before

    def chance(self, seen: int, expected: float) -> float:
        """Probability of as many fresh authors where so many are expected, as scattered as this series is."""
        mean = max(expected, 1e-3)
        return tail_probability(seen, mean, mean * max(self.base.inflation))

    def _is_blank(self) -> bool:
        return not (self.current or self.corrections or any(self.counts) or self.onset is not None)

    def _close_bucket(self) -> bool:
        mean = self.base.mean
        seen = self.current + self.corrections
        self.counts.append(self.current)
        del self.counts[: -max(self.config.windows)]
        ended = False
        if self.onset is not None:
            window = self.config.end_buckets
            usual = max(self.rate_before, mean)  # a level that lasts becomes the usual one
            calm = max(self.config.end_ratio * window * usual, self.config.least_authors / 2)
            if self.bucket - self.told >= window and sum(self.counts[-window:]) < calm:
                self.calm()
                ended = True
        unusual = self.config.least_ratio * mean + 1.0  # more than this teaches no more, or a rise would hide itself
        taught = float(seen) if self.seen < self.config.warm_up else min(float(seen), unusual)
        self.waiting.append([round(taught, 3), self.base.factor, *self._scatter()])
        if self._own_rhythm and self.onset is None:
            self.rhythm.learn(self._middle(), taught)
        self.current = self.corrections = 0
        self.seen += 1
        self._learn(keep=min(max(self.config.windows), self.seen // 2))
        return ended

    def _scatter(self) -> list[float]:
        """For each window how far it is off, squared, in variances; 1, which teaches nothing, where that says nothing."""
        if self.onset is not None or self.seen < self.config.warm_up:
            return [1.0] * len(self.config.windows)
        found = []
        for window, inflation in zip(self.config.windows, self.base.inflation, strict=True):
            mean = max(window * self.base.mean, 0.05)
            off = (sum(self.counts[-window:]) - mean) ** 2 / (mean * inflation)
            found.append(round(min(off, 6.0), 3) if len(self.counts) >= window else 1.0)
        return found

    def _learn(self, keep: int) -> None:
        """Take closed buckets into the baseline but for the last ``keep``: what is being judged must not teach its own baseline."""
        base = self.base
        while len(self.waiting) > keep:
            count, factor, *scatter = self.waiting.pop(0)
            for number, (window, off) in enumerate(zip(self.config.windows, scatter, strict=True)):
                pace = 1.0 / (2.0 * self.config.half_life + 20.0 * window)
                base.inflation[number] = max(1.0, base.inflation[number] * (1.0 + pace * (off - 1.0)))
            base.shape = max(self._decay * base.shape + count, 1e-3)
            base.weight = self._decay * base.weight + factor

    def _middle(self) -> float:
        return (self.bucket + 0.5) * self.config.bucket_ms

    def _skip_to(self, bucket: int) -> None:
        """Close empty buckets, those of one hour at once, as long as chance explains the silence; the rest was not watched."""
        hour = max(1, round(3_600_000 / self.config.bucket_ms))
        left = -math.log(self.config.alpha)  # expected events whose absence is believed
        while self.bucket < bucket:
            self.base.factor = self.rhythm.factor(self._middle())
            buckets = min(bucket, (self.bucket // hour + 1) * hour) - self.bucket
            believed = left / max(self.base.mean, 1e-9)
            if believed < 1.0 or bucket - self.bucket > LONGEST_SILENCE_HOURS * hour:
                self._forget(bucket - self.bucket)
                self.bucket = bucket
                break
            buckets = min(buckets, int(min(believed, 1e9)))
            left -= buckets * self.base.mean
            self._absorb_zeros(buckets)
            if self._own_rhythm:
                self.rhythm.learn(self._middle(), 0.0, buckets)
            self.bucket += buckets
        self.base.factor = self.rhythm.factor(self._middle())

    def _forget(self, buckets: int) -> None:
        """Nobody knows what these buckets were like (no feed, another subject list): the rate stays, certainty of it fades."""
        self._learn(keep=0)
        kept = max(self.base.weight * self._decay**buckets, min(self.base.weight, float(self.config.warm_up)))
        self.base.shape = max(self.base.shape * kept / self.base.weight, 1e-3)
        self.base.weight = kept
        self.counts = [0] * max(self.config.windows)

    def _absorb_zeros(self, buckets: int) -> None:
        self._learn(keep=0)
        decayed = self._decay**buckets
        self.base.shape = max(self.base.shape * decayed, 1e-3)
        self.base.weight = self.base.weight * decayed + self.base.factor * (1.0 - decayed) / (1.0 - self._decay)
        self.seen += buckets
        self.counts = [0] * max(self.config.windows)

    def _set_thresholds(self) -> None:
        """The count in the current bucket from which `_judge` must look; cheap, because most buckets never come near it."""
        self._enough = 2**31
        if self.onset is not None or self.seen < self.config.warm_up:
            return
        for window in self.config.windows:
            least = max(self.config.least_ratio * window * self.base.mean, self.config.least_authors)
            self._enough = min(self._enough, max(1, math.ceil(least) - self._before(window)))

    def _sharpen_thresholds(self) -> None:
        """After a look in vain: the exact count at which the next look can succeed."""
        self._enough = 2**31
        for window, inflation in zip(self.config.windows, self.base.inflation, strict=True):
            mean, variance = self.base.spread(window, inflation)
            least = max(least_count(mean, variance, self.alpha), self.config.least_ratio * mean, self.config.least_authors)
            self._enough = min(self._enough, max(self.current + 1, math.ceil(least) - self._before(window)))

    def _before(self, window: int) -> int:
        return sum(self.counts[-(window - 1) :]) if window > 1 else 0

    def _judge(self) -> Alarm | None:
        best: Alarm | None = None
        for window, inflation in zip(self.config.windows, self.base.inflation, strict=True):
            seen = self.current + self._before(window)
            mean, variance = self.base.spread(window, inflation)
            p_value = tail_probability(seen, mean, variance)
            large = seen >= max(self.config.least_ratio * mean, self.config.least_authors)
            if large and p_value < self.alpha and (best is None or p_value < best.p_value):
                best = Alarm(self._onset_of(window, seen, mean), seen, mean, p_value)
        if best is None:
            self._sharpen_thresholds()
            return None
        self.onset, self.told, self.rate_before = best.onset, self.bucket, self.base.mean
        self._enough = 2**31
        return best

    def _onset_of(self, window: int, seen: int, mean: float) -> int:
        """The bucket since which the window's pace, not the baseline's, explains the counts best (Page 1954: a change point)."""
        recent = [*self.counts[len(self.counts) - window + 1 :], self.current] if window > 1 else [self.current]
        times = seen / mean
        usual, gain = mean / window * (times - 1.0), math.log(times)
        best, evidence, onset = 0.0, 0.0, len(recent) - 1
        for at in range(len(recent) - 1, -1, -1):
            evidence += recent[at] * gain - usual
            if evidence > best + 1e-9:
                best, onset = evidence, at
        return self.bucket - len(recent) + 1 + onset

    def dump(self) -> list[object]:
        """JSON-ready state."""
        base = self.base
        return [
            STATE_VERSION, self.bucket, self.seen, base.shape, base.weight, base.factor, base.inflation, self.counts, self.waiting,
            self.corrections, self.current, self.onset, self.rate_before, self.alpha,
            self.rhythm.dump() if self._own_rhythm else None, self.told,
        ]  # fmt: skip

    @classmethod
    def load(cls, config: PulseConfig, dumped: list[object], shared: Rhythm | None = None) -> Series:
        """The series that `dump` wrote; floats survive JSON exactly, so it goes on identically."""
        series = cls(config, 0, rhythm=shared)
        version, series.bucket, series.seen, shape, weight, factor, inflation, series.counts, series.waiting, *rest = dumped  # type: ignore[assignment]  # JSON of dump
        if version not in (2, STATE_VERSION) or len(inflation) != len(config.windows):  # type: ignore[arg-type]  # JSON of dump
            raise ValueError(f"state of a series has version {version!r} or other windows than {config.windows}")
        series.corrections, series.current, series.onset, series.rate_before, series.alpha, rhythm, *told = rest  # type: ignore[assignment]  # JSON
        series.told = told[0] if told else series.onset or 0  # type: ignore[assignment]  # JSON; version 2 did not know
        series.base = Baseline(shape, weight, factor, inflation)  # type: ignore[arg-type]  # JSON of dump
        if shared is None and rhythm is not None:
            series.rhythm = Rhythm.load(rhythm)  # type: ignore[arg-type]  # JSON of dump
        series._set_thresholds()
        return series
