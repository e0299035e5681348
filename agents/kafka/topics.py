"""`winnow topics`: what has to be created or changed on a broker, and doing it. Never reorders keys."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from agents.kafka import acls, clients
from agents.settings import Settings
from pipeline.policy import load_policy
from schemas.errors import WinnowError
from schemas.topics import ACTIONS, BROKERS_SEGMENT_MS, DAY_MS, FORGOTTEN_MS, GROWING, INPUTS, STAGES, TOPICS, TopicSpec, state_topic

Verb = Literal["create", "keep", "change", "refuse", "orphan"]
ADMIN_SECONDS = 20.0
SEEN_SECONDS = 0.1
UNHEARD_SECONDS = 5.0
"""A broker may be so far behind in hearing of topics that were just made: what it does not know is asked for again until then."""
NEWEST_SECONDS = 3.0
ENDLESS_MS = 3_650 * DAY_MS
"""Kafka writes "never" as a time longer than this."""
SEGMENT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one topic. ``refuse`` names a difference that only a person may mend, ``orphan`` a topic that is left over,
    which only a person may delete; ``sets`` what `apply` would set.
    """

    verb: Verb
    topic: str
    detail: str
    sets: Mapping[str, str] = field(default_factory=dict)


def wanted(settings: Settings, teams: Iterable[str]) -> dict[str, tuple[TopicSpec, int]]:
    """Full topic name -> (spec, partitions) of a deployment: the table, one action topic a team, one changelog a stage."""
    found = {settings.topic(spec.noun): (spec, spec.partitions or settings.partitions) for spec in TOPICS.values()}
    for team in sorted(teams):
        found[settings.topic(f"actions.{team}")] = (ACTIONS, ACTIONS.partitions or settings.partitions)
    for stage in STAGES:
        spec = state_topic(stage)
        found[settings.topic(spec.noun)] = (spec, settings.partitions)
    return found


def configuration(spec: TopicSpec, replication: int) -> dict[str, str]:
    """Broker-side settings of a topic."""
    found = {
        "cleanup.policy": spec.cleanup,
        "retention.ms": str(spec.retention_ms),
        "max.message.bytes": str(spec.max_message_bytes),
        "min.insync.replicas": str(max(1, replication - 1)),
        "compression.type": spec.compression,
    }
    if spec.cleanup == "delete" and spec.segment_ms < BROKERS_SEGMENT_MS:
        # A file is deleted as a whole, when its last record is old enough: with Kafka's week a record of a topic of seven days lives 14.
        found["segment.ms"] = str(spec.segment_ms)
    if spec.said:
        # However little is written, its file ends and is compacted within this: what was deleted leaves the disk.
        found["max.compaction.lag.ms"] = str(FORGOTTEN_MS)
    if spec.cleanup == "compact":
        # A writer that lost its partition may have written beside the new one: keep the older values an hour. The new one notices
        # within seconds and writes them anew; the hour is for when there is none, and no guard by itself, as nobody may come within it.
        found["min.compaction.lag.ms"] = "3600000"
        # Only what is behind the segment that is written to is compacted: with Kafka's gigabyte a partition of state would grow that
        # large, or for a week, and be read whole by every restart. It holds four of the largest writes.
        found["segment.bytes"] = str(SEGMENT_BYTES)
    return found


def kept_ms(configured: Mapping[str, str]) -> int | None:
    """How long a record lies in a topic at most that is configured so: after it was written, or in a compacted one after it was replaced or
    taken out; None for as long as nobody replaces it. Kafka's next look (minutes) comes on top.
    """
    policies = configured.get("cleanup.policy", "delete").split(",")
    found = []
    if "delete" in policies and 0 <= (retention := int(configured.get("retention.ms", "-1"))) < ENDLESS_MS:
        found.append(retention + int(configured.get("segment.ms", str(BROKERS_SEGMENT_MS))))
    if "compact" in policies and (lag := int(configured.get("max.compaction.lag.ms", str(2**63 - 1)))) < ENDLESS_MS:
        found.append(lag)
    return min(found, default=None)


