"""Topics on a real Kafka: planned, created, left alone, never changed so that keys would move."""

import asyncio

import pytest
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from agents.kafka import clients, topics
from agents.settings import Settings
from schemas.errors import WinnowError
from schemas.topics import STAGES, STATE_MAX_MESSAGE_BYTES, TOPICS

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

TEAMS = ["support", "comms"]


async def test_a_plan_changes_nothing(settings: Settings) -> None:
    """Everything is to be created, also when it was planned before."""
    for _ in range(2):
        changes = await topics.plan(settings, TEAMS)
        assert {change.verb for change in changes} == {"create"}
    assert len(changes) == len(TOPICS) + len(TEAMS) + len(STAGES)
    assert await topics.existing(settings, [change.topic for change in changes]) == {}


async def test_applying_twice_is_applying_once(settings: Settings) -> None:
    """The first time creates all, the second keeps all; a new team's topic is all that is created later."""
    first = await topics.apply(settings, TEAMS)
    assert {change.verb for change in first} == {"create"}
    second = await topics.apply(settings, TEAMS)
    assert {change.verb for change in second} == {"keep"}
    assert [change.topic for change in second] == [change.topic for change in first]
    third = await topics.apply(settings, [*TEAMS, "legal"])
    assert [change.topic for change in third if change.verb == "create"] == [settings.topic("actions.legal")]
    assert {change.verb for change in await topics.plan(settings, [*TEAMS, "legal"])} == {"keep"}


async def test_what_a_former_policy_needed_is_an_orphan(settings: Settings) -> None:
    """The topic of a team that is gone is named beside what is kept, and so are posts that another deployment owns now; no other
    deployment's topics are, and nothing is deleted.
    """
    await topics.apply(settings.model_copy(update={"prefix": f"{settings.prefix}-b"}), TEAMS)
    await topics.apply(settings, [*TEAMS, "legal"])
    shared = settings.model_copy(update={"input_prefix": f"{settings.prefix}-b"})
    orphans = [settings.topic(noun) for noun in ("actions.legal", "feedback", "posts")]
    for changes in (await topics.plan(shared, TEAMS), await topics.apply(shared, TEAMS)):
        assert [change.topic for change in changes if change.verb != "keep"] == orphans
        assert {change.verb for change in changes} == {"keep", "orphan"}
    details = {change.detail for change in changes if change.verb == "orphan"}
    assert details == {"is of no team of the policy", "is neither read nor written"}
    assert set(await topics.existing(settings, orphans)) == set(orphans)


async def test_another_number_of_partitions_is_refused(settings: Settings) -> None:
    """More or fewer would reorder keys: said for every such topic, done for none; topics with a number of their own are kept.

    So are those that may have more than the rest, and sift's state with them.
    """
    await topics.apply(settings, TEAMS)
    for wanted in (2, 8):
        changed = settings.model_copy(update={"partitions": wanted})
        for changes in (await topics.plan(changed, TEAMS), await topics.apply(changed, TEAMS)):
            verbs = {settings.noun(change.topic): change.verb for change in changes}
            assert {verbs[noun] for noun in ("information", "ledger", "correlate-state")} == {"refuse"}
            assert {verbs[noun] for noun in ("posts", "feedback", "sift-state")} == {"refuse" if wanted > 4 else "keep"}
            assert {verbs[noun] for noun in ("health", "models", "actions.support")} == {"keep"}
            detail = next(change.detail for change in changes if change.topic == settings.topic("ledger"))
            assert f"has 4 partitions, {wanted} wanted" in detail
    assert set((await topics.partitions(settings, ["posts", "ledger"])).values()) == {4}


async def test_topics_are_as_the_table_says(settings: Settings) -> None:
    """Cleanup, retention and the size of messages, as the broker has them."""
    await topics.apply(settings, TEAMS)
    found = await _configuration(settings, ["posts", "health", "sift-state"])
    assert (found["posts"]["cleanup.policy"], found["posts"]["retention.ms"]) == ("delete", str(TOPICS["posts"].retention_ms))
    assert found["health"]["cleanup.policy"] == found["sift-state"]["cleanup.policy"] == "compact"
    assert found["sift-state"]["max.message.bytes"] == str(STATE_MAX_MESSAGE_BYTES)
    assert found["sift-state"]["min.compaction.lag.ms"] == "3600000"
    assert found["sift-state"]["max.compaction.lag.ms"] == found["posts"]["segment.ms"] == "86400000"


async def test_what_is_set_otherwise_is_shown_and_set(settings: Settings) -> None:
    """A topic that somebody made by hand: what differs is planned, set when applied, and left alone when that is not wanted."""
    admin = clients.admin(settings)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(settings.topic("health"), 1, 1, topic_configs={"retention.ms": "1000", "segment.ms": "999999"})]
        )
    finally:
        await admin.close()
    await topics.apply(settings, TEAMS, align=False)
    (change,) = [change for change in await topics.plan(settings, TEAMS) if change.verb != "keep"]
    assert (change.verb, settings.noun(change.topic)) == ("change", "health")
    assert "cleanup.policy delete -> compact" in change.detail
    await topics.apply(settings, TEAMS)
    for _ in range(100):  # the broker takes a moment to know what it agreed to
        found = (await _configuration(settings, ["health"]))["health"]
        if found["cleanup.policy"] == "compact":
            break
        await asyncio.sleep(0.05)
    assert (found["cleanup.policy"], found["retention.ms"], found["segment.ms"]) == ("compact", "-1", "999999")
    assert {change.verb for change in await topics.plan(settings, TEAMS)} == {"keep"}


async def test_what_the_broker_refuses_is_an_error(settings: Settings) -> None:
    """Three replicas on one broker: said with the broker's reason, and nothing is claimed to be created."""
    with pytest.raises(WinnowError, match=r"did not create topics.*[Rr]eplication"):
        await topics.apply(settings.model_copy(update={"replication": 3}), TEAMS)
    assert {change.verb for change in await topics.plan(settings, TEAMS)} == {"create"}


async def test_missing_topics_are_named(settings: Settings) -> None:
    """A stage that is started too early says which topics it misses and how to get them."""
    with pytest.raises(WinnowError, match=rf"topics are missing .*{settings.topic('information')}.*winnow topics apply"):
        await topics.needed_by(settings, "correlate")
    await topics.apply(settings, TEAMS)
    assert (await topics.needed_by(settings, "correlate"))["posts"] == 4
    with pytest.raises(WinnowError, match="unknown stage 'polish'"):
        await topics.needed_by(settings, "polish")


async def _configuration(settings: Settings, nouns: list[str]) -> dict[str, dict[str, str]]:
    """Noun -> the broker's configuration of its topic."""
    admin = clients.admin(settings)
    await admin.start()
    try:
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic(noun)) for noun in nouns])
    finally:
        await admin.close()
    resources = [resource for answer in answers for resource in answer.resources]
    return {settings.noun(resource[3]): {entry[0]: entry[1] for entry in resource[4]} for resource in resources}
