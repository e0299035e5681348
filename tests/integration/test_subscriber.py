"""The example subscriber against decide and act on a real Kafka: once, in time, taken back, answered; killed in between."""

import ast
import sys
from pathlib import Path

import pytest

from agents.settings import Settings
from tests.integration.subscriber_world import Desk, subscribing

pytestmark = pytest.mark.kafka

SUBSCRIBER = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "subscriber.py"


async def test_the_example_subscriber(settings: Settings, tmp_path: Path) -> None:
    """It keeps each of the README's rules although it is killed and everything comes again."""
    words = (settings.broker, "support", settings.prefix, str(tmp_path / "tickets.sqlite"))
    await subscribing(settings, tmp_path, Desk((sys.executable, str(SUBSCRIBER), *words)))


def test_the_example_is_short() -> None:
    """At most 60 lines, as the README says, every function explained."""
    text = SUBSCRIBER.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert all(ast.get_docstring(node) for node in functions)
