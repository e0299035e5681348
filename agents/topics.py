"""The topic table and a broker's topics in; what has to be created or changed out, and applied. Never reorders keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from agents import clients
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import ACTIONS, INPUTS, STAGES, TOPICS, TopicSpec, state_topic

Verb = Literal["create", "keep", "change", "refuse"]


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done to one topic. ``refuse`` names a difference that would reorder keys and is left to a person."""

    verb: Verb
    topic: str
    detail: str


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
        "compression.type": "producer",
    }
    if spec.cleanup == "compact":
        # A writer that lost its partition may have written beside the new one: keep the older values an hour.
        found["min.compaction.lag.ms"] = "3600000"
    return found


async def plan(settings: Settings, teams: Iterable[str]) -> list[Change]:
    """Compare the table with the broker."""
    table = wanted(settings, teams)
    counts = await existing(settings, table)
    return [_compare(name, spec, count, settings, counts.get(name)) for name, (spec, count) in table.items()]


def _compare(name: str, spec: TopicSpec, count: int, settings: Settings, found: int | None) -> Change:
    if found is None:
        return Change("create", name, f"{count} partitions, replication {settings.replication}, {spec.cleanup}")
    if found != count:
        return Change("refuse", name, f"has {found} partitions, {count} wanted: changing that would reorder keys")
    return Change("keep", name, f"{count} partitions")


async def apply(settings: Settings, teams: Iterable[str]) -> list[Change]:
    """Create what is missing. Raises WinnowError when the broker refuses."""
    changes = await plan(settings, teams)
    table = wanted(settings, teams)
    new = [
        NewTopic(
            change.topic,
            table[change.topic][1],
            settings.replication,
            topic_configs=configuration(table[change.topic][0], settings.replication),
        )
        for change in changes
        if change.verb == "create"
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
    except (KafkaError, OSError) as error:
        raise WinnowError(f"the broker {settings.broker} did not create topics: {error}", hint="Check its ACLs and replication.") from error
    finally:
        await client.close()
    return changes


async def partitions(settings: Settings, nouns: Iterable[str]) -> dict[str, int]:
    """Partition counts of existing topics. Raises WinnowError naming those that do not exist."""
    names = {noun: settings.topic(noun) for noun in nouns}
    counts = await existing(settings, names.values())
    missing = sorted(set(names.values()) - set(counts))
    if missing:
        raise WinnowError(f"topics are missing at {settings.broker}: {', '.join(missing)}", hint="Run `winnow topics apply`.")
    return {noun: counts[name] for noun, name in names.items()}


async def existing(settings: Settings, names: Iterable[str]) -> dict[str, int]:
    """Full name -> partition count of those topics that exist."""
    client = clients.admin(settings)
    try:
        await client.start()
        return {found["topic"]: len(found["partitions"]) for found in await client.describe_topics(list(names)) if found["partitions"]}
    except (KafkaError, OSError) as error:
        raise clients.unreachable(settings, error) from error
    finally:
        await client.close()


async def needed_by(settings: Settings, stage: str) -> dict[str, int]:
    """Partition counts that a stage's shards depend on: its inputs, its state, and the inputs of the stage before."""
    if stage not in STAGES:
        raise WinnowError(f"unknown stage {stage!r}", hint=f"Stages: {', '.join(STAGES)}.")
    before = {"correlate": "sift", "decide": "correlate", "act": "decide", "monitor": "decide", "learn": "sift"}.get(stage)
    nouns = {*INPUTS[stage], f"{stage}-state", "ledger", "rejected", *(INPUTS[before] if before else ())}
    found = await partitions(settings, nouns)
    state = found[f"{stage}-state"]
    for noun in INPUTS[stage]:
        if found[noun] > state:
            raise WinnowError(f"{settings.topic(noun)} has {found[noun]} partitions but {settings.topic(stage + '-state')} only {state}")
    return found
