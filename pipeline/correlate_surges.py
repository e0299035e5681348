"""In: pieces of information by subject and feeling, on the event-time clock. Out: mass reactions, and what they are made of.

A series per (subject, sentiment), for a shift of feeling shows in one of them first, and one of the whole subject, for news stirs
every feeling a little; its rhythm of day and week holds for them all. A positive surge is a surge as well. While none is on, the
last minutes are kept apart, so that a surge can be told from its onset when it is recognised. One outbreak is one surge, whatever
the feelings it stirs: a rise that begins within the longest window of the one that is on, or is less than half as strong, is a
side of it; the stronger feeling gives it its name. What is counted in a surge anyway becomes one of its own later only when it is
twice as strong.
A feeling heard of for the first time counts as quiet for as long as its subject is known; a subject, while the shard was listening
(see `pulse_watch`), but for no more than a few minutes, for it may be new to the catalogue and not to people.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import orjson

from pipeline.correlate_heard import Heard
from pipeline.correlate_track import Minute, Track
from pipeline.pulse import Alarm, PulseConfig, Series
from pipeline.pulse_watch import Watch
from pipeline.situations import SURGE, Cause, Situation, situation_id
from pipeline.situations_tally import Tally
from schemas.messages import Sentiment

SERIES, MINUTE, WATCHED = b"series/", b"minute/", b"watched"
WHOLE = ""
"""The facet of the series that counts all feelings."""
MOST_AUTHORS = 4096
"""Authors of one bucket remembered to be counted once; with more than that a crowd is beyond doubt."""


class Surges:
    """All series of one shard."""

    def __init__(self, config: PulseConfig) -> None:
        self.config = config
        self._longest = max(config.windows)
        self._doubt = -math.log(config.alpha)
        self._tracks: dict[tuple[str, str], Track] = {}
        self._subjects: dict[str, list[Track]] = {}
        self._pairs: dict[tuple[str, str], tuple[Track, Track]] = {}
        self._changed: list[Track] = []
        self._minutes: deque[tuple[int, Track]] = deque()
        self._next_expiry = 0
        self._leading: set[tuple[str, str]] = set()
        self._watch = Watch()
        self._watch_saved = self._watch.dump()

    def count(self, heard: Heard, clock: int, *, copy: bool, reposted: bool, late: bool) -> tuple[Track, Alarm | None]:
        """Count one piece of information in its series; an alarm at the moment it is due, and the series that raised it."""
        bucket = clock // self.config.bucket_ms
        if bucket > self._watch.last and self._watch.hear(bucket, self._doubt):
            for one in self._tracks.values():
                one.series.pass_over(bucket)
                self._mark(one)
        whole, track = self._pair(heard.subject, heard.sentiment, bucket)
        if not (track.is_changed and whole.is_changed):
            self._mark(track)
            self._mark(whole)
        if bucket > track.series.bucket or bucket > whole.series.bucket:
            self._advance(bucket, track, whole)
        if late or heard.backfill:
            track.series.add(counts_for_alarm=False)
            whole.series.add(counts_for_alarm=False)
            return track, None
        author = heard.crowd
        fresh = author not in track.recent
        minute = self._minute(track)
        if track.surge is None:
            minute.hear(heard, copy=copy, reposted=reposted, new_author=fresh)
        if not fresh:
            return track, None
        new_here = True
        for other in self._subjects[heard.subject]:
            if author in other.recent:
                new_here = False
        if len(minute.authors) < MOST_AUTHORS:
            minute.authors.append(author)
            track.recent.add(author)
        alarm = track.series.add(counts_for_alarm=True)
        of_all = whole.series.add(counts_for_alarm=True) if new_here else None
        if alarm is None and of_all is not None:
            return whole, of_all
        return track, alarm

    def expire(self, clock: int) -> None:
        """Forget what was said longer ago than the longest window, in every series."""
        if clock < self._next_expiry:  # asked for every record, so mostly no more than a look
            return
        oldest = clock // self.config.bucket_ms - self._longest
        while self._minutes and self._minutes[0][0] <= oldest:
            number, track = self._minutes.popleft()
            track.forget(number)
            self._mark(track)
        self._next_expiry = (oldest + self._longest + 1) * self.config.bucket_ms

    def surge_of(self, track: Track, alarm: Alarm, cause: Cause, clock: int) -> Situation:
        """The situation that an alarm opens, with all that was said since its onset."""
        facet = track.facet or self._strongest(track.subject, alarm.onset)
        identity = situation_id(SURGE, track.subject, facet, str(alarm.onset))
        since = alarm.onset * self.config.bucket_ms
        due = (track.series.bucket + 1) * self.config.bucket_ms
        surge = Situation(identity, SURGE, track.subject, facet, min(since, clock), clock, due, cause)
        surge.onset, surge.p_value = alarm.onset, min(1.0, alarm.p_value)
        surge.expected = track.series.expected_since(alarm.onset)
        self._lead(track, leads=True)
        self.join(track, alarm.onset, surge)
        return surge

    def join(self, track: Track, onset: int, surge: Situation) -> None:
        """Count what a series, or all of its subject, held since ``onset`` into a surge, and what follows as well."""
        for part in [track] if track.facet else self._all(track.subject):
            if part is track or part.surge is None:
                self._join(part, onset, surge)

    def _join(self, track: Track, onset: int, surge: Situation) -> None:
        track.series.note_before()
        for number in sorted(track.minutes):
            minute = track.minutes[number]
            if number >= onset and minute.tally.events:  # otherwise it was told in another surge already
                surge.tally.merge(minute.tally)
                for author in minute.authors:
                    surge.crowd.add(author)
                minute.tally = Tally()
                track.changed.add(number)
        track.surge = surge.id
        self._mark(track)

    def leaders(self, track: Track) -> list[Track]:
        """The other series of the same subject that lead a surge, the strongest first."""
        leading = [other for other in self._all(track.subject) if other is not track and other.leads]
        return sorted(leading, key=lambda other: (other.series.count_since(other.series.bucket - 5), other.facet), reverse=True)

    def is_echo(self, track: Track, alarm: Alarm, surge: Situation) -> bool:
        """Whether an alarm is a side of the surge that is on already, and not what that surge turns out to be."""
        if not track.facet or track.facet == surge.facet:
            return True
        if surge.facet == Sentiment.NEUTRAL.value:
            return False
        if track.facet == Sentiment.NEUTRAL.value:
            return True
        strength = self._strength(track.subject, surge.facet, alarm)
        if self.is_one(alarm, surge):
            return alarm.seen <= strength
        return alarm.seen <= 2 * strength if track.surge == surge.id else 2 * alarm.seen < strength

    def is_one(self, alarm: Alarm, surge: Situation) -> bool:
        """Whether an alarm began with the surge that is on: then they are one outbreak."""
        return surge.facet == Sentiment.NEUTRAL.value or alarm.onset - surge.onset <= self._longest

    def hand_over(self, weaker: Situation, surge: Situation) -> None:
        """Let the series of a surge that another one absorbs follow that one."""
        for part in self._parts(weaker):
            part.surge = surge.id
            self._lead(part, leads=False)
            self._mark(part)

    def release(self, surge: Situation) -> None:
        """A surge is over, and with it what followed it."""
        for track in self._all(surge.subject):
            if track.surge != surge.id and (track.facet or track.surge is not None):
                continue  # the series of the whole forgets what it saw of this surge as well
            track.surge = None
            self._lead(track, leads=False)
            track.series.calm()
            self._mark(track)

    def current(self, subject: str, facet: str) -> str | None:
        """Id of the surge that is on in a series."""
        track = self._tracks.get((subject, facet))
        return None if track is None else track.surge

    def tick(self, surge: Situation, clock: int) -> bool:
        """Close the bucket that ended at ``clock`` under a surge; True when the surge is over."""
        parts = self._parts(surge)
        leader = next((part for part in parts if part.leads), None)
        if leader is None:
            return True
        for part in parts:
            self._mark(part)
        self._advance(clock // self.config.bucket_ms, *parts)
        over = all(part.series.onset is None for part in parts)
        if not over:
            surge.expected = sum(part.series.expected_since(surge.onset) for part in parts if part.facet)
            surge.p_value = min(surge.p_value, leader.series.chance(surge.crowd.estimate(), surge.expected))
        surge.due = (leader.series.bucket + 1) * self.config.bucket_ms
        return over

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        if self._watch.dump() != self._watch_saved:
            self._watch_saved = self._watch.dump()
            found[WATCHED] = self._watch_saved.encode()
        for track in self._changed:
            track.is_changed = False
            name = track.name()
            found[SERIES + name] = orjson.dumps([track.subject, track.facet, track.surge, track.leads, track.series.dump()])
            for number in track.gone:
                found[MINUTE + name + b"/%d" % number] = None
            for number in track.changed:
                if number in track.minutes:
                    found[MINUTE + name + b"/%d" % number] = track.dump_minute(number)
            track.changed.clear()
            track.gone.clear()
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        if WATCHED in items:
            self._watch_saved = items[WATCHED].decode()
            self._watch = Watch.load(self._watch_saved)
        saved = [orjson.loads(value) for key, value in items.items() if key.startswith(SERIES)]
        for subject, facet, surge, leads, dumped in sorted(saved, key=lambda one: one[1] != WHOLE):
            whole = self._tracks.get((subject, WHOLE))
            series = Series.load(self.config, dumped, None if whole is None else whole.series.rhythm)
            track = self._enter(Track(subject, facet, series))
            track.surge = surge
            self._lead(track, leads=leads)
        for key, value in items.items():
            if key.startswith(MINUTE):
                subject, facet, number, tally, authors = orjson.loads(value)
                self._tracks[subject, facet].load_minute(number, tally, authors)
        held = ((number, track) for track in self._tracks.values() for number in track.minutes)
        self._minutes.extend(sorted(held, key=lambda one: (one[0], one[1].key)))

    def _alpha(self) -> float:
        return self.config.alpha_of(len(self._tracks), len(self._leading))

    def _enter(self, track: Track) -> Track:
        self._tracks[track.key] = track
        of_subject = self._subjects.setdefault(track.subject, [])
        of_subject.append(track)
        of_subject.sort(key=lambda one: one.facet)
        return track

    def _lead(self, track: Track, *, leads: bool) -> None:
        track.leads = leads
        (self._leading.add if leads else self._leading.discard)(track.key)

    def _all(self, subject: str) -> list[Track]:
        """The series of a subject that there are: of the whole first, then by feeling."""
        return self._subjects.get(subject, [])

    def _moods(self, subject: str) -> list[Track]:
        return [track for track in self._all(subject) if track.facet]

    def _parts(self, surge: Situation) -> list[Track]:
        """The series that a surge consists of."""
        return [track for track in self._all(surge.subject) if track.surge == surge.id]

    def _strongest(self, subject: str, onset: int) -> str:
        """The feeling that rose most since ``onset`` above what was expected of it; of equals the first in the alphabet."""
        rises = {
            track.facet: track.series.count_since(onset) - (track.series.bucket - onset + 1) * track.series.base.mean
            for track in self._moods(subject)
        }
        return min(rises, key=lambda facet: (-rises[facet], facet))

    def _strength(self, subject: str, facet: str, alarm: Alarm) -> int:
        """Fresh authors of another feeling over the time that an alarm is about, as far as the longest window reaches."""
        series = self._tracks[subject, facet].series
        return series.count_since(max(alarm.onset, series.bucket - self._longest))

    def _minute(self, track: Track) -> Minute:
        """The bucket of a series that is open."""
        number = track.series.bucket
        found = track.minutes.get(number)
        if found is None:
            found = track.minutes[number] = Minute()
            self._minutes.append((number, track))
        track.changed.add(number)
        return found

    def _mark(self, track: Track) -> None:
        """Note that the state of a series has changed."""
        if not track.is_changed:
            track.is_changed = True
            self._changed.append(track)

    def _advance(self, bucket: int, *tracks: Track) -> None:
        """Close all buckets before ``bucket`` in series that have not come there."""
        alpha = self._alpha()
        for track in tracks:
            if bucket > track.series.bucket:
                track.series.advance(bucket, alpha)

    def _pair(self, subject: str, facet: str, bucket: int) -> tuple[Track, Track]:
        """The series of a whole subject, and that of one of its feelings."""
        pair = self._pairs.get((subject, facet))
        if pair is None:
            pair = self._pairs[subject, facet] = self._track(subject, WHOLE, bucket), self._track(subject, facet, bucket)
        return pair

    def _track(self, subject: str, facet: str, bucket: int) -> Track:
        track = self._tracks.get((subject, facet))
        if track is None:
            whole = self._tracks.get((subject, WHOLE))
            quiet = min(self._watch.span - 1, self.config.warm_up) if whole is None else whole.series.seen
            series = Series(self.config, bucket, quiet, None if whole is None else whole.series.rhythm)
            track = self._enter(Track(subject, facet, series))
        return track
