"""In: an alarm of a series. Out: a surge, with the cases and the weaker surge that it absorbs."""

from __future__ import annotations

from pipeline.correlate_board import Board
from pipeline.correlate_surges import Surges, Track
from pipeline.pulse import Alarm
from pipeline.situations import CASE, Cause, Situation
from pipeline.stage import Step
from schemas.messages import Sentiment


class Alarms:
    """What an alarm means for the situations on the board."""

    def __init__(self, surges: Surges, board: Board) -> None:
        self._surges = surges
        self._board = board

    def open(self, track: Track, alarm: Alarm, cause: Cause, clock: int, step: Step) -> None:
        """Open a surge, or count the alarm as a side of the one that is on; cases of its minutes become part of it."""
        leader = self._surges.leader(track)
        if leader is not None and leader.surge is not None and self._surges.is_echo(track, alarm, leader):
            surge = self._board.situations[leader.surge]
            self._surges.join(track, alarm.onset, surge)
            self._board.touch(surge)
        else:
            surge = self._surges.surge_of(track, alarm, cause, clock)
            self._board.open(surge)
            if leader is not None and leader.surge is not None and leader.facet == Sentiment.NEUTRAL.value:
                self._absorb_surge(self._board.situations[leader.surge], leader, surge, clock, step)
            self._board.emit(surge, clock, step)
        self._absorb_cases(surge, track.facet, alarm.onset * self._surges.config.bucket_ms, clock, step)

    def _absorb_surge(self, weaker: Situation, leader: Track, surge: Situation, clock: int, step: Step) -> None:
        """A neutral surge that shows its feeling only now becomes part of the one that bears it."""
        surge.take_over(weaker)
        self._surges.hand_over(leader, surge)
        weaker.absorbed_by = surge.id
        for situation in self._board.situations.values():
            if situation.absorbed_by == weaker.id:
                situation.absorbed_by = surge.id
                self._board.touch(situation)
        weaker.updated_ms = max(weaker.updated_ms, clock)
        self._board.emit(weaker, clock, step, closed=True)
        self._board.forget(weaker)

    def _absorb_cases(self, surge: Situation, mood: str, since: int, clock: int, step: Step) -> None:
        """Open cases of the same subject and feeling that the surge has grown out of are from now on part of it."""
        for name in sorted(self._board.situations):
            case = self._board.situations[name]
            if case.kind != CASE or case.subject != surge.subject or case.absorbed_by is not None or case.updated_ms < since:
                continue
            if _mood(case) == mood:
                case.absorbed_by = surge.id
                self._board.emit(case, clock, step)


def _mood(situation: Situation) -> str:
    """The feeling that most of a situation's events have; of equals the first in the alphabet."""
    return min(situation.tally.sentiment, key=lambda name: (-situation.tally.sentiment[name], name))
