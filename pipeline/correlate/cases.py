"""Cases, one author's conversation about one matter each: `Dispatcher` asks which one a piece of information opens or goes on with."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.correlate.information import ADDRESSED, Piece
from pipeline.correlate.registry import Registry
from pipeline.correlate.situation import CASE, Cause, OpenSituation, situation_id
from pipeline.near_duplicates import reference
from schemas.messages import Desk, Intent

OPENING = frozenset({Intent.COMPLAINT.value, Intent.QUESTION.value, Intent.REQUEST.value, Intent.REPORT.value})
"""Intents that ask for somebody's attention. What opens a case says nothing of who is asked: that is the policy's."""
NOBODY = frozenset(("", Desk.NONE.value))
"""Desks that say nothing of who would deal with a post, or that nobody needs to."""
MOST_KEYS = 24


@dataclass(frozen=True, slots=True)
class CaseConfig:
    """A case takes one of the four intents of ``OPENING`` or a desk that would deal with it and, unless it was written to the
    organisation itself, an urgency of at least ``least_urgency`` or a negativity of at least ``least_negativity`` (each 0..1; 0: all
    of them). ``quiet_ms`` of event time close a case. Of more than ``most_open`` the quietest are closed early.
    """

    least_urgency: float = 0.0
    least_negativity: float = 0.0
    quiet_ms: int = 24 * 3_600_000
    most_open: int = 20_000

    def opens(self, intent: str, kind: str, urgency: float, negativity: float, desk: str = "") -> bool:
        """Whether a post of such a judgement opens a case."""
        enough = urgency >= self.least_urgency or negativity >= self.least_negativity
        return (intent in OPENING or desk not in NOBODY) and (enough or kind in ADDRESSED)

    def missing(self, intent: str, kind: str, urgency: float, negativity: float, desk: str = "") -> str | None:
        """What keeps a post of such a judgement from opening a case, for people; None when nothing does."""
        if self.opens(intent, kind, urgency, negativity, desk):
            return None
        if intent not in OPENING and desk in NOBODY:
            return f"intent {intent} opens none, and there is no desk that would deal with it"
        return (
            f"urgency {urgency:.2f} is {self.least_urgency - urgency:.2f} below WINNOW_CASE_LEAST_URGENCY={self.least_urgency:g}, "
            f"negativity {negativity:.2f} is {self.least_negativity - negativity:.2f} below "
            f"WINNOW_CASE_LEAST_NEGATIVITY={self.least_negativity:g}, and one of them would do"
        )


class AuthorCases:
    """The rules of cases; the cases themselves are in the registry."""

    def __init__(self, config: CaseConfig, registry: Registry) -> None:
        self.config = config
        self._registry = registry

    def worthy(self, piece: Piece) -> bool:
        """Whether this asks for somebody's attention: it wants something, and is addressed, urgent or negative enough."""
        return self.config.opens(piece.intent, piece.kind, piece.urgency, piece.negativity, piece.desk)

    def find(self, piece: Piece, *, worthy: bool) -> OpenSituation | None:
        """The open case that this goes on with: same thread, an answer to one of its posts, or the same author.

        Somebody else's own complaint in a thread is not a follow-up: it is a case of its own.
        """
        registry = self._registry
        if piece.thread and (case := registry.find(_thread_key(piece))) is not None and (not worthy or case.owner == piece.author):
            return case
        if piece.in_reply_to:
            case = registry.find(_post_key(piece, piece.in_reply_to))
            if case is not None and (not worthy or case.owner == piece.author):
                return case
        return registry.find(_author_key(piece))

    def open(self, piece: Piece, cause: Cause, clock: int) -> OpenSituation:
        """A new case, to be followed up by what opens it. Its id follows from that: one that comes again goes on with its own case."""
        identity = situation_id(CASE, piece.subject, piece.intent, piece.id)
        if identity in self._registry.situations:
            return self._registry.situations[identity]
        created = min(piece.created_ms, clock)
        case = OpenSituation(
            identity, CASE, piece.subject, piece.intent, created, created, clock + self.config.quiet_ms, cause, piece.author
        )
        self._registry.open(case)
        self._registry.bind(case, _author_key(piece))
        return case

    def follow(self, case: OpenSituation, piece: Piece, clock: int) -> None:
        """Note a follow-up: the case stays open for longer, and answers to it are found."""
        case.due = clock + self.config.quiet_ms
        if piece.author == case.owner:
            self._remember(case, piece)
        self._registry.touch(case)

    def matters(self, case: OpenSituation, piece: Piece, *, was_resolved: bool, copy: bool) -> bool:
        """Whether the latest event is worth a revision: news from its owner, an answer; of crowds and copies every doubling."""
        events = case.tally.events
        doubled = events & (events - 1) == 0
        by_owner = piece.author == case.owner and not copy and events <= 32
        return by_owner or doubled or case.self_resolved != was_resolved

    def _remember(self, case: OpenSituation, piece: Piece) -> None:
        if piece.thread and len(case.keys) < MOST_KEYS:
            self._registry.bind(case, _thread_key(piece))
        if len(case.keys) < MOST_KEYS:
            self._registry.bind(case, _post_key(piece, piece.native))


def author_key(subject: str, author: str) -> str:
    """What finds an author's case."""
    return f"a\0{subject}\0{author}"


def is_of_author(key: str) -> bool:
    """Whether a key is an author's."""
    return key.startswith("a\0")


def post_of(key: str) -> int | None:
    """The `near_duplicates.reference` of the post that a key names; None for the key of something else."""
    kind, _, rest = key.partition("\0")
    subject, _, post = rest.partition("\0")
    realm, _, native = post.rpartition("\0")
    return reference(realm, native, subject) if kind == "p" else None


def _author_key(piece: Piece) -> str:
    return author_key(piece.subject, piece.author)


def _thread_key(piece: Piece) -> str:
    return f"t\0{piece.subject}\0{piece.realm}\0{piece.thread}"


def _post_key(piece: Piece, native: str) -> str:
    return f"p\0{piece.subject}\0{piece.realm}\0{native}"
