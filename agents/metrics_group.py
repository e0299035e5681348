"""A broker in; what every stage's consumer group has not committed yet, out: the lag of stages whose workers are gone is seen too.

The user needs Describe on all input topics and on all groups; of what it may not see nothing is told.
"""

import asyncio
from collections.abc import Callable, Mapping

from aiokafka.errors import KafkaError

from agents import clients
from agents.scan import Scanner
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import INPUTS

LOOK_SECONDS = 5.0

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


async def keep_looking(settings: Settings, tell: Callable[[Lags], None], failed: Callable[[str], None]) -> None:
    """Look every few seconds until cancelled; without an answer there is no lag to tell, which is an alert of its own."""
    while True:
        try:
            async with Scanner(settings) as scanner:
                failures = 0
                while failures < len(INPUTS):  # when nothing works any more, a new connection may
                    failures = 0
                    lags: dict[tuple[str, str, int], int] = {}
                    for stage in INPUTS:
                        try:
                            lags.update(await group_lags(settings, scanner, stage))
                        except (WinnowError, KafkaError, OSError):
                            failures += 1
                            failed("group_lags")
                    tell(lags)
                    await asyncio.sleep(LOOK_SECONDS)
        except (WinnowError, KafkaError, OSError):
            tell({})
            failed("group_lags")
            await asyncio.sleep(LOOK_SECONDS)
