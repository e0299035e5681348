"""In: records of one partition, folded, in order. Out: what each of them is told on to, and the revisions that follow.

A record counts in its series, joins or raises a surge, is grouped as a wish, and opens or continues a case; what falls due on the way is
done at its time.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pipeline.bursts import Alarm
from pipeline.correlate.alarms import Alarms
from pipeline.correlate.cases import AuthorCases
from pipeline.correlate.config import CorrelateConfig
from pipeline.correlate.ideas import Ideas
from pipeline.correlate.information import Piece
from pipeline.correlate.registry import Registry
from pipeline.correlate.series import AllSeries
from pipeline.correlate.series_window import Track
from pipeline.correlate.situation import CASE, IDEA, SURGE, Cause, OpenSituation
from pipeline.correlate.surges import Surges
from pipeline.near_duplicates import Duplicates
from pipeline.stream import Step
from schemas.messages import Intent

WISH = Intent.REQUEST.value


class Dispatch(Struct, gc=False):
    """The ``at``-th record of a run as it is told on: what was heard, when, of what record; the row of the text that it is or repeats.
    ``surging``: it is part of a mass reaction, of which it has caused so many outputs (``ordinal``)."""

    at: int
    piece: Piece
    clock: int
    cause: Cause
    row: int
    copy: bool
    reposted: bool
    late: bool
    surging: bool = False
    ordinal: int = 0


class Dispatcher:
    """Series, surges, cases and ideas of one shard. ``clock`` (Unix ms) is how far event time has come."""

    def __init__(self, config: CorrelateConfig, duplicates: Duplicates, board: Registry) -> None:
        self.config = config
        self.clock = 0
        self._duplicates = duplicates
        self._board = board
        self.series = AllSeries(config.pulse)
        self._surges = Surges(self.series)
        self._alarms = Alarms(self.series, self._surges, board)
        self._cases = AuthorCases(config.cases, board)
        self.ideas = Ideas(config.ideas, board)
        self._soonest = min(config.cases.quiet_ms, config.ideas.quiet_ms)

    def tell(self, tellings: Sequence[Dispatch], step: Step, dispositions: list[str]) -> None:
        """Tell records on to what they concern, with the same result as one by one.

        Cases and ideas hear of them later than the series, as long as no alarm and no timer that concerns both comes between: two
        short loops are faster than a long one, in which the processor never has at hand what comes next.
        """
        first, until = 0, -1
        for number, telling in enumerate(tellings):
            clock = telling.clock
            if clock >= until:
                self._tell_cases(tellings[first:number], step, dispositions)
                self.advance(clock, step)
                first, until = number, min(self._board.next_due, clock + self._soonest)
            else:
                self.series.expire(clock)
            alarm = self._tell_series(telling)
            if alarm is not None:
                self._tell_cases(tellings[first:number], step, dispositions)
                self._board.begin_record()
                self._alarms.open(*alarm, telling.cause, clock, step)
                telling.ordinal = self._board.ordinal
                first, until = number, -1
        self._tell_cases(tellings[first:], step, dispositions)
        if tellings:
            self.clock = max(self.clock, tellings[-1].clock)

    def _tell_series(self, telling: Dispatch) -> tuple[Track, Alarm] | None:
        """Count a record in its series, and in the surge that is on; the alarm that it raises."""
        piece, late = telling.piece, telling.late
        track, alarm = self.series.count(piece, telling.clock, copy=telling.copy, reposted=telling.reposted, late=late)
        if alarm is not None:
            telling.surging = True
            return track, alarm
        if track.surge is not None and not late and not piece.backfill:
            surge = self._board.situations[track.surge]
            surge.add(piece, telling.cause, telling.clock, copy=telling.copy, reposted=telling.reposted, late=False)
            self._board.touch(surge)
            telling.surging = True
        return None

    def _tell_cases(self, tellings: Sequence[Dispatch], step: Step, dispositions: list[str]) -> None:
        for telling in tellings:
            self._board.begin_record(telling.ordinal)
            wished = telling.piece.intent == WISH and self._tell_idea(telling, step)
            in_case = self._tell_case(telling, step)
            if telling.late:
                told = "late"
            elif telling.copy:
                told = "copy"
            else:
                told = "case" if in_case else "idea" if wished else "surge" if telling.surging else "observed"
            dispositions[telling.at] = told

    def _tell_idea(self, telling: Dispatch, step: Step) -> bool:
        """Group a wish; tell of the idea when it has become one or grown. Whether it is part of an idea."""
        piece, clock, cause = telling.piece, telling.clock, telling.cause
        group = self.ideas.place(piece, cause, clock)
        if group is None:
            return False
        group.add(piece, cause, clock, copy=telling.copy, reposted=telling.reposted, late=telling.late)
        if self.ideas.matters(group):
            self._board.emit(group, clock, step)
        if self.ideas.is_full():
            self._close_quietest(IDEA, clock, step)
        return group.revision > 0

    def _tell_case(self, telling: Dispatch, step: Step) -> bool:
        """Find or open the case that it belongs to; tell of it when it matters. Whether there is one."""
        piece, clock, copy = telling.piece, telling.clock, telling.copy
        worthy = self._cases.worthy(piece)
        case = self._board.situations.get(self._duplicates.case_of(telling.row)) if copy else None
        if case is None:
            case = self._cases.find(piece, worthy=worthy)
        if case is None:
            if copy or not worthy:
                return False
            case = self._cases.open(piece, telling.cause, clock)
            if case.revision == 0:
                self._join_surge(case, piece)
        was_resolved = case.self_resolved
        case.add(piece, telling.cause, clock, copy=copy, reposted=telling.reposted, late=telling.late)
        self._cases.follow(case, piece, clock)
        if not copy:
            self._duplicates.set_case(telling.row, case.id)
        if case.revision == 0 or self._cases.matters(case, piece, was_resolved=was_resolved, copy=copy):
            self._board.emit(case, clock, step)
        if self._board.count(CASE) > self.config.cases.most_open:
            self._close_quietest(CASE, clock, step)
        return True

    def _join_surge(self, case: OpenSituation, piece: Piece) -> None:
        """A case that opens during a surge of its feeling is absorbed from the start."""
        case.absorbed_by = self._surges.current(piece.subject, piece.sentiment)

    def advance(self, clock: int, step: Step) -> None:
        """Event time has come to ``clock`` (Unix ms): do what fell due on the way, at the time it was due."""
        if clock >= self._board.next_due:  # asked for every record, so mostly no more than a look
            self._close_due(clock, step)
        self.series.expire(clock)
        self.clock = max(self.clock, clock)

    def _close_due(self, clock: int, step: Step) -> None:
        for situation in self._board.due(clock):
            due = situation.due
            self._board.begin_record()
            if situation.kind != SURGE or self._surges.tick(situation, due):
                self._close(situation, due, step)
            else:
                situation.updated_ms = max(situation.updated_ms, due)
                self._board.touch(situation)
                if situation.tally.events > situation.events_told:
                    self._board.emit(situation, due, step)

    def _close_quietest(self, kind: str, clock: int, step: Step) -> None:
        situation = self._board.quietest(kind)
        if situation is not None:
            step.count("situations_closed_early", kind)
            self._close(situation, clock, step)

    def _close(self, situation: OpenSituation, clock: int, step: Step) -> None:
        situation.updated_ms = max(situation.updated_ms, clock)
        if situation.revision:
            self._board.emit(situation, clock, step, closed=True)
        if situation.kind == IDEA:
            self.ideas.forget(situation)
        elif situation.kind == SURGE:
            self._surges.release(situation)
        self._board.forget(situation)
