"""A real Prometheus and Alertmanager watch a running flow on a real Kafka: everything is scraped, and trouble is told."""

import asyncio
import contextlib
import json
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiokafka
import orjson
import pytest

from agents.inspect.audit import wait_until_done
from agents.kafka import clients
from agents.local.flow_view import FlowView
from agents.local.supervise import BOARD, Child, Supervisor
from agents.local.up import prepare, with_board
from agents.metrics.table import TABLE
from agents.operate.replay import run_replay
from agents.settings import Settings, load_settings
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from schemas.times import iso
from schemas.topics import STAGES
from tests.conftest import ROOT
from tests.integration.monitoring import Monitoring, monitoring, tool, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

MOST_LAG = 20
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"


@dataclass(slots=True)
class Seen:
    """What Prometheus and Alertmanager had to say."""

    names: set[str] = field(default_factory=set)
    targets: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    recorded: dict[str, int] = field(default_factory=dict)
    moments: list[str] = field(default_factory=list)


def stream(seed: int, events: int) -> Iterator[Arrival]:
    """Posts of the last two hours."""
    start_ms = int(time.time() * 1000) - 7_200_000
    scenario = Scenario(seed=seed, events=events, start_ms=start_ms, hours=2.0)
    return (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(scenario))


async def answer_some(settings: Settings, teams: list[str]) -> None:
    """Teams acknowledge and do a few of their actions."""
    async with FlowView(settings, teams) as watch:
        await until(lambda: asyncio.sleep(0, bool(watch.view.action_ids)), "there are actions")
        await watch.caught_up()
        decided = {decision["id"] for decision in watch.view.decisions.values()}
        assert decided
    reader = clients.reader(settings)
    await reader.start()
    producer = clients.producer(settings)
    await producer.start()
    try:
        reader.subscribe([settings.topic(f"actions.{team}") for team in teams])
        found: dict[aiokafka.TopicPartition, list[aiokafka.ConsumerRecord]] = {}
        while not found:  # there are actions: the broker may be slow to say where
            found = await reader.getmany(timeout_ms=1_000)
        for action in [orjson.loads(record.value) for records in found.values() for record in records][:20]:
            for status in ("acknowledged", "done"):
                outcome = {"action_id": action["action_id"], "team": action["team"], "status": status, "at": iso(int(time.time() * 1000))}
                await producer.send_and_wait(settings.topic("outcomes"), orjson.dumps(outcome), key=action["team"].encode())
    finally:
        await producer.stop()
        await reader.stop()


