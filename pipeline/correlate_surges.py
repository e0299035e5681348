"""In: pieces of information by subject and feeling, on the event-time clock. Out: mass reactions, and what they are made of.

A series per (subject, sentiment): a positive surge is a surge as well. While none is on, the last minutes are kept apart, so that
a surge can be told from its onset when it is recognised. One outbreak is one surge: a neutral rise beside another, or a rise less
than half as strong as the one that is on, is its echo and follows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.correlate_heard import Heard
from pipeline.pulse import Alarm, PulseConfig, Series
from pipeline.situations import SURGE, Cause, Situation, situation_id
from pipeline.situations_tally import Tally
from schemas.messages import Sentiment

SERIES, MINUTE = b"series/", b"minute/"
MOST_AUTHORS = 4096
"""Authors of one bucket remembered to be counted once; with more than that a crowd is beyond doubt."""


class Minute:
    """One bucket of a series: what was said, and who was counted in it."""

    __slots__ = ("authors", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self.authors: list[int] = []


class Track:
    """A series with its last minutes. ``surge`` is the id of the one that is on; it ``leads`` one that bears its facet."""

    __slots__ = ("changed", "facet", "gone", "leads", "minutes", "recent", "series", "subject", "surge")

    def __init__(self, subject: str, facet: str, series: Series) -> None:
        self.subject, self.facet, self.series = subject, facet, series
        self.surge: str | None = None
        self.leads = False
        self.minutes: dict[int, Minute] = {}
        self.recent: set[int] = set()
        self.changed: set[int] = set()
        self.gone: list[int] = []

    def advance(self, bucket: int, alpha: float) -> bool:
        """Close buckets before ``bucket``; True when a surge has ended. ``alpha`` holds for the bucket that opens."""
        return bucket > self.series.bucket and self.series.advance(bucket, alpha)

    def forget(self, number: int) -> None:
        """Drop a minute with its texts; its authors count as fresh again."""
        self.recent.difference_update(self.minutes.pop(number).authors)
        self.gone.append(number)

    def name(self) -> bytes:
        """The part of its state keys that is its own."""
        return f"{self.subject}/{self.facet}".encode()


class Surges:
    """All series of one shard."""

    def __init__(self, config: PulseConfig) -> None:
        self.config = config
        self._tracks: dict[tuple[str, str], Track] = {}
        self._changed: set[tuple[str, str]] = set()
        self._minutes: deque[tuple[int, tuple[str, str]]] = deque()
        self._leading: set[tuple[str, str]] = set()
        self._first_bucket: int | None = None
        self._first_saved = False

    def count(self, heard: Heard, clock: int, *, copy: bool, reposted: bool, late: bool) -> tuple[Track, Alarm | None]:
        """Count one piece of information in its series; an alarm at the moment it is due."""
        track = self._track(heard.subject, heard.sentiment, clock // self.config.bucket_ms)
        if track.advance(clock // self.config.bucket_ms, self._alpha()) and not track.leads:
            track.surge = None
        if late or heard.backfill:
            track.series.add(counts_for_alarm=False)
            return track, None
        fresh = heard.crowd not in track.recent
        minute = self._minute(track)
        if track.surge is None:
            minute.tally.add(heard, copy=copy, reposted=reposted, late=False, new_author=fresh)
        if not fresh:
            return track, None
        if len(minute.authors) < MOST_AUTHORS:
            minute.authors.append(heard.crowd)
            track.recent.add(heard.crowd)
        return track, track.series.add(counts_for_alarm=True)

    def expire(self, clock: int) -> None:
        """Forget what was said longer ago than the longest window, in every series."""
        oldest = clock // self.config.bucket_ms - max(self.config.windows)
        while self._minutes and self._minutes[0][0] <= oldest:
            number, key = self._minutes.popleft()
            self._tracks[key].forget(number)
            self._changed.add(key)

    def surge_of(self, track: Track, alarm: Alarm, cause: Cause, clock: int) -> Situation:
        """The situation that an alarm opens, with all that was said since its onset."""
        identity = situation_id(SURGE, track.subject, track.facet, str(alarm.onset))
        since = alarm.onset * self.config.bucket_ms
        surge = Situation(
            identity, SURGE, track.subject, track.facet, min(since, clock), clock, (track.series.bucket + 1) * self.config.bucket_ms, cause
        )
        surge.onset, surge.p_value = alarm.onset, min(1.0, alarm.p_value)
        surge.expected = track.series.expected_since(alarm.onset)
        self._lead(track, leads=True)
        self.join(track, alarm.onset, surge)
        return surge

    def join(self, track: Track, onset: int, surge: Situation) -> None:
        """Count what a series held since ``onset`` into a surge, and what follows as well."""
        for number in sorted(track.minutes):
            if number >= onset:
                minute = track.minutes[number]
                surge.tally.merge(minute.tally)
                for author in minute.authors:
                    surge.crowd.add(author)
                minute.tally = Tally()
                track.changed.add(number)
        track.surge = surge.id
        self._changed.add((track.subject, track.facet))

    def leader(self, track: Track) -> Track | None:
        """The series of the same subject with the strongest surge that is on."""
        others = (self._tracks.get((track.subject, mood.value)) for mood in Sentiment)
        leading = [other for other in others if other is not None and other is not track and other.leads]
        return max(leading, key=lambda other: (other.series.count_since(other.series.bucket - 5), other.facet), default=None)

    def is_echo(self, track: Track, alarm: Alarm, leader: Track) -> bool:
        """Whether an alarm is a side of the reaction that is on already."""
        if leader.facet == Sentiment.NEUTRAL.value:
            return False
        strength = leader.series.count_since(max(alarm.onset, leader.series.bucket - max(self.config.windows)))
        return track.facet == Sentiment.NEUTRAL.value or 2 * alarm.seen < strength

    def hand_over(self, leader: Track, surge: Situation) -> None:
        """Let the series of a surge that another one absorbs follow that one."""
        leader.surge = surge.id
        self._lead(leader, leads=False)
        self._changed.add((leader.subject, leader.facet))

    def release(self, surge: Situation) -> None:
        """A surge is over, and with it what followed it."""
        for track in self._parts(surge):
            track.surge = None
            self._lead(track, leads=False)
            track.series.calm()
            self._changed.add((track.subject, track.facet))

    def current(self, subject: str, facet: str) -> str | None:
        """Id of the surge that is on in a series."""
        track = self._tracks.get((subject, facet))
        return None if track is None else track.surge

    def tick(self, surge: Situation, clock: int) -> bool:
        """Close the bucket that ended at ``clock`` under a surge; True when the surge is over."""
        track = self._tracks[surge.subject, surge.facet]
        self._changed.add((surge.subject, surge.facet))
        over = track.advance(clock // self.config.bucket_ms, self._alpha())
        if not over:
            surge.expected = sum(part.series.expected_since(surge.onset) for part in self._parts(surge))
            surge.p_value = min(surge.p_value, track.series.chance(surge.crowd.estimate(), surge.expected))
        surge.due = (track.series.bucket + 1) * self.config.bucket_ms
        return over

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        if not self._first_saved and self._first_bucket is not None:
            found[b"first-bucket"] = b"%d" % self._first_bucket
            self._first_saved = True
        for key in self._changed:
            track = self._tracks[key]
            name = track.name()
            found[SERIES + name] = orjson.dumps([track.subject, track.facet, track.surge, track.leads, track.series.dump()])
            for number in track.gone:
                found[MINUTE + name + b"/%d" % number] = None
            for number in track.changed:
                if number in track.minutes:
                    found[MINUTE + name + b"/%d" % number] = _dump_minute(track, number)
            track.changed.clear()
            track.gone.clear()
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        if b"first-bucket" in items:
            self._first_bucket, self._first_saved = int(items[b"first-bucket"]), True
        for key, value in items.items():
            if key.startswith(SERIES):
                subject, facet, surge, leads, dumped = orjson.loads(value)
                track = self._tracks[subject, facet] = Track(subject, facet, Series.load(self.config, dumped))
                track.surge = surge
                self._lead(track, leads=leads)
        for key, value in items.items():
            if key.startswith(MINUTE):
                self._load_minute(orjson.loads(value))
        self._minutes.extend(sorted((number, key) for key, track in self._tracks.items() for number in track.minutes))

    def _alpha(self) -> float:
        return self.config.alpha_of(len(self._tracks), len(self._leading))

    def _lead(self, track: Track, *, leads: bool) -> None:
        track.leads = leads
        (self._leading.add if leads else self._leading.discard)((track.subject, track.facet))

    def _parts(self, surge: Situation) -> list[Track]:
        """The series that a surge consists of."""
        found = (self._tracks.get((surge.subject, mood.value)) for mood in Sentiment)
        return [track for track in found if track is not None and track.surge == surge.id]

    def _load_minute(self, dumped: list[Any]) -> None:
        subject, facet, number, tally, authors = dumped
        track, minute = self._tracks[subject, facet], Minute()
        raw = bytes.fromhex(authors)
        minute.tally = Tally.load(tally)
        minute.authors = [int.from_bytes(raw[at : at + 8], "big") for at in range(0, len(raw), 8)]
        track.minutes[number] = minute
        track.recent.update(minute.authors)

    def _minute(self, track: Track) -> Minute:
        """The bucket of a series that is open."""
        number = track.series.bucket
        found = track.minutes.get(number)
        if found is None:
            found = track.minutes[number] = Minute()
            self._minutes.append((number, (track.subject, track.facet)))
        track.changed.add(number)
        return found

    def _track(self, subject: str, facet: str, bucket: int) -> Track:
        key = (subject, facet)
        self._changed.add(key)
        track = self._tracks.get(key)
        if track is None:
            if self._first_bucket is None:
                self._first_bucket = bucket
            series = Series(self.config, bucket, bucket - self._first_bucket)
            track = self._tracks[key] = Track(subject, facet, series)
        return track


def _dump_minute(track: Track, number: int) -> bytes:
    minute = track.minutes[number]
    authors = b"".join(author.to_bytes(8, "big") for author in minute.authors).hex()
    return orjson.dumps([track.subject, track.facet, number, minute.tally.dump(), authors])
