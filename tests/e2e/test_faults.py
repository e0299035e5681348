"""Noise in, actions out on a real Kafka, with processes killed and brokers gone: nothing lost, nothing changed."""

import asyncio
import signal
import uuid
from collections import Counter
from functools import cache
from pathlib import Path

import orjson
import pytest

from agents.local.kafka import LocalKafka, missing_tools
from pipeline.stream.stage import Output
from tests.conftest import absent
from tests.e2e.deployment import FROM_THE_CLOCK, READY_SECONDS, SCENARIO, Deployment, Outcome, action_kinds, expected, fitting, run

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def undisturbed(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The scenario through all stages with nothing going wrong."""
    return asyncio.run(run(fitting(kafka, f"u{uuid.uuid4().hex[:6]}"), tmp_path_factory.mktemp("undisturbed")))


def accounted(outcome: Outcome) -> None:
    """Every simulated event has exactly one disposition, and the books balance."""
    report = outcome.report
    assert report.balanced, report.to_json()
    assert report.events == SCENARIO.events
    assert sum(amount for name, amount in report.dispositions["sift"].items() if name != "absent") == SCENARIO.events
    assert not any(report.absent.values())


def no_contradictions(outcome: Outcome) -> None:
    """Of one situation, one team has at most one live decision that nothing superseded."""
    decisions = outcome.view.decisions.values()
    superseded = {decision["supersedes"] for decision in decisions}
    live = Counter(d["situation"]["id"] for d in decisions if d["mode"] == "live" and not d["withdrawn"] and d["id"] not in superseded)
    assert max(live.values(), default=0) <= 1


def the_same(outcome: Outcome, undisturbed: Outcome) -> None:
    """The disturbed run accounted for all and decided the same actions, but for those that the clock may bring about."""
    accounted(outcome)
    no_contradictions(outcome)
    kinds = kinds_of_flow()
    differing = {action: kinds.get(action, "only deployed") for action in outcome.action_ids() ^ undisturbed.action_ids()}
    assert set(differing.values()) <= FROM_THE_CLOCK, differing


@cache
def flowed() -> tuple[Output, ...]:
    """What the flow without Kafka writes."""
    return tuple(expected(fitting("127.0.0.1:9", "flow")).values())


@cache
def kinds_of_flow() -> dict[str, str]:
    """Action id -> its kind, of the flow without Kafka."""
    return action_kinds(flowed())


def test_an_undisturbed_run_balances(undisturbed: Outcome) -> None:
    """The books balance, and every stage took part."""
    accounted(undisturbed)
    no_contradictions(undisturbed)
    assert undisturbed.action_ids()


def test_the_flow_without_kafka_gives_the_same_ids(undisturbed: Outcome) -> None:
    """Situations, decisions and actions have the same ids, and events the same dispositions, with and without Kafka."""
    messages = [(output.noun, orjson.loads(output.value)) for output in flowed()]
    view = undisturbed.view
    assert set(view.situations) == {message["id"] for noun, message in messages if noun == "situations"}
    assert set(view.decisions) == {message["id"] for noun, message in messages if noun == "decisions"}
    actions = kinds_of_flow()
    differing = set(actions) ^ view.action_ids
    assert {actions.get(action, "only deployed") for action in differing} <= FROM_THE_CLOCK


def test_a_killed_sift_worker_changes_nothing(undisturbed: Outcome, kafka: str, tmp_path: Path) -> None:
    """kill -9 of sift in mid-stream: it comes back, and the same actions follow."""

    async def kill(deployment: Deployment) -> None:
        await deployment.until_sifted(0.3)
        deployment.kill("sift")

    outcome = asyncio.run(run(fitting(kafka, f"s{uuid.uuid4().hex[:6]}"), tmp_path, disturb=kill))
    assert outcome.restarts["sift"] >= 1
    the_same(outcome, undisturbed)


def test_a_killed_correlate_worker_changes_nothing(undisturbed: Outcome, kafka: str, tmp_path: Path) -> None:
    """kill -9 of correlate in mid-stream: its state comes back from the changelog, and the same actions follow."""

    async def kill(deployment: Deployment) -> None:
        await deployment.until_correlated(1_000)
        deployment.kill("correlate")

    outcome = asyncio.run(run(fitting(kafka, f"c{uuid.uuid4().hex[:6]}"), tmp_path, disturb=kill))
    assert outcome.restarts["correlate"] >= 1
    the_same(outcome, undisturbed)


def test_a_rebalance_between_two_workers_changes_nothing(undisturbed: Outcome, kafka: str, tmp_path: Path) -> None:
    """Two workers of sift and correlate; one of each is killed in mid-stream: partitions and state move, twice."""

    async def kill(deployment: Deployment) -> None:
        await deployment.until_sifted(0.2)
        deployment.kill("sift", of=1)
        deployment.kill("correlate", of=1)

    groups = (("sift", "correlate", "decide", "act", "monitor", "learn"), ("sift", "correlate"))
    outcome = asyncio.run(run(fitting(kafka, f"r{uuid.uuid4().hex[:6]}"), tmp_path, groups=groups, disturb=kill))
    the_same(outcome, undisturbed)


def test_workers_that_oversleep_write_nothing_more(undisturbed: Outcome, kafka: str, tmp_path: Path) -> None:
    """Workers of sift and correlate are suspended beyond their session: others take over, and what wakes up ends itself."""

    async def suspend(deployment: Deployment) -> None:
        await deployment.supervisors[1].until_ready(READY_SECONDS)  # only who has started can oversleep
        await deployment.until_sifted(0.2)
        for stage in ("sift", "correlate"):
            deployment.kill(stage, signal.SIGSTOP, of=1)
        await asyncio.sleep(deployment.settings.session_timeout_seconds + 2)  # the suspension itself
        for child in deployment.supervisors[1].children:
            assert child.process is not None
            child.process.send_signal(signal.SIGCONT)
        await deployment.until(lambda _: all(child.restarts for child in deployment.supervisors[1].children), "both ended")

    groups = (("sift", "correlate", "decide", "act", "monitor", "learn"), ("sift", "correlate"))
    settings = fitting(kafka, f"z{uuid.uuid4().hex[:6]}", batch_records=5, batch_interval_seconds=0.2)  # work is left when all have started
    outcome = asyncio.run(run(settings, tmp_path, groups=groups, disturb=suspend))
    the_same(outcome, undisturbed)
    logs = [(tmp_path / "1" / f"{stage}.log").read_text() for stage in ("sift", "correlate")]
    assert all("nothing more is written" in log for log in logs)


def test_a_broker_that_goes_away_and_comes_back_changes_nothing(undisturbed: Outcome, tmp_path: Path) -> None:
    """The broker stops in mid-stream and starts again: workers wait or restart, and the same actions follow."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    broker = LocalKafka(tmp_path / "kafka")

    async def stop_and_start(deployment: Deployment) -> None:
        await deployment.until_sifted(0.3)
        await asyncio.to_thread(broker.stop)
        await asyncio.sleep(3)  # the outage itself
        await asyncio.to_thread(broker.start)

    with broker:
        outcome = asyncio.run(run(fitting(broker.address, f"b{uuid.uuid4().hex[:6]}"), tmp_path, disturb=stop_and_start))
    the_same(outcome, undisturbed)
