"""Windows of counts: what is only told late, and where a rise began."""

import pytest

from pipeline.bursts.windows import before, rise, untold

SLACK = 10
LONG = [20] * 40


def test_a_window_ends_with_the_open_bucket() -> None:
    """A window of one bucket should hold no closed one, a longer one those before, as far as they are known."""
    assert before([1, 2, 3], 1) == 0
    assert before([1, 2, 3], 3) == 5
    assert before([1, 2, 3], 30) == 6


@pytest.mark.parametrize(
    ("counts", "window", "missing"),
    [
        (LONG, 1, 0),
        ([*LONG, 0, 0, 0, 0], 1, 80),  # a clock that jumped ahead by four buckets
        ([*LONG, 0, 0, 0, 0, 100], 2, 80),  # and one bucket later
        ([*LONG, 10, 10, 10, 10], 1, 40),  # half of what is heard comes late
        ([*LONG, *[0] * 25], 1, 50),  # longer than anything may be late: ten buckets of what the twenty before held
        ([0] * 60, 1, 0),
        ([*LONG, 60], 1, 0),
    ],
)
def test_what_is_missing_before_a_window_may_be_told_late(counts: list[int], window: int, missing: int) -> None:
    """A gap within the slack should count as late by what it falls short of, and nothing else should."""
    assert untold(counts, window, SLACK, usual=20.0) == missing


def test_what_is_not_known_may_have_been_empty() -> None:
    """While too few buckets are known, as many as the usual ones could hold should be taken to come late."""
    assert untold([], 1, SLACK, usual=20.0) == 200
    assert untold([20] * 4, 1, SLACK, usual=20.0) == 120
    assert untold([], 1, SLACK, usual=0.05) == 0


@pytest.mark.parametrize(("counts", "current", "ago"), [([2] * 40, 30, 0), ([2] * 40 + [12] * 4, 12, 4), ([0] * 40 + [1] * 9, 1, 9)])
def test_a_rise_began_where_its_pace_explains_the_counts(counts: list[int], current: int, ago: int) -> None:
    """The first bucket of the higher pace should be the beginning, whatever the window that found it."""
    seen = current + before(counts, 15)
    assert rise(counts, current, 15, seen / (15 * max(counts[0], 0.1))) == ago
