"""Records that end, by a signal, every process that works on them: they are put aside, and the rest of the stream is delivered."""

import asyncio
import json
import os
import uuid
from pathlib import Path

import orjson
import pytest

from agents.inspect.audit import AuditReport
from agents.runtime.lease import HELD_UP
from schemas.messages import Rejected
from tests.e2e.deployment import SCENARIO, arrivals, expected, fitting, run
from tests.integration.shell import read

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

DEADLY = Path(__file__).parent / "deadly"


def poisoned(report: AuditReport) -> dict[str, int]:
    """How many records stages rejected."""
    return {stage: found.get("rejected", 0) for stage, found in report.dispositions.items()}


def test_records_that_kill_are_put_aside(kafka: str, tmp_path: Path) -> None:
    """One post ends sift by SIGSEGV, one piece of information ends correlate by SIGKILL, whoever works it. Each is rejected as poison with
    its place, its bytes and how it ended; every other event is accounted for as if they had never been; nothing else is put aside.
    """
    settings = fitting(kafka, f"p{uuid.uuid4().hex[:6]}")
    outputs = expected(settings)
    informations = [json.loads(output.value) for (noun, _), output in outputs.items() if noun == "information"]
    refused = sum(noun == "rejected" for noun, _ in outputs)
    post, piece = informations[len(informations) // 3], informations[len(informations) // 2]
    native = post["signal"]["id"].encode()
    assert sum(native in arrival.value for arrival in arrivals()) == 1
    environment = {
        "DEADLY_POST": native.decode(), "DEADLY_INFORMATION": piece["id"],
        "PYTHONPATH": os.pathsep.join([str(DEADLY), str(Path.cwd()), os.environ.get("PYTHONPATH", "")]),
    }  # fmt: skip
    outcome = asyncio.run(run(settings, tmp_path, more_environment=environment))
    assert outcome.report.balanced, outcome.report.to_json()
    assert outcome.report.events == SCENARIO.events
    assert outcome.restarts["sift"] >= 1
    assert outcome.restarts["correlate"] >= 1
    messages = [Rejected.model_validate(orjson.loads(record.value)) for record in asyncio.run(read(settings, "rejected"))]
    found = {(one.stage, one.lineage.topic, one.lineage.partition, one.lineage.offset): one for one in messages}
    poison = {one.stage: one for one in found.values() if one.code == "poison"}
    assert len(found) == refused + 2, "what a crash made to be written again has the same place"
    assert sum(one.code == "poison" for one in found.values()) == 2
    assert set(poison) == {"sift", "correlate"}
    assert "SIGSEGV" in poison["sift"].reason
    assert "SIGKILL" in poison["correlate"].reason
    assert poison["correlate"].lineage.topic == "information"
    assert poisoned(outcome.report)["correlate"] == 1
    for stage, restarts in outcome.restarts.items():
        if stage not in poison:  # they end for one reason only: that the machine did not let them run
            assert restarts == (tmp_path / "0" / f"{stage}.log").read_text().count(HELD_UP), stage
