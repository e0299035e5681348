"""How far a reader has come, look by look, in; an error when it gets no further for too long, out.

Whoever reads up to an end that he has asked for would wait for ever when that end is taken back meanwhile: by a topic that is made anew or
cut back, or a broker that holds it and is gone.
"""

import time
from collections.abc import Iterable

from aiokafka import TopicPartition

from schemas.errors import Unavailable

STALL_SECONDS = 60.0


class Stall:
    """Since when a reader has not got further. broker: the address to name."""

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._reached = -1
        self._since = time.monotonic()

    def look(self, reached: int, left: Iterable[TopicPartition]) -> None:
        """Note how far it has come, as a number that grows, and what is ``left`` to read.

        Raises Unavailable when the number has not grown for `STALL_SECONDS`.
        """
        now = time.monotonic()
        if reached > self._reached:
            self._reached, self._since = reached, now
        elif now - self._since > STALL_SECONDS:
            places = ", ".join(f"{place.topic}/{place.partition}" for place in left)
            raise Unavailable(
                f"the broker {self._broker} gives nothing more of {places}",
                hint="Is a broker of the cluster down, or was the topic made anew or cut back?",
            )
