"""Series of counts as CSV: what is read, what is refused, and that scoring looks at no later row."""

import pytest

from pipeline.evaluation.counts import read_counts, score_counts
from schemas.errors import WinnowError


def series(values: list[float]) -> list[str]:
    """CSV lines, a row each five minutes."""
    return [
        "timestamp,value",
        *(f"2015-02-{1 + at // 288:02} {at // 12 % 24:02}:{at % 12 * 5:02}:53,{value}" for at, value in enumerate(values)),
    ]


def test_rows_come_back_as_written() -> None:
    """Times and values should be kept as they were written, extra columns ignored."""
    [count] = read_counts(["value,timestamp,more", "007,2015-02-26 21:42:53,x"])
    assert (count.written, count.value_written, count.value, count.at_ms) == ("2015-02-26 21:42:53", "007", 7.0, 1424986973000)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["time,value", "1,2"], "no column 'timestamp'"),
        ([], "no column 'timestamp'"),
        (["timestamp,value", "yesterday,2"], "line 2"),
        (["timestamp,value", "2015-02-26,2", "2015-02-27,"], "line 3"),
        (["timestamp,value", "2015-02-26,2", "2015-02-25,2"], "line 3: 2015-02-25 is earlier"),
        (["timestamp,value", "2015-02-26"], "line 2"),
    ],
)
def test_what_is_no_series_is_named(lines: list[str], says: str) -> None:
    """The error should name the line."""
    with pytest.raises(WinnowError, match=says):
        list(read_counts(lines))


def test_a_burst_alarms_and_is_told_against_what_was_expected() -> None:
    """A burst in steady traffic should be the only alarm, far above the expected count."""
    scored = list(score_counts(read_counts(series([5.0, 6.0, 4.0, 5.0] * 150 + [90.0] + [5.0] * 50))))
    [alarm] = [one for one in scored if one.alarm]
    assert alarm.count.value == 90.0
    assert 4.0 < alarm.expected < 6.5


def test_a_score_depends_on_no_later_row() -> None:
    """The first rows should score the same whatever follows."""
    calm, wild = [5.0, 7.0, 3.0] * 100, [500.0] * 50
    first = [one.score for one in score_counts(read_counts(series(calm)))]
    assert [one.score for one in score_counts(read_counts(series(calm + wild)))][: len(calm)] == first
