"""What teams answer, and what it means for the action and for the models; act and monitor read outcomes by it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from pipeline.stream import InputRecord, Unreadable, instant
from schemas.messages import Intent, Outcome, OutcomeStatus, Sentiment, Stakeholder
from schemas.times import iso

TRIED = "tried_teams"
"""Field that an answer to an escalated action carries while its owner is looked for."""

_NOISE = re.compile(r"\s*(noise|spam|not_noise)\b", re.IGNORECASE)
_WRONG_TEAM = re.compile(r"\b(wrong[ _-]?team|not[ _](ours|us|mine|our[ _](job|team|business)))\b", re.IGNORECASE)
_CORRECTION = re.compile(r"\s*(intent|sentiment|stakeholder)\s*[=:]\s*(\w+)", re.IGNORECASE)
_VALUES: dict[str, frozenset[str]] = {
    "intent": frozenset(Intent),
    "sentiment": frozenset(Sentiment),
    "stakeholder": frozenset(Stakeholder),
}


class OutcomeRead(NamedTuple):
    """A readable outcome: the key it came under, what it says, and its own JSON for passing on."""

    key: str
    action_id: str
    team: str
    status: str
    at_ms: int
    reason: str
    raw: Mapping[str, Any]
    tried: tuple[str, ...]
    comment: str = ""


def read_outcome(record: InputRecord) -> OutcomeRead | Unreadable:
    """Read an outcome; unknown fields are kept for passing on."""
    if not record.value:
        return Unreadable("empty", "the record has no value")
    try:
        raw = orjson.loads(record.value)
        outcome = Outcome.model_validate(raw)
        at_ms = instant(int(outcome.at.timestamp() * 1000))
        orjson.dumps(raw)
    except orjson.JSONDecodeError as error:
        return Unreadable("not_json", str(error)[:200])
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return Unreadable("invalid", f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"[:300])
    except (TypeError, ValueError, OverflowError) as error:
        return Unreadable("out_of_range", str(error)[:200])
    tried = raw.get(TRIED)
    names = tuple(str(name) for name in tried) if isinstance(tried, list) else ()
    key = (record.key or b"").decode("utf-8", "replace")
    said = outcome.reason or "", raw, names, outcome.comment or ""
    return OutcomeRead(key, outcome.action_id, outcome.team, str(outcome.status), at_ms, *said)


def settles(answer: OutcomeRead) -> bool:
    """Whether somebody has taken it up, so that nobody else need be asked: a team that says "not ours" has not, in whatever words."""
    return not (answer.status == OutcomeStatus.DECLINED and _WRONG_TEAM.search(f"{answer.reason} {answer.comment}"))


def labels(answer: OutcomeRead, informations: Sequence[str], subject: str) -> list[dict[str, Any]]:
    """What the answer says about the pieces of information behind the action, as Label messages.

    ``done`` says it was no noise, ``declined`` with the reason "noise" that it was; a reason such as "intent=praise" corrects a facet.
    """
    facts: list[tuple[str, str]] = []
    correction = _CORRECTION.match(answer.reason)
    if answer.status == OutcomeStatus.DONE:
        facts.append(("noise", "false"))
    elif answer.status == OutcomeStatus.DECLINED and (noise := _NOISE.match(answer.reason)):
        facts.append(("noise", "false" if noise.group(1).lower() == "not_noise" else "true"))
    if correction and correction.group(2).lower() in _VALUES[correction.group(1).lower()]:
        facts.append((correction.group(1).lower(), correction.group(2).lower()))
    return [
        {
            "information": information,
            "subject": subject,
            "facet": facet,
            "value": value,
            "given_by": f"team/{answer.team}",
            "action_id": answer.action_id,
            "at": iso(answer.at_ms),
        }
        for facet, value in facts
        for information in informations
    ]


def label_id(label: Mapping[str, Any]) -> str:
    """32 hex digits of what the label says and which action it comes from."""
    text = f"label/{label['information']}/{label['facet']}/{label['value']}/{label['action_id']}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
