"""How far what a model says has moved from the deployment's own beginning, batch by batch.

The measure is the population stability index: the sum over bins of (now - then) * ln(now / then). By custom below .1 is none, above .25
is a shift that wants a look. What a model was trained on is no yardstick: the mixture of a deployment differs from it on the first day.
So the first REFERENCE_EVENTS that a partition judges are what it is compared with, and as many of the latest are the present. The
reference outlives restarts (it is state, written once); a facet that a new model judges otherwise begins anew, the others go on.
None of this touches an id or a disposition.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import orjson

Counts = Any
"""A NumPy array of integers, one a bin."""

DRIFT_KEY = b"@drift"
REFERENCE_EVENTS = 2_000
"""Judged by a partition before its past is complete, and the width of its present. Chance alone moves ten bins of these by .01."""

LANGUAGE_EVENTS = 1_000
SAMPLED = 32
"""One event in so many, by id, has its text looked at: that costs as much as judging it."""

SAMPLE_TEXTS = 160
WINDOW_BLOCKS = 10
LEAST_SHARE = 0.5
"""The present is told as soon as so much of a window is there: fewer events would move by chance alone."""

_SMOOTHING = 0.5


class DriftHistograms(Protocol):
    """One model's histograms. ``keys``: name -> what is counted, different when counts are not comparable."""

    @property
    def keys(self) -> Mapping[str, str]:
        """All names."""

    def of_judged(self, judged: Any) -> Mapping[str, Counts]:
        """Of a batch's judgement."""

    def of_texts(self, texts: Sequence[str]) -> Mapping[str, Counts]:
        """Of texts."""

    def of_languages(self, codes: Sequence[str]) -> Mapping[str, Counts]:
        """Of language codes."""


class _Track:
    """One histogram over time: the reference, then a window of blocks that slides."""

    def __init__(self, key: str, events: int, reference: Counts | None = None) -> None:
        self.key, self.events, self.reference = key, events, reference
        self._first: Counts = 0
        self._block: Counts = 0
        self._window: deque[Counts] = deque(maxlen=WINDOW_BLOCKS)

    def add(self, counts: Counts) -> bool:
        """Count a batch; True when the reference is complete with it."""
        if self.reference is None:
            self._first = self._first + counts
            if self._first.sum() < self.events:
                return False
            self.reference = self._first
            return True
        self._block = self._block + counts
        if self._block.sum() * WINDOW_BLOCKS >= self.events:
            self._window.append(self._block)
            self._block = 0
        return False

    def present(self) -> Counts:
        """What the window holds; 0 for nothing. A copy is read: the shard may work in another thread meanwhile."""
        return sum(tuple(self._window), start=self._block)


class Drift:
    """One shard's histograms; not durable but for the reference."""

    def __init__(self, histograms: DriftHistograms, *, reference_events: int = REFERENCE_EVENTS) -> None:
        self._events = reference_events
        self._histograms = histograms
        self._tracks: dict[str, _Track] = {}
        self._changed = False
        self.use(histograms)

    def use(self, histograms: DriftHistograms) -> None:
        """Another model judges from here on: what it judges otherwise begins anew."""
        self._histograms = histograms
        for name, key in histograms.keys.items():
            track = self._tracks.get(name)
            if track is None or track.key != key:
                self._tracks[name] = _Track(key, self._events)
        for name in self._tracks.keys() - histograms.keys.keys():
            del self._tracks[name]

    def note(self, judged: Any, texts: Sequence[str]) -> None:
        """Count a batch: what was said of all, and what the texts of the sample look like."""
        self._add(self._histograms.of_judged(judged), self._events)
        if texts:
            self._add(self._histograms.of_texts(texts), min(self._events, SAMPLE_TEXTS))

    def note_languages(self, codes: Sequence[str]) -> None:
        """Count the languages of what was kept."""
        self._add(self._histograms.of_languages(codes), min(self._events, LANGUAGE_EVENTS))

    def _add(self, counted: Mapping[str, Counts], events: int) -> None:
        for name, counts in counted.items():
            track = self._tracks[name]
            track.events = events
            self._changed |= track.add(counts)

    def changes(self) -> dict[bytes, bytes]:
        """The references, when one was completed since the last call."""
        if not self._changed:
            return {}
        self._changed = False
        kept = {name: [track.key, track.reference.tolist()] for name, track in self._tracks.items() if track.reference is not None}
        return {DRIFT_KEY: orjson.dumps(kept)}

    def restore(self, value: bytes | None) -> None:
        """Take over the references that are of the present model's histograms."""
        for name, (key, counts) in (orjson.loads(value) if value else {}).items():
            track = self._tracks.get(name)
            if track is not None and track.key == key:
                self._tracks[name] = _Track(key, self._events, np.array(counts))

    def indices(self, others: Iterable["Drift"] = ()) -> dict[str, float]:
        """The population stability index of every name, this shard and ``others`` (of the same worker) counted together.

        A name is left out while its reference is not complete, or hardly anything has come since.
        """
        found = {}
        drifts = [self, *others]
        for name, own in tuple(self._tracks.items()):
            tracks = [track for drift in drifts if (track := drift._tracks.get(name)) is not None]
            told = [
                (track.reference, present)
                for track in tracks
                if track.reference is not None and track.key == own.key and np.sum(present := track.present()) > 0
            ]
            now = sum(present for _, present in told)
            if np.sum(now) >= LEAST_SHARE * own.events:
                # Each past counts as much as its present does, or a partition that fell silent would look like a shift.
                found[name] = stability_index(sum(then * (present.sum() / then.sum()) for then, present in told), now)
        return found


def stability_index(then: Counts, now: Counts) -> float:
    """The population stability index of two histograms over the same bins; empty bins count as half an event.

    >>> round(stability_index(np.array([500, 500]), np.array([50, 50])), 3)
    0.0
    >>> round(stability_index(np.array([500, 500]), np.array([900, 100])), 2)
    0.88
    """
    before, present = (np.asarray(counts, float) + _SMOOTHING for counts in (then, now))
    before /= before.sum()
    present /= present.sum()
    return float(((present - before) * np.log(present / before)).sum())
