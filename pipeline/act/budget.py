"""A team's budget: how many actions it can take an hour, in event time; `TeamQueue` draws on it. Arithmetic is in integers."""

from dataclasses import dataclass

from pipeline.policy import Attention

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

    def drain(self, attention: Attention, now: int) -> None:
        """Take one token, or what there is of it."""
        self.flow(attention, now)
        self.level = max(self.level - TOKEN, 0)

    def flow(self, attention: Attention, now: int) -> None:
        """Let in what came in until ``now``; time never runs back."""
        self.level = min(self.level + max(now - self.at, 0) * attention.per_hour, attention.burst * TOKEN)
        self.at = max(self.at, now)

    def ready_at(self, attention: Attention, *, reserve: int = 0) -> int:
        """First instant at which a token is there beside the ``reserve``, if none is spent before."""
        return self.at + max(-(-((1 + reserve) * TOKEN - self.level) // attention.per_hour), 0)