async def plan(settings: Settings, teams: Iterable[str]) -> list[Change]:
    """Compare the table with the broker: what is missing, what is set otherwise, and what nobody writes to any more.

    Raises WinnowError when it may not look.
    """
    table = wanted(settings, teams)
    there = await _describe(settings, table)
    table = {name: (spec, _grown(settings, spec, count, there)) for name, (spec, count) in table.items()}
    set_to = await _configured(settings, there) if settings.broker_is_real else {}
    found = [_compare(name, spec, count, settings, there.get(name), set_to.get(name)) for name, (spec, count) in table.items()]
    return found + _orphans(settings, table, await _names(settings))


def _orphans(settings: Settings, table: Iterable[str], names: Iterable[str]) -> list[Change]:
    """Topics under the deployment's prefix, which no other one can have, that are none of the table's: an earlier policy's or setting's."""
    left = sorted(name for name in set(names) - set(table) if name.startswith(f"{settings.prefix}.") and name.endswith(".v1"))
    return [
        Change("orphan", name, "is of no team of the policy" if settings.is_of_actions(name) else "is neither read nor written")
        for name in left
    ]


def _grown(settings: Settings, spec: TopicSpec, count: int, there: "Mapping[str, _Found]") -> int:
    """Partitions that a topic should have: of those that may grow as many as it has, of sift's state as many as any of those."""
    grown = [there[name].partitions for noun in GROWING if (name := settings.topic(noun)) in there]
    if spec.noun in GROWING and (found := there.get(settings.topic(spec.noun))) is not None:
        return max(count, found.partitions)
    return max(count, *grown) if spec.noun == "sift-state" and grown else count


def _miscounted(spec: TopicSpec, found: int, count: int) -> str:
    """Why only a person may change how many partitions a topic has; empty when it has as many as it should."""
    if found == count or (spec.noun == "sift-state" and found > count):
        return ""
    if found < count and spec.noun in GROWING:
        return f"run `winnow topics grow {spec.noun} {count}`"
    if found < count and spec.noun == "sift-state":
        return f"run `winnow topics grow` for the one of {' and '.join(GROWING)} that has {count}"
    return "changing that would reorder keys"


def _compare(
    name: str, spec: TopicSpec, count: int, settings: Settings, found: "_Found | None", set_to: Mapping[str, str] | None
) -> Change:
    if found is None:
        return Change("create", name, f"{count} partitions, replication {settings.replication}, {spec.cleanup}")
    if wrong := _miscounted(spec, found.partitions, count):
        return Change("refuse", name, f"has {found.partitions} partitions, {count} wanted: {wrong}")
    if found.replicas < settings.replication:
        return Change(
            "refuse", name, f"has {found.replicas} replicas, {settings.replication} wanted: move it with kafka-reassign-partitions first"
        )
    # In-sync replicas follow what the topic has: asking for more than there are would stop all writing.
    wanted_values = configuration(spec, found.replicas)
    diff = {key: value for key, value in wanted_values.items() if set_to is not None and set_to.get(key) != value}
    if diff:
        was = set_to or {}
        return Change("change", name, ", ".join(f"{key} {was.get(key, 'unset')} -> {value}" for key, value in diff.items()), diff)
    return Change("keep", name, f"{count} partitions")


async def apply(
    settings: Settings, teams: Iterable[str], *, align: bool = True, show: Callable[[list[Change]], None] = lambda _: None
) -> list[Change]:
    """Create what is missing and, unless ``align`` is false, set what is set otherwise; ``show`` sees the changes first.

    Partitions are never changed. Raises WinnowError when the broker refuses.
    """
    changes = await plan(settings, teams)
    show(changes)
    table = wanted(settings, teams)
    await _create(settings, {change.topic: table[change.topic] for change in changes if change.verb == "create"})
    if align:
        await _align(settings, [change for change in changes if change.verb == "change"])
    return changes


