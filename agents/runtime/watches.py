"""What a worker looks at every few seconds beside its work: whether somebody else writes its state, and whether topics have grown.

Run by `agents.runtime.worker`; what ends a watch ends the worker.
"""

import asyncio
import logging
import math
import time

from aiokafka.errors import KafkaError

from agents.kafka import identities, topics
from agents.runtime.changelog import StateStore
from agents.runtime.stage import Stage
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError
from schemas.topics import GROWING, INPUTS, MERGES, upstream

log = logging.getLogger("winnow")

STATE_SECONDS = 5.0
"""A late write of a former owner is found within this; compaction leaves what it hid for an hour (`agents.kafka.topics`)."""

PARTITIONS_SECONDS = 20.0
SAY_SECONDS = 60.0
"""That somebody has to do something is said so often."""


async def watch_state(state: StateStore) -> None:
    """Ask every few seconds where the state partitions end; the runners look at what they did not write."""
    while True:
        await asyncio.sleep(STATE_SECONDS)
        try:
            await state.look()
        except (KafkaError, OSError) as error:  # a broker that does not answer takes no late write either
            log.debug("state was not looked at: %s", error)


async def watch_partitions(settings: Settings, stage: Stage) -> None:
    """Say what nobody reads; raise WinnowError when more is in use than this worker was made for, a topic that is keyed has grown, or one
    that it reads was made anew.
    """
    said, topic_ids = -math.inf, dict[str, str]()
    names = [settings.topic(noun) for noun in INPUTS[stage.name]]
    while stage.partitions:
        await asyncio.sleep(PARTITIONS_SECONDS)
        try:
            found, unread = await topics.in_use(settings, stage.name)
            now = await identities(settings, names)
        except Unavailable as error:
            log.debug("partitions were not counted: %s", error)
            continue
        if anew := sorted(name for name in now if topic_ids.setdefault(name, now[name]) != now[name]):
            raise WinnowError(f"topics were deleted and made anew: {', '.join(anew)}", hint="The supervisor starts a new worker.")
        if more := sorted(noun for noun, count in found.items() if count != stage.partitions[noun] and _shapes(stage.name, noun)):
            counts = ", ".join(f"{settings.topic(noun)} {found[noun]} instead of {stage.partitions[noun]}" for noun in more)
            raise WinnowError(f"more partitions are in use: {counts}", hint="The supervisor starts a new worker, which takes them up.")
        if unread and stage.name == "sift" and time.monotonic() - said >= SAY_SECONDS:
            said = time.monotonic()
            log.warning("%s: %s", stage.name, unread)


def _shapes(stage: str, noun: str) -> bool:
    """Whether the shards of a stage depend on how many partitions of this topic are in use."""
    return noun in INPUTS[stage] or (stage in MERGES and noun in GROWING)


async def sources(settings: Settings, stage: Stage) -> frozenset[str]:
    """The shards there are now of the stage whose output this one merges."""
    if stage.name not in MERGES or not stage.partitions:
        return frozenset()
    return frozenset(upstream(stage.name, (await topics.in_use(settings, stage.name))[0]))
