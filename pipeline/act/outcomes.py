"""What teams answer, and what it means for the action and for the models; act and monitor read outcomes by it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from pipeline.stream import InputRecord, Unreadable, instant
from schemas.messages import Intent, Outcome, OutcomeReason, OutcomeStatus, Sentiment, Stakeholder
from schemas.times import iso

TRIED = "tried_teams"
"""Field that an answer to an escalated action carries while its owner is looked for."""

FOR_PEER = "for_peer"
"""Field of the copy of an owner's ``done`` that one of its peers is told by: the peer's ``team`` and the ``situation``."""

_REASON = re.compile(r"(noise|spam|not[ _-]noise|wrong[ _-]team|duplicate|undo)(?=\s*$|\s*[:;,.(\u2013-])", re.IGNORECASE)
_WRONG_TEAM = re.compile(r"\b(wrong[ _-]?team|not[ _](ours|us|mine|our[ _](job|team|business)))\b", re.IGNORECASE)
_CORRECTION = re.compile(r"(intent|sentiment|stakeholder)\s*[=:]\s*(\w+)", re.IGNORECASE)
_SAYS_NOISE: dict[str, str] = {OutcomeReason.NOISE: "true", OutcomeReason.NOT_NOISE: "false"}
_VALUES: dict[str, frozenset[str]] = {
    "intent": frozenset(Intent),
    "sentiment": frozenset(Sentiment),
    "stakeholder": frozenset(Stakeholder),
}


class OutcomeRead(NamedTuple):
    """A readable outcome: the key it came under, what it says, and its own JSON for passing on. ``reason``: of the closed list, or "".

    for_peer: (team, situation) when it is told to a peer of the team that has answered.
    """

    key: str
    action_id: str
    team: str
    status: str
    at_ms: int
    reason: str
    raw: Mapping[str, Any]
    tried: tuple[str, ...]
    for_peer: tuple[str, str] | None = None


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
    reason = _reason(outcome)
    told = raw.get(FOR_PEER)
    for_peer = (str(told.get("team")), str(told.get("situation"))) if isinstance(told, dict) else None
    return OutcomeRead(key, outcome.action_id, outcome.team, str(outcome.status), at_ms, reason, raw, names, for_peer)


def _reason(outcome: Outcome) -> str:
    """The reason as the closed list has it, "" for none; a team that declines as "not ours" may say so in whatever words."""
    said = (outcome.reason or "").strip()
    correction = _CORRECTION.match(said)
    if correction and (value := correction.group(2).lower()) in _VALUES[facet := correction.group(1).lower()]:
        return f"{facet}={value}"
    if (known := _REASON.match(said)) is not None:
        word = re.sub("[ -]", "_", known.group(1).lower())
        return str(OutcomeReason.NOISE) if word == "spam" else word
    passed_on = outcome.status == OutcomeStatus.DECLINED and _WRONG_TEAM.search(f"{said} {outcome.comment or ''}")
    return str(OutcomeReason.WRONG_TEAM) if passed_on else ""


def told_to(answer: OutcomeRead, peer: str, situation: str) -> dict[str, Any]:
    """The copy of an owner's answer that a peer is told by."""
    return _copy(answer, answer.action_id) | {FOR_PEER: {"team": peer, "situation": situation}}


def same_to(answer: OutcomeRead, action_id: str, owner: str) -> dict[str, Any]:
    """The copy of an answer to a group of escalations that answers one of them, an action of ``owner``."""
    return _copy(answer, action_id) | ({"reason": answer.reason} if answer.reason else {}) | {TRIED: [*answer.tried, owner]}


def _copy(answer: OutcomeRead, action_id: str) -> dict[str, Any]:
    return {"action_id": action_id, "team": answer.team, "status": answer.status, "at": iso(answer.at_ms)}


def takes_up(answer: OutcomeRead) -> bool:
    """Whether somebody has taken it up, so that nobody else need be asked: a team that says "not ours" has not."""
    return not (answer.status == OutcomeStatus.DECLINED and answer.reason == OutcomeReason.WRONG_TEAM)


def takes_back(answer: OutcomeRead) -> bool:
    """Whether it only undoes what its team said last: the action waits again. Any other ``overturned`` is a last word."""
    return answer.status == OutcomeStatus.OVERTURNED and answer.reason == OutcomeReason.UNDO


def labels(answer: OutcomeRead, informations: Sequence[str], subject: str) -> list[dict[str, Any]]:
    """What the answer says about the pieces of information behind the action, as Label messages.

    ``done`` says it was no noise, ``declined`` with the reason "noise" that it was; a reason such as "intent=praise" corrects a facet.
    """
    facts: list[tuple[str, str]] = []
    facet, _, value = answer.reason.partition("=")
    if answer.status == OutcomeStatus.DONE:
        facts.append(("noise", "false"))
    elif answer.status == OutcomeStatus.DECLINED and answer.reason in _SAYS_NOISE:
        facts.append(("noise", _SAYS_NOISE[answer.reason]))
    if value:
        facts.append((facet, value))
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
