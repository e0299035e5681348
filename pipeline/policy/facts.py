"""The facts of a situation that CEL expressions may speak about. Nothing else is visible to a rule."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.policy.fact_table import CLASSES, WEEKDAYS
from schemas.messages import Intent, Sentiment, SituationKind, Stakeholder
from schemas.times import to_milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**53
TEXT_LIMIT = 2_000
_SENTIMENTS = tuple(str(value) for value in Sentiment)
_INTENTS = tuple(str(value) for value in Intent)
_STAKEHOLDERS = tuple(str(value) for value in Stakeholder)
_PLAIN = ("id", "subject", "facet", "kind", "status", "origin")
_COUNTS = ("revision", "events", "copies", "authors", "reach")
_REALS = ("expected", "p_value", "severity", "urgency")
_FLAGS = ("self_resolved", "dual_hat", "backfill")


def severity_class(severity: float) -> str:
    """Name of the class that a severity (0..1) falls into.

    >>> severity_class(0.5)
    'high'
    """
    return CLASSES[min(int(severity * 4), 3)]


def facts_of(situation: Mapping[str, Any]) -> dict[str, Any]:
    """What CEL sees of a situation (a message dict): ``situation.*``, ``text``, and ``hour`` and ``weekday`` in UTC.

    All intents, sentiments and stakeholders are present, 0 where nobody spoke; the time is that of the last event.
    """
    opened = to_milliseconds(situation["opened_at"])
    updated = to_milliseconds(situation["updated_at"])
    moment = _EPOCH + timedelta(milliseconds=updated)
    sentiment = _filled(situation["sentiment"], _SENTIMENTS)
    intents = _filled(situation["intents"], _INTENTS)
    stakeholders = _filled(situation["stakeholders"], _STAKEHOLDERS)
    seen: dict[str, Any] = {name: situation[name] for name in _PLAIN}
    seen |= {name: min(int(situation[name]), _LARGEST) for name in _COUNTS}
    seen |= {name: float(situation[name]) for name in _REALS}
    seen |= {name: bool(situation[name]) for name in _FLAGS}
    seen["absorbed"] = situation["absorbed_by"] is not None
    seen["severity_class"] = severity_class(situation["severity"])
    seen["sentiment"] = sentiment
    seen["intents"] = intents
    seen["stakeholders"] = stakeholders
    seen["sources"] = {name: min(int(count), _LARGEST) for name, count in situation["sources"].items()}
    seen["intent"] = _most(intents)
    seen["stakeholder"] = _most(stakeholders)
    seen["negative_share"] = sentiment["negative"] / (sum(sentiment.values()) or 1)
    seen["age_minutes"] = max(updated - opened, 0) / 60_000
    return {
        "situation": seen,
        "text": " ".join(piece["text"] for piece in situation["evidence"])[:TEXT_LIMIT].lower(),
        "hour": moment.hour,
        "weekday": WEEKDAYS[moment.weekday()],
    }


def look_up(seen: Mapping[str, Any], path: str) -> Any:
    """The value of a dotted path such as ``situation.intents.complaint``, None when there is none."""
    value: Any = seen
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _filled(counts: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    return {name: min(int(counts.get(name, 0)), _LARGEST) for name in names}


def _most(counts: Mapping[str, int]) -> str:
    return max(counts, key=lambda name: counts[name])


def samples() -> Iterator[dict[str, Any]]:
    """Facts of invented situations that differ in everything a rule can ask: what expressions are checked against."""
    levels = (0.0, 0.4, 0.7, 1.0)
    flags = ((False, False), (True, False), (False, True))
    for number, (kind, level, (resolved, dual_hat)) in enumerate(itertools.product(SituationKind, levels, flags)):
        moment = f"2026-03-{number % 28 + 1:02d}T{number % 24:02d}:10:00.000Z"
        yield facts_of(
            {
                "id": f"{number:032x}", "kind": str(kind), "subject": f"brand{number % 3}", "facet": ("", "delivery")[number % 2],
                "status": ("opened", "updated", "closed")[number % 3], "revision": number + 1, "opened_at": moment, "updated_at": moment,
                "events": number * 5 + 1, "copies": number, "authors": number * 4 + 1, "reach": number * number * 100,
                "sentiment": {_SENTIMENTS[number % 3]: number + 1}, "intents": {_INTENTS[number % 6]: number + 1},
                "stakeholders": {_STAKEHOLDERS[number % 7]: number + 1}, "sources": {("x", "zendesk")[number % 2]: number + 1},
                "expected": number * (1 / 3, 9.0)[number % 2],
                "p_value": 1.0 - level, "severity": level, "urgency": (level + number % 5 / 5) / 2,
                "origin": ("organic", "amplified", "coordinated", "unknown")[number % 4], "self_resolved": resolved,
                "dual_hat": dual_hat, "backfill": number % 5 == 0, "absorbed_by": "f" * 32 if number % 7 == 6 else None,
                "evidence": [{"text": f"sample text {number}"}],
            }
        )  # fmt: skip
