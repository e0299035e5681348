"""`winnow topics plan|apply` against a real Kafka: what differs from the table is shown, then set; what only a person may do is refused."""

import asyncio

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType

from agents.kafka import clients, topics
from agents.settings import Settings
from schemas.topics import TOPICS

TEAMS = ["support"]


async def _set(settings: Settings, noun: str, **values: str) -> None:
    entries = [ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET) for name, value in values.items()]
    resource = ConfigResource(ResourceType.TOPIC, settings.topic(noun), incremental_configs=entries)
    await clients.administer(settings, "change", lambda client: client.incremental_alter_configs([resource]))


async def _until(settings: Settings, verb: str, *nouns: str) -> dict[str, topics.Change]:
    """Wait until exactly these topics are planned so, and the rest kept: a broker hears of changes from its controller a little later."""
    for _ in range(200):
        changes = {change.topic: change for change in await topics.plan(settings, TEAMS) if change.verb != "keep"}
        if {name: change.verb for name, change in changes.items()} == dict.fromkeys(map(settings.topic, nouns), verb):
            return changes
        await asyncio.sleep(0.05)
    raise AssertionError(f"never planned as {verb}: {nouns}, but {changes}")


async def _config(settings: Settings, noun: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, settings.topic(noun))
    (found,) = (await clients.administer(settings, "look", lambda client: client.describe_configs([resource]))).values()
    return {name: entry.value for name, entry in found.items()}


async def test_apply_creates_and_then_keeps(settings: Settings) -> None:
    """All that is in the table is created as it says; a second run finds nothing to do."""
    first = await topics.apply(settings, TEAMS)
    assert {change.verb for change in first} == {"create"}
    assert {change.verb for change in await topics.plan(settings, TEAMS)} == {"keep"}
    found = await _config(settings, "ledger")
    assert found["retention.ms"] == str(TOPICS["ledger"].retention_ms)
    assert (await _config(settings, "sift-state"))["cleanup.policy"] == "compact"


async def test_what_was_set_otherwise_is_shown_and_aligned(settings: Settings) -> None:
    """Retention, compaction, in-sync replicas and record size are compared and set; what the table does not speak of stays."""
    await topics.apply(settings, TEAMS)
    await _set(settings, "posts", retention_ms="60000", index_interval_bytes="8192", min_insync_replicas="2")
    await _set(settings, "health", cleanup_policy="delete", max_message_bytes="2000000")
    changes = await _until(settings, "change", "posts", "health")
    assert "retention.ms 60000 -> 604800000" in changes[settings.topic("posts")].detail
    assert "min.insync.replicas 2 -> 1" in changes[settings.topic("posts")].detail
    assert "cleanup.policy delete -> compact" in changes[settings.topic("health")].detail
    shown: list[list[topics.Change]] = []
    await topics.apply(settings, TEAMS, align=False)
    assert (await _config(settings, "posts"))["retention.ms"] == "60000"
    await topics.apply(settings, TEAMS, show=shown.append)
    assert [change.verb for change in shown[0]].count("change") == 2
    await _until(settings, "keep")
    posts = await _config(settings, "posts")
    assert (posts["retention.ms"], posts["index.interval.bytes"]) == ("604800000", "8192")


async def test_partitions_and_missing_replicas_are_left_to_a_person(settings: Settings) -> None:
    """More partitions would reorder keys and fewer replicas than wanted need a move: both are refused, nothing is changed."""
    await topics.apply(settings, TEAMS)
    more = NewPartitions(settings.topic("decisions"), 5)
    await clients.administer(settings, "add partitions", lambda client: client.create_partitions([more]))
    refused = await _until(settings, "refuse", "decisions")
    await topics.apply(settings, TEAMS)
    assert await _until(settings, "refuse", "decisions") == refused
    assert "5 partitions, 4 wanted" in refused[settings.topic("decisions")].detail
    wider = settings.model_copy(update={"replication": 3})
    assert all(change.verb == "refuse" for change in await topics.plan(wider, TEAMS))
    assert (await _config(settings, "posts"))["min.insync.replicas"] == "1"
