"""In: Information records of one partition, merged in event-time order. Out: Situations: cases, surges, ideas, revision by revision.

What becomes of a record (`schemas.topics.DISPOSITIONS`): ``redelivered`` it was applied before; ``late`` older than the clock by
more than is allowed, counted and never alarming; ``copy`` folded into what it repeats; ``case`` opened a case or told on one;
``idea`` a wish that many share; ``surge`` part of a mass reaction; ``observed`` counted only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import orjson
from msgspec import Struct
from msgspec.structs import replace

from pipeline.correlate_alarms import Alarms
from pipeline.correlate_board import Board
from pipeline.correlate_cases import Cases
from pipeline.correlate_config import CorrelateConfig
from pipeline.correlate_heard import ADDRESSED, Heard, hear
from pipeline.correlate_ideas import Ideas
from pipeline.correlate_series import AllSeries
from pipeline.correlate_surges import Surges
from pipeline.correlate_track import Track
from pipeline.duplicates import REDELIVERED, Duplicates, Folded, Text
from pipeline.ordered import Arrived, OrderedShard
from pipeline.pulse import Alarm
from pipeline.pulse_tail import least_count
from pipeline.rejects import Unreadable
from pipeline.situations import CASE, IDEA, SURGE, Cause, Situation
from pipeline.stage import InputRecord, Step
from schemas.messages import Intent

__all__ = ["CorrelateConfig", "CorrelateShard", "warm_up"]

WISH = Intent.REQUEST.value
_APPLIED, _CLOCK = b"applied", b"clock"


class Telling(Struct, gc=False):
    """The ``at``-th record of a run as it is told on: what was heard, when, of what record; the row of the text that it is or repeats.
    ``surging``: it is part of a mass reaction, of which it has caused so many outputs (``ordinal``)."""

    at: int
    heard: Heard
    clock: int
    cause: Cause
    row: int
    copy: bool
    reposted: bool
    late: bool
    surging: bool = False
    ordinal: int = 0


class CorrelateShard(OrderedShard[Heard]):
    """One partition of correlate; see the module. ``sources`` are the shards of sift."""

    stage: ClassVar[str] = "correlate"
    ordered: ClassVar[str] = "information"
    downstream: ClassVar[str | None] = "situations"

    def __init__(self, number: int, sources: Sequence[str], config: CorrelateConfig | None = None, *, run_limit: int = 5_000) -> None:
        super().__init__(number, sources, run_limit=run_limit)
        self.config = config or CorrelateConfig()
        self._duplicates = Duplicates(self.config.duplicates)
        self._board = Board(self.source)
        self._series = AllSeries(self.config.pulse)
        self._surges = Surges(self._series)
        self._alarms = Alarms(self._series, self._surges, self._board)
        self._cases = Cases(self.config.cases, self._board)
        self._ideas = Ideas(self.config.ideas, self._board)
        self._soonest = min(self.config.cases.quiet_ms, self.config.ideas.quiet_ms)
        self._applied: dict[str, tuple[int, int]] = {}
        self._applied_changed = False
        self._clock = 0
        self._clock_saved = 0

    def parse(self, record: InputRecord, topic: str) -> Heard | Unreadable:
        """Read one Information record."""
        return hear(record.value, self.config.author_key)

    def apply(self, run: Sequence[Arrived[Heard]], step: Step) -> list[str]:
        """Work on released records in order; one disposition per record."""
        dispositions = ["redelivered"] * len(run)
        fresh, texts, clock = [], [], self._clock
        for at, arrived in enumerate(run):
            clock = max(clock, arrived.clock)  # a source that wakes from idleness may be behind a promise that was kept
            if self._is_new(arrived.lineage):
                fresh.append((at, clock))
                texts.append(_text_of(arrived.message, clock))
        left = iter(fresh)
        for piece in self._duplicates.fold(texts):
            tellings = [
                self._telling(at, run[at], clock, folded)
                for folded, (at, clock) in zip(piece, left, strict=False)
                if folded.kind != REDELIVERED
            ]
            self._tell(tellings, step, dispositions)
        return dispositions

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = self._duplicates.changes() | self._board.changes() | self._series.changes()
        if self._applied_changed:
            found[_APPLIED] = orjson.dumps(self._applied)
            self._applied_changed = False
        if self._clock != self._clock_saved:
            found[_CLOCK] = b"%d" % self._clock
            self._clock_saved = self._clock
        return found

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote."""
        self._duplicates.restore(items)
        self._board.restore(items)
        self._series.restore(items)
        self._ideas.adopt(s for s in self._board.situations.values() if s.kind == IDEA)
        self._applied = {place: (offset, ordinal) for place, (offset, ordinal) in orjson.loads(items.get(_APPLIED, b"{}")).items()}
        self._clock = self._clock_saved = int(items.get(_CLOCK, b"0"))

    def _release(self, step: Step, now_ms: int) -> None:
        """As the frame does, and then what is due by the time that upstream promised: no later record can precede it.

        While records wait, idle sources may still wake up behind them (a replay that begins): then nothing is promised.
        """
        super()._release(step, now_ms)
        promised, idle = self.merge.floor()
        if not idle and not step.more and (not self.merge.waiting or not self._may_wake()):
            self._advance(promised, step)

    def _may_wake(self) -> bool:
        return any(idle for _, idle in self.merge.dump().values())

    def _is_new(self, lineage: str) -> bool:
        """Whether a record follows the last one applied of its input partition; without a readable lineage its id decides."""
        try:
            place, offset, last = lineage.rsplit("/", 2)
            here = (int(offset), int(last))
        except ValueError:
            return True
        if here <= self._applied.get(place, (-1, -1)):
            return False
        self._applied[place] = here
        self._applied_changed = True
        return True

    def _telling(self, at: int, arrived: Arrived[Heard], clock: int, folded: Folded) -> Telling:
        heard = arrived.message
        heard.bag = folded.bag
        place = f"{arrived.topic}/{arrived.partition}/{arrived.offset}"
        cause = Cause(heard.id, heard.appended_at, heard.lineage, heard.model, place)
        late = clock - heard.created_ms > self.config.lateness_ms
        return Telling(at, heard, clock, cause, folded.row, folded.is_copy, folded.reposted, late)

    def _tell(self, tellings: Sequence[Telling], step: Step, dispositions: list[str]) -> None:
        """Tell records on to what they concern, with the same result as one by one.

        Cases and ideas hear of them later than the series, as long as no alarm and no timer that concerns both comes between: two
        short loops are faster than a long one, in which the processor never has at hand what comes next.
        """
        first, until = 0, -1
        for number, telling in enumerate(tellings):
            clock = telling.clock
            if clock >= until:
                self._tell_cases(tellings[first:number], step, dispositions)
                self._advance(clock, step)
                first, until = number, min(self._board.next_due, clock + self._soonest)
            self._series.expire(clock)
            alarm = self._tell_series(telling)
            if alarm is not None:
                self._tell_cases(tellings[first:number], step, dispositions)
                self._board.begin_record()
                self._alarms.open(*alarm, telling.cause, clock, step)
                telling.ordinal = self._board.ordinal
                first, until = number, -1
        self._tell_cases(tellings[first:], step, dispositions)
        if tellings:
            self._clock = max(self._clock, tellings[-1].clock)

    def _tell_series(self, telling: Telling) -> tuple[Track, Alarm] | None:
        """Count a record in its series, and in the surge that is on; the alarm that it raises."""
        heard, late = telling.heard, telling.late
        track, alarm = self._series.count(heard, telling.clock, copy=telling.copy, reposted=telling.reposted, late=late)
        if alarm is not None:
            telling.surging = True
            return track, alarm
        if track.surge is not None and not late and not heard.backfill:
            surge = self._board.situations[track.surge]
            surge.add(heard, telling.cause, telling.clock, copy=telling.copy, reposted=telling.reposted, late=False)
            self._board.touch(surge)
            telling.surging = True
        return None

    def _tell_cases(self, tellings: Sequence[Telling], step: Step, dispositions: list[str]) -> None:
        for telling in tellings:
            self._board.begin_record(telling.ordinal)
            wished = telling.heard.intent == WISH and self._tell_idea(telling, step)
            in_case = self._tell_case(telling, step)
            if telling.late:
                told = "late"
            elif telling.copy:
                told = "copy"
            else:
                told = "case" if in_case else "idea" if wished else "surge" if telling.surging else "observed"
            dispositions[telling.at] = told

    def _tell_idea(self, telling: Telling, step: Step) -> bool:
        """Group a wish; tell of the idea when it has become one or grown. Whether it is part of an idea."""
        heard, clock, cause = telling.heard, telling.clock, telling.cause
        group = self._ideas.place(heard, cause, clock)
        if group is None:
            return False
        group.add(heard, cause, clock, copy=telling.copy, reposted=telling.reposted, late=telling.late)
        if self._ideas.matters(group):
            self._board.emit(group, clock, step)
        if self._ideas.is_full():
            self._close_quietest(IDEA, clock, step)
        return group.revision > 0

    def _tell_case(self, telling: Telling, step: Step) -> bool:
        """Find or open the case that it belongs to; tell of it when it matters. Whether there is one."""
        heard, clock, copy = telling.heard, telling.clock, telling.copy
        worthy = self._cases.worthy(heard)
        case = self._board.situations.get(self._duplicates.case_of(telling.row)) if copy else None
        if case is None:
            case = self._cases.find(heard, worthy=worthy)
        if case is None:
            if copy or not worthy:
                return False
            case = self._cases.open(heard, telling.cause, clock)
            if case.revision == 0:
                self._join_surge(case, heard)
        was_resolved = case.self_resolved
        case.add(heard, telling.cause, clock, copy=copy, reposted=telling.reposted, late=telling.late)
        self._cases.follow(case, heard, clock)
        if not copy:
            self._duplicates.set_case(telling.row, case.id)
        if case.revision == 0 or self._cases.matters(case, heard, was_resolved=was_resolved, copy=copy):
            self._board.emit(case, clock, step)
        if self._board.count(CASE) > self.config.cases.most_open:
            self._close_quietest(CASE, clock, step)
        return True

    def _join_surge(self, case: Situation, heard: Heard) -> None:
        """A case that opens during a surge of its feeling is absorbed from the start."""
        case.absorbed_by = self._surges.current(heard.subject, heard.sentiment)

    def _advance(self, clock: int, step: Step) -> None:
        """Event time has come to ``clock`` (Unix ms): do what fell due on the way, at the time it was due."""
        if clock >= self._board.next_due:  # asked for every record, so mostly no more than a look
            self._close_due(clock, step)
        self._series.expire(clock)
        self._clock = max(self._clock, clock)

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

    def _close(self, situation: Situation, clock: int, step: Step) -> None:
        situation.updated_ms = max(situation.updated_ms, clock)
        if situation.revision:
            self._board.emit(situation, clock, step, closed=True)
        if situation.kind == IDEA:
            self._ideas.forget(situation)
        elif situation.kind == SURGE:
            self._surges.release(situation)
        self._board.forget(situation)


def warm_up() -> None:
    """Compile what is not cached yet, so that the first record does not wait for it."""
    text = Text("a text of some words to compile with", 0, "0" * 32, 1, 1, 1, 0, 0, personal=False)
    for _ in Duplicates().fold([text, replace(text, native=2)]):
        pass
    least_count(1.0, 2.0, 0.01)


def _text_of(heard: Heard, clock: int) -> Text:
    return Text(
        heard.text, clock, heard.id, heard.topic, heard.crowd, heard.native_key, heard.repost_key, heard.quote_key, heard.kind in ADDRESSED
    )
