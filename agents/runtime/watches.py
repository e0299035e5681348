"""What a worker looks at every few seconds beside its work: whether somebody else writes its state. Run by `agents.runtime.worker`."""

import asyncio
import logging

from aiokafka.errors import KafkaError

from agents.runtime.changelog import StateStore

log = logging.getLogger("winnow")

STATE_SECONDS = 5.0
"""A late write of a former owner is found within this; compaction leaves what it hid for an hour (`agents.kafka.topics`)."""


async def watch_state(state: StateStore) -> None:
    """Ask every few seconds where the state partitions end; the runners look at what they did not write."""
    while True:
        await asyncio.sleep(STATE_SECONDS)
        try:
            await state.look()
        except (KafkaError, OSError) as error:  # a broker that does not answer takes no late write either
            log.debug("state was not looked at: %s", error)
