"""The airline tweets of the measuring data, as the replay sends them: row by row, as JSON."""

import csv
import gzip
from pathlib import Path

import orjson
import pytest

from schemas.sources import Malformed, decode


@pytest.mark.data
def test_every_airline_tweet_is_read_and_has_its_own_id(data: Path) -> None:
    """No row of the real file is refused, ids do not collide, and time order survives."""
    with gzip.open(data / "airline_tweets.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    read = [found for row in rows if not isinstance(found := decode("airline-csv", orjson.dumps(row)), Malformed)]
    assert len(read) == len(rows) > 6_000
    assert len({signal["id"] for signal, _ in read}) == len(rows)
    assert [ms for _, ms in read] == sorted(ms for _, ms in read)
