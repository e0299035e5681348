"""How soon a surge alarms, and how often calm traffic does: prints both as tables (`pytest -s`)."""

import sys
from statistics import median

import numpy as np
import orjson
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from pipeline.bursts.detector import PulseConfig, Series
from pipeline.correlate.information import Piece, parse
from pipeline.correlate.series import AllSeries
from tests.unit.pipeline.correlate.world import MINUTE, START, information

CONFIG = PulseConfig()
RUNS = 8
CALM_MINUTES, SURGE_MINUTES, WEEK_MINUTES = 360, 30, 7 * 1440
RATES, TIMES = (1, 20), (3, 5, 10)
SLOWEST = {(1, 3): 25.0, (1, 5): 12.0, (1, 10): 4.0, (20, 3): 4.0, (20, 5): 1.0, (20, 10): 0.5}
"""Minutes that the median alarm may take, by (rate a minute, times the rate)."""


def somebody() -> Piece:
    """A piece of information as correlate reads it."""
    found = parse(orjson.dumps(information("1", START)), b"key")
    assert isinstance(found, Piece)
    return found


SOMEBODY = somebody()


def alarms(counts: NDArray[np.int64]) -> list[float]:
    """Minutes at which fresh authors, so many a minute evenly spaced, raise an alarm."""
    series, found = Series(CONFIG, 0), []
    for minute, count in enumerate(counts.tolist()):
        series.advance(minute)
        found += [minute + at / count for at in range(1, count + 1) if series.add(counts_for_alarm=True)]
    return found


def show(*lines: str) -> None:
    """Print a table."""
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


def test_delay_of_the_alarm() -> None:
    """The median delay should be within what is allowed, and only surges that hardly stand out be missed."""
    table, slow = [f"{'rate/min':>8} {'times':>6} {'median min':>11} {'slowest min':>12} {'missed':>7}"], []
    for rate in RATES:
        for times in TIMES:
            delays = []
            for seed in range(RUNS):
                rng = np.random.default_rng(seed)
                calm = rng.poisson(rate * (1 + 0.5 * np.sin(2 * np.pi * np.arange(CALM_MINUTES) / 1440)))
                found = alarms(np.concatenate([calm, rng.poisson(rate * times, SURGE_MINUTES)]))
                delays += [at - CALM_MINUTES for at in found if at >= CALM_MINUTES][:1]
            missed = RUNS - len(delays)
            middle = median(delays) if delays else float("inf")
            table.append(f"{rate:8} {times:6} {middle:11.1f} {max(delays, default=0.0):12.1f} {missed:>4}/{RUNS}")
            if middle > SLOWEST[rate, times] or (missed and (rate, times) != (1, 3)):
                slow.append(table[-1])
    show(*table)
    assert not slow


@pytest.mark.parametrize("scatter", [0.0, 0.5, 1.0])
def test_false_alarms_of_calm_weeks(scatter: float) -> None:
    """Two weeks with the rhythm of day and weekend, however scattered, should alarm less than once in three days."""
    table, noisy = [f"variance {1 + scatter} times the mean", f"{'rate/min':>8} {'false alarms per subject-week':>30}"], []
    minutes = np.arange(2 * WEEK_MINUTES)
    rhythm = (1 + 0.6 * np.cos((minutes / 60 % 24 - 15) * np.pi / 12)) * (1 - 0.3 * (minutes // 1440 % 7 >= 5))
    for rate in (0.1, 1, 5, 20):
        rng = np.random.default_rng(100)
        calm = rng.poisson(rate * rhythm) if not scatter else rng.negative_binomial(rate * rhythm / scatter, 1 / (1 + scatter))
        found = len(alarms(calm)) / 2
        table.append(f"{rate:8} {found:30.1f}")
        if found > 7 / 3:
            noisy.append(table[-1])
    show(*table)
    assert not noisy


@pytest.mark.parametrize("rate", [0.2, 1, 5, 20])
def test_false_alarms_about_a_subject(rate: float) -> None:
    """Three days of a subject with all its series, scattered and with the rhythm of day, should alarm less than once a day."""
    days = 3
    minutes = np.arange(days * 1440)
    rhythm = 1 + 0.6 * np.cos((minutes / 60 % 24 - 15) * np.pi / 12)
    rng = np.random.default_rng(5)
    series, found, number = AllSeries(CONFIG), 0, 0
    for minute, count in enumerate(rng.negative_binomial(rate * rhythm / 0.5, 1 / 1.5).tolist()):
        for at in range(count):
            number += 1
            mood = ("negative", "neutral", "neutral", "positive")[int(rng.integers(4))]
            one = replace(SOMEBODY, crowd=number, sentiment=mood)
            alarm = series.count(one, START + (minute * count + at) * MINUTE // count, copy=False, reposted=False, late=False)[1]
            found += alarm is not None
        series.expire(START + minute * MINUTE)
    show(f"{rate:8} a minute in three feelings: {found / days:5.2f} false alarms per subject-day")
    assert found / days < 1