async def _create(settings: Settings, missing: Mapping[str, tuple[TopicSpec, int]]) -> None:
    new = [
        NewTopic(name, count, settings.replication, topic_configs=configuration(spec, settings.replication))
        for name, (spec, count) in missing.items()
    ]
    client = clients.admin(settings)
    try:
        await client.start()
        if new:
            # aiokafka raises nothing for a topic that the broker refused: the answer must be looked at.
            for name, code, *rest in (await client.create_topics(new)).topic_errors:
                error = for_code(code)
                if error not in (NoError, TopicAlreadyExistsError):
                    raise error(f"{name}: {rest[0]}" if rest else name)
            # Created is not known everywhere at once: whoever starts a worker next must find them.
            for _ in range(int(settings.request_timeout_seconds / SEEN_SECONDS)):
                if all(found["partitions"] for found in await client.describe_topics(list(missing))):
                    break
                await asyncio.sleep(SEEN_SECONDS)
    except (KafkaError, OSError) as error:
        raise WinnowError(f"the broker {settings.broker} did not create topics: {error}", hint="Check its ACLs and replication.") from error
    finally:
        await client.close()


async def _align(settings: Settings, changes: list[Change]) -> None:
    """Set only what differs (an incremental change): what an operator set beside the table stays."""
    if not changes:
        return
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            change.topic,
            incremental_configs=[
                ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in change.sets.items()
            ],
        )
        for change in changes
    ]
    await clients.administer(
        settings, "change topics", lambda client: client.incremental_alter_configs(resources, request_timeout=ADMIN_SECONDS)
    )


async def _configured(settings: Settings, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Full topic name -> what the broker says is set for it, defaults included."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    answers = await clients.administer(
        settings, "see how topics are configured", lambda client: client.describe_configs(resources, request_timeout=ADMIN_SECONDS)
    )
    return {resource.name: {key: entry.value for key, entry in entries.items()} for resource, entries in answers.items()}


async def configured(settings: Settings) -> dict[str, Mapping[str, str]]:
    """Full name of each topic of the deployment that exists, those of all teams too -> how the broker keeps it, defaults included; the
    embedded one, which cannot say, as the table does.
    """
    names = await _names(settings)
    table = wanted(settings, (settings.noun(name).removeprefix("actions.") for name in names if settings.is_of_actions(name)))
    own = sorted(table.keys() & set(names))
    if settings.broker_is_real:
        return dict(await _configured(settings, own))
    return {name: configuration(table[name][0], 1) for name in own}


async def _names(settings: Settings) -> list[str]:
    """All topics that the user may see, of whichever deployment."""
    try:
        return [*await clients.partition_counts(settings)]
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error


@dataclass(frozen=True, slots=True)
class _Found:
    """A topic as the broker has it; ``replicas`` of its least replicated partition."""

    partitions: int
    replicas: int


async def _describe(settings: Settings, names: Iterable[str]) -> dict[str, _Found]:
    """Full name -> what is there, of those topics that exist. Raises WinnowError for those that the user may not see."""
    client = clients.admin(settings)
    try:
        await client.start()
        answers = await client.describe_topics(list(names))
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await client.close()
    hidden = sorted(found["topic"] for found in answers if found["error_code"] == TopicAuthorizationFailedError.errno)
    if hidden:
        raise clients.forbidden(settings, f"see {shortened(hidden)}")
    return {
        found["topic"]: _Found(len(found["partitions"]), min(len(part["replicas"]) for part in found["partitions"]))
        for found in answers
        if found["partitions"]
    }


