"""A broker in; what every stage's consumer group has not committed yet, out: the lag of stages whose workers are gone is seen too."""

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


async def group_lags(settings: Settings, scanner: Scanner) -> Lags:
    """One look at all groups. Raises WinnowError or KafkaError when the broker does not answer or forbids it."""
    extents = await scanner.extents(sorted({noun for nouns in INPUTS.values() for noun in nouns}))
    lags: dict[tuple[str, str, int], int] = {}
    for stage, nouns in INPUTS.items():
        places = [place for place in extents if settings.noun(place.topic) in nouns]
        committed = await clients.committed(settings, f"{settings.prefix}-{stage}", [(place.topic, place.partition) for place in places])
        for place in places:
            begin, end = extents[place]
            position = committed.get((place.topic, place.partition), begin)
            lags[stage, settings.noun(place.topic), place.partition] = max(end - max(position, begin), 0)
    return lags


async def keep_looking(settings: Settings, tell: Callable[[Lags], None], failed: Callable[[str], None]) -> None:
    """Look every few seconds until cancelled; without an answer there is no lag to tell, which is an alert of its own."""
    while True:
        try:
            async with Scanner(settings) as scanner:
                while True:
                    tell(await group_lags(settings, scanner))
                    await asyncio.sleep(LOOK_SECONDS)
        except (WinnowError, KafkaError, OSError):
            tell({})
            failed("group_lags")
            await asyncio.sleep(LOOK_SECONDS)
