"""Was this process held up (a suspended machine, SIGSTOP, a starved host) so long that Kafka may have given its partitions away?

A worker that comes back from that must not write: another one has its partitions and has written what comes after. Kafka tells it
so only at the next heartbeat, so it looks at its own clock before every write.
"""

import time

from schemas.errors import WinnowError


class Awake:
    """Looked at every second by the event loop, and asked before every write.

    The coordinator counts ``session_seconds`` from the last heartbeat, which comes every quarter of that; what is left
    is how long a look may be overdue.
    """

    def __init__(self, session_seconds: float) -> None:
        self._most_seconds = 0.75 * session_seconds
        self._looked = time.monotonic()

    def look(self) -> None:
        """The loop runs. Once overslept it stays so."""
        now = time.monotonic()
        if now - self._looked <= self._most_seconds:
            self._looked = now

    def silent(self) -> float:
        """Seconds since the last look."""
        return time.monotonic() - self._looked

    def insist(self) -> None:
        """Raise WinnowError when this process was held up for too long to be sure that its partitions are still its own."""
        if (silent := self.silent()) > self._most_seconds:
            raise WinnowError(
                f"held up for {silent:.1f} s, so another worker may have these partitions: nothing more is written",
                hint="The supervisor starts a new worker. If this repeats, the host is starved, or WINNOW_SESSION_TIMEOUT_SECONDS too low.",
            )
