"""Laws of a series, whatever it is told: it goes on from its state, alarms for a reason, and once while it lasts."""

from typing import NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.bursts.detector import Alarm, PulseConfig, Series

CONFIG = PulseConfig(least_authors=4, alpha=1e-3, warm_up=3, end_buckets=3, slack=3)
"""Low thresholds, so that a few dozen buckets meet every rule."""

BUCKET = st.tuples(
    st.sampled_from([0, 0, 0, 0, 1, 2, 40, 700, 30_000]),  # buckets passed over before this one
    st.sampled_from([0, 1, 1, 2, 3, 9, 40]),  # fresh authors
    st.sampled_from([0, 0, 0, 1, 60]),  # late or replayed ones
    st.sampled_from([False] * 9 + [True]),  # nobody listened before it
)
STREAM = st.lists(BUCKET, min_size=1, max_size=60)
SOME = settings(max_examples=150, deadline=None)


class Said(NamedTuple):
    """An alarm, or the end of a surge (None), in the bucket that said it."""

    bucket: int
    alarm: Alarm | None


def play(stream: list[tuple[int, int, int, bool]], *, reload: bool = False, twice: bool = False) -> tuple[list[Said], Series]:
    """Feed a stream: read the series back from its state before each bucket, or advance to it in two steps."""
    series, said, bucket = Series(CONFIG, 0), [], 0
    for passed, fresh, late, deaf in stream:
        before, bucket = bucket, bucket + passed + 1
        if reload:
            series = Series.load(CONFIG, series.dump())
        if deaf:
            series.pass_over(bucket)
        ended = series.advance(bucket)
        if twice:
            ended |= series.advance(bucket) | series.advance(before)
        if ended:
            said.append(Said(bucket, None))
        for _ in range(late):
            assert series.add(counts_for_alarm=False) is None
        for _ in range(fresh):
            alarm = series.add(counts_for_alarm=True)
            if alarm is not None:
                said.append(Said(bucket, alarm))
    return said, series


@SOME
@given(STREAM)
def test_a_series_goes_on_from_its_state(stream: list[tuple[int, int, int, bool]]) -> None:
    """Read back before every bucket, or told a bucket again and again, it should say the same and come to the same state."""
    said, series = play(stream)
    for other, end in (play(stream, reload=True), play(stream, twice=True)):
        assert other == said
        assert end.dump() == series.dump()


@SOME
@given(STREAM)
def test_an_alarm_has_its_reasons(stream: list[tuple[int, int, int, bool]]) -> None:
    """Enough people, so many times what is expected, improbable, and an onset that the longest window holds."""
    for bucket, alarm in play(stream)[0]:
        if alarm is not None:
            assert alarm.seen >= max(CONFIG.least_authors, CONFIG.least_ratio * alarm.expected)
            assert alarm.p_value < CONFIG.alpha
            assert bucket - max(CONFIG.windows) < alarm.onset <= bucket


@SOME
@given(STREAM)
def test_a_surge_alarms_once_while_it_lasts(stream: list[tuple[int, int, int, bool]]) -> None:
    """Between two alarms there should be an end, or a time in which nobody listened."""
    said, _ = play(stream)
    deaf, bucket = set(), 0
    for passed, _, _, unheard in stream:
        bucket += passed + 1
        if unheard:
            deaf.add(bucket)
    on: int | None = None
    for bucket, alarm in said:
        if alarm is None:
            on = None
            continue
        assert on is None or any(on < one <= bucket for one in deaf)
        on = bucket


@SOME
@given(STREAM, st.integers(1, 5))
def test_late_and_replayed_ones_only_calm(stream: list[tuple[int, int, int, bool]], more: int) -> None:
    """A series that is told of nobody in time should never alarm, however many come late."""
    assert play([(passed, 0, late * more, deaf) for passed, _, late, deaf in stream])[0] == []


@SOME
@given(STREAM)
def test_state_is_bounded_and_finite(stream: list[tuple[int, int, int, bool]]) -> None:
    """Whatever it is told, a series should remember no more than two of its longest windows, and rates that are numbers."""
    _, series = play(stream)
    assert len(series.counts) <= 2 * max(CONFIG.windows)
    assert len(series.waiting) <= max(CONFIG.windows)
    assert 0.0 < series.base.mean <= series.base.usual < 1e6
    assert all(1.0 <= inflation < 100.0 for inflation in series.base.inflation)


@pytest.mark.parametrize("after", [0, 3, 12])
def test_a_series_that_was_calmed_goes_on_as_it_would_after_a_restart(after: int) -> None:
    """Calmed from outside in the middle of a bucket, it should alarm at the same author as one restored then, and not at those before."""
    config = PulseConfig()
    series = Series(config, 0, 60)
    while series.add(counts_for_alarm=True) is None:
        pass
    for _ in range(after):
        series.add(counts_for_alarm=True)
    series.calm()
    again = Series.load(config, orjson.loads(orjson.dumps(series.dump())))
    alarms = [[one.add(counts_for_alarm=True) is not None for _ in range(60)] for one in (series, again)]
    assert alarms[0] == alarms[1]
    assert alarms[0].index(True) >= config.least_authors - 1
