"""Fixtures shared by all tests: a real Kafka, the measuring data, and how their absence shows."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.local.kafka import LocalKafka, missing_tools
from agents.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent


def absent(what: str) -> None:
    """Fail in CI, where everything must be there; skip visibly elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: required in CI")
    pytest.skip(what)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Kafka that this test session started."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.address


@pytest.fixture
def settings(kafka: str) -> Settings:
    """A deployment of its own on the real Kafka."""
    return load_settings(broker=kafka, prefix=f"t{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the measuring data, which is never part of the project."""
    folder = Path(os.environ.get("WINNOW_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        absent(f"no measuring data at {folder}; set WINNOW_DATA")
    return folder
