"""Was this process held up (a suspended machine, SIGSTOP, a starved host) so long that Kafka may have given its partitions away?

A worker that comes back from that must not write: another one has its partitions and has written what comes after. Kafka tells it
so only at the next heartbeat, so the worker renews this every second, and its delivery checks it before every write.
"""

import time
from collections.abc import Callable

from schemas.errors import WinnowError

HELD_UP = "held up for"
"""How the last line of a worker begins that ended itself because the machine did not let it run."""


class SessionLease:
    """How long the partitions are certainly still ours.

    The coordinator counts ``session_seconds`` from the last heartbeat, which comes every quarter of that; what is left
    is how long a renewal may be overdue.
    """

    def __init__(self, session_seconds: float, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._most_seconds = 0.75 * session_seconds
        self._seconds = seconds
        self._renewed = seconds()

    def renew(self) -> None:
        """The loop runs. Once overdue it stays so."""
        if self.age() <= self._most_seconds:
            self._renewed = self._seconds()

    def age(self) -> float:
        """Seconds since it was renewed."""
        return self._seconds() - self._renewed

    def check(self) -> None:
        """Raise WinnowError when this process was held up for too long to be sure that its partitions are still its own."""
        if (age := self.age()) > self._most_seconds:
            raise WinnowError(
                f"{HELD_UP} {age:.1f} s, so another worker may have these partitions: nothing more is written",
                hint="The supervisor starts a new worker. If this repeats, the host is starved, or WINNOW_SESSION_TIMEOUT_SECONDS too low.",
            )
