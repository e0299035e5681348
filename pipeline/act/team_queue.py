"""What a team has no room for now: asks that come as actions of their own once it has, and lines of its next digest.

All of it runs on event time: the same decisions give the same actions and digests whatever the batches.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from heapq import heappop, heappush
from itertools import islice
from typing import Any, NamedTuple

from pipeline.act.budget import TokenBucket
from pipeline.policy import CLASSES, Team, severity_class
from schemas.messages import ActionKind

DIGEST_ROWS = 250
"""Lines that a digest tells in full at most, the most important ones."""

DIGEST_RECEIPTS = 1_500
"""Further ones of which it only names the decision: its message must fit 1 MiB, whatever the script of its words."""

LINES_LIMIT = 10_000
"""As many wait for a digest at most before it comes as soon as there is attention for it, at night as well: some 10 MB of state."""

ASKS_LIMIT = 1_000
"""As many asks wait for a team at most, with all that they tell: some 5 MB of state. What is less important becomes a line."""

HOUR_MS = 3_600_000
FOR_EVER_MS = 2**63 - 1


class Room(Enum):
    """Whether a team has room for an action now."""

    NONE = "it has to wait"
    FREE = "it has: a token was spent for the action"
    OVER = "a page of critical severity goes out whatever was spent"


class Held(NamedTuple):
    """A decision that waits for its team: everything a digest tells of it. ``stale``: superseded, withdrawn, taken up or ``""``;
    reply: where to answer, as actions have it, None for nowhere.
    """

    number: int
    decision: str
    situation: str
    situation_kind: str
    subject: str
    rule: str
    severity: float
    clock: int
    appended_ms: int
    not_after: int
    summary: str
    information: str
    author: str
    partition: int
    offset: int
    stale: str = ""
    reply: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        """The record of the decision."""
        return f"decisions/{self.partition}/{self.offset}"

    def as_receipt(self, stale: str) -> "Held":
        """What is told of it once nobody is asked: not what was said, for the team does not hear any more when that is deleted."""
        return self._replace(stale=stale, summary=self.summary.partition(": ")[0], information=self.situation, author="", reply=None)


@dataclass(slots=True)
class HeldAction:
    """A held action as it will be asked: its message, its chain ([after_seconds, team, contact] each), how often its customer had asked."""

    body: dict[str, Any]
    chain: list[list[Any]]
    times_asked: int = 0


class Due(NamedTuple):
    """What a queue does next, and when (event time, Unix ms). ``number``: of the ask that comes out or expires, None for the digest."""

    at: int
    expires: bool
    number: int | None


@dataclass(slots=True)
class TeamQueue:
    """One team's bucket and what waits for it. lines: for its next digest, receipts: those of them that are stale, both in order of their
    numbers; asks: by number, each with its item in ``items``. A change by which something may come sooner is said by `touched`.

    ``promised_until``: what is due until then (event time, 0: nothing) was promised, and comes before anything else. Asks come out pages
    first, then the most severe, then by arrival. The heaps have their numbers last; what is not an ask any more is left in them, and what
    is told by the digest is in ``_ranked`` at the latest place that it had when somebody looked: it only moves back.
    """

    bucket: TokenBucket
    lines: list[Held] = field(default_factory=list)
    receipts: list[Held] = field(default_factory=list)
    asks: dict[int, HeldAction] = field(default_factory=dict)
    items: dict[int, Held] = field(default_factory=dict)
    number: int = 0
    promised_until: int = 0
    _pages: list[tuple[float, int]] = field(default_factory=list)
    _others: list[tuple[float, int]] = field(default_factory=list)
    _least: list[tuple[bool, float, int, int]] = field(default_factory=list)
    _expiries: list[tuple[int, int]] = field(default_factory=list)
    _ranked: list[tuple[bool, bool, float, int]] = field(default_factory=list)
    _quiet_until: int = 0
    _quiet_for: Team | None = None

    @property
    def waiting(self) -> int:
        """How many decisions wait here."""
        return len(self.lines) + len(self.receipts) + len(self.items)

    @property
    def pages_waiting(self) -> int:
        """How many pages are among the asks."""
        return sum(number in self.asks for _, number in self._pages)

    @property
    def oldest(self) -> Held:
        """What has waited longest. Something is held."""
        first = (*self.lines[:1], *self.receipts[:1], *islice(self.items.values(), 1))
        return min(first, key=_number)

    def flow(self, team: Team, now: int) -> None:
        """Let tokens in until ``now`` (event time, Unix ms). Nothing becomes due the sooner for it, so what comes next goes on counting."""
        self.bucket.flow(team.attention, now)

    def room(self, team: Team, now: int, kind: str, severity: float) -> Room:
        """Whether an action gets through now; it has spent its token then."""
        self.flow(team, now)
        if kind == ActionKind.DIGEST or opens(team, now, severity) > now:
            return Room.NONE
        if self.bucket.spend(team.attention, now, reserve=reserve(team, kind)):
            return Room.FREE
        if not critical_page(kind, severity):
            return Room.NONE
        self.bucket.drain(team.attention, now)
        return Room.OVER

    # -- taking in ---------------------------------------------------------------------------------------------------

    def hold(self, team: Team, item: Held, ask: HeldAction | None) -> list[int]:
        """Keep an item, as an ask if it is one and the team will have room for it before it expires; else as a line of the digest.

        How long it is good for counts from when the team can be asked: nothing expires because nobody is at work. The numbers of what was
        kept otherwise than before: its own, and that of a less important ask which has lost its place.
        """
        self.touched()
        hours = max(item.not_after - item.clock, 0) / HOUR_MS
        kind = ActionKind.DIGEST if ask is None else ask.body["kind"]
        item = item._replace(not_after=item.not_after + self._closed_ms(team, item.clock, kind, item.severity))
        self.number = item.number + 1
        self.restore(item, ask)
        if ask is None:
            return [item.number]
        if len(self.asks) <= min(ASKS_LIMIT, int(hours * team.attention.per_hour) + team.attention.burst):
            return [item.number]
        last = int(self._first(self._least)[-1])
        self.tell(last, "")
        return sorted({item.number, last})

    def _closed_ms(self, team: Team, now: int, kind: str, severity: float) -> int:
        """How long the team is not at work from when it has a token on (event time); a digest waits for its hours, however severe."""
        ready = max(now, self.bucket.ready_at(team.attention, reserve=reserve(team, kind)))
        if kind == ActionKind.DIGEST:
            return 0 if team.hours is None else team.hours.open_from(ready) - ready
        return opens(team, ready, severity) - ready

    def restore(self, item: Held, ask: HeldAction | None) -> None:
        """Take over what was held, in the order of numbers."""
        self.touched()
        if ask is None:
            if item.stale:
                self.receipts.append(item.as_receipt(item.stale))  # former versions kept what was said
            else:
                self.lines.append(item)
            heappush(self._ranked, _rank(item))
            return
        self.asks[item.number], self.items[item.number] = ask, item
        page = ask.body["kind"] == ActionKind.PAGE
        heappush(self._pages if page else self._others, (-item.severity, item.number))
        heappush(self._least, (page, item.severity, -item.number, item.number))
        heappush(self._expiries, (item.not_after + 1, item.number))

    def find(self, number: int) -> Held | None:
        """The item of that number, None when it is not held any more."""
        return self.items.get(number) or _find(self.lines, number) or _find(self.receipts, number)

    def put(self, item: Held) -> None:
        """Put an item in the place of the one with its number, which must be held."""
        self.touched()
        if item.number in self.items:
            self.items[item.number] = item
            return
        lines = self.lines if _find(self.lines, item.number) else self.receipts
        lines[bisect_left(lines, item.number, key=_number)] = item

    def tell(self, number: int, stale: str) -> None:
        """An item is to be told by the digest, as ``stale`` if it is, then without what was said; it must be held."""
        self.touched()
        item = self.items.pop(number, None) or _find(self.lines, number)
        if item is None:
            return  # its receipt says already what has become of it
        if self.asks.pop(number, None) is None:
            del self.lines[bisect_left(self.lines, number, key=_number)]
        else:
            heappush(self._ranked, _rank(item))
        insort(self.receipts if stale else self.lines, item.as_receipt(stale) if stale else item, key=_number)

    # -- what becomes due --------------------------------------------------------------------------------------------

    def next_due(self, team: Team, until: int) -> Due | None:
        """What happens first, if it happens until then (event time, Unix ms): an ask expires, the digest comes, an ask comes out,
        a digest comes that has nothing but receipts."""
        if until < self._quiet_until and team is self._quiet_for:
            return None
        dues = list(self._dues(team, until))
        first = min(dues, key=lambda due: due.at, default=None)  # the first of those at one instant
        if first is not None and first.at <= until:
            return first
        self._quiet_until, self._quiet_for = FOR_EVER_MS if first is None else first.at, team
        return None

    def touched(self) -> None:
        """What waits has changed: what was found to come next counts no more."""
        self._quiet_until = 0

    def _dues(self, team: Team, until: int) -> Iterator[Due]:
        """What comes next of each kind, or, of what does not come until then, an instant before which it does not."""
        expiry = self._first(self._expiries)
        if expiry is not None:
            yield Due(expiry[0], expires=True, number=expiry[1])
        if self.lines:
            begun = self.lines[0].clock
            yield Due(self._digest_at(team, self.lines) if begun <= until else begun, expires=False, number=None)
        for kind, heap in ((ActionKind.PAGE, self._pages), (ActionKind.REPLY, self._others)):
            first = self._first(heap)
            if first is not None:
                at = self.bucket.ready_at(team.attention, reserve=reserve(team, kind))
                yield Due(opens(team, at, -first[0]) if at <= until else at, expires=False, number=first[1])
        if self.receipts and not self.lines:
            begun = self.receipts[0].clock
            at = self._digest_at(team, self.receipts, reserve=team.attention.reserve) if begun <= until else begun
            yield Due(at, expires=False, number=None)

    def _first(self, heap: list[Any]) -> Any:
        """The first entry whose ask still waits."""
        while heap and heap[0][-1] not in self.asks:
            heappop(heap)
        return heap[0] if heap else None

    def _digest_at(self, team: Team, lines: list[Held], *, reserve: int = 0) -> int:
        """When a digest of these lines is due: the wait is over, the team at work, a token there."""
        token = self.bucket.ready_at(team.attention, reserve=reserve)
        due = max(lines[0].clock + team.attention.digest_after, token)
        due = due if team.hours is None else team.hours.open_from(due)
        return due if len(lines) < LINES_LIMIT else min(due, max(lines[LINES_LIMIT - 1].clock, token))

    def take_ask(self, team: Team, number: int, now: int) -> tuple[Held, HeldAction]:
        """The ask that is due at ``now``, removed; its token is spent."""
        self.touched()
        ask, item = self.asks.pop(number), self.items.pop(number)
        self.bucket.spend(team.attention, now)  # `next_due` has waited for the token
        return item, ask

    def take_lines(self, team: Team, now: int) -> list[Held]:
        """What the digest due at ``now`` tells, most important first, removed; its token is spent. What does not fit waits on.

        ``now`` is never before that of the digest before: each has waited for a token, and these come in as time goes on.
        """
        self.touched()
        taken: dict[int, Held] = {}
        while self._ranked and len(taken) < DIGEST_ROWS + DIGEST_RECEIPTS:
            rank = heappop(self._ranked)
            item = _find(self.lines, rank[-1]) or _find(self.receipts, rank[-1])
            if item is None or item.number in taken:
                continue
            if (now_ranked := _rank(item, now)) != rank:  # meanwhile it expired, or nobody is asked about it any more
                heappush(self._ranked, now_ranked)
            else:
                taken[item.number] = item
        self.lines = [item for item in self.lines if item.number not in taken]
        self.receipts = [item for item in self.receipts if item.number not in taken]
        self.bucket.spend(team.attention, now)  # `next_due` has waited for the token
        return list(taken.values())


def receipt(item: Held, now: int) -> str:
    """One line of a digest about a held action, as of ``now`` (event-time ms)."""
    remark = item.stale or ("expired" if item.not_after < now else "")
    return f"({remark}) {item.summary}" if remark else item.summary


def _number(item: Held) -> int:
    return item.number


def _rank(item: Held, now: int = 0) -> tuple[bool, bool, float, int]:
    """Its place among what a digest of ``now`` (event time, Unix ms) tells: what still stands, the most severe, the first come."""
    return item.stale != "", item.not_after < now, -item.severity, item.number


def _find(items: list[Held], number: int) -> Held | None:
    index = bisect_left(items, number, key=_number)
    return items[index] if index < len(items) and items[index].number == number else None


def opens(team: Team, at: int, severity: float) -> int:
    """When the team can be asked, from ``at`` on: at once when it is at work or woken by such a severity."""
    return at if team.hours is None or team.hours.wakes(severity) else team.hours.open_from(at)


def critical_page(kind: str, severity: float) -> bool:
    """Whether it goes out whatever was spent."""
    return kind == ActionKind.PAGE and severity_class(severity) == CLASSES[-1]


def reserve(team: Team, kind: str) -> int:
    """How many tokens an action of that kind leaves for pages."""
    return 0 if kind == ActionKind.PAGE else team.attention.reserve