def queries() -> list[str]:
    """Every query of every dashboard, as Grafana would send it."""
    return [
        target["expr"].replace("$__rate_interval", "1m").replace("$stage", ".*")
        for path in sorted(DASHBOARDS.glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    ]


async def look(watching: Monitoring, seen: Seen) -> None:
    """Wait until everything was scraped, then ask everything that dashboards and rules ask."""
    wanted = {name for metric in TABLE.values() for name in metric.series}

    async def scraped() -> bool:
        seen.names = await watching.names()
        return wanted <= seen.names

    try:
        await until(scraped, "every metric is scraped")
    except AssertionError:
        return  # the test says which are missing

    async def all_up() -> bool:
        seen.targets = (await watching.get("targets"))["activeTargets"]
        return {target["health"] for target in seen.targets} == {"up"}

    with contextlib.suppress(AssertionError):  # the test says which are not
        await until(all_up, "every worker is scraped")

    async def answered() -> bool:
        # A rate needs two scrapes and a recording rule an evaluation: the first moment is too early for both.
        for query in queries():
            seen.answers[query] = len(await watching.query(query))
        seen.rules = [rule for group in (await watching.get("rules"))["groups"] for rule in group["rules"]]
        for rule in seen.rules:
            if rule["type"] == "recording":
                seen.recorded[rule["name"]] = len(await watching.query(rule["name"]))
        return all(seen.answers.values()) and all(seen.recorded.values())

    with contextlib.suppress(AssertionError):  # the tests say which have none
        await until(answered, "every dashboard query and recording rule has data")


async def stop(child: Child) -> None:
    """End a worker for good."""
    child.wanted = False
    assert child.process is not None
    child.process.send_signal(signal.SIGTERM)
    await child.process.wait()


async def lag_and_back(watching: Monitoring, supervisor: Supervisor, settings: Settings, seen: Seen) -> None:
    """Stop sift, let posts wait, start it again."""
    sift = next(child for child in supervisor.children if child.stage == "sift")
    await stop(sift)
    await run_replay(settings, stream(2, 400), speed=None)
    await until(lambda: watching.is_firing("WinnowLagGrowing", "sift"), "the lag alert reaches Alertmanager")
    seen.moments.append("lag fires")
    sift.wanted = True
    sift.task = asyncio.create_task(supervisor._keep_running(sift))

    async def resolved() -> bool:
        return not await watching.is_firing("WinnowLagGrowing", "sift")

    await until(resolved, "the lag alert is resolved")
    seen.moments.append("lag resolves")


async def poison(watching: Monitoring, settings: Settings, seen: Seen) -> None:
    """Write what nobody can read, until somebody complains."""
    assert not await watching.is_firing("WinnowRejectedShare", "sift")

    async def noticed() -> bool:
        await run_replay(settings, (Arrival("posts", b"k", b"{not json", (("source", b"x"),), 0) for _ in range(50)), speed=None)
        return await watching.is_firing("WinnowRejectedShare", "sift")

    await until(noticed, "the rejected alert reaches Alertmanager")
    seen.moments.append("rejected fires")


async def observe(kafka: str, folder: Path) -> Seen:
    """The whole story."""
    settings = load_settings(
        broker=kafka, prefix=f"o{uuid.uuid4().hex[:6]}", partitions=2, backfill_after_seconds=1e9, idle_history_seconds=1.0,
        session_timeout_seconds=30.0, model_store=folder / "models",
        schema_registry_url="http://127.0.0.1:9",  # nobody needs it, and so nobody asks
    )  # fmt: skip
    teams = await prepare(settings, None)
    seen = Seen()
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(with_board(settings, folder, lambda _: None))
        await supervisor.until_ready(120)
        watching = await stack.enter_async_context(monitoring(folder, [child.port for child in supervisor.children], most_lag=MOST_LAG))
        await run_replay(settings, stream(1, 8_000), speed=None)
        assert await wait_until_done(settings, timeout_seconds=240)
        await answer_some(settings, teams)
        await look(watching, seen)
        await lag_and_back(watching, supervisor, settings, seen)
        await poison(watching, settings, seen)
    return seen


@pytest.fixture(scope="module")
def seen(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What was seen of a deployment that was fed, hurt and healed."""
    tool("prometheus")
    tool("prometheus-alertmanager", "alertmanager")
    return asyncio.run(observe(kafka, tmp_path_factory.mktemp("observe")))


def test_every_metric_of_the_table_is_scraped(seen: Seen) -> None:
    """With all its series, and nothing of ours is scraped that is not in the table."""
    wanted = {name for metric in TABLE.values() for name in metric.series}
    assert wanted - seen.names == set()
    ours = {name for name in seen.names if name.startswith("winnow_")}
    assert {name.removesuffix("_created") for name in ours - wanted} <= {name.removesuffix("_total") for name in TABLE}


def test_every_worker_is_scraped_at_a_port_of_its_own(seen: Seen) -> None:
    """Six stages and a board on one host, seven targets, all up."""
    assert {target["health"] for target in seen.targets} == {"up"}
    assert len({target["scrapeUrl"] for target in seen.targets}) == len((*STAGES, BOARD))


def test_every_rule_is_evaluated_and_every_recording_rule_has_data(seen: Seen) -> None:
    """No rule fails on real data."""
    assert [(rule["name"], rule.get("lastError")) for rule in seen.rules if rule["health"] != "ok"] == []
    assert len(seen.rules) > 20
    assert [name for name, amount in seen.recorded.items() if amount == 0] == []
    assert len(seen.recorded) > 8


def test_every_dashboard_query_returns_data(seen: Seen) -> None:
    """A fed deployment leaves no panel empty."""
    assert [query for query, amount in seen.answers.items() if amount == 0] == []
    assert len(seen.answers) > 40


def test_a_stopped_worker_makes_the_lag_alert_fire_and_its_return_resolves_it(seen: Seen) -> None:
    """As Alertmanager received it."""
    assert seen.moments[:2] == ["lag fires", "lag resolves"]


def test_a_poisoned_stream_fires_the_rejected_alert(seen: Seen) -> None:
    """As Alertmanager received it."""
    assert seen.moments[2:] == ["rejected fires"]
