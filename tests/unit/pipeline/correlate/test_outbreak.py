"""Whether an alarm beside a surge is a side of it, its better name, or a surge of its own: a test for every row of the table."""

import pytest

from pipeline.correlate.outbreak import ROWS, Relation, Rise, relation_of

SIDE, SUCCESSOR, SEPARATE = Relation.SIDE, Relation.SUCCESSOR, Relation.SEPARATE
TOGETHER, LATER = {"together": True}, {"together": False}
COUNTED, APART = {"counted": True}, {"counted": False}

CASES = [
    # row, the alarm's feeling, the surge's, when, counted in it already, authors of the alarm and of the surge's feeling, what it is
    ("of all feelings", "", "negative", LATER, APART, 100, 1, SIDE),
    ("of all feelings", "", "neutral", TOGETHER, COUNTED, 100, 0, SIDE),
    ("of the surge's own feeling", "negative", "negative", LATER, APART, 100, 1, SIDE),
    ("of the surge's own feeling", "neutral", "neutral", LATER, APART, 100, 1, SIDE),
    ("of a feeling, in a neutral surge", "negative", "neutral", TOGETHER, APART, 1, 100, SUCCESSOR),
    ("of a feeling, in a neutral surge", "positive", "neutral", LATER, COUNTED, 1, 100, SUCCESSOR),
    ("neutral, in a surge of a feeling", "neutral", "negative", TOGETHER, APART, 100, 1, SIDE),
    ("neutral, in a surge of a feeling", "neutral", "positive", LATER, APART, 100, 1, SIDE),
    ("together, stronger", "negative", "positive", TOGETHER, APART, 41, 40, SUCCESSOR),
    ("together, stronger", "negative", "positive", TOGETHER, COUNTED, 41, 40, SUCCESSOR),
    ("together, no stronger", "negative", "positive", TOGETHER, APART, 40, 40, SIDE),
    ("together, no stronger", "negative", "positive", TOGETHER, COUNTED, 40, 40, SIDE),
    ("later, counted, over twice as strong", "negative", "positive", LATER, COUNTED, 81, 40, SEPARATE),
    ("later, counted, no more than that", "negative", "positive", LATER, COUNTED, 80, 40, SIDE),
    ("later, not counted, under half as strong", "negative", "positive", LATER, APART, 19, 40, SIDE),
    ("later, not counted, at least half as strong", "negative", "positive", LATER, APART, 20, 40, SEPARATE),
    ("later, not counted, at least half as strong", "positive", "negative", LATER, APART, 100, 40, SEPARATE),
]


@pytest.mark.parametrize(("row", "feeling", "surge_feeling", "when", "where", "authors", "surge_authors", "relation"), CASES)
def test_each_row_decides_its_case(
    row: str, feeling: str, surge_feeling: str, when: dict[str, bool], where: dict[str, bool], authors: int, surge_authors: int,
    relation: Relation,
) -> None:  # fmt: skip
    """The first row that holds should be the one that is meant, with its relation; at a limit on either side of it."""
    rise = Rise(feeling, surge_feeling, authors=authors, surge_authors=surge_authors, **when, **where)
    assert next(name for name, holds, _ in ROWS if holds(rise)) == row
    assert relation_of(rise) is relation


def test_every_row_has_a_case() -> None:
    """A row nobody tests, or that none above it lets through, should not stand in the table."""
    assert {row for row, *_ in CASES} == {name for name, *_ in ROWS}
    assert len({name for name, *_ in ROWS}) == len(ROWS)
