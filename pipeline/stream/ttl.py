"""Keys with a time to live, for state that must not grow for ever; decide and act ask it which keys are due.

Exact: a key goes at the time that was set last, however often it moved.
"""

import heapq
from collections.abc import Iterator

SLACK = 1_000
"""So many entries of keys that were discarded may wait for their time."""


class Expiry:
    """One live deadline per key (any unit, here event-time milliseconds)."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def set(self, key: str, at: int) -> None:
        """Let ``key`` expire at ``at``, whatever was set before."""
        before = self._at.get(key)
        self._at[key] = at
        if before is None or at < before:  # later ones are found out when the earlier entry comes up
            heapq.heappush(self._heap, (at, key))

    def discard(self, key: str) -> None:
        """Forget a key."""
        self._at.pop(key, None)
        if len(self._heap) > 2 * len(self._at) + SLACK:  # or what is discarded early would pile up until its time
            self._heap = [(at, key) for key, at in self._at.items()]
            heapq.heapify(self._heap)

    def due(self, now: int) -> Iterator[str]:
        """Keys whose deadline is at or before ``now``, removed."""
        while self._heap and self._heap[0][0] <= now:
            _, key = heapq.heappop(self._heap)
            at = self._at.get(key)
            if at is None:
                continue
            if at > now:
                heapq.heappush(self._heap, (at, key))
            else:
                del self._at[key]
                yield key