def shortened(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are.

    >>> shortened(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


async def partitions(settings: Settings, nouns: Iterable[str]) -> dict[str, int]:
    """Partition counts of existing topics. Raises WinnowError naming those that do not exist."""
    names = {noun: settings.topic(noun) for noun in nouns}
    counts = await existing(settings, names.values())
    deadline = time.monotonic() + UNHEARD_SECONDS
    while (missing := sorted(set(names.values()) - set(counts))) and time.monotonic() < deadline:
        await asyncio.sleep(SEEN_SECONDS)
        counts = await existing(settings, names.values())
    if missing:
        raise WinnowError(f"topics are missing at {settings.broker}: {', '.join(missing)}", hint="Run `winnow topics apply`.")
    return {noun: counts[name] for noun, name in names.items()}


async def existing(settings: Settings, names: Iterable[str]) -> dict[str, int]:
    """Full name -> partition count of those topics that exist."""
    return {name: found.partitions for name, found in (await _describe(settings, names)).items()}


async def newest_ms(settings: Settings, nouns: Iterable[str]) -> float:
    """Time stamp (Unix ms) of the newest last record of these topics; minus infinity when there is none."""
    counts = await existing(settings, map(settings.topic, nouns))
    places = [TopicPartition(name, number) for name, count in counts.items() for number in range(count)]
    consumer = clients.reader(settings)
    newest = float("-inf")
    try:
        await consumer.start()
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        filled = [place for place in places if ends[place] > begins[place]]
        consumer.assign(filled)
        for place in filled:
            consumer.seek(place, ends[place] - 1)
        deadline = time.monotonic() + NEWEST_SECONDS
        # A transaction's marker may be the last: then nothing comes for that partition, and nothing is known of it.
        while filled and time.monotonic() < deadline:
            for place, records in (await consumer.getmany(*filled, timeout_ms=500)).items():
                filled.remove(place)
                newest = max(newest, *(float(record.timestamp) for record in records))
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await consumer.stop()
    return newest


async def in_use(settings: Settings, stage: str) -> tuple[dict[str, int], str]:
    """(partition counts that a stage's shards depend on, as far as they are in use; one line about what is not, else empty).

    Raises WinnowError naming topics that are missing, or that have more partitions than may be read.
    """
    found = await partitions(settings, acls.structure(stage))
    state, unread = found[f"{stage}-state"], []
    for noun in sorted(found):
        if noun in GROWING and found[noun] > found["sift-state"]:
            unread.append(_unread(settings, noun, found[noun], found["sift-state"]))
            found[noun] = found["sift-state"]
        elif noun in INPUTS[stage] and found[noun] > state:
            raise WinnowError(
                f"{settings.topic(noun)} has {found[noun]} partitions, {settings.topic(stage + '-state')} only {state}: partitions were "
                f"added to a topic whose records are keyed, and keys have moved",
                hint=f"Only {' and '.join(GROWING)} may grow. deploy/GROW.md, says how to go on.",
            )
    return found, "; ".join(unread)


def _unread(settings: Settings, noun: str, count: int, used: int) -> str:
    """What is to be done about partitions that were added and are not in use."""
    which = f"partition {used}" if count == used + 1 else f"partitions {used} to {count - 1}"
    return f"nobody reads {which} of {settings.topic(noun)}: run `winnow topics grow {noun} {count}` as the cluster's administrator"


async def needed_by(settings: Settings, stage: str) -> dict[str, int]:
    """Partition counts that a stage's shards depend on: its inputs, its state, and the inputs of the stage before.

    Raises WinnowError naming what is missing, or what the user may not do that the stage needs.
    """
    if stage not in STAGES:
        raise WinnowError(f"unknown stage {stage!r}", hint=f"Stages: {', '.join(STAGES)}.")
    found, _ = await in_use(settings, stage)
    if settings.security_protocol != "PLAINTEXT":
        teams = load_policy(settings.policy_file).teams if stage == "act" else ()
        if refused := await acls.refused(settings, stage, [f"actions.{team.name}" for team in teams]):
            raise clients.forbidden(settings, shortened(refused))
    return found
