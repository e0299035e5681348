"""What feeds, clocks and calendars do to counts: none of it is a surge, and none of it hides one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.bursts.detector import PulseConfig, Series

CONFIG = PulseConfig()
DAY = 1440
Counts = NDArray[np.int64]


def alarms(counts: Counts) -> list[int]:
    """Buckets at which fresh authors, so many a minute, raise an alarm; minutes of nothing are not told at all."""
    series, found = Series(CONFIG, 0), []
    for minute in np.flatnonzero(counts).tolist():
        series.advance(minute)
        found += [minute for _ in range(counts[minute]) if series.add(counts_for_alarm=True)]
    return found


def poisson(rates: float | NDArray[np.float64], minutes: int, seed: int) -> Counts:
    """Random counts per minute."""
    return np.random.default_rng(seed).poisson(rates, minutes)


def polled(counts: Counts, every: int) -> Counts:
    """The same, fetched every so many minutes: all at once, in the last of them."""
    at_once = np.zeros_like(counts)
    at_once[every - 1 :: every] = counts.reshape(-1, every).sum(axis=1)
    return at_once


def late(counts: Counts, at: int, minutes: int) -> Counts:
    """The same, with so many minutes told in the last of them: a clock that ran ahead, a feed that catches up."""
    told = counts.copy()
    told[at : at + minutes] = 0
    told[at + minutes - 1] = counts[at : at + minutes].sum()
    return told


@pytest.mark.parametrize("rate", [2.0, 20.0, 200.0])
@pytest.mark.parametrize("every", [3, 5])
def test_a_source_that_is_polled_is_no_surge(rate: float, every: int) -> None:
    """Two days of counts that come every few minutes, all or half of them, should not alarm once they were heard for half an hour."""
    counts = poisson(rate, 2 * DAY, 1)
    half = np.random.default_rng(2).binomial(counts, 0.5)
    for told in (polled(counts, every), counts - half + polled(half, every)):
        assert [minute for minute in alarms(told) if minute >= 30] == []


@pytest.mark.parametrize("rate", [2.0, 20.0, 200.0])
def test_a_clock_that_jumps_ahead_is_no_surge(rate: float) -> None:
    """Events that sift lets run five minutes ahead, six times in two days, should not alarm."""
    counts = poisson(rate, 2 * DAY, 3)
    for at in range(400, 2 * DAY, 433):
        counts = late(counts, at, 5)
    assert alarms(counts) == []


@pytest.mark.parametrize(("gap", "seed"), [(20, 1), (120, 2), (480, 3), (3 * DAY, 4)])
def test_a_feed_that_stops_and_comes_back_is_no_surge(gap: int, seed: int) -> None:
    """However long nothing was heard of a busy subject, its usual traffic afterwards should not alarm; a surge then should."""
    before, after = poisson(10.0, DAY, seed), poisson(10.0, DAY // 2, seed + 10)
    counts = np.concatenate([before, np.zeros(gap, dtype=np.int64), after])
    assert alarms(counts) == []
    surging = counts.copy()
    surging[-60:] *= 6
    found = alarms(surging)
    assert len(found) == 1
    assert len(counts) - 60 <= found[0] <= len(counts) - 57


@pytest.mark.parametrize("rate", [2.0, 20.0])
def test_a_gap_at_the_same_hour_of_each_day_is_no_quiet_hour(rate: float) -> None:
    """A feed that is down for three quarters of an hour at noon, six days running, and on the seventh is not, should not alarm."""
    counts = poisson(rate, 7 * DAY, 11)
    for day in range(6):
        counts[day * DAY + 720 : day * DAY + 765] = 0
    assert alarms(counts) == []


def test_one_event_a_day_is_calm_and_ten_people_at_once_are_not() -> None:
    """A subject that somebody speaks of once a day should alarm only when ten do within half an hour."""
    counts = np.zeros(30 * DAY, dtype=np.int64)
    counts[np.random.default_rng(5).integers(0, DAY, 30) + DAY * np.arange(30)] = 1
    assert alarms(counts) == []
    crowd = np.zeros(30, dtype=np.int64)
    crowd[::3] = 1
    assert alarms(np.concatenate([counts, crowd])) == [len(counts) + 27]


def test_five_hundred_a_minute_alarm_within_the_minute() -> None:
    """A busy subject should be calm for two days, and a threefold rise alarm in the minute in which it begins."""
    calm = poisson(500.0, 2 * DAY, 6)
    assert alarms(np.concatenate([calm, poisson(1500.0, 20, 7)])) == [len(calm)]


def rhythm(minutes: int, shift: int = 0) -> NDArray[np.float64]:
    """Events a minute: quiet nights, steep mornings, half as much on weekends; ``shift`` minutes earlier."""
    at = np.arange(minutes) + shift
    hour = at / 60 % 24
    day = 0.3 + 1.7 / (1 + np.exp(-(hour - 8.0) * 1.5)) / (1 + np.exp((hour - 22.0) * 1.5))
    rates: NDArray[np.float64] = 4.0 * day * (1 - 0.5 * (at // DAY % 7 >= 5))
    return rates


def test_steep_mornings_and_weekends_alarm_once_at_most() -> None:
    """Of three weeks whose rate rises sevenfold within three hours each morning, at most the first morning should alarm."""
    found = alarms(poisson(rhythm(21 * DAY), 21 * DAY, 8))
    assert len(found) <= 1
    assert all(minute < DAY for minute in found)


@pytest.mark.parametrize("nights", [3, 4])
def test_a_surge_in_a_known_night_alarms(nights: int) -> None:
    """Five times a night's rate, which a day has as well, should alarm within a quarter of an hour once nights are known."""
    for seed in range(5):
        minutes = nights * DAY + 300
        counts = np.concatenate([poisson(rhythm(minutes), minutes, seed), poisson(5 * rhythm(minutes)[-1], 45, seed + 20)])
        found = [minute - minutes for minute in alarms(counts) if minute >= minutes]
        assert found
        assert found[0] <= 15


@pytest.mark.parametrize("hour", [-60, 60])
def test_a_clock_change_is_no_surge(hour: int) -> None:
    """When people get up an hour earlier, or later, than for three weeks, no morning after should alarm."""
    counts = np.concatenate([poisson(rhythm(21 * DAY), 21 * DAY, 9), poisson(rhythm(7 * DAY, hour), 7 * DAY, 10)])
    assert [minute for minute in alarms(counts) if minute >= 21 * DAY] == []


@pytest.mark.parametrize(("rate", "doubling", "within"), [(0.5, 30, 80), (2.0, 30, 60), (10.0, 30, 50)])
def test_a_slow_rise_from_a_low_level_alarms(rate: float, doubling: int, within: int) -> None:
    """A flood that slowly comes to be talked of, twice as many every half hour up to eightfold, should alarm on the way, for all seeds."""
    for seed in range(5):
        rising = np.minimum(rate * 2 ** (np.arange(150) / doubling), 8 * rate)
        counts = np.concatenate([poisson(rate, DAY, seed), poisson(rising, 150, seed + 50)])
        found = [minute - DAY for minute in alarms(counts) if minute >= DAY]
        assert found
        assert found[0] <= within
