"""The series that count information by subject and feeling, on the event-time clock: `Dispatcher` has each record counted here.

A series per (subject, sentiment), for a shift of feeling shows in one of them first, and one of the whole subject, for news stirs
every feeling a little; its rhythm of day and week holds for them all. While no surge is on, the last minutes are kept apart, so that
a surge can be counted from its onset when it is recognised.
A feeling that shows for the first time counts as quiet for as long as its subject is known; a subject, while the shard was listening
(see `pipeline.bursts.Coverage`), but for no more than a few minutes, for it may be new to the catalogue and not to people.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence

import orjson

from pipeline.bursts import Alarm, Coverage, PulseConfig, Series
from pipeline.correlate.contributions import FRESH, Contribution
from pipeline.correlate.information import Piece
from pipeline.correlate.origin import Kin
from pipeline.correlate.series_window import WHOLE, Minute, Track
from pipeline.correlate.tally import Tally

SERIES, MINUTE, WATCHED = b"series/", b"minute/", b"watched"
MOST_AUTHORS = 4096
"""Authors of one bucket remembered to be counted once; with more than that a crowd is beyond doubt."""


class AllSeries:
    """All series of one shard."""

    def __init__(self, config: PulseConfig) -> None:
        self.config = config
        self.longest = max(config.windows)
        self._doubt = -math.log(config.alpha)
        self._tracks: dict[tuple[str, str], Track] = {}
        self._pairs: dict[tuple[str, str], tuple[Track, Track]] = {}
        self._subjects: dict[str, list[Track]] = {}
        self._changed: list[Track] = []
        self._minutes: deque[tuple[int, Track]] = deque()
        self._next_expiry = 0
        self._leading: set[tuple[str, str]] = set()
        self._watch = Coverage()
        self._watch_saved = self._watch.dump()

    def count(self, piece: Piece, clock: int, *, copy: bool, reposted: bool, late: bool) -> tuple[Track, Alarm | None]:
        """Count one piece of information in its series; an alarm at the moment it is due, and the series that raised it."""
        bucket = clock // self.config.bucket_ms
        if bucket > self._watch.last and self._watch.hear(bucket, self._doubt):
            for one in self._tracks.values():
                one.series.pass_over(bucket)
                self.mark(one)
        whole, track = self._pair(piece.subject, piece.sentiment, bucket)
        if not (track.is_changed and whole.is_changed):
            self.mark(track)
            self.mark(whole)
        if bucket > track.series.bucket or bucket > whole.series.bucket:
            self.advance(bucket, track, whole)
        if late or piece.backfill:
            track.series.add(counts_for_alarm=False)
            whole.series.add(counts_for_alarm=False)
            return track, None
        piece.akin = whole.kin.compare(piece.bag, reposted=reposted)
        author = piece.crowd
        fresh = piece.fresh = author not in track.recent
        minute = self._minute(track)
        if track.surge is None:
            minute.add(piece, copy, reposted, fresh)
        if not fresh:
            return track, None
        new_here = True
        for other in self._subjects[piece.subject]:  # spelled out, as `any` would cost more than the look-ups
            if author in other.recent:
                new_here = False
                break
        if len(minute.authors) < MOST_AUTHORS:
            minute.authors.append(author)
            track.recent.add(author)
        alarm = track.series.add(counts_for_alarm=True)
        of_all = whole.series.add(counts_for_alarm=True) if new_here else None
        if alarm is None and of_all is not None:
            return whole, of_all
        return track, alarm

    def forget_author(self, place: tuple[str, str], author: int, bucket: int, *, again: int | None) -> None:
        """Take out an author who was counted in a bucket of a series (``place``: subject and feeling); ``again``: the bucket of what
        the same author said there next, so that he is counted for that, None for nothing.
        """
        track, whole = self._tracks[place], self._tracks[place[0], WHOLE]
        minute = track.minutes.get(bucket)
        if minute is None or author not in minute.authors:
            return
        minute.authors.remove(author)
        track.recent.discard(author)
        track.changed.add(bucket)
        self.mark(track)
        track.series.uncount(bucket)
        elsewhere = any(author in other.recent for other in self._subjects[place[0]])
        if not elsewhere:
            whole.series.uncount(bucket)
            self.mark(whole)
        if again is not None and (later := track.minutes.get(again)) is not None:
            later.authors.append(author)
            track.recent.add(author)
            track.changed.add(again)
            track.series.count_again(again)
            if not elsewhere:
                whole.series.count_again(again)

    def forget_piece(self, place: tuple[str, str], row: Contribution, bucket: int, first: int, source: str) -> None:
        """Take a piece out of the minutes of its series, if no surge has taken them over; ``first``: see `Tally.take_out`."""
        tally = self._tally(place, bucket)
        if tally is not None:
            tally.count(row, source, new_author=row.has(FRESH), by=-1)
            tally.take_out(row.information, first)

    def recount(self, place: tuple[str, str], was: Contribution, now: Contribution, bucket: int, source: str) -> None:
        """Count a piece in its minute as what it is now."""
        tally = self._tally(place, bucket)
        if tally is not None:
            tally.count(was, source, new_author=was.has(FRESH), by=-1)
            tally.count(now, source, new_author=was.has(FRESH), by=1)

    def _tally(self, place: tuple[str, str], bucket: int) -> Tally | None:
        """That of a minute, to be changed; None when it is forgotten, or part of a surge."""
        track = self._tracks.get(place)
        minute = None if track is None else track.minutes.get(bucket)
        if track is None or minute is None or not minute.tally.events:
            return None
        track.changed.add(bucket)
        self.mark(track)
        return minute.tally

    def expire(self, clock: int) -> None:
        """Forget what was counted longer ago than the longest window, in every series."""
        if clock < self._next_expiry:  # called for every record, so mostly no more than a look
            return
        oldest = clock // self.config.bucket_ms - self.longest
        while self._minutes and self._minutes[0][0] <= oldest:
            number, track = self._minutes.popleft()
            track.forget(number)
            self.mark(track)
        self._next_expiry = (oldest + self.longest + 1) * self.config.bucket_ms

    def get(self, subject: str, facet: str) -> Track | None:
        """The series of one feeling about a subject, if there ever was one."""
        return self._tracks.get((subject, facet))

    def of_subject(self, subject: str) -> Sequence[Track]:
        """The series of a subject that there are: of the whole first, then by feeling."""
        return self._subjects.get(subject, ())

    def mark(self, track: Track) -> None:
        """Note that the state of a series has changed."""
        if not track.is_changed:
            track.is_changed = True
            self._changed.append(track)

    def advance(self, bucket: int, *tracks: Track) -> None:
        """Close all buckets before ``bucket`` in series that have not come there."""
        alpha = self._alpha()
        for track in tracks:
            if bucket > track.series.bucket:
                track.series.advance(bucket, alpha)

    def lead(self, track: Track, *, leads: bool) -> None:
        """Note whether a series leads the surge that it is part of."""
        track.leads = leads
        (self._leading.add if leads else self._leading.discard)(track.key)

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        if self._watch.dump() != self._watch_saved:
            self._watch_saved = self._watch.dump()
            found[WATCHED] = self._watch_saved.encode()
        for track in self._changed:
            track.is_changed = False
            name = track.name()
            kept = [track.subject, track.facet, track.surge, track.leads, track.series.dump(), *track.kin.dump()]
            found[SERIES + name] = orjson.dumps(kept)
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
            self._watch = Coverage.load(self._watch_saved)
        saved = [orjson.loads(value) for key, value in items.items() if key.startswith(SERIES)]
        for subject, facet, surge, leads, dumped, *kin in sorted(saved, key=lambda one: one[1] != WHOLE):
            whole = self._tracks.get((subject, WHOLE))
            series = Series.load(self.config, dumped, None if whole is None else whole.series.rhythm)
            track = self._enter(Track(subject, facet, series))
            track.surge, track.kin = surge, Kin.load(kin)
            self.lead(track, leads=leads)
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

    def _minute(self, track: Track) -> Minute:
        """The bucket of a series that is open."""
        number = track.series.bucket
        found = track.minutes.get(number)
        if found is None:
            found = track.minutes[number] = Minute()
            self._minutes.append((number, track))
        track.changed.add(number)
        return found

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
