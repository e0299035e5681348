"""What is read off shards against what they wrote: a flow over a simulated stream is looked at as a worker looks at its shards."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from agents.metrics.metrics import Metrics
from agents.metrics.shards import GAUGES, read
from agents.metrics.table import TABLE
from agents.settings import load_settings
from agents.stages import build as stages
from pipeline.act.budget import TOKEN
from pipeline.flow import Arrival, Flow
from pipeline.policy.load import load_policy
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.stage import WATERMARK, Output
from schemas.topics import STAGES

SCENARIO = Scenario(seed=5, events=3_000, start_ms=1_795_000_000_000, hours=2.0)


@pytest.fixture(scope="module")
def ran() -> tuple[Flow, list[Output]]:
    """A flow that has worked the scenario and is not finished, so that situations are open, and all it wrote."""
    flow = stages.flow(load_settings(backfill_after_seconds=1e9))
    outputs: list[Output] = []
    for number, event in enumerate(simulate(SCENARIO)):
        flow._append(
            event.topic, number % 4, Arrival(event.topic, event.key, event.value, (("source", event.source.encode()),), event.at_ms)
        )
        if number % 500 == 499:
            outputs += flow.drain()
    return flow, outputs


def shards(flow: Flow, stage: str) -> list[object]:
    """All shards of a stage, as if one worker had them all."""
    return [shard for (name, _), shard in flow._shards.items() if name == stage]


def messages(outputs: list[Output], noun: str) -> Iterator[dict[str, Any]]:
    """What was written to a topic."""
    return (orjson.loads(one.value) for one in outputs if one.noun.partition(".")[0] == noun and one.type != WATERMARK)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_looked_at(ran: tuple[Flow, list[Output]], stage: str) -> None:
    """No reading fails on the shards of this release, and each fits the table."""
    found = read(stage, shards(ran[0], stage))
    for name, labels, _ in found:
        assert name in GAUGES
        assert len(labels) == len(TABLE[name].labels) - 1
        assert stage in TABLE[name].stages
    metrics = Metrics(stage)
    metrics.shards(shards(ran[0], stage))
    assert metrics.registry.get_sample_value("winnow_metric_errors_total", {"stage": stage}) == 0
    assert (stage in ("monitor", "learn")) or any(name == "winnow_newest_event_timestamp_seconds" for name, _, _ in found)


def test_open_situations_are_those_whose_last_word_was_not_closed(ran: tuple[Flow, list[Output]]) -> None:
    """By kind."""
    flow, outputs = ran
    last = {message["id"]: message for message in messages(outputs, "situations")}
    expected = Counter(message["kind"] for message in last.values() if message["status"] != "closed")
    seen = {labels[0]: value for name, labels, value in read("correlate", shards(flow, "correlate")) if name == "winnow_situations_open"}
    assert {kind: amount for kind, amount in seen.items() if amount} == dict(expected)
    assert expected


def test_open_actions_and_attention_are_those_of_the_policy(ran: tuple[Flow, list[Output]]) -> None:
    """Nobody has answered: every action that nothing took back is open; no budget exceeds the team's burst."""
    flow, outputs = ran
    sent = {m["action_id"]: m["team"] for m in messages(outputs, "actions") if m["kind"] not in ("revoke", "escalate")}
    over = {m[key] for m in messages(outputs, "actions") for key in ("supersedes", "revokes") if m[key]}
    expected = Counter(team for action, team in sent.items() if action not in over)
    found = read("act", shards(flow, "act"))
    assert {labels: value for name, labels, value in found if name == "winnow_actions_open"} == {
        (team, "none"): amount for team, amount in expected.items()
    }
    policy = load_policy(None)
    left = {labels[0]: value for name, labels, value in found if name == "winnow_attention_budget_remaining_actions"}
    assert left
    assert all(0 <= value <= policy.team(team).attention.burst for team, value in left.items())
    assert TOKEN == 3_600_000


def test_versions_are_those_in_the_messages(ran: tuple[Flow, list[Output]]) -> None:
    """The model in every piece of information, the policy in every decision."""
    flow, outputs = ran
    models = {message["model"] for message in messages(outputs, "information")}
    policies = {message["policy"] for message in messages(outputs, "decisions")}
    assert {labels[0] for name, labels, _ in read("sift", shards(flow, "sift")) if name == "winnow_model_info"} == models
    for stage in ("decide", "act"):
        assert {labels[0] for name, labels, _ in read(stage, shards(flow, stage)) if name == "winnow_policy_info"} == policies


def test_acted_on_ratios_are_those_that_monitor_tells(ran: tuple[Flow, list[Output]]) -> None:
    """The last health of every rule and team."""
    flow, outputs = ran
    told = {(m["kind"], m["name"]): m["acted_on_ratio"] for m in messages(outputs, "health")}
    seen = {labels: round(value, 4) for name, labels, value in read("monitor", shards(flow, "monitor")) if name == "winnow_acted_on_ratio"}
    assert seen == {subject: ratio for subject, ratio in told.items() if ratio is not None}
    assert seen
