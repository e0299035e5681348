"""The level that the hour of the day and the day of the week lead one to expect of a series.

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
ONCE = 60
"""Buckets of an hour. Seen on one day it is believed by half as well, for it may be like no other; on n days as if on n * n."""
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
    series too sparse to show a rhythm has none. Nor has one that has not been through the whole day, or week: its usual rate is only
    that of the hours it has seen.
    """

    def __init__(self) -> None:
        self._cycles = [[[0.0, 0.0] for _ in range(places)] for places in (HOURS, DAYS)]
        self._usual = [0.0, 0.0]
        self._first_ms = self._last_ms = 0.0
        self._open = [0.0, 0.0, 0.0]

    def factor(self, now_ms: float) -> float:
        """What to multiply the usual rate with, at a time in Unix ms."""
        if not self._was_through(HOURS):
            return 1.0
        place = now_ms / HOUR_MS
        found = self._between(0, place % HOURS) * self._between(1, place / HOURS % DAYS)
        return round(min(max(found, 1.0 / MOST_SWING), MOST_SWING), 4)

    def learn(self, now_ms: float, count: float, buckets: int = 1) -> None:
        """Take in what was counted in so many ``buckets`` around a time. An hour tells when it is over: a part of it may be a gap."""
        hour = now_ms // HOUR_MS
        if hour != self._open[0]:
            if self._open[2]:
                self._learn_hour(*self._open)
            self._open = [hour, 0.0, 0.0]
        self._open[1] = round(self._open[1] + count, 3)  # rounded, because the state is written often
        self._open[2] += buckets

    def _learn_hour(self, hour: float, count: float, buckets: float) -> None:
        now_ms = (hour + 0.5) * HOUR_MS
        if not self._last_ms:
            self._first_ms = self._last_ms = now_ms
        decay = 0.5 ** (max(0.0, now_ms - self._last_ms) / RHYTHM_MS)
        self._last_ms = now_ms
        self._usual = [self._usual[0] * decay + count, self._usual[1] * decay + buckets]
        hours, days = int(hour % HOURS), int(hour / HOURS % DAYS)
        of_hour = self._cycles[0][hours], self._ratio(1, days), HOUR_BUCKETS  # each cycle explains what the other one leaves
        of_day = self._cycles[1][days], self._ratio(0, hours), DAY_BUCKETS
        for cell, share, half_life in (of_hour, of_day):
            kept = 0.5 ** (buckets / half_life)
            cell[0] = round(cell[0] * kept + count, 3)
            cell[1] = round(cell[1] * kept + share * buckets, 3)

    def dump(self) -> list[object]:
        """JSON-ready state."""
        return [self._cycles, self._usual, self._first_ms, self._last_ms, self._open]

    @classmethod
    def load(cls, dumped: list[Any]) -> Rhythm:
        """The rhythm that `dump` wrote."""
        rhythm = cls()
        rhythm._cycles, rhythm._usual, rhythm._first_ms, rhythm._last_ms, *opened = dumped
        if opened:
            rhythm._open = opened[0]
        elif rhythm._usual[0]:  # a former layout, which told what was expected and not in how many buckets
            usual = rhythm._usual[0] / rhythm._usual[1]
            rhythm._cycles = [[[count, expected / usual] for count, expected in cells] for cells in rhythm._cycles]
        return rhythm

    def _was_through(self, hours: int) -> bool:
        return self._last_ms - self._first_ms > (hours - 1.5) * HOUR_MS  # from the middle of the first one to that of the last

    def _ratio(self, cycle: int, place: int) -> float:
        """What was counted at a place of a cycle over what the usual rate led to; 1 until the cycle was seen as a whole."""
        if not self._was_through((HOURS, HOURS * DAYS)[cycle]):
            return 1.0
        count, buckets = self._cycles[cycle][place]
        if not buckets:
            return 1.0
        usual, once = self._usual[0] / self._usual[1], ONCE * (1, HOURS)[cycle]
        trust = TRUST_EVENTS + usual * once * once / buckets
        return (count + trust) / (buckets * usual + trust)

    def _between(self, cycle: int, place: float) -> float:
        """The ratio at a place, straight between the middles of its neighbours."""
        left = int(place - 0.5) if place >= 0.5 else -1
        right, share = (left + 1) % len(self._cycles[cycle]), (place - 0.5) % 1.0
        return (1.0 - share) * self._ratio(cycle, left) + share * self._ratio(cycle, right)
