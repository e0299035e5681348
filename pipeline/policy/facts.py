"""The facts of a situation that CEL expressions may speak about. Nothing else is visible to a rule."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from operator import itemgetter
from typing import Any

from pipeline.policy.fact_table import CLASSES, FACETS, WEEKDAYS
from pipeline.policy.hours import Hours
from schemas.messages import Desk, Intent, Sentiment, SituationKind, Stakeholder
from schemas.times import to_milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**53
TEXT_LIMIT = 2_000
WORDS_LIMIT = 20
_WORD = re.compile(r"[^\W\d_]{4,}")
_SENTIMENTS = tuple(str(value) for value in Sentiment)
_INTENTS = tuple(str(value) for value in Intent)
_STAKEHOLDERS = tuple(str(value) for value in Stakeholder)
_DESKS = tuple(str(value) for value in Desk)
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


def facts_of(situation: Mapping[str, Any], first_events: int = 0, fields: frozenset[str] | None = None) -> dict[str, Any]:
    """What CEL sees of a situation (a message dict): ``situation.*``, ``text``, the time in UTC, and ``local.*``, in UTC as well.

    All intents, sentiments and stakeholders are present, 0 where nobody spoke; the time is that of the last event. ``first_events``: how
    many there were when somebody was first asked, 0 while nobody is; ``fields``: of the situation that are needed, None for all.
    """
    seen = {name: _FACTS[name](situation) for name in (_FACTS if fields is None else fields & _FACTS.keys())}
    seen["growth"] = situation["events"] / first_events if first_events else 1.0
    calendar = _calendar(_EPOCH + timedelta(milliseconds=to_milliseconds(situation["updated_at"])))
    return {
        "situation": seen,
        "text": " ".join(piece["text"] for piece in situation["evidence"])[:TEXT_LIMIT].lower(),
        **calendar,
        "local": calendar | {"open": True},
    }


def local_facts(situation: Mapping[str, Any], zone: tzinfo, hours: Hours | None) -> dict[str, Any]:
    """What ``local.*`` is in a zone, for an owner with these hours (None: always at work)."""
    updated = to_milliseconds(situation["updated_at"])
    moment = (_EPOCH + timedelta(milliseconds=updated)).astimezone(zone)
    return {**_calendar(moment), "open": hours is None or hours.is_open(updated)}


def _calendar(moment: datetime) -> dict[str, Any]:
    return {"hour": moment.hour, "weekday": WEEKDAYS[moment.weekday()], "date": moment.date().isoformat()}


def _shared_words(texts: list[str]) -> list[str]:
    """Words that half of the texts or more have, the most frequent first."""
    found = Counter(word for text in texts for word in set(_WORD.findall(text.lower())))
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [word for word, count in ordered if 2 * count >= len(texts)][:WORDS_LIMIT]


def look_up(seen: Mapping[str, Any], path: str) -> Any:
    """The value of a dotted path such as ``situation.intents.complaint``, None when there is none."""
    value: Any = seen
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _filled(counts: Mapping[str, int], names: tuple[str, ...]) -> dict[str, int]:
    found = dict.fromkeys(names, 0)
    for name, count in counts.items():  # few of them, as a rule
        if name in found:
            found[name] = min(int(count), _LARGEST)
    return found


def _most(counts: Mapping[str, int]) -> str:
    return max(counts, key=counts.__getitem__, default="")


def _told(situation: Mapping[str, Any], name: str) -> dict[str, int]:
    """How many pieces of evidence say each value of a field; what says none, as former versions did not, is not counted."""
    return dict(Counter(value for piece in situation["evidence"] if (value := piece.get(name))))


def _ratings(situation: Mapping[str, Any]) -> list[float]:
    return [float(rating) for piece in situation["evidence"] if (rating := piece.get("rating")) is not None]


def _rating(situation: Mapping[str, Any]) -> float:
    ratings = _ratings(situation)
    return sum(ratings) / len(ratings) if ratings else 0.5


def _confidence(situation: Mapping[str, Any]) -> dict[str, float]:
    sure = [one for piece in situation["evidence"] if (one := piece.get("confidence"))]
    return {facet: min([float(one.get(facet, 1.0)) for one in sure], default=1.0) for facet in FACETS}


def _sources(situation: Mapping[str, Any]) -> dict[str, int]:
    return {name: min(int(count), _LARGEST) for name, count in situation["sources"].items()}


def _desk(situation: Mapping[str, Any]) -> str:
    desks = _filled(situation.get("desks", {}), _DESKS)
    return _most(desks) if any(desks.values()) else ""


def _negative_share(situation: Mapping[str, Any]) -> float:
    sentiment = _filled(situation["sentiment"], _SENTIMENTS)
    return sentiment["negative"] / (sum(sentiment.values()) or 1)


def _age_minutes(situation: Mapping[str, Any]) -> float:
    return max(to_milliseconds(situation["updated_at"]) - to_milliseconds(situation["opened_at"]), 0) / 60_000


def _named(name: str, make: Callable[[Any], Any]) -> Callable[[Mapping[str, Any]], Any]:
    return lambda situation: make(situation[name])


_FACTS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    **{name: itemgetter(name) for name in _PLAIN},
    **{name: _named(name, lambda count: min(int(count), _LARGEST)) for name in _COUNTS},
    **{name: _named(name, float) for name in _REALS},
    **{name: _named(name, bool) for name in _FLAGS},
    "danger": lambda situation: float(situation.get("danger", 0.0)),
    "absorbed": lambda situation: situation["absorbed_by"] is not None,
    "severity_class": lambda situation: severity_class(situation["severity"]),
    "sentiment": lambda situation: _filled(situation["sentiment"], _SENTIMENTS),
    "intents": lambda situation: _filled(situation["intents"], _INTENTS),
    "stakeholders": lambda situation: _filled(situation["stakeholders"], _STAKEHOLDERS),
    "desks": lambda situation: _filled(situation.get("desks", {}), _DESKS),
    "intent": lambda situation: _most(_filled(situation["intents"], _INTENTS)),
    "stakeholder": lambda situation: _most(_filled(situation["stakeholders"], _STAKEHOLDERS)),
    "desk": _desk,
    "sources": _sources,
    "source": lambda situation: _most(_sources(situation)),
    "languages": lambda situation: _told(situation, "language"),
    "language": lambda situation: _most(_told(situation, "language")),
    "countries": lambda situation: _told(situation, "country"),
    "country": lambda situation: _most(_told(situation, "country")),
    "ratings": lambda situation: len(_ratings(situation)),
    "rating": _rating,
    "confidence": _confidence,
    "words": lambda situation: _shared_words([piece["text"] for piece in situation["evidence"]]),
    "negative_share": _negative_share,
    "age_minutes": _age_minutes,
}
"""How each fact is made, but for ``growth``: those that no condition asks for are not."""


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
                "danger": (0.0, level)[number % 2], "desks": {_DESKS[number % 10]: number + 1} if number % 4 else {},
                "origin": ("organic", "amplified", "coordinated", "unknown")[number % 4], "self_resolved": resolved,
                "dual_hat": dual_hat, "backfill": number % 5 == 0, "absorbed_by": "f" * 32 if number % 7 == 6 else None,
                "evidence": [
                    {
                        "text": f"sample text {number}", "language": ("en", "pt", None)[number % 3],
                        "country": ("DE", None, "BR")[number % 3],
                        "rating": level if number % 4 else None, "confidence": {"intent": level, "sentiment": 1.0 - level},
                    }
                ],
            }
        )  # fmt: skip
