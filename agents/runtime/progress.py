"""A consumer's positions in; lag, commit age and who stands still, out. The watchdog, /ready and the metrics all go by it.

Two clocks a partition. *Stalled* since: input waits and nothing of it is worked, or work is done and not committed, and the committed
position does not move. Who works and has nothing to commit (a stage that merges waits for another source, for minutes where machines are
busy) does not stand still. *Commit age* runs on meanwhile, also while the broker is away: then nobody knows whether input waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from faust.types import TP


class Positions(Protocol):
    """What is asked of a consumer: `agents.runtime.transport.BatchConsumer`."""

    def committed(self, tp: TP) -> int | None:
        """Position last committed."""

    def settled(self, tp: TP) -> int | None:
        """Position that is durable."""

    def handed(self, tp: TP) -> int | None:
        """Offset behind the last record handed out."""

    def lag(self, tp: TP) -> int:
        """Records not handed out; -1 when unknown."""

    def answered_ms(self, tp: TP) -> int | None:
        """When the broker last answered a fetch of this partition, Unix ms."""


class PartitionProgress(NamedTuple):
    """Where one partition stands. Times are seconds."""

    lag: int
    commit_age: float
    stalled: float


@dataclass(slots=True)
class _Seen:
    committed: int
    moved: float
    current: float
    worked: int


class Progress:
    """Remembers since when each partition stands where it stands. Times passed in: monotonic seconds, and wall-clock Unix ms."""

    def __init__(self) -> None:
        self._seen: dict[TP, _Seen] = {}
        self.standings: dict[TP, PartitionProgress] = {}

    def look(
        self, consumer: Positions, places: Iterable[TP], now: float, now_ms: int, worked: Callable[[TP], int] = lambda _: 0
    ) -> dict[TP, PartitionProgress]:  # fmt: skip
        """Take a look at all partitions of this worker; others are forgotten. worked: a number that grows with the work on one."""
        places = list(places)
        answered = max((found for tp in places if (found := consumer.answered_ms(tp)) is not None), default=None)
        silent = None if answered is None else max(now_ms - answered, 0) / 1000
        self._seen = {tp: self._seen.get(tp) or _Seen(-1, now, now, worked(tp)) for tp in places}
        self.standings = {tp: self._look(consumer, tp, now, silent, worked(tp)) for tp in places}
        return self.standings

    def _look(self, consumer: Positions, tp: TP, now: float, silent: float | None, worked: int) -> PartitionProgress:
        seen = self._seen[tp]
        committed, settled, handed, unread = consumer.committed(tp), consumer.settled(tp), consumer.handed(tp), consumer.lag(tp)
        done = committed if committed is not None else -1
        if done != seen.committed:
            seen.committed, seen.moved, seen.current = done, now, now
        elif settled is None or settled <= done:
            if unread <= 0 or worked != seen.worked:
                seen.moved = now
            if unread <= 0 and silent is not None:  # that nothing waits is as old as the broker's last word
                seen.current = max(seen.current, now - silent)
        seen.worked = worked
        behind = max(unread, 0) + (max(handed - done, 0) if handed is not None and committed is not None else 0)
        return PartitionProgress(behind, now - seen.current, now - seen.moved)

    def oldest_commit(self) -> tuple[TP, float] | None:
        """The partition whose commit is oldest, and its age in seconds."""
        return max(((tp, standing.commit_age) for tp, standing in self.standings.items()), key=lambda found: found[1], default=None)
