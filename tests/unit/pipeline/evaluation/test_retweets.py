"""Folding against what "RT @" says: what counts as truth, and the figures on four real events."""

import csv
import gzip
from pathlib import Path

import pytest

from pipeline.evaluation.retweets import Tweet, assess, is_same, said
from schemas.times import to_milliseconds

TEXT = "water is rising in the east of the town, stay away from the river"


def test_what_a_post_says() -> None:
    """Whom it repeats, handles, links and marks should not count as words."""
    assert said(f"RT @ann: {TEXT} http://t.co/abc …") == said(TEXT)
    assert said("@bob don’t!") == ("dont",)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (TEXT, TEXT + "!!", True),
        (TEXT, TEXT[:-7], True),
        (TEXT, TEXT[:-3], True),
        (TEXT, TEXT.replace("east", "west"), False),
        ("stay away", "stay away from the river", False),
    ],
)
def test_the_same_or_cut_short(first: str, second: str, same: bool) -> None:
    """Equal words, or a beginning whose last word may be cut, should be the same; another word or too little should not."""
    assert is_same(said(first), said(second)) is same


def test_retweets_are_truth_and_folded_posts_are_judged() -> None:
    """A retweet of something unseen is no true copy; one whose text was seen is, under the same subject only."""
    posts = [
        Tweet("1", 0, "a", TEXT), Tweet("2", 1000, "a", f"RT @x: {TEXT}"), Tweet("3", 2000, "b", f"RT @x: {TEXT}"),
        Tweet("4", 3000, "a", "RT @y: nobody has said this before about any of it"),
    ]  # fmt: skip
    report = assess(posts)
    assert (report.retweets, report.retweets_folded, report.copies, report.alike) == (1, 1, 1, 1)
    assert report.to_json()["recall"] == report.to_json()["precision"] == 1.0


@pytest.mark.data
def test_folding_of_four_real_events(data: Path) -> None:
    """In four events of 10,000 posts each, folding should be right 99 times of a hundred and find 95 of a hundred retweets."""
    with gzip.open(data / "crisislex_t6.csv.gz", "rt") as lines:
        posts = [Tweet(row["tweet_id"], to_milliseconds(row["created_utc"]), row["event"], row["text"]) for row in csv.DictReader(lines)]
    report = assess(posts)
    assert report.retweets > 3000
    assert report.precision > 0.99
    assert report.recall > 0.95
