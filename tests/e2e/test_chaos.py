"""The short form of `make chaos`: each kind of fault once on three brokers, nothing lost, nothing changed."""

import asyncio
import logging
from pathlib import Path

import pytest

from agents.local.cluster import LocalCluster
from agents.local.kafka import missing_tools
from tests.conftest import absent
from tests.e2e.chaos import Chaos
from tests.e2e.chaos_forms import SHORT

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1_500)]

KINDS = {"leader killed", "coordinator killed", "two of three killed", "worker killed", "worker paused"}


def test_chaos_on_three_brokers_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Leader, coordinator, two of three brokers, workers: the books balance, and the decisions are those of an undisturbed run."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    caplog.set_level(logging.CRITICAL, "aiokafka")  # that a broker is dead it says several times a second
    told: list[str] = []
    with LocalCluster(tmp_path / "kafka") as cluster:
        chaos = Chaos(SHORT, cluster, tmp_path, told.append)
        wrong = asyncio.run(chaos.run())
    assert not wrong, "\n".join([*wrong, *told])
    assert set(chaos.faults) == KINDS, "every kind of fault happened"
