"""Bursts: what alarms and what does not, when, and when it is over."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom

from pipeline.bursts.detector import Alarm, PulseConfig, Series, score_series
from pipeline.bursts.negative_binomial import least_count, tail_probability
from pipeline.bursts.seasonality import Rhythm

CONFIG = PulseConfig()


def play(
    counts: list[int], series: Series | None = None, *, live: bool = True, first: int = 0
) -> tuple[list[tuple[int, Alarm]], list[int]]:
    """Feed fresh authors per bucket; (alarms with their bucket, buckets at which a surge ended)."""
    series = series or Series(CONFIG, 0)
    alarms, ends = [], []
    for bucket, count in enumerate(counts, first):
        if series.advance(bucket):
            ends.append(bucket)
        for _ in range(count):
            alarm = series.add(counts_for_alarm=live)
            if alarm is not None:
                alarms.append((bucket, alarm))
    return alarms, ends


def poisson(rate: float, buckets: int, seed: int = 1) -> list[int]:
    """Random counts per bucket."""
    return [int(count) for count in np.random.default_rng(seed).poisson(rate, buckets)]


@pytest.mark.parametrize(("rate", "times", "within"), [(1, 10, 4), (1, 5, 12), (20, 3, 1), (20, 10, 0)])
def test_a_surge_alarms_early_and_once(rate: float, times: float, within: int) -> None:
    """A rate that jumps should alarm once, within minutes, name its onset, and end after it is over."""
    alarms, ends = play(poisson(rate, 600) + poisson(rate * times, 30, 2) + poisson(rate, 120, 3))
    assert len(alarms) == 1
    bucket, alarm = alarms[0]
    assert 600 <= bucket <= 600 + within
    assert 598 <= alarm.onset <= bucket
    assert alarm.seen > 2 * alarm.expected
    assert alarm.p_value < CONFIG.alpha
    assert len(ends) == 1
    assert 630 <= ends[0] <= 660


@pytest.mark.parametrize("rate", [0.02, 0.3, 1, 5, 30])
def test_quiet_traffic_never_alarms(rate: float) -> None:
    """Four days of steady traffic should pass without an alarm, whatever its rate."""
    assert play(poisson(rate, 4 * 1440))[0] == []


def test_a_daily_rhythm_never_alarms() -> None:
    """Traffic that swings fivefold over the day should be learned on the way."""
    hours = np.arange(5 * 1440) / 1440
    rates = 6 * (1.2 + np.sin(2 * np.pi * hours)) / 1.2 + 0.5
    assert play([int(count) for count in np.random.default_rng(4).poisson(rates)])[0] == []


def test_over_dispersed_traffic_seldom_alarms() -> None:
    """Traffic twice as scattered as chance should alarm at most once in four days."""
    counts = np.random.default_rng(9).negative_binomial(4, 0.5, 4 * 1440)
    assert len(play([int(count) for count in counts])[0]) <= 1


def test_a_cold_start_is_no_surge() -> None:
    """A busy series should not alarm because nothing is known yet."""
    assert play(poisson(50, 60))[0] == []


def test_a_series_that_was_watched_while_quiet_alarms_at_once() -> None:
    """A subject nobody spoke of for hours should alarm within the first minute of many people speaking."""
    alarms, _ = play([15], Series(CONFIG, 0, idle_buckets=300))
    assert [bucket for bucket, _ in alarms] == [0]


def test_few_people_are_no_mass_reaction() -> None:
    """Nine people out of nothing should not alarm, ten may."""
    assert play([9] + [0] * 60, Series(CONFIG, 0, idle_buckets=300))[0] == []


def test_late_and_replayed_events_never_alarm_but_teach() -> None:
    """A flood of late events should raise the baseline and no alarm."""
    calm, flooded = Series(CONFIG, 0), Series(CONFIG, 0)
    before, after = poisson(1, 300), poisson(1, 40, 2)
    play(before + [1] * 5 + after, calm, live=False)
    assert play(before + [200] * 5 + after, flooded, live=False)[0] == []
    assert flooded.base.mean > calm.base.mean


def test_a_slow_rise_does_not_hide_itself() -> None:
    """A rate that doubles every ten minutes should alarm before it has come to eight times what it was."""
    rates = [1.0] * 600 + [2 ** (minute / 10) for minute in range(40)]
    alarms, _ = play([int(count) for count in np.random.default_rng(3).poisson(rates)])
    assert alarms
    assert 600 < alarms[0][0] < 630


def test_a_silence_that_chance_explains_is_believed() -> None:
    """After three hours of nothing a sparse series should expect less; closed at once or minute by minute, it comes to the same."""
    at_once, by_steps = Series(CONFIG, 0), Series(CONFIG, 0)
    for series in (at_once, by_steps):
        play([1] + [0] * 19 + [1] + [0] * 40, series)
    before = at_once.base.mean
    at_once.advance(240)
    for bucket in range(61, 241):
        by_steps.advance(bucket)
    assert at_once.base.mean < before / 2
    assert at_once.base.mean == pytest.approx(by_steps.base.mean, rel=0.05)


@pytest.mark.parametrize("silent", [300, 525_600])
def test_a_longer_silence_was_not_watched(silent: int) -> None:
    """A busy feed that comes back after hours, or a year, should be no surge; ten times as many people then should be one."""
    for times, alarming in ((1, False), (10, True)):
        series = Series(CONFIG, 0)
        alarms, _ = play(poisson(5, 100) + [0] * 40, series)
        first = 140 + silent
        series.advance(first)
        assert (series.bucket, series.seen) < (first + 1, 200)
        for bucket, count in enumerate(poisson(5, 15, 2) + poisson(5 * times, 15, 3), first):
            series.advance(bucket)
            alarms += [(bucket, alarm) for _ in range(count) if (alarm := series.add(counts_for_alarm=True))]
        assert bool(alarms) == alarming


def test_what_was_not_watched_is_passed_over() -> None:
    """Told that nobody listened, a series should go on with its rate, less sure of it."""
    series = Series(CONFIG, 0)
    play(poisson(5, 200), series)
    rate, weight = series.base.mean, series.base.weight
    series.pass_over(900)
    assert series.bucket == 900
    assert series.base.mean == pytest.approx(rate, rel=0.15)
    assert series.base.weight < weight / 5


def test_the_onset_is_where_the_rise_began() -> None:
    """Of ten people, one a minute after hours of nothing, the first should be the onset; a rise that is noticed late, as well."""
    alarms, _ = play([0] * 20 + [1] * 10, Series(CONFIG, 0, idle_buckets=300))
    assert [alarm.onset for _, alarm in alarms] == [20]
    noticed, alarm = play(poisson(2, 300) + [5] * 60)[0][0]
    assert 298 <= alarm.onset <= 304 < noticed


def test_a_small_series_goes_by_the_rhythm_of_a_larger_one() -> None:
    """What the larger one has learned of the hours should hold for the small one, also after a restart of both."""
    large = Series(CONFIG, 0)
    minutes = np.arange(4 * 1440)
    play([int(c) for c in np.random.default_rng(1).poisson(4 * (1 + 0.8 * np.sin(2 * np.pi * minutes / 1440)))], large)
    small = Series(CONFIG, len(minutes), rhythm=large.rhythm)
    again = Series.load(CONFIG, small.dump(), large.rhythm)
    for series in (small, again):
        factors = []
        for hour in range(24):
            series.advance(len(minutes) + 60 * hour)
            factors.append(series.base.factor)
        assert min(factors) < 0.7
        assert max(factors) > 1.4


def test_a_lasting_rise_becomes_the_new_normal() -> None:
    """A level that never falls again should end as a surge within a day and alarm no more."""
    alarms, ends = play(poisson(5, 600) + poisson(25, 3000, 2))
    assert len(alarms) <= 2
    assert ends


def test_state_round_trip_goes_on_identically() -> None:
    """A series read back from its state at any bucket should alarm exactly as one that never stopped."""
    counts = poisson(2, 200) + poisson(14, 20, 2) + poisson(2, 60, 3)
    whole = play(counts)
    series, alarms, ends = Series(CONFIG, 0), [], []
    for bucket, count in enumerate(counts):
        series = Series.load(CONFIG, series.dump())
        if series.advance(bucket):
            ends.append(bucket)
        for _ in range(count):
            alarm = series.add(counts_for_alarm=True)
            if alarm is not None:
                alarms.append((bucket, alarm))
    assert (alarms, ends) == whole


def test_a_thin_surge_that_goes_on_is_one() -> None:
    """Half a dozen people every ten minutes, where nobody spoke before, should alarm once and end within an hour of its end."""
    counts = poisson(0.6, 100, 5)
    alarms, ends = play(counts + [0] * 120, Series(CONFIG, 0, idle_buckets=3000))
    assert len(alarms) == len(ends) == 1
    assert 100 < ends[0] <= 160


def test_a_rhythm_is_no_scatter() -> None:
    """What a day swings by should not count as scatter, or it would hide a rise; what scatters should."""
    minutes = np.arange(2 * 1440)
    swinging = 6 * (1 + 0.8 * np.sin(2 * np.pi * minutes / 1440))
    calm, scattered, rng = Series(CONFIG, 0), Series(CONFIG, 0), np.random.default_rng(11)
    play([int(count) for count in rng.poisson(swinging)], calm)
    play([int(count) for count in rng.negative_binomial(swinging / 2, 1 / 3)], scattered)
    assert max(calm.base.inflation) < 1.5
    assert 2.0 < scattered.base.inflation[0] < 4.0


def test_the_second_day_knows_the_first() -> None:
    """After one day that swings sixfold the next should be expected to swing, if not by as much; before its end no swing should be."""
    series = Series(CONFIG, 0)
    rates = 6 * (1.2 + np.sin(2 * np.pi * np.arange(1440 + 60) / 1440)) / 1.2
    counts = [int(count) for count in np.random.default_rng(12).poisson(rates)]
    play(counts[:1400], series)
    assert {series.rhythm.factor(hour * 3_600_000.0) for hour in range(24)} == {1.0}
    play(counts[1400:], series, first=1400)
    assert series.rhythm.factor((24 + 6) * 3_600_000.0) > 1.3
    assert series.rhythm.factor((24 + 18) * 3_600_000.0) < 0.75


def test_an_hour_tells_when_it_is_over() -> None:
    """Half an hour of nothing should change what is expected of its hour only once the hour is over, for it may be a gap."""
    hour, rhythm = 3_600_000.0, Rhythm()
    for number in range(48):
        rhythm.learn((number + 0.5) * hour, 600.0, 60)
    for minute in range(30):
        rhythm.learn(48 * hour + minute * 60_000.0, 0.0)
        assert rhythm.factor(48.5 * hour) == 1.0
    rhythm.learn(49.5 * hour, 600.0, 60)
    assert rhythm.factor(48.5 * hour) < 0.9


def test_an_average_hour_after_a_quiet_one_is_no_news() -> None:
    """When a night is quieter than ever and the day after is as usual, nothing should alarm; twice the usual day should."""
    day, night = poisson(3, 1440, 13), poisson(0.2, 420, 14)
    assert play(day + night + poisson(3, 300, 15))[0] == []
    assert play(day + night + poisson(10, 300, 15))[0]


def test_state_of_a_former_layout_is_taken_over() -> None:
    """Version 3 knew no long run and took the rhythm for scatter: the rest should be taken over, and the scatter be learned anew."""
    series = Series(CONFIG, 0)
    play(poisson(4, 400), series)
    dumped = series.dump()
    former: list[Any] = [3, *dumped[1:-2]]
    former[6] = [1.2, 2.2, 5.5, 8.0]
    former[8] = [[count, factor, *scatter] for count, factor, _, *scatter in former[8]]
    former[14] = former[14][:4]
    taken = Series.load(CONFIG, former)
    assert taken.base.mean == series.base.mean
    assert taken.base.inflation == [1.25] * 4
    assert Series.load(CONFIG, taken.dump()).dump() == taken.dump()
    assert play(poisson(4, 600)[400:], taken, first=400)[0] == []
    with pytest.raises(ValueError, match="version 1"):
        Series.load(CONFIG, [1, *former[1:]])


def test_tail_probability_is_the_negative_binomials() -> None:
    """The tail should agree with scipy's over means from .01 to 10,000."""
    random = np.random.default_rng(3)
    for _ in range(500):
        mean = 10 ** random.uniform(-2, 4)
        variance = mean * (1 + 10 ** random.uniform(-2, 2))
        count = int(mean * random.uniform(0, 5)) + int(random.integers(0, 20))
        true = float(nbinom.sf(count - 1, mean * mean / (variance - mean), mean / variance))
        assert tail_probability(count, mean, variance) == pytest.approx(max(true, 1e-300), rel=1e-5, abs=1e-13)


