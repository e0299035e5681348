"""A stream with known truth: native payloads as they would arrive, each with what it really is. For `winnow simulate`, tests and the
bench.

Chatter, complaints, questions, wishes, spam campaigns, cascades of copies, a mass reaction of known start and a smaller
happy one, employees with two hats, late, repeated and poisoned records. Same scenario, same bytes.
"""

import base64
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from pipeline.simulation.planning import Planner
from pipeline.simulation.rendering import Renderer, Simulated, Truth
from pipeline.simulation.scenario import Mix, Scenario, ScenarioError, Surge
from schemas.errors import WinnowError
from schemas.times import iso

__all__ = [
    "Envelope",
    "EnvelopeError",
    "Mix",
    "Scenario",
    "ScenarioError",
    "Simulated",
    "Surge",
    "Truth",
    "describe",
    "envelope",
    "read_envelope",
    "simulate",
    "truth_line",
]  # fmt: skip


class EnvelopeError(WinnowError):
    """A line of a replay file is not an envelope; says what is wrong with it."""


class Envelope(NamedTuple):
    """A record on its way to a topic. ``topic`` is the noun; ``at_ms`` its arrival in Unix ms, if the file tells it."""

    topic: str
    source: str
    key: bytes | None
    value: bytes
    at_ms: int | None = None


def simulate(scenario: Scenario) -> Iterator[Simulated]:
    """The scenario's events in order of arrival (``at_ms``), exactly ``scenario.events`` of them.

    >>> first = next(simulate(Scenario(seed=1, events=100)))
    >>> first.topic in ("posts", "feedback"), type(first.value).__name__
    (True, 'bytes')
    """
    return Renderer(scenario).render(Planner(scenario).plan())


def describe(scenario: Scenario) -> dict[str, object]:
    """What a run will hold, for people and for JSON: counts by kind, subjects, groups, surges with their start."""
    plan = Planner(scenario).plan()
    groups = Counter(group.split("-")[0] for group in {planned.group for planned in plan if planned.group})
    return {
        "seed": scenario.seed,
        "events": scenario.events,
        "from": iso(scenario.start_ms),
        "until": iso(scenario.end_ms),
        "subjects": {subject.id: subject.name for subject in scenario.subjects},
        "kinds": dict(sorted(Counter(planned.kind for planned in plan).items())),
        "sources": dict(sorted(Counter(planned.source for planned in plan if planned.kind != "malformed").items())),
        "campaigns": groups["campaign"],
        "cascades": groups["cascade"],
        "threads": groups["thread"],
        "ideas": groups["idea"],
        "surges": [{**surge._asdict(), "start": iso(surge.start_ms), "end": iso(surge.end_ms)} for surge in scenario.surges()],
        "employee_accounts": len(scenario.roster()),
    }


def envelope(simulated: Simulated, *, timed: bool = False) -> bytes:
    """One JSON line without its line end: topic, source, key and value; ``value_base64`` instead when it is not UTF-8.

    ``timed`` adds ``at_ms``, the time of arrival, so that a replay can keep the rhythm.
    """
    line: dict[str, object] = {"topic": simulated.topic, "source": simulated.source, "key": simulated.key.decode()}
    try:
        line["value"] = simulated.value.decode()
    except UnicodeDecodeError:
        line["value_base64"] = base64.b64encode(simulated.value).decode()
    if timed:
        line["at_ms"] = simulated.at_ms
    return orjson.dumps(line)


def read_envelope(line: bytes) -> Envelope:
    """The inverse of `envelope`; key and at_ms may be absent, unknown fields are ignored. Raises EnvelopeError."""
    hint = 'each line must be a JSON object such as {"topic": "posts", "source": "x", "key": "1", "value": "..."}'
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise EnvelopeError(f"the line is not JSON: {error}", hint=hint) from error
    if not isinstance(read, dict):
        raise EnvelopeError("the line is not a JSON object", hint=hint)
    for field in ("topic", "source"):
        if not isinstance(read.get(field), str) or not read[field]:
            raise EnvelopeError(f"{field} must be a text", hint=hint)
    key, at_ms = read.get("key"), read.get("at_ms")
    if not isinstance(key, str | None):
        raise EnvelopeError("key must be a text or null", hint=hint)
    if not isinstance(at_ms, int | None) or isinstance(at_ms, bool):
        raise EnvelopeError("at_ms must be a whole number (Unix milliseconds) or absent", hint=hint)
    return Envelope(read["topic"], read["source"], None if key is None else key.encode(), _value(read, hint), at_ms)


def _value(read: dict[str, object], hint: str) -> bytes:
    text, encoded = read.get("value"), read.get("value_base64")
    if isinstance(text, str) and encoded is None:
        return text.encode()
    if isinstance(encoded, str) and text is None:
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise EnvelopeError(f"value_base64 is not base64: {error}", hint=hint) from error
    raise EnvelopeError("exactly one of value and value_base64 must be a text", hint=hint)


def truth_line(simulated: Simulated, number: int) -> bytes:
    """One JSON line without its line end: what the ``number``-th record really is, and where and when it arrives."""
    topic, source, key, _, at_ms, truth = simulated
    return orjson.dumps({"number": number, "topic": topic, "source": source, "key": key.decode(), "at_ms": at_ms, **truth})
