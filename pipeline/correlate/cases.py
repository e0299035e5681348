"""In: pieces of information. Out: which case, one author's conversation about one matter, each belongs to, opens or tells on."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.correlate.information import ADDRESSED, Heard
from pipeline.correlate.registry import Board
from pipeline.correlate.situation import CASE, Cause, Situation, situation_id
from schemas.messages import Intent

DEFAULT_FLOORS: dict[str, tuple[float, float]] = {
    Intent.COMPLAINT.value: (0.3, 0.2),
    Intent.QUESTION.value: (0.4, 0.4),
    Intent.REQUEST.value: (0.5, 0.5),
    Intent.REPORT.value: (0.4, 0.4),
}
MOST_KEYS = 24


@dataclass(frozen=True, slots=True)
class CaseConfig:
    """``floors``: intent -> (urgency, negativity), one of which a case takes. ``quiet_ms`` of event time close a case.

    Of more than ``most_open`` the quietest are closed early.
    """

    floors: dict[str, tuple[float, float]]
    quiet_ms: int = 24 * 3_600_000
    most_open: int = 20_000


class Cases:
    """The rules of cases; the cases themselves are on the board."""

    def __init__(self, config: CaseConfig, board: Board) -> None:
        self.config = config
        self._board = board

    def worthy(self, heard: Heard) -> bool:
        """Whether this asks for somebody's attention: addressed to the organisation, urgent or negative enough."""
        floor = self.config.floors.get(heard.intent)
        if floor is None:
            return False
        return heard.kind in ADDRESSED or heard.urgency >= floor[0] or heard.negativity >= floor[1]

    def find(self, heard: Heard, *, worthy: bool) -> Situation | None:
        """The open case that this goes on with: same thread, an answer to one of its posts, or the same author.

        Somebody else's own complaint in a thread is not a follow-up: it is a case of its own.
        """
        board = self._board
        if heard.thread and (case := board.find(_thread_key(heard))) is not None and (not worthy or case.owner == heard.author):
            return case
        if heard.in_reply_to:
            case = board.find(_post_key(heard, heard.in_reply_to))
            if case is not None and (not worthy or case.owner == heard.author):
                return case
        return board.find(_author_key(heard))

    def open(self, heard: Heard, cause: Cause, clock: int) -> Situation:
        """A new case, to be followed up by what opens it. Its id follows from that: one that comes again goes on with its own case."""
        identity = situation_id(CASE, heard.subject, heard.intent, heard.id)
        if identity in self._board.situations:
            return self._board.situations[identity]
        created = min(heard.created_ms, clock)
        case = Situation(identity, CASE, heard.subject, heard.intent, created, created, clock + self.config.quiet_ms, cause, heard.author)
        self._board.open(case)
        self._board.bind(case, _author_key(heard))
        return case

    def follow(self, case: Situation, heard: Heard, clock: int) -> None:
        """Note a follow-up: the case stays open for longer, and answers to it are found."""
        case.due = clock + self.config.quiet_ms
        if heard.author == case.owner:
            self._remember(case, heard)
        self._board.touch(case)

    def matters(self, case: Situation, heard: Heard, *, was_resolved: bool, copy: bool) -> bool:
        """Whether the latest event is worth a revision: news from its owner, an answer; of crowds and copies every doubling."""
        events = case.tally.events
        doubled = events & (events - 1) == 0
        owners_word = heard.author == case.owner and not copy and events <= 32
        return owners_word or doubled or case.self_resolved != was_resolved

    def _remember(self, case: Situation, heard: Heard) -> None:
        if heard.thread and len(case.keys) < MOST_KEYS:
            self._board.bind(case, _thread_key(heard))
        if len(case.keys) < MOST_KEYS:
            self._board.bind(case, _post_key(heard, heard.native))


def _author_key(heard: Heard) -> str:
    return f"a\0{heard.subject}\0{heard.author}"


def _thread_key(heard: Heard) -> str:
    return f"t\0{heard.subject}\0{heard.source}\0{heard.thread}"


def _post_key(heard: Heard, native: str) -> str:
    return f"p\0{heard.subject}\0{heard.source}\0{native}"