def test_least_count_is_the_first_improbable_one() -> None:
    """The count found should be improbable, the one before it not."""
    for mean in (0.05, 1.0, 40.0, 3000.0):
        count = least_count(mean, mean * 1.7, 1e-6)
        assert tail_probability(count, mean, mean * 1.7) < 1e-6 <= tail_probability(count - 1, mean, mean * 1.7)


def test_scores_are_strictly_online() -> None:
    """A score should be the same whatever follows it."""
    times, values = list(range(0, 3_000_000, 10_000)), [float(count) for count in poisson(4, 300)]
    scores = score_series(times, values)
    assert score_series(times[:150], values[:150]) == scores[:150]
    assert all(0.0 <= score <= 1.0 for score in scores)


def test_the_first_burst_scores_above_its_repetition() -> None:
    """A burst should score high, the same burst an hour later lower: it is no news."""
    minute = 60_000
    values = [5.0, 6.0, 4.0] * 100 + [80.0] + [5.0] * 60 + [80.0]
    scores = score_series([at * minute for at in range(len(values))], values)
    assert scores[300] > 0.8
    assert scores[300] > scores[-1] + 0.2


def test_scores_refuse_lengths_that_differ() -> None:
    """A missing value should be an error, not a shift."""
    with pytest.raises(ValueError, match="shorter"):
        score_series([1, 2], [1.0])


