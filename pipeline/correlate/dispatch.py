"""Which series, surge, idea and case a record of correlate belongs to: `CorrelateShard` has each run of its records dispatched here.

A record is counted in its series, joins or raises a surge, is grouped as a wish, and opens or continues a case; what falls due on the
way is done at its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from pipeline.bursts import Alarm
from pipeline.correlate.alarms import Alarms
from pipeline.correlate.cases import AuthorCases
from pipeline.correlate.config import CorrelateConfig
from pipeline.correlate.contributions import (
    AKIN,
    ANSWER,
    COPY,
    DESKS,
    DUAL_HAT,
    FIRST_IN_CASE,
    FIRST_IN_IDEA,
    FIRST_IN_SURGE,
    FRESH,
    INTENTS,
    LATE,
    LIVE,
    LONG,
    REPOSTED,
    SENTIMENTS,
    SOURCED,
    STAKEHOLDERS,
    WORTHY,
    Contribution,
    Contributions,
    short,
)
from pipeline.correlate.ideas import Ideas
from pipeline.correlate.information import Piece
from pipeline.correlate.origin import LEAST_WORDS
from pipeline.correlate.registry import Registry
from pipeline.correlate.series import AllSeries
from pipeline.correlate.series_window import Track
from pipeline.correlate.situation import CASE, IDEA, SURGE, Cause, OpenSituation
from pipeline.correlate.surges import Surges
from pipeline.near_duplicates import Duplicates
from pipeline.stream import Step
from schemas.messages import Intent

WISH = Intent.REQUEST.value
_LOW = (1 << 64) - 1
RaisedAlarm: TypeAlias = tuple[Track, Alarm]
"""An alarm, and the series that raised it."""


class Dispatch(Struct, gc=False):
    """The record at place ``at`` of what the shard applies. ``clock`` is its event time (Unix ms), ``row`` that of the remembered text that
    it is or repeats. ``surging``: it is part of a mass reaction; its alarm has caused so many outputs already (``ordinal``). ``case`` and
    ``idea`` are what it was grouped into, ``bits`` what is true of it there (`contributions`)."""

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
    case: OpenSituation | None = None
    idea: OpenSituation | None = None
    bits: int = 0


class Dispatcher:
    """Series, surges, cases and ideas of one shard. ``clock`` (Unix ms) is how far event time has come."""

    def __init__(self, config: CorrelateConfig, duplicates: Duplicates, registry: Registry) -> None:
        self.config = config
        self.clock = 0
        self._duplicates = duplicates
        self._registry = registry
        self.contributions = Contributions(window_ms=config.remember_ms, entries=config.remember_entries)
        self.series = AllSeries(config.pulse)
        self.surges = Surges(self.series, self.contributions)
        self._alarms = Alarms(self.series, self.surges, registry)
        self.cases = AuthorCases(config.cases, registry)
        self.ideas = Ideas(config.ideas, registry, self.contributions)
        self._soonest = min(config.cases.quiet_ms, config.ideas.quiet_ms)

    def dispatch(self, dispatches: Sequence[Dispatch], step: Step, dispositions: list[str]) -> None:
        """Let records count where they belong, in order, and set the disposition of each: the same as if each went all the way alone.

        A run of records is counted in its series first, and only then grouped, one by one, into ideas and cases: two short loops are
        faster than a long one, in which the processor never has at hand what comes next. Counting may run ahead because grouping
        does not change a series, and series change what grouping finds at two moments only, each of which interrupts the run:

        - a timer falls due: what it closes must have had every record before, and must have none after (`_count_run` says when);
        - a series raises an alarm: the surge that it opens absorbs the cases that are open at that record, and later cases are born in it.
        """
        first = 0
        while first < len(dispatches):
            self.advance(dispatches[first].clock, step)
            end, alarm = self._count_run(dispatches, first)
            self._group(dispatches[first:end], step, dispositions)
            if alarm is not None:
                self._open_surge(dispatches[end], alarm, step)
                self._group([dispatches[end]], step, dispositions)
                end += 1
            first = end
        if dispatches:
            self.clock = max(self.clock, dispatches[-1].clock)

    # -- counting --------------------------------------------------------------------------------------------------------

    def _count_run(self, dispatches: Sequence[Dispatch], first: int) -> tuple[int, RaisedAlarm | None]:
        """Count records in their series from ``first`` on; where the run ends, and the alarm that the record there raises, if that is why.

        It ends before the next timer that is known, and before the earliest one that a record of this very run can set when grouped.
        """
        until = min(self._registry.next_due, dispatches[first].clock + self._soonest)
        for number in range(first, len(dispatches)):
            dispatch = dispatches[number]
            if dispatch.clock >= until and number > first:
                return number, None
            self.series.expire(dispatch.clock)
            alarm = self._count(dispatch)
            if alarm is not None:
                return number, alarm
        return len(dispatches), None

    def _count(self, dispatch: Dispatch) -> RaisedAlarm | None:
        """Count a record in its series, and in the surge that is on; the alarm that it raises."""
        piece, late = dispatch.piece, dispatch.late
        track, alarm = self.series.count(piece, dispatch.clock, copy=dispatch.copy, reposted=dispatch.reposted, late=late)
        if piece.competitor:
            return None  # counted, but nobody answers for it: it raises no surge, as it opens no case and no idea
        on = track.surge if alarm is None else self.surges.current(piece.subject, piece.sentiment)
        if on is not None and not late and not piece.backfill:
            surge = self._registry.situations[on]
            if surge.add(piece, dispatch.cause, dispatch.clock, copy=dispatch.copy, reposted=dispatch.reposted, late=False):
                dispatch.bits |= FIRST_IN_SURGE
            self._registry.touch(surge)
            dispatch.surging = True
        if alarm is None:
            return None
        dispatch.surging = True
        if on is None:
            dispatch.bits |= FIRST_IN_SURGE  # it is fresh in its minute, which the surge takes over
        return track, alarm

    def _open_surge(self, dispatch: Dispatch, alarm: RaisedAlarm, step: Step) -> None:
        self._registry.begin_record()
        self._alarms.open(*alarm, dispatch.cause, dispatch.clock, step)
        dispatch.ordinal = self._registry.ordinal

    # -- grouping --------------------------------------------------------------------------------------------------------

    def _group(self, dispatches: Sequence[Dispatch], step: Step, dispositions: list[str]) -> None:
        """Let records join or open ideas and cases, one after the other."""
        for dispatch in dispatches:
            self._registry.begin_record(dispatch.ordinal)
            ours = not dispatch.piece.competitor
            in_idea = ours and dispatch.piece.intent == WISH and self._join_idea(dispatch, step)
            in_case = ours and self._join_case(dispatch, step)
            dispositions[dispatch.at] = _disposition(dispatch, in_case=in_case, in_idea=in_idea)
            self._note(dispatch)

    def _note(self, dispatch: Dispatch) -> None:
        """Remember what it added where, so that it can be taken out."""
        piece = dispatch.piece
        surge = self.surges.current(piece.subject, piece.sentiment) if dispatch.surging else None
        origin = self._duplicates.first_bits(dispatch.row) if dispatch.copy else 0
        self.contributions.add(_row(dispatch, surge, origin, self.contributions.source(piece.source)))

    def _join_idea(self, dispatch: Dispatch, step: Step) -> bool:
        """Group a wish; publish the idea when it has become one or grown. Whether it is part of an idea."""
        piece, clock, cause = dispatch.piece, dispatch.clock, dispatch.cause
        group = self.ideas.place(piece, cause, clock)
        if group is None:
            return False
        dispatch.idea = group
        if group.add(piece, cause, clock, copy=dispatch.copy, reposted=dispatch.reposted, late=dispatch.late):
            dispatch.bits |= FIRST_IN_IDEA
        if self.ideas.matters(group):
            self._registry.emit(group, clock, step)
        if self.ideas.is_full():
            self._close_quietest(IDEA, clock, step)
        return group.revision > 0

    def _join_case(self, dispatch: Dispatch, step: Step) -> bool:
        """Find or open the case that it belongs to; publish it when it matters. Whether there is one."""
        piece, clock, copy = dispatch.piece, dispatch.clock, dispatch.copy
        case = self._case_of(dispatch)
        if case is None:
            return False
        was_resolved = case.self_resolved
        dispatch.case = case
        if case.add(piece, dispatch.cause, clock, copy=copy, reposted=dispatch.reposted, late=dispatch.late):
            dispatch.bits |= FIRST_IN_CASE
        self.cases.follow(case, piece, clock)
        if not copy:
            self._duplicates.set_case(dispatch.row, case.id)
        if case.revision == 0 or self.cases.matters(case, piece, was_resolved=was_resolved, copy=copy):
            self._registry.emit(case, clock, step)
        if self._registry.count(CASE) > self.config.cases.most_open:
            self._close_quietest(CASE, clock, step)
        return True

    def _case_of(self, dispatch: Dispatch) -> OpenSituation | None:
        """The case of what it copies, the one it goes on with, or a new one if it is worth that; None if it is not."""
        piece, copy = dispatch.piece, dispatch.copy
        worthy = self.cases.worthy(piece)
        dispatch.bits |= worthy * WORTHY
        case = self._registry.situations.get(self._duplicates.case_of(dispatch.row)) if copy else None
        if case is None:
            case = self.cases.find(piece, worthy=worthy)
        if case is not None or copy or not worthy:
            return case
        case = self.cases.open(piece, dispatch.cause, dispatch.clock)
        if case.revision == 0:  # a case that opens during a surge of its feeling is absorbed from the start
            case.absorbed_by = self.surges.current(piece.subject, piece.sentiment)
        return case

    # -- event time ------------------------------------------------------------------------------------------------------

    def advance(self, clock: int, step: Step) -> None:
        """Event time has come to ``clock`` (Unix ms): do what fell due on the way, at the time it was due."""
        if clock >= self._registry.next_due:  # called for every record, so mostly no more than a look
            self._close_due(clock, step)
        self.series.expire(clock)
        self.clock = max(self.clock, clock)

    def _close_due(self, clock: int, step: Step) -> None:
        for situation in self._registry.due(clock):
            due = situation.due
            self._registry.begin_record()
            if situation.kind != SURGE or self.surges.tick(situation, due):
                self._close(situation, due, step)
            else:
                situation.updated_ms = max(situation.updated_ms, due)
                self._registry.touch(situation)
                if situation.tally.events != situation.emitted_events:
                    self._registry.emit(situation, due, step)

    def _close_quietest(self, kind: str, clock: int, step: Step) -> None:
        situation = self._registry.quietest(kind)
        if situation is not None:
            step.count("situations_closed_early", kind)
            self._close(situation, clock, step)

    def _close(self, situation: OpenSituation, clock: int, step: Step) -> None:
        situation.updated_ms = max(situation.updated_ms, clock)
        if situation.revision:
            self._registry.emit(situation, clock, step, closed=True)
        self.drop(situation)

    def drop(self, situation: OpenSituation) -> None:
        """Forget a situation that is over."""
        if situation.kind == IDEA:
            self.ideas.forget(situation)
        elif situation.kind == SURGE:
            self.surges.release(situation)
        self._registry.forget(situation)


def _row(dispatch: Dispatch, surge: str | None, origin: int, source: int) -> Contribution:
    """What is remembered of a record."""
    piece, clock = dispatch.piece, dispatch.clock
    bits = (
        dispatch.bits
        | dispatch.copy * COPY
        | dispatch.reposted * REPOSTED
        | (LATE if dispatch.late else 0 if piece.backfill else LIVE)
        | piece.dual_hat * DUAL_HAT
        | piece.akin * AKIN
        | (piece.voice or "http" in piece.text) * SOURCED
        | (piece.bag.bit_count() >= LEAST_WORDS) * LONG
        | piece.accepted_answer * ANSWER
        | piece.fresh * FRESH
    )
    since = piece.since_ms
    if since is None:
        since = piece.created_ms if piece.created_ms < clock else clock
    owner = int(piece.author, 16)
    identity, case, idea = int(piece.id, 16), dispatch.case, dispatch.idea
    key = identity >> 64
    return Contribution(
        key, identity & _LOW, piece.native_key, origin or key, piece.crowd, owner >> 64, owner & _LOW, piece.topic,
        0 if case is None else short(case.id), 0 if surge is None else short(surge), 0 if idea is None else short(idea.id),
        clock, since, piece.urgency, piece.negativity, piece.reach, bits, source,
        SENTIMENTS.index(piece.sentiment), INTENTS.index(piece.intent), STAKEHOLDERS.index(piece.stakeholder),
        DESKS.index(piece.desk), piece.danger,
    )  # fmt: skip


def _disposition(dispatch: Dispatch, *, in_case: bool, in_idea: bool) -> str:
    """What became of a record, as the ledger names it: the first of these that is true."""
    if dispatch.late:
        return "late"
    if dispatch.copy:
        return "copy"
    return "case" if in_case else "idea" if in_idea else "surge" if dispatch.surging else "observed"
