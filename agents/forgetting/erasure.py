"""Writes erasures into the flow: deletions of accounts and posts with the reason ``erasure``, into every partition of posts and feedback.

Each input partition of sift knows its own posts, so all of them are told. What follows is the life of any deletion (ARCHITECTURE, "Take
back"): stages take text and author out of their state, and topics lose what is left with their retention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from aiokafka.errors import KafkaError

from agents.forgetting.people import INPUTS, Realm, Sought
from agents.kafka import clients, topics
from agents.settings import Settings
from pipeline.sift import ERASURE
from schemas.messages import Operation, Scope
from schemas.times import iso

HEADERS = [("source", b"signal"), ("reason", ERASURE)]


class Erasure(NamedTuple):
    """Where it was written (full topic name, partition, offset; the offset None on a dry run), and what."""

    topic: str
    partition: int
    offset: int | None
    record: Mapping[str, Any]


class Remains(NamedTuple):
    """A topic that may hold something of the erased until a time (Unix ms); None: as long as nobody takes it out."""

    topic: str
    compacted: bool
    until_ms: int | None


def deletions(sought: Sought, now_ms: int) -> list[dict[str, Any]]:
    """The records, in the form of `signal`, for every realm."""
    found = []
    for realm in sought.realms:
        for scope, ids in ((Scope.ACCOUNT, sought.authors), (Scope.POST, sought.posts)):
            for one in ids:
                found.append(_deletion(realm, scope, one, now_ms))
    return found


def _deletion(realm: Realm, scope: Scope, identity: str, now_ms: int) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": identity, "source": realm.source, "operation": Operation.DELETE.value, "scope": scope.value, "created_at": iso(now_ms),
        "reason": ERASURE.decode(),
    }  # fmt: skip
    if scope == Scope.ACCOUNT:
        record["author"] = {"id": identity}
    if realm.namespace:
        record["namespace"] = realm.namespace
    return record


async def write_erasures(settings: Settings, sought: Sought, now_ms: int, *, dry_run: bool = False) -> list[Erasure]:
    """Write them, acknowledged, to all partitions. Raises WinnowError when a topic is missing or the broker does not take them."""
    records = deletions(sought, now_ms)
    counts = await topics.partitions(settings, INPUTS)
    places = [(settings.topic(noun), number) for noun in INPUTS for number in range(counts[noun])]
    if dry_run:
        return [Erasure(topic, number, None, record) for topic, number in places for record in records]
    producer = clients.producer(settings)
    try:
        await producer.start()
        # No key: a compacted copy of the input would else keep the deletion in place of a post.
        sent = [
            (await producer.send(topic, orjson.dumps(record), partition=number, headers=HEADERS), record)
            for topic, number in places
            for record in records
        ]
        done = [(await future, record) for future, record in sent]
        return [Erasure(told.topic, told.partition, told.offset, record) for told, record in done]
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await producer.stop()


async def remains(settings: Settings, now_ms: int) -> list[Remains]:
    """Each topic, and by when nothing is left there of what is erased at ``now_ms`` (Unix ms), as it is configured now."""
    kept = await kept_of(settings)
    return [Remains(name, compacted, None if ms is None else now_ms + ms) for name, (compacted, ms) in kept.items()]


async def kept_of(settings: Settings) -> dict[str, tuple[bool, int | None]]:
    """Full name of each topic that exists -> whether it is compacted, and how long (ms) it keeps what was written, or replaced."""
    configured = await topics.configured(settings)
    return {name: ("compact" in values["cleanup.policy"], topics.kept_ms(values)) for name, values in configured.items()}


def as_json(erasures: Sequence[Erasure], left: Sequence[Remains]) -> dict[str, object]:
    """For ``--json``."""
    return {
        "written": [one._asdict() for one in erasures],
        "remains": [
            {"topic": one.topic, "compacted": one.compacted, "until": None if one.until_ms is None else iso(one.until_ms)} for one in left
        ],
    }
