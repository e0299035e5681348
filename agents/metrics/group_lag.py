"""What every stage's consumer group has not committed yet, and rejected records that nobody handled, as the broker says.

The lag of stages whose workers are gone is seen too.

The user needs Describe on all input topics and on all groups; of what it may not see nothing is told.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from aiokafka.errors import KafkaError

from agents.kafka import Oldest, Scanner, clients
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import INPUTS

LOOK_SECONDS = 5.0
LOOKS = 60
"""With one connection: it knows how many partitions there were when it was made, and posts and feedback may get more."""

Lags = Mapping[tuple[str, str, int], int]
"""(stage, topic noun, partition) -> events"""


async def group_lags(settings: Settings, scanner: Scanner, stage: str) -> Lags:
    """One look at one stage's group. Raises WinnowError or KafkaError when the broker does not answer or forbids it."""
    extents = await scanner.extents(scanner.nouns(INPUTS[stage]))
    committed = await clients.committed(settings, f"{settings.prefix}-{stage}", [(place.topic, place.partition) for place in extents])
    lags: dict[tuple[str, str, int], int] = {}
    for place, (begin, end) in extents.items():
        position = max(committed.get((place.topic, place.partition), begin), begin)
        lags[stage, settings.noun(place.topic), place.partition] = max(end - position, 0)
    return lags


async def every_lag(settings: Settings, scanner: Scanner) -> dict[str, Lags | None]:
    """One look at the group of every stage; None of a stage where the broker does not answer or forbids it."""
    found: dict[str, Lags | None] = {}
    for stage in INPUTS:
        try:
            found[stage] = await group_lags(settings, scanner, stage)
        except (WinnowError, KafkaError, OSError):
            found[stage] = None
    return found


class Listener(Protocol):
    """Who is told; `agents.metrics.metrics.Metrics` is one."""

    def group_lags(self, lags: Lags) -> None:
        """What every group has not committed; empty when nothing is known."""

    def unhandled(self, waiting: tuple[int, int | None] | None) -> None:
        """How many rejected records wait and since when (Unix ms); None when that is not known."""

    def broken(self, what: str) -> None:
        """Something could not be looked at."""


async def keep_looking(settings: Settings, listener: Listener) -> None:
    """Look every few seconds until cancelled; without an answer there is no lag to tell, which is an alert of its own."""
    oldest = Oldest()
    while True:
        try:
            async with Scanner(settings) as scanner:
                for _ in range(LOOKS):
                    lags = await every_lag(settings, scanner)
                    known = [one for one in lags.values() if one is not None]
                    for _ in range(len(lags) - len(known)):
                        listener.broken("group_lags")
                    listener.group_lags({place: events for one in known for place, events in one.items()})
                    try:
                        listener.unhandled(await oldest.look(settings, scanner))
                    except (WinnowError, KafkaError, OSError):
                        listener.unhandled(None)
                        listener.broken("unhandled")
                    await asyncio.sleep(LOOK_SECONDS)
                    if not known:
                        break  # when nothing works any more, a new connection may
        except (WinnowError, KafkaError, OSError):
            listener.group_lags({})
            listener.unhandled(None)
            listener.broken("group_lags")
            await asyncio.sleep(LOOK_SECONDS)
