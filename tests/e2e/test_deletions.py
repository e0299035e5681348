"""Posts edited and deleted on a real Kafka while workers are killed: the same as without Kafka, and not a byte of them in later actions."""

import asyncio
import os
import uuid
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from agents.stages import build as stages
from schemas.topics import STAGES
from tests.e2e.deployment import FROM_THE_CLOCK, Deployment, action_kinds, fitting, run
from tests.integration.shell import read
from tests.property.storm import storm
from tests.property.test_deletion_storm import SECRET, too_late

POSTS = int(os.environ.get("STORM_POSTS", "320"))
"""As many as `make storm` asks for, or a few."""

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600 + POSTS // 10)]


def test_a_storm_of_deletions_survives_killed_workers(kafka: str, tmp_path: Path) -> None:
    """kill -9 of sift and correlate in mid-storm: every record ends once, what is left of each situation and all actions are those of the
    flow without Kafka, and no action that comes after a deletion holds what the post said.
    """
    stream = storm(7, POSTS, ends=False)
    settings = fitting(kafka, f"d{uuid.uuid4().hex[:6]}", batch_records=20)
    flow = stages.flow(settings)
    outputs = list(flow.run(stream.arrivals()))

    async def kill(deployment: Deployment) -> None:
        await deployment.until(lambda view: sum(view.dispositions["sift"].values()) >= POSTS // 4, "a part was sifted")
        deployment.supervisors[0].kill("sift")
        await deployment.until(lambda view: sum(view.dispositions["correlate"].values()) >= POSTS // 3, "a part was correlated")
        deployment.supervisors[0].kill("correlate")

    outcome = asyncio.run(run(settings, tmp_path, groups=(STAGES,), disturb=kill, stream=stream.arrivals()))
    assert outcome.restarts["sift"] >= 1
    assert outcome.restarts["correlate"] >= 1
    assert outcome.report.balanced, outcome.report.to_json()
    assert outcome.report.dispositions["sift"]["withdrawn"] >= len(stream.deleted)
    assert outcome.report.dispositions["sift"]["updated"] > POSTS // 8
    expected = {situation["id"]: situation for one in outputs if one.noun == "situations" for situation in [orjson.loads(one.value)]}
    ends = {name: (situation["status"], situation["revision"], situation["events"]) for name, situation in expected.items()}
    found = outcome.view.situations
    assert {name: (one["status"], one["revision"], one["events"]) for name, one in found.items()} == ends
    assert "withdrawn" in {status for status, _, _ in ends.values()}
    actions = action_kinds(outputs)
    differing = set(actions) ^ outcome.action_ids()
    assert {actions.get(action) or outcome.view.action_kinds[action] for action in differing} <= FROM_THE_CLOCK
    teams = sorted({one.noun for one in outputs if one.noun.startswith("actions.")})
    told = [SimpleNamespace(noun=noun, value=record.value, id="") for noun in teams for record in asyncio.run(read(settings, noun))]
    assert sum(bool(SECRET.search(one.value)) for one in told) > min(POSTS // 8, 1_000)  # digests tell so many in full
    assert too_late(stream, told) == []
