"""What a team's budget and hours let through now, and when a digest of the rest is due: `ActShard` asks before every action.

All of it runs on event time: the same actions give the same digests whatever the batches. Arithmetic is in integers.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.policy import Attention, Team
from schemas.messages import ActionKind

DIGEST_ROWS = 500
"""Held actions that a digest tells in full at most, the most important ones."""

DIGEST_RECEIPTS = 3_000
"""Further ones of which it only names the decision: its message must fit 1 MiB, whatever the script of its lines."""

HELD_LIMIT = 10_000
"""As many wait for a team at most before a digest comes as soon as there is attention for it, at night as well: some 10 MB of state."""

TOKEN = 3_600_000
"""One token in the bucket's own unit, so that ``per_hour`` units flow in per millisecond."""


@dataclass(slots=True)
class TokenBucket:
    """Token bucket: in any window of ``h`` hours at most ``burst + h * per_hour`` tokens are spent."""

    level: int
    at: int

    @classmethod
    def full(cls, attention: Attention, now: int) -> "TokenBucket":
        """A bucket nobody has drawn from, at ``now`` (event-time ms)."""
        return cls(attention.burst * TOKEN, now)

    def spend(self, attention: Attention, now: int, *, reserve: int = 0) -> bool:
        """Take one token unless fewer than ``reserve`` would remain."""
        self.flow(attention, now)
        if self.level < (1 + reserve) * TOKEN:
            return False
        self.level -= TOKEN
        return True

    def flow(self, attention: Attention, now: int) -> None:
        """Let in what came in until ``now``; time never runs back."""
        self.level = min(self.level + max(now - self.at, 0) * attention.per_hour, attention.burst * TOKEN)
        self.at = max(self.at, now)

    def ready_at(self, attention: Attention) -> int:
        """First instant at which a token is there, if none is spent before."""
        return self.at + max(-(-(TOKEN - self.level) // attention.per_hour), 0)


class Held(NamedTuple):
    """An action that waits for its team's digest: everything the digest tells of it. ``stale``: superseded, withdrawn or ``""``."""

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


@dataclass(slots=True)
class TeamQueue:
    """One team's bucket and what is held for its next digest, in order of arrival; ``frozen``: so many are promised already."""

    bucket: TokenBucket
    held: list[Held]
    number: int = 0
    frozen: int = 0

    def admits(self, team: Team, now: int, kind: str, severity: float) -> bool:
        """Whether an action gets through now; it has spent its token then."""
        if kind == ActionKind.DIGEST:
            return False
        if team.hours is not None and severity < team.hours.wake_at and team.hours.open_from(now) > now:
            return False
        reserve = 0 if kind == ActionKind.PAGE else team.attention.reserve
        return self.bucket.spend(team.attention, now, reserve=reserve)

    def digest_at(self, team: Team) -> int:
        """When the next digest is due (event-time ms): the wait is over, the team at work, a token there. Something is held."""
        token = self.bucket.ready_at(team.attention)
        due = max(self.held[0].clock + team.attention.digest_after, token)
        due = due if team.hours is None else team.hours.open_from(due)
        return due if len(self.held) < HELD_LIMIT else min(due, max(self.held[HELD_LIMIT - 1].clock, token))

    def find(self, number: int) -> Held | None:
        """The held action of that number, None when it has been told."""
        index = bisect_left(self.held, number, key=lambda item: item.number)
        return self.held[index] if index < len(self.held) and self.held[index].number == number else None

    def mark(self, number: int, stale: str) -> None:
        """Note on a held action that it is ``superseded`` or ``withdrawn``: it keeps its receipt. It must be held."""
        index = bisect_left(self.held, number, key=lambda item: item.number)
        self.held[index] = self.held[index]._replace(stale=stale)

    def take(self, team: Team, now: int) -> list[Held]:
        """What the digest due at ``now`` tells, most important first, removed; its token is spent. What does not fit stays held."""
        promised = self.held[: self.frozen or len(self.held)]
        promised.sort(key=lambda item: (item.stale != "", item.not_after < now, -item.severity, item.number))
        taken = promised[: DIGEST_ROWS + DIGEST_RECEIPTS]
        gone = {item.number for item in taken}
        self.held = [item for item in self.held if item.number not in gone]
        self.frozen = 0
        self.bucket.spend(team.attention, now)  # `digest_at` has waited for the token
        return taken


def receipt(item: Held, now: int) -> str:
    """One line of a digest about a held action, as of ``now`` (event-time ms)."""
    remark = item.stale or ("expired" if item.not_after < now else "")
    return f"({remark}) {item.summary}" if remark else item.summary
