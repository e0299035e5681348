"""The benchmark's score: its published properties, and what the pulse is worth on the real series."""

import json
from pathlib import Path

import pytest

from pipeline.evaluation.counts import read_counts
from pipeline.evaluation.nab import Labelled, assess_nab, best_threshold, judge, overall, probation
from schemas.errors import WinnowError

ROWS = 1000
WINDOWS = [(300, 399), (700, 799)]


def labelled(*detections: int, rows: int = ROWS) -> Labelled:
    """A series that detects exactly there."""
    at = set(detections)
    return Labelled("s", [1.0 if row in at else 0.0 for row in range(rows)], WINDOWS)


def test_silence_scores_nothing_and_perfection_everything() -> None:
    """Saying nothing should score 0, the first row of each window and nothing else 100."""
    assert judge(labelled(), 0.5).normalised == 0.0
    assert judge(labelled(300, 700), 0.5).normalised == pytest.approx(100.0)


def test_earlier_is_worth_more_and_only_the_first_counts() -> None:
    """A detection should be worth less the later it comes in its window, and further ones change nothing."""
    early, late = judge(labelled(310, 700), 0.5), judge(labelled(390, 700), 0.5)
    assert early.score > late.score > judge(labelled(700), 0.5).score
    assert judge(labelled(310, 320, 399, 700), 0.5).score == early.score


def test_a_false_alarm_costs_its_weight_less_right_after_a_window() -> None:
    """A detection long before or after a window should cost .11, one right after it little."""
    perfect = judge(labelled(300, 700), 0.5).score
    assert judge(labelled(200, 300, 700), 0.5).score == pytest.approx(perfect - 0.11)
    assert judge(labelled(300, 699, 700), 0.5).score == pytest.approx(perfect - 0.11, abs=1e-5)
    assert perfect - 0.01 < judge(labelled(300, 401, 700), 0.5).score < perfect


def test_the_published_middle_of_a_window() -> None:
    """A detection half way should be worth 2/(1+e^-2.5)-1 of the scale that its first row sets."""
    gained = judge(Labelled("s", [0.0] * 350 + [1.0] + [0.0] * 649, [(300, 399)]), 0.5).score
    assert gained == pytest.approx(0.84828 / 0.98661, abs=1e-4)


def test_the_start_is_not_scored() -> None:
    """Detections in the first 15 %, at most 750 rows, should not count."""
    assert (probation(1000), probation(100_000)) == (150, 750)
    assert judge(labelled(0, 149, 300, 700), 0.5).normalised == pytest.approx(100.0)


def test_the_best_threshold_is_the_best_of_all() -> None:
    """No threshold should score higher than the one found, and it should score what it says."""
    series = [Labelled("s", [((row * 7919) % 997) / 997 for row in range(ROWS)], WINDOWS), labelled(350, 600)]
    threshold, score = best_threshold(series)
    assert overall(series, threshold).normalised == pytest.approx(score)
    assert score == pytest.approx(max(overall(series, at / 997).normalised for at in range(1, 998)))


def test_windows_of_other_files_are_refused() -> None:
    """Windows that hold no row should be an error that says so."""
    counts = list(read_counts(["timestamp,value", "2015-01-01 00:00:00,1", "2015-01-01 00:05:00,2"]))
    with pytest.raises(WinnowError, match="holds no row"):
        assess_nab([("s.csv", counts)], {"s.csv": [["2016-01-01 00:00:00", "2016-01-02 00:00:00"]]})
    with pytest.raises(WinnowError, match="no series"):
        assess_nab([("s.csv", counts)], {})


@pytest.mark.data
def test_the_pulse_on_the_real_series(data: Path) -> None:
    """On mentions of five brands the pulse should score above 84, above 60 on each, and not hang on its exact threshold."""
    windows = json.loads((data / "nab" / "windows.json").read_text())
    series = []
    for name in windows:
        with (data / "nab" / Path(name).name).open(newline="") as lines:
            series.append((name, list(read_counts(lines, name))))
    report = assess_nab(series, windows)
    assert report.together.normalised > 84.0
    assert report.together.found >= 15
    assert all(one.normalised > 60.0 for one in report.each)
    assert report.best[1] - report.together.normalised < 2.0
