"""A rolling restart of all stages under load on a real Kafka: every worker leaves in order and comes back, nothing changes."""

import asyncio
import signal
import uuid
from pathlib import Path

import pytest

from agents.local.supervise import STOP_SECONDS, Child
from tests.e2e.deployment import FROM_THE_CLOCK, SCENARIO, Deployment, action_kinds, expected, fitting, run

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


def test_a_rolling_restart_loses_nothing_and_changes_no_action(kafka: str, tmp_path: Path) -> None:
    """SIGTERM to one stage after the other in mid-stream: exit code 0 each, a balanced audit, the actions of an undisturbed run."""
    codes: dict[str, int] = {}

    async def restart(deployment: Deployment, child: Child) -> None:
        process = child.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        codes[child.stage] = await asyncio.wait_for(process.wait(), STOP_SECONDS)
        await deployment.supervisors[0].until_ready(60)

    async def roll(deployment: Deployment) -> None:
        await deployment.until_sifted(0.1)
        for child in deployment.supervisors[0].children:
            await restart(deployment, child)

    settings = fitting(kafka, f"l{uuid.uuid4().hex[:6]}", session_timeout_seconds=30.0)
    outcome = asyncio.run(run(settings, tmp_path, disturb=roll))
    assert set(codes.values()) == {0}, codes
    assert outcome.report.balanced, outcome.report.to_json()
    assert outcome.report.events == SCENARIO.events
    assert outcome.report.conflicts == []
    actions = action_kinds(expected(settings).values())
    assert {actions.get(action, "only deployed") for action in set(actions) ^ outcome.action_ids()} <= FROM_THE_CLOCK
    assert len(actions) > 50
