"""Four real events as streams mixed with off-topic chatter: when each alarms, and how often before anything happened."""

import csv
import gzip
import sys
from pathlib import Path

import pytest

from pipeline.pulse import PulseConfig, Series
from schemas.times import iso, to_milliseconds

CONFIG = PulseConfig()
MINUTE = CONFIG.bucket_ms
ONSETS = {
    "2013_West_Texas_Explosion": ("2013-04-18T01:20:00", 30),
    "2013_Oklahoma_Tornado": ("2013-05-20T23:10:00", 30),
    "2013_Alberta_Floods": ("2013-06-21T21:30:00", 35),
}
"""First sustained rise of on-topic posts in the sample (some three a minute), and minutes that the alarm may take. Hurricane Sandy
has no onset: its sample begins when all speak of it already."""


def alarms_of(times: list[int]) -> list[int]:
    """Unix ms at which a series of distinct authors alarms."""
    series, found = Series(CONFIG, times[0] // MINUTE), []
    for at in times:
        series.advance(at // MINUTE)
        if series.add(counts_for_alarm=True):
            found.append(at)
    return found


@pytest.mark.data
def test_onsets_of_real_events(data: Path) -> None:
    """Each onset should alarm within minutes, and what comes before it not more than once a day."""
    streams: dict[str, list[int]] = {}
    with gzip.open(data / "crisislex_t6.csv.gz", "rt") as lines:
        for row in csv.DictReader(lines):
            streams.setdefault(row["event"], []).append(to_milliseconds(row["created_utc"]))
    table, wrong = [], []
    for event, times in sorted(streams.items()):
        found = alarms_of(sorted(times))
        days = (max(times) - min(times)) / 86_400_000
        table.append(f"{event:28} {days:5.1f} days, alarms: " + ", ".join(iso(at)[:16] for at in found))
        onset, minutes = ONSETS.get(event, (None, 0))
        start = to_milliseconds(onset) if onset else max(times)
        on_time = any(start <= at <= start + minutes * MINUTE for at in found) or onset is None
        early = sum(at < start for at in found)
        if not on_time or early > (start - min(times)) / 86_400_000 or len(found) > days + 1:
            wrong.append(event)
    sys.stdout.write("\n" + "\n".join(table) + "\n")
    assert not wrong
