"""The story of a post of a file, without Kafka."""

import asyncio

import orjson
import pytest

from agents.inspect.explain_file import explain_file
from agents.settings import Settings
from pipeline.flow import Arrival
from schemas.errors import WinnowError
from tests.unit.pipeline.sift.world import START, event

TEXTS = {
    "late": "My Aurora Air flight is late again, I lost five hours and my bag, I call my lawyer, this is the worst airline",
    "weather": "nice weather in Lyon today",
    "planes": "Aurora Air has blue planes",
    "weekend": "@auroraair has blue planes, @jane knows",
}


def arrivals() -> list[Arrival]:
    """One post each."""
    posts = [(name, orjson.dumps(orjson.loads(event(name, text, at_ms=START)))) for name, text in TEXTS.items()]
    return [Arrival("posts", name.encode(), value, (("source", b"signal"),), START) for name, value in posts]


def test_each_post_has_its_story() -> None:
    """From the record to the action, or why there is none."""

    def told(what: str) -> str:
        return "\n".join(asyncio.run(explain_file(Settings(), arrivals(), what, lambda _: None)).lines())

    source = orjson.loads(event("late", "x", at_ms=START))["source"]
    late = told(f"{source}:late")
    assert "was judged: complaint" in late
    assert "the text says “lawyer”" in late
    assert "legal was asked to review" in late
    assert "it is about none of the subjects" in told(f"{source}:weather")
    assert "spam 0." in told(f"{source}:weather")
    assert "no case: intent other opens none" in told(f"{source}:planes")
    assert "“@auroraair has blue planes, [handle] knows”" in told(f"{source}:weekend")
    with pytest.raises(WinnowError, match="nothing is known"):
        told(f"{source}:nothing")
