"""Fixtures shared by all tests: a real Kafka, the measuring data, and how their absence shows."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.local.kafka import LocalKafka, missing_tools
from agents.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
STATUS = pytest.StashKey[int]()
NOBODY = "127.0.0.1:9"
"""A broker that is none: ports below 1024 are the system's, and this one's service was given up long ago."""
WITHIN = "PYTEST_WITHIN"
"""In the environment of a program that goes on when its tests are over."""


def absent(what: str) -> None:
    """Fail in CI, where everything must be there; skip visibly elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: required in CI")
    pytest.skip(what)


def pytest_configure() -> None:
    """Nobody's deployment: settings of whoever runs the tests are left out, and a test that names no broker asks where nobody listens."""
    for name in [name for name in os.environ if name.startswith("WINNOW_") and name != "WINNOW_DATA"]:
        del os.environ[name]
    os.environ["WINNOW_BROKER"] = NOBODY


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End with pytest's own word, without the interpreter's last collection.

    Twice that met an object which a library had broken (brokers, workers and TLS in one process), and ended with a segmentation fault
    where all tests had been told of. No kernel writes beyond its arrays, and no test with Python's debugging allocator shows who does.
    A program that runs tests within (`tests.tools.mutation_score`) goes on.
    """
    if (status := config.stash.get(STATUS, None)) is not None and WITHIN not in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep how the tests ended for the end of the process."""
    session.config.stash[STATUS] = int(exitstatus)


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
