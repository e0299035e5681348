"""Deterministic merge: records of several sources, each in its own order, in; one total order, whatever the interleaving, out.

A downstream partition receives records of many upstream shards, interleaved as the network pleases. Each source promises
that its clock (running maximum of event time) never goes back, by its records or by a watermark. A record is released when no
source that is still silent can precede it; order is (clock, source). So a crash, a rebalance or a slow worker upstream changes
when things happen, not what happens. A source that has nothing to read says ``idle`` and holds nobody back, but for one case:
when a replay of history begins, all sources are idle and wake one after the other. So a record that is history (older than a
minute when it was appended) lets idle sources have ``grace_ms`` of wall time to wake up.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

BEGINNING = -(2**62)
HISTORY_MS = 60_000


class Merge(Generic[T]):
    """Bounded k-way merge. Beyond ``limit`` waiting items it releases anyway (counted in ``forced``): memory before order."""

    def __init__(self, sources: Sequence[str], *, limit: int = 200_000, grace_ms: int = 0) -> None:
        self._names = sorted(sources)
        self._index = {name: number for number, name in enumerate(self._names)}
        self._queues: list[deque[tuple[int, int, T]]] = [deque() for _ in self._names]
        self._clocks = [BEGINNING] * len(self._names)
        self._idle = [False] * len(self._names)
        self._heads: list[tuple[int, int]] = []
        self._limit = limit
        self.grace_ms = grace_ms
        self.now = BEGINNING
        self._waking = False
        self.waiting = 0
        self.forced = 0

    def push(self, source: str, clock: int, item: T, *, free_ms: int = 0) -> None:
        """Add a record; a clock behind the source's own is lifted to it. Raises KeyError for an unknown source.

        free_ms: wall time (Unix ms) from which idle sources no longer matter to it; see `free_from`.
        """
        number = self._index[source]
        clock = max(clock, self._clocks[number])
        self._clocks[number] = clock
        self._idle[number] = False
        queue = self._queues[number]
        if not queue:
            heapq.heappush(self._heads, (clock, number))
        queue.append((clock, free_ms, item))
        self.waiting += 1

    def watermark(self, source: str, clock: int, *, idle: bool) -> None:
        """Note a source's promise: nothing older than ``clock`` will follow; ``idle``: it has nothing to read."""
        number = self._index[source]
        self._clocks[number] = max(clock, self._clocks[number])
        self._idle[number] = idle

    def knows(self, source: str) -> bool:
        """Whether this source is one of the merge's."""
        return source in self._index

    def free_from(self, clock: int, appended_ms: int, now_ms: int) -> int:
        """The ``free_ms`` of a record that comes in now: at once, unless it is history."""
        return now_ms + self.grace_ms if appended_ms - clock > HISTORY_MS else 0

    def release(self, most: int = 2**31, *, now_ms: int = 2**62) -> Iterator[tuple[int, str, T]]:
        """At most ``most`` records that nothing silent can precede, as (clock, source, item), in order, clocks never falling.

        A source that wakes from idleness behind the others is heard at once, at the clock that the merge has reached.
        """
        bound = self._bound()
        self._waking = False
        while self._heads and most > 0:
            if self._must_wait(bound, now_ms):
                if self.waiting <= self._limit:
                    self._waking = self._heads[0] < bound
                    return
                self.forced += 1
            most -= 1
            _, number = heapq.heappop(self._heads)
            queue = self._queues[number]
            clock, _, item = queue.popleft()
            self.waiting -= 1
            if queue:
                heapq.heappush(self._heads, (queue[0][0], number))
            elif not self._idle[number]:
                bound = min(bound, (self._clocks[number], number))
            self.now = max(self.now, clock)
            yield self.now, self._names[number], item

    def ready(self, now_ms: int = 2**62) -> bool:
        """Whether `release` would yield something now."""
        return bool(self._heads) and (not self._must_wait(self._bound(), now_ms) or self.waiting > self._limit)

    def _must_wait(self, bound: tuple[int, int], now_ms: int) -> bool:
        """Whether the first head may be preceded: by a silent source, or by an idle one that has still time to wake up."""
        head = self._heads[0]
        if head >= bound:
            return True
        return self._queues[head[1]][0][1] > now_ms and any(
            idle and not queue for idle, queue in zip(self._idle, self._queues, strict=True)
        )

    def _bound(self) -> tuple[int, int]:
        silent = ((self._clocks[n], n) for n in range(len(self._names)) if not self._queues[n] and not self._idle[n])
        return min(silent, default=(2**62, 0))

    def floor(self) -> tuple[int, bool]:
        """(clock that no later release can precede, True when all is idle and empty), as of the last `release`."""
        if self._waking:
            return self.now, False  # who wakes up may be older than all that waits
        lows = [queue[0][0] if queue else self._clocks[n] for n, queue in enumerate(self._queues) if queue or not self._idle[n]]
        if lows:
            return max(self.now, min(lows)), False
        return max(self.now, max(self._clocks, default=BEGINNING)), True

    def dump(self) -> dict[str, list[object]]:
        """JSON-ready promises as they stand for somebody who has to read the waiting records again; ``""`` is the merge itself."""
        promises: dict[str, list[object]] = {"": [self.now, False]}
        return promises | {
            name: [queue[0][0] if queue else clock, False if queue else idle]
            for name, queue, clock, idle in zip(self._names, self._queues, self._clocks, self._idle, strict=True)
        }

    def load(self, dumped: Mapping[str, Sequence[object]]) -> None:
        """Take over what `dump` wrote; sources that are gone are dropped, new ones start at the beginning."""
        for name, (clock, idle) in dumped.items():
            assert isinstance(clock, int)
            if name == "":
                self.now = clock
            elif name in self._index:
                number = self._index[name]
                self._clocks[number] = clock
                self._idle[number] = bool(idle)
