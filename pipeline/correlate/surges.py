"""Which series are part of which surge, from the alarm that opens it until it is over; `Dispatcher` and `Alarms` keep it so.

A positive surge is a surge as well. Whether an alarm beside a surge is another one is for the table in `outbreak`.
"""

from __future__ import annotations

from pipeline.bursts import Alarm
from pipeline.correlate.contributions import Contributions
from pipeline.correlate.information import topic_of
from pipeline.correlate.outbreak import Relation, Rise, relation_of
from pipeline.correlate.series import AllSeries
from pipeline.correlate.series_window import Track
from pipeline.correlate.situation import SURGE, Cause, OpenSituation, situation_id
from pipeline.correlate.tally import Tally
from schemas.messages import Sentiment


class Surges:
    """Which series are part of which surge."""

    def __init__(self, series: AllSeries, contributions: Contributions) -> None:
        self._series = series
        self._contributions = contributions
        self._bucket_ms = series.config.bucket_ms

    def surge_of(self, track: Track, alarm: Alarm, cause: Cause, clock: int) -> OpenSituation:
        """The situation that an alarm opens, with all that was counted since its onset."""
        facet = track.facet or self._strongest(track.subject, alarm.onset)
        identity = situation_id(SURGE, track.subject, facet, str(alarm.onset))
        since = alarm.onset * self._bucket_ms
        due = (track.series.bucket + 1) * self._bucket_ms
        surge = OpenSituation(identity, SURGE, track.subject, facet, min(since, clock), clock, due, cause)
        surge.onset, surge.p_value = alarm.onset, min(1.0, alarm.p_value)
        surge.expected = track.series.expected_since(alarm.onset)
        self._series.lead(track, leads=True)
        self.join(track, alarm.onset, surge)
        return surge

    def join(self, track: Track, onset: int, surge: OpenSituation) -> None:
        """Count what a series, or all of its subject, held since ``onset`` into a surge, and what follows as well."""
        for part in [track] if track.facet else self._series.of_subject(track.subject):
            if part is track or part.surge is None:
                self._join(part, onset, surge)

    def _join(self, track: Track, onset: int, surge: OpenSituation) -> None:
        track.series.note_before()
        for number in sorted(track.minutes):
            minute = track.minutes[number]
            if number >= onset and minute.tally.events:  # otherwise it is part of another surge already
                surge.tally.merge(minute.tally)
                for author in minute.authors:
                    surge.crowd.add(author)
                minute.tally = Tally()
                track.changed.add(number)
        if track.facet:
            self._contributions.join_surge(topic_of(track.subject), track.facet, onset * self._bucket_ms, surge.id)
        track.surge = surge.id
        self._series.mark(track)

    def leaders(self, track: Track) -> list[Track]:
        """The other series of the same subject that lead a surge, the strongest first."""
        leading = [other for other in self._series.of_subject(track.subject) if other is not track and other.leads]
        return sorted(leading, key=lambda other: (other.series.count_since(other.series.bucket - 5), other.facet), reverse=True)

    def relation(self, track: Track, alarm: Alarm, surge: OpenSituation) -> Relation:
        """What an alarm is to the surge that is on about its subject."""
        rise = Rise(
            feeling=track.facet,
            surge_feeling=surge.facet,
            together=alarm.onset - surge.onset <= self._series.longest,
            counted=track.surge == surge.id,
            authors=alarm.seen,
            surge_authors=self._authors_since(track.subject, surge.facet, alarm.onset),
        )
        return relation_of(rise)

    def hand_over(self, weaker: OpenSituation, surge: OpenSituation) -> None:
        """Let the series of a surge that another one absorbs follow that one."""
        self._contributions.move(SURGE, weaker.id, surge.id)
        for part in self._parts(weaker):
            part.surge = surge.id
            self._series.lead(part, leads=False)
            self._series.mark(part)

    def release(self, surge: OpenSituation) -> None:
        """A surge is over, and with it what followed it."""
        for track in self._series.of_subject(surge.subject):
            if track.surge != surge.id and (track.facet or track.surge is not None):
                continue  # the series of the whole forgets what it saw of this surge as well
            track.surge = None
            self._series.lead(track, leads=False)
            track.series.calm()
            self._series.mark(track)

    def current(self, subject: str, facet: str) -> str | None:
        """Id of the surge that is on in a series."""
        track = self._series.get(subject, facet)
        return None if track is None else track.surge

    def tick(self, surge: OpenSituation, clock: int) -> bool:
        """Close the bucket that ended at ``clock`` under a surge; True when the surge is over."""
        parts = self._parts(surge)
        leader = next((part for part in parts if part.leads), None)
        if leader is None:
            return True
        for part in parts:
            self._series.mark(part)
        self._series.advance(clock // self._bucket_ms, *parts)
        over = all(part.series.onset is None for part in parts)
        if not over:
            surge.expected = sum(part.series.expected_since(surge.onset) for part in parts if part.facet)
            surge.p_value = min(surge.p_value, leader.series.chance(surge.crowd.estimate(), surge.expected))
        surge.due = (leader.series.bucket + 1) * self._bucket_ms
        return over

    def _parts(self, surge: OpenSituation) -> list[Track]:
        """The series that a surge consists of."""
        return [track for track in self._series.of_subject(surge.subject) if track.surge == surge.id]

    def _strongest(self, subject: str, onset: int) -> str:
        """The feeling that at least half of the rise since ``onset`` above what was expected is of, of equals the first in the alphabet;
        neutral where people feel this and that."""
        rises = {
            track.facet: track.series.count_since(onset) - (track.series.bucket - onset + 1) * track.series.base.usual
            for track in self._series.of_subject(subject)
            if track.facet
        }
        strongest = min(rises, key=lambda facet: (-rises[facet], facet))
        return strongest if 2 * rises[strongest] >= sum(max(0.0, rise) for rise in rises.values()) else Sentiment.NEUTRAL.value

    def _authors_since(self, subject: str, facet: str, onset: int) -> int:
        """Fresh authors of a feeling since ``onset``, as far as the longest window reaches; 0 for one that nobody has had yet."""
        track = self._series.get(subject, facet)
        if track is None:
            return 0
        series = track.series
        return series.count_since(max(onset, series.bucket - self._series.longest))
