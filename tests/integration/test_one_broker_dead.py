"""One of three brokers is dead, and named first: commands get their answers, and workers start."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.kafka import clients, topics
from agents.local.cluster import LocalCluster
from agents.local.kafka import missing_tools
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.settings import Settings, load_settings
from pipeline.policy import load_policy
from schemas.topics import INPUTS
from tests.conftest import absent
from tests.integration.policy_world import until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

TIMES = 12
"""A client that takes a broker at random and gives up on a dead one comes through so often once in a hundred."""


@pytest.fixture
def crippled(tmp_path: Path) -> Iterator[Settings]:
    """A deployment whose topics are on three brokers, of which the first has just been killed."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalCluster(tmp_path / "kafka") as cluster:
        settings = load_settings(broker=cluster.address, prefix="crippled", replication=3, session_timeout_seconds=20.0)
        asyncio.run(prepare(settings, None))
        cluster.kill(1)
        yield settings


async def test_questions_are_answered_and_workers_start(crippled: Settings, tmp_path: Path) -> None:
    """At once after the death, every time: topics, offsets, new topics on what is left; and a worker becomes ready without restarts."""
    nouns = INPUTS["sift"]
    places = [(crippled.topic(noun), number) for noun in nouns for number in range(crippled.partitions)]
    for _ in range(TIMES):
        assert await topics.partitions(crippled, nouns) == dict.fromkeys(nouns, crippled.partitions)
        assert await clients.committed(crippled, "crippled-sift", places) == {}
    smaller = crippled.model_copy(update={"prefix": "smaller", "replication": 2})
    teams = [team.name for team in load_policy(None).teams]
    assert {change.verb for change in await topics.apply(smaller, teams)} == {"create"}

    async def known() -> bool:
        return {change.verb for change in await topics.plan(smaller, teams)} == {"keep"}

    await until("the brokers that are left have all heard of them", known)
    async with Supervisor(("sift",), environment(crippled), tmp_path) as supervisor:
        await supervisor.until_ready(120)
        assert supervisor.children[0].restarts == 0