def test_scores_take_any_number() -> None:
    """Not finite, negative and falling times should score, not fail."""
    assert all(0.0 <= score <= 1.0 for score in score_series([5, 3, 9, 9], [float("nan"), -4.0, float("inf"), 1e300]))


def test_a_rhythm_is_expected_once_it_has_shown() -> None:
    """After a fortnight of a daily swing, and half as much on weekends, the expected rate should follow it ahead of the counts."""
    rng = np.random.default_rng(7)
    series = Series(CONFIG, 0)
    rates = [rate_of(minute) for minute in range(14 * 1440)]
    assert len(play([int(count) for count in rng.poisson(rates)], series)[0]) <= 1
    for hour in (14 * 24 + 9, 14 * 24 + 21):  # on a Thursday, the day of the week that the Unix epoch began with
        assert series.rhythm.factor(hour * 3_600_000.0) == pytest.approx(rate_of(hour * 60) / np.mean(rates), rel=0.25)


def rate_of(minute: int) -> float:
    """Events a minute: sixfold between night and day, half as much in the middle of the weekend as of the week."""
    week = 0.75 - 0.25 * np.cos(2 * np.pi * (minute / 1440 - 3.0) / 7)
    return float((10 + 7 * np.sin(2 * np.pi * (minute / 1440 - 0.4))) * week)


