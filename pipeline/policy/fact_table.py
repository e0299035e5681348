"""Every fact that a condition can speak about: its type, its values or bounds, what it means. For checking and for the reference."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.messages import Desk, Intent, Origin, Sentiment, SituationKind, SituationStatus, Stakeholder

FACETS = ("intent", "sentiment", "stakeholder")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLASSES = ("low", "medium", "high", "critical")
"""Severity classes: below .25, .5, .75, and above. A change of class is a change in substance."""


class Fact(NamedTuple):
    """``type``: text, whole, real, true (or false), texts (a list), counts and shares (by name). ``values``: all that a text can be, or all
    names of counts or shares; empty for any. ``low`` and ``high``: bounds of a number. ``form``: of a text, or of the names, that no list
    closes (`forms`).
    """

    type: str
    meaning: str
    values: tuple[str, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    form: str = ""


def _values(closed: type) -> tuple[str, ...]:
    return tuple(str(value) for value in closed)  # type: ignore[attr-defined]  # an enumeration


_SHARE = (0.0, 1.0)

SITUATION = {
    "id": Fact("text", "its id, the same in every revision"),
    "subject": Fact("text", "who or what is spoken of: the id of a subject"),
    "facet": Fact("text", "how people speak: what the author of a case wants, how a surge feels, `request` of an idea", form="facet"),
    "kind": Fact("text", "one author's conversation, a mass reaction, or the same wish of many", _values(SituationKind)),
    "status": Fact("text", "where it stands in its life", _values(SituationStatus)),
    "origin": Fact("text", "what a mass reaction is made of", _values(Origin)),
    "revision": Fact("whole", "how often it was told, from 1", (), 1),
    "events": Fact("whole", "posts and feedback in it", (), 0),
    "copies": Fact("whole", "events that repeat another one's text", (), 0),
    "authors": Fact("whole", "people who spoke", (), 0),
    "reach": Fact("whole", "people whom those who spoke reach, together: followers, or views and reactions where these are more", (), 0),
    "expected": Fact("real", "events that would be usual here and now; 0.0 for a case", (), 0),
    "p_value": Fact("real", "how likely so many events are by chance", (), *_SHARE),
    "severity": Fact("real", "how grave it is", (), *_SHARE),
    "urgency": Fact("real", "how soon somebody waits for an answer", (), *_SHARE),
    "danger": Fact("real", "how likely it is that people, or what is theirs, are being harmed now, by the gravest post", (), *_SHARE),
    "severity_class": Fact("text", "severity below 0.25, below 0.5, below 0.75, and from there", CLASSES),
    "self_resolved": Fact("true", "others have answered, nobody waits any longer"),
    "dual_hat": Fact("true", "an employee speaks as a customer"),
    "backfill": Fact("true", "history, which is judged and never asks anybody"),
    "absorbed": Fact("true", "a case that belongs to a surge"),
    "sentiment": Fact("counts", "events by feeling", _values(Sentiment)),
    "intents": Fact("counts", "events by what the author wants", _values(Intent)),
    "stakeholders": Fact("counts", "events by who speaks", _values(Stakeholder)),
    "desks": Fact("counts", "events by who in most organisations would deal with them, as far as that is known", _values(Desk)),
    "sources": Fact(
        "counts", "events by network; a network that nobody used is absent: ask `'x' in situation.sources` first", form="source"
    ),
    "languages": Fact(
        "counts", "evidence by language (`en`); one that none is in is absent: ask `'en' in situation.languages` first", form="language"
    ),
    "countries": Fact(
        "counts",
        "evidence by country (`DE`, ISO 3166-1 alpha-2) where the network tells it; one that none is from is absent: ask "
        "`'DE' in situation.countries` first",
        form="country",
    ),
    "intent": Fact("text", "the most frequent of intents", _values(Intent)),
    "stakeholder": Fact("text", "the most frequent of stakeholders", _values(Stakeholder)),
    "desk": Fact("text", "the most frequent of desks, '' where none is known", ("", *_values(Desk))),
    "source": Fact("text", "the most frequent of sources", form="source"),
    "language": Fact("text", "the most frequent of languages, '' where none is known", form="language"),
    "country": Fact("text", "the most frequent of countries, '' where none is known", form="country"),
    "ratings": Fact("whole", "evidence with a rating (stars)", (), 0),
    "rating": Fact(
        "real", "mean rating of the evidence, 0.0 the worst, 1.0 the best; 0.5 for none: ask `situation.ratings > 0` too", (), *_SHARE
    ),
    "confidence": Fact("shares", "how sure the judgement of the evidence is, the least of it; 1.0 where that is not known", FACETS),
    "words": Fact("texts", "words of at least four letters that half of the evidence or more has, in small letters, at most 20"),
    "growth": Fact("real", "events now for each event when somebody was first asked about it; 1.0 while nobody is", (), 0),
    "negative_share": Fact("real", "share of negative events", (), *_SHARE),
    "age_minutes": Fact("real", "minutes from its first to its last event", (), 0),
}
"""Facts that are written ``situation.<name>``."""

_NOTHING_USUAL: dict[str, float] = {"expected": 0.0, "p_value": 1.0}
FIXED: Mapping[str, Mapping[str, float]] = {"case": _NOTHING_USUAL, "idea": _NOTHING_USUAL}
"""Kind of situation -> facts that always have this value in it: only a mass reaction is held against what is usual."""

LOCAL = {
    "hour": Fact("whole", "hour of the last event", (), 0, 23),
    "weekday": Fact("text", "day of the last event", WEEKDAYS),
    "date": Fact("text", "date of the last event, e.g. '2026-12-24': texts compare as dates do", form="date"),
    "open": Fact("true", "the owner is at work then; true for one without hours, and in silences"),
}
"""Facts that are written ``local.<name>``: in the zone of the rule, or else of its owner's hours, or else of the file."""

RECORDS = {"situation": SITUATION, "local": LOCAL}

AROUND = {
    "text": Fact("text", "what was said: the evidence, joined, in small letters, at most 2,000 characters"),
    "hour": Fact("whole", "hour of the last event, in UTC", (), 0, 23),
    "weekday": Fact("text", "day of the last event, in UTC", WEEKDAYS),
    "date": Fact("text", "date of the last event, in UTC, e.g. '2026-12-24'", form="date"),
}
"""Facts that are written as they are."""

FUNCTIONS = {
    "text.mentions('word, two words')": "whole words or phrases, separated by commas, however they are written: case, width and which "
    "apostrophe do not matter",
    "text.contains('part')": "letters anywhere, also within a word; small letters",
    "text.startsWith('part')": "likewise `endsWith`",
    "text.matches('pattern')": "a regular expression (RE2: no look-around) that is found somewhere",
    "size(text)": "characters of a text, entries of counts or of a list; also `text.size()`",
    "double(1)": "a whole number as a real one, and `int(1.5)`, `string(1)`: CEL adds and divides no whole number and real number",
    "situation.intents.exists(name, situation.intents[name] > 3)": "likewise `all`, `exists_one`, `map`, `filter`",
    "has(situation.sources.x)": "whether there is such an entry",
}
"""What can be called, by example."""
