"""`winnow topics grow`: more partitions for what may have them, while all runs. Workers notice it themselves (`agents.runtime.watches`)."""

import asyncio
from collections.abc import Callable

from confluent_kafka.admin import NewPartitions

from agents.kafka import clients, topics
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import GROWING

SEEN_SECONDS = 0.1


async def grow(settings: Settings, noun: str, count: int, say: Callable[[str], None] = lambda _: None) -> None:
    """Give a topic ``count`` partitions, sift's state before it, so that none of them is ever without a reader.

    May be repeated, also after partitions were added by other means. Raises WinnowError when the topic is keyed, has more, or the
    broker refuses.
    """
    if noun not in GROWING:
        raise WinnowError(
            f"{noun!r} cannot grow: only {' and '.join(GROWING)} can",
            hint="Every other topic is keyed: more partitions would part records that belong together.",
        )
    found = await topics.partitions(settings, [noun, "sift-state"])
    if count < found[noun]:
        raise WinnowError(f"{settings.topic(noun)} has {found[noun]} partitions, more than {count}", hint="Kafka cannot take them away.")
    for name, has in (("sift-state", found["sift-state"]), (noun, found[noun])):
        topic = settings.topic(name)
        if has < count:
            await _add(settings, topic, count)
            say(f"{topic}: {has} -> {count} partitions")
        else:
            say(f"{topic}: has {has} partitions")


async def _add(settings: Settings, topic: str, count: int) -> None:
    await clients.administer(
        settings,
        f"add partitions to {topic}",
        lambda client: client.create_partitions([NewPartitions(topic, count)], request_timeout=topics.ADMIN_SECONDS),
    )
    # Not known everywhere at once: a worker that looks next must find them.
    for _ in range(int(settings.request_timeout_seconds / SEEN_SECONDS)):
        if (await topics.existing(settings, [topic])).get(topic) == count:
            return
        await asyncio.sleep(SEEN_SECONDS)
    raise WinnowError(f"{topic} was given {count} partitions, but the broker does not show them", hint="Run this command again.")