def test_a_known_rhythm_hides_no_surge_at_night() -> None:
    """Three times a night's rate, which is less than a day's, should alarm once the rhythm is known."""
    rng = np.random.default_rng(8)
    counts = [int(count) for count in rng.poisson([rate_of(minute) for minute in range(14 * 1440)])]
    night = 14 * 1440
    counts += [int(count) for count in rng.poisson([3.5 * rate_of(night + minute) for minute in range(40)])]
    alarms, _ = play(counts)
    assert [bucket for bucket, _ in alarms if bucket >= night]
    assert len(alarms) <= 2


def test_many_series_share_the_chance_of_a_false_alarm() -> None:
    """With a hundred times as many series each should be allowed a hundredth, more while surges are on, never more than alone."""
    assert CONFIG.alpha_of(1, 0) == CONFIG.alpha_of(16, 0) == CONFIG.alpha
    assert CONFIG.alpha_of(1600, 0) == pytest.approx(CONFIG.alpha / 100)
    assert CONFIG.alpha_of(1600, 9) == pytest.approx(CONFIG.alpha / 10)
    assert CONFIG.alpha_of(1600, 1600) == CONFIG.alpha


def test_the_chance_allowed_holds_for_its_bucket_across_a_restart() -> None:
    """A series should be restored with the chance that its open bucket was given."""
    series = Series(CONFIG, 0)
    series.advance(20, 1e-9)
    assert Series.load(CONFIG, series.dump()).alpha == 1e-9
