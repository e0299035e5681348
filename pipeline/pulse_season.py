"""In: levels of a series with their times. Out: the level that the hour of the day and the day of the week lead one to expect.

Needs no history: an offset counts only as far as its hour or weekday has been seen, and starts at none. Times are UTC; what a
place's clock makes of it is learned as well.
"""

from __future__ import annotations

from typing import Any

HOUR_MS = 3_600_000.0
HOURS, DAYS = 24, 7
TRUST_HOURS = (2.0, 48.0)
"""Hours of observation after which half of an hour's, of a weekday's, offset is believed."""
TRUST_EVENTS = 60.0
"""Events that an hour of the day must have been expected to bring before half of what it brought is believed."""
MOST_SWING = 8.0
RHYTHM_MS = 14 * 24 * HOUR_MS
"""Half-life of the long-term rate that a rhythm swings around."""
HOUR_BUCKETS, DAY_BUCKETS = 14 * 60, 8 * 24 * 60
"""Minutes after which half of an hour's, of a weekday's, counts are forgotten: fourteen and eight of its kind."""


class Offsets:
    """Mean offsets by place in a cycle, forgotten by half every ``memory_ms``, shrunk towards 0 while little was seen."""

    def __init__(self, places: int, trust: float, memory_ms: float) -> None:
        self._sums = [0.0] * places
        self._weights = [0.0] * places
        self._seen_ms = [0.0] * places
        self._trust, self._memory_ms = trust, memory_ms

    def at(self, place: float) -> float:
        """The offset at a place, straight between the middles of its neighbours."""
        left = int(place - 0.5) if place >= 0.5 else -1
        share = (place - 0.5) % 1.0
        right = (left + 1) % len(self._sums)
        return (1.0 - share) * self._mean(left) + share * self._mean(right)

    def learn(self, place: int, now_ms: float, off: float, hours: float) -> None:
        """Take in an offset that was observed for so many ``hours``."""
        decay = 0.5 ** ((now_ms - self._seen_ms[place]) / self._memory_ms)
        self._sums[place] = self._sums[place] * decay + off * hours
        self._weights[place] = self._weights[place] * decay + hours
        self._seen_ms[place] = now_ms

    def _mean(self, place: int) -> float:
        return self._sums[place] / (self._weights[place] + self._trust)


class Season:
    """Level, hour of the day and day of the week of one series."""

    def __init__(self, memory_ms: float) -> None:
        self._memory_ms = memory_ms
        self._level = self._weight = 0.0
        self._last_ms: float | None = None
        self._hours = Offsets(HOURS, TRUST_HOURS[0], memory_ms)
        self._days = Offsets(DAYS, TRUST_HOURS[1], memory_ms)
        self._parts = (0.0, 0.0)
        self.expected = 0.0

    def expect(self, now_ms: float, otherwise: float) -> float:
        """The level expected now, ``otherwise`` while nothing is known; kept as `expected`."""
        hour = now_ms / HOUR_MS
        self._parts = (self._hours.at(hour % HOURS), self._days.at((hour / HOURS) % DAYS))
        if not self._weight:
            self._level = otherwise
        self.expected = self._level + sum(self._parts)
        return self.expected

    def learn(self, now_ms: float, off: float) -> None:
        """Take in by how much the level was ``off`` from what was expected."""
        elapsed = 0.0 if self._last_ms is None else now_ms - self._last_ms
        self._last_ms = now_ms
        self._weight = self._weight * 0.5 ** (elapsed / self._memory_ms) + 1.0
        self._level += off / self._weight
        hours = min(elapsed / HOUR_MS, 1.0)
        hour = now_ms / HOUR_MS
        self._hours.learn(int(hour % HOURS), now_ms, off + self._parts[0], hours)
        self._days.learn(int(hour / HOURS % DAYS), now_ms, off + self._parts[1], hours)


class Rhythm:
    """How the rate of one series swings with the hour of the day and the day of the week: a factor, 1 on average.

    What was counted in an hour against what the long-term rate alone would have led to, shrunk towards 1 by ``TRUST_EVENTS``: a
    series too sparse to show a rhythm has none.
    """

    def __init__(self) -> None:
        self._cycles = [[[0.0, 0.0] for _ in range(places)] for places in (HOURS, DAYS)]
        self._usual = [0.0, 0.0]
        self._first_ms = self._last_ms = 0.0

    def factor(self, now_ms: float) -> float:
        """What to multiply the usual rate with, at a time in Unix ms."""
        hour = now_ms / HOUR_MS
        found = _between(self._cycles[0], hour % HOURS) * _between(self._cycles[1], hour / HOURS % DAYS)
        return round(min(max(found, 1.0 / MOST_SWING), MOST_SWING), 4)

    def learn(self, now_ms: float, count: float, buckets: int = 1) -> None:
        """Take in what was counted in so many ``buckets`` around a time."""
        if not self._last_ms:
            self._first_ms = self._last_ms = now_ms
        decay = 0.5 ** (max(0.0, now_ms - self._last_ms) / RHYTHM_MS)
        self._last_ms = now_ms
        self._usual = [self._usual[0] * decay + count, self._usual[1] * decay + buckets]
        usual = self._usual[0] / self._usual[1]
        hour = now_ms / HOUR_MS
        hours, days = self._cycles[0][int(hour % HOURS)], self._cycles[1][int(hour / HOURS % DAYS)]
        cycles = ((hours, usual * _ratio(days), HOUR_BUCKETS, HOURS), (days, usual * _ratio(hours), DAY_BUCKETS, HOURS * DAYS))
        for cell, expected, half_life, whole in cycles:
            if now_ms - self._first_ms < whole * HOUR_MS:
                continue  # the usual rate means something once it has been through a whole cycle
            kept = 0.5 ** (buckets / half_life)
            cell[0] = round(cell[0] * kept + count, 3)  # rounded, because the state is written often
            cell[1] = round(cell[1] * kept + expected * buckets, 3)

    def dump(self) -> list[object]:
        """JSON-ready state."""
        return [self._cycles, self._usual, self._first_ms, self._last_ms]

    @classmethod
    def load(cls, dumped: list[Any]) -> Rhythm:
        """The rhythm that `dump` wrote."""
        rhythm = cls()
        rhythm._cycles, rhythm._usual, rhythm._first_ms, rhythm._last_ms = dumped
        return rhythm


def _ratio(cell: list[float]) -> float:
    return (cell[0] + TRUST_EVENTS) / (cell[1] + TRUST_EVENTS)


def _between(cells: list[list[float]], place: float) -> float:
    """The ratio at a place, straight between the middles of its neighbours."""
    left = int(place - 0.5) if place >= 0.5 else -1
    share = (place - 0.5) % 1.0
    return (1.0 - share) * _ratio(cells[left]) + share * _ratio(cells[(left + 1) % len(cells)])
