"""What an alarm of a series means for surges and cases that are open; `Dispatcher` has it called for each alarm."""

from __future__ import annotations

from pipeline.bursts import Alarm
from pipeline.correlate.outbreak import Relation
from pipeline.correlate.registry import Registry
from pipeline.correlate.series import AllSeries
from pipeline.correlate.series_window import Track
from pipeline.correlate.situation import CASE, Cause, OpenSituation
from pipeline.correlate.surges import Surges
from pipeline.stream import Step


class Alarms:
    """What an alarm means for the situations in the registry."""

    def __init__(self, series: AllSeries, surges: Surges, registry: Registry) -> None:
        self._bucket_ms = series.config.bucket_ms
        self._surges = surges
        self._registry = registry

    def open(self, track: Track, alarm: Alarm, cause: Cause, clock: int, step: Step) -> None:
        """Open a surge, or count the alarm as a side of the one that is on; cases of its minutes become part of it."""
        if track.leads and track.surge is not None:
            self._registry.touch(self._registry.situations[track.surge])
            return  # it has fallen and risen again, while another side of its surge lasted
        current = self._current(track)
        relation = Relation.SEPARATE if current is None else self._surges.relation(track, alarm, current)
        if current is not None and relation is Relation.SIDE:
            surge = current
            if track.surge != surge.id:
                self._surges.join(track, alarm.onset, surge)
            self._registry.touch(surge)
        else:
            surge = self._surges.surge_of(track, alarm, cause, clock)
            self._registry.open(surge)
            if current is not None and relation is Relation.SUCCESSOR:
                self._absorb_surge(current, surge, clock, step)
            self._registry.emit(surge, clock, step)
        self._absorb_cases(surge, track.facet or surge.facet, alarm.onset * self._bucket_ms, clock, step)

    def _current(self, track: Track) -> OpenSituation | None:
        """The strongest surge that another series of the same subject leads."""
        on = (self._registry.situations[leader.surge] for leader in self._surges.leaders(track) if leader.surge is not None)
        return next(on, None)

    def _absorb_surge(self, weaker: OpenSituation, surge: OpenSituation, clock: int, step: Step) -> None:
        """A surge that shows only now what it is about becomes part of the one that bears its name."""
        surge.take_over(weaker)
        self._surges.hand_over(weaker, surge)
        weaker.absorbed_by = surge.id
        for situation in self._registry.situations.values():
            if situation.absorbed_by == weaker.id:
                situation.absorbed_by = surge.id
                self._registry.touch(situation)
        weaker.updated_ms = max(weaker.updated_ms, clock)
        self._registry.emit(weaker, clock, step, closed=True)
        self._registry.forget(weaker)

    def _absorb_cases(self, surge: OpenSituation, mood: str, since: int, clock: int, step: Step) -> None:
        """Open cases of the same subject and feeling that the surge has grown out of are from now on part of it."""
        for name in sorted(self._registry.situations):
            case = self._registry.situations[name]
            if case.kind != CASE or case.subject != surge.subject or case.absorbed_by is not None or case.updated_ms < since:
                continue
            if _mood(case) == mood:
                case.absorbed_by = surge.id
                self._registry.emit(case, clock, step)


def _mood(situation: OpenSituation) -> str:
    """The feeling that most of a situation's events have; of equals the first in the alphabet."""
    return min(situation.tally.sentiment, key=lambda name: (-situation.tally.sentiment[name], name))
