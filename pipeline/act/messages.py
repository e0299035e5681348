"""The Action messages that `ActShard` sends to teams. Nothing here lets personal data through."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.act.discretion import Discretion
from pipeline.act.team_queue import DIGEST_ROWS, Held, receipt
from pipeline.policy import Policy
from pipeline.privacy import public_url, shorten
from pipeline.stream import instant
from schemas.messages import ActionKind, Intent, Origin, Sentiment, SituationKind, Stakeholder
from schemas.times import iso, to_milliseconds

SUMMARY_LIMIT = 200
TITLE_LIMIT = 120
LINK_LIMIT = 300
"""Characters of a link that is one of many in one message."""
HOUR_MS = 3_600_000
_DOING = {
    Intent.COMPLAINT: ("complains", "complain", "about"),
    Intent.QUESTION: ("asks", "ask", "about"),
    Intent.REQUEST: ("asks", "ask", "for"),
    Intent.PRAISE: ("praises", "praise", ""),
    Intent.REPORT: ("reports", "report", ""),
    Intent.OTHER: ("talks", "talk", "about"),
}
_SPEAKERS = {
    Stakeholder.CUSTOMER: "customer",
    Stakeholder.PROSPECT: "person",
    Stakeholder.EMPLOYEE: "employee",
    Stakeholder.PARTNER: "partner",
    Stakeholder.INVESTOR: "investor",
    Stakeholder.MEDIA: "journalist",
    Stakeholder.AUTHORITY: "authority",
}
_TITLES = {
    ActionKind.REPLY: "Reply",
    ActionKind.REVIEW: "Review",
    ActionKind.PAGE: "Page",
    ActionKind.IDEA: "Idea",
    ActionKind.ESCALATE: "Escalation",
    ActionKind.REVOKE: "No longer needed",
}
_NO_FACET = frozenset({"", "general", "*", *Intent, *Sentiment})
"""Facets that say how people speak, not about what."""


def action_id(cause: str, team: str, kind: str, step: int) -> str:
    """32 hex digits: of what caused it (decision or action id), the team, the kind and the escalation step."""
    return hashlib.blake2b(f"action/{cause}/{team}/{kind}/{step}".encode(), digest_size=16).hexdigest()


def title(kind: str, summary: str) -> str:
    """What is asked and about what, for the name of a ticket. ``kind``: an `ActionKind`, or "" for the summary alone."""
    asked = _TITLES.get(ActionKind(kind)) if kind else None
    return shorten(f"{asked}: {summary}" if asked else summary, TITLE_LIMIT)


def act_on(decision: Mapping[str, Any], policy: Policy, discretion: Discretion) -> dict[str, Any]:
    """The action that a live decision asks of its team."""
    situation = decision["situation"]
    return bare(decision, policy, discretion) | {
        "reply": _reply(situation),
        "evidence": [
            {
                "information": piece["information"],
                "author": discretion.author(piece),
                "excerpt": discretion.excerpt(piece),
                "lineage": piece["lineage"],
            }
            for piece in situation["evidence"]
        ],
    }


def revoke(body: Mapping[str, Any], policy: Policy, discretion: Discretion, revokes: str, team: str, reason: str = "") -> dict[str, Any]:
    """Takes back ``revokes``, an action of ``team``: what it was about needs nobody any more, for the reason given.

    ``body``: what the decision that brings this about asks, or would have asked, of its own team.
    """
    return dict(body) | {
        "action_id": action_id(f"{body['decision']}/{revokes}", team, ActionKind.REVOKE, 0),
        "team": team,
        "role": body["role"] if team == body["team"] else "escalation",
        "kind": ActionKind.REVOKE,
        "contact": policy.team(team).contact,
        "summary": shorten(f"No longer needed: {body['summary']}{f' ({discretion.redact(reason)})' if reason else ''}", 2 * SUMMARY_LIMIT),
        "supersedes": None,
        "revokes": revokes,
        "reply": None,
        "evidence": [],
        "title": title(ActionKind.REVOKE, body["summary"]),
        "due_at": None,
    }


def against(decision: Mapping[str, Any]) -> str:
    """What stopped a decision: a guard, a silence or a rule to do nothing; empty when none did."""
    return next((one for one in decision["against"] if one.startswith(("guard", "silence", "nothing"))), "")


def bare(decision: Mapping[str, Any], policy: Policy, discretion: Discretion) -> dict[str, Any]:
    """An action without what was said, and where to answer it."""
    situation, rule = decision["situation"], policy.rule(decision["rule"])
    summary = summarise(situation, policy, discretion)
    return {
        "action_id": action_id(decision["id"], decision["team"], decision["do"], 0),
        "decision": decision["id"],
        "situation": situation["id"],
        "situation_kind": situation["kind"],
        "subject": situation["subject"],
        "team": decision["team"],
        "role": decision["role"],
        "kind": decision["do"],
        "owner": decision["owner"],
        "peers": decision["peers"],
        "step": 0,
        "contact": policy.team(decision["team"]).contact,
        "severity": situation["severity"],
        "summary": summary,
        "rule": decision["rule"],
        "policy": decision["policy"],
        "created_at": decision["decided_at"],
        "not_after": decision["not_after"],
        "supersedes": None,
        "revokes": None,
        "reply": None,
        "evidence": [],
        "appended_at": decision["appended_at"],
        "lineage": decision["lineage"],
        "runbook": None if rule is None else rule.runbook,
        "title": title(decision["do"], summary),
        "due_at": None,
        "items": [],
    }


def due(body: Mapping[str, Any], due_ms: int | None) -> dict[str, Any]:
    """The action, telling when somebody else is asked (wall clock, Unix ms), if anybody will be."""
    return dict(body) | {"due_at": None if due_ms is None else iso(instant(due_ms))}


def escalate(body: Mapping[str, Any], step: int, target: Sequence[Any], due_ms: int, *, waiting: bool = False) -> dict[str, Any]:
    """The ``step``-th escalation (from 1) of an action nobody acknowledged; ``target`` is (after_seconds, team, contact),
    and of a reminder how many seconds ago the team has acknowledged it.

    waiting: its own team could not be asked yet.
    """
    after_seconds, team, contact, *acknowledged = target
    if acknowledged:
        after_seconds = acknowledged[0]
    waited = f"{after_seconds // 60} minutes" if after_seconds >= 120 else f"{after_seconds} seconds"
    why = f"{body['team']} cannot be asked yet" if waiting else f"No answer from {body['team']} for {waited}"
    why = f"Not done {waited} after you took it up" if acknowledged else why
    return dict(body) | {
        "action_id": action_id(body["action_id"], team, ActionKind.ESCALATE, step),
        "team": team,
        "role": "escalation",
        "kind": ActionKind.ESCALATE,
        "step": step,
        "contact": contact,
        "summary": shorten(f"{why}: {body['summary']}", 2 * SUMMARY_LIMIT),
        "created_at": iso(instant(due_ms)),
        "supersedes": None,
        "title": title(ActionKind.ESCALATE, f"Not done yet: {body['summary']}" if acknowledged else body["summary"]),
    }


def group(told: Sequence[Mapping[str, Any]], team: str, policy: Policy) -> dict[str, Any]:
    """One action that asks for all these escalations (most important first), each of which is answered under its own id."""
    first, contacts = told[0], {one["contact"] for one in told}
    cause = hashlib.blake2b("/".join(one["action_id"] for one in told).encode(), digest_size=16).hexdigest()
    headline = shorten(f"{len(told)} escalations at once, first: {first['summary']}", 2 * SUMMARY_LIMIT)
    return dict(first) | {
        "action_id": action_id(cause, team, ActionKind.ESCALATE, 0),
        "step": 0,
        "peers": [],
        "contact": first["contact"] if len(contacts) == 1 else policy.team(team).contact,
        "summary": headline,
        "not_after": max(one["not_after"] for one in told),
        "reply": None,
        "evidence": [piece for one in told for piece in one["evidence"][:1]],
        "runbook": None,
        "title": shorten(headline, TITLE_LIMIT),
        "due_at": min((one["due_at"] for one in told if one["due_at"] is not None), default=None),
        "items": [_step_of(one) for one in told],
    }


def each_of(action: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actions that a message asks for: itself, or the escalations of a group, which name it as their ``group``."""
    items = action.get("items") if action["kind"] == ActionKind.ESCALATE else None
    return [
        dict(action) | item | {"summary": item["title"], "evidence": [], "items": [], "due_at": None, "group": action["action_id"]}
        for item in items or ()
    ] or [dict(action)]


def _step_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """An escalation as an item of a group."""
    same = ("action_id", "decision", "situation", "subject", "step", "contact", "severity", "title")
    return {name: told[name] for name in same} | {"reply": told["reply"] and _in_short(told["reply"]), "runbook": told.get("runbook")}


def digest(items: Sequence[Held], still_waiting: int, team: str, policy: Policy, now: int) -> dict[str, Any]:
    """One action that tells all ``items`` (most important first), each with the place of its decision as receipt.

    Beyond `DIGEST_ROWS` the place is all that it tells. still_waiting: how many others wait to be asked one by one.
    """
    first = items[0]
    cause = hashlib.blake2b("/".join(item.decision for item in items).encode(), digest_size=16).hexdigest()
    return {
        "action_id": action_id(cause, team, ActionKind.DIGEST, 0),
        "decision": first.decision,
        "situation": first.situation,
        "situation_kind": first.situation_kind,
        "subject": first.subject,
        "team": team,
        "role": "owner",
        "kind": ActionKind.DIGEST,
        "owner": team,
        "peers": [],
        "step": 0,
        "contact": policy.team(team).contact,
        "severity": first.severity,
        "summary": _headline(items, still_waiting),
        "rule": first.rule,
        "policy": policy.hash,
        "created_at": iso(instant(now)),
        "not_after": iso(instant(max(now + HOUR_MS, *(item.not_after for item in items)))),
        "supersedes": None,
        "revokes": None,
        "reply": None,
        "evidence": [_receipt(item, now, in_full=row < DIGEST_ROWS) for row, item in enumerate(items)],
        "appended_at": iso(instant(first.appended_ms)),
        "lineage": _lineage(first),
        "runbook": None,
        "title": title(ActionKind.DIGEST, _headline(items, still_waiting)),
        "due_at": None,
        "items": [_item(item, now, policy) for item in items[:DIGEST_ROWS]],
    }


def _item(item: Held, now: int, policy: Policy) -> dict[str, Any]:
    rule = policy.rule(item.rule)
    return {
        "action_id": None,
        "decision": item.decision,
        "situation": item.situation,
        "subject": item.subject,
        "step": 0,
        "contact": None,
        "severity": item.severity,
        "title": title("", receipt(item, now)),
        "reply": item.reply and _in_short(item.reply),
        "runbook": None if rule is None else rule.runbook,
    }


def _in_short(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A place to answer as one of many in a message."""
    return dict(reply) | {"url": reply["url"] if len(reply["url"] or "") <= LINK_LIMIT else None}


def _headline(items: Sequence[Held], still_waiting: int) -> str:
    """How many a digest tells of, how many it does not, and the most important one."""
    many = f"{len(items)} actions were held back" if len(items) > 1 else "1 action was held back"
    many += f" ({DIGEST_ROWS} of them in full)" if len(items) > DIGEST_ROWS else ""
    many += f", {still_waiting} more will be asked one by one" if still_waiting else ""
    return shorten(f"{many}, first: {items[0].summary}", 2 * SUMMARY_LIMIT)


def _receipt(item: Held, now: int, *, in_full: bool) -> dict[str, Any]:
    """A held action as a digest's evidence: the place of its decision, and in full what it was about, as of ``now``."""
    return {
        "information": item.information,
        "author": item.author if in_full else "",
        "excerpt": receipt(item, now) if in_full else "",
        "lineage": _lineage(item),
    }


def _lineage(item: Held) -> dict[str, Any]:
    return {"topic": "decisions", "partition": item.partition, "offset": item.offset}


def summarise(situation: Mapping[str, Any], policy: Policy, discretion: Discretion) -> str:
    """One line for a person: "42 people in 8 minutes complain about baggage at Aurora Air (expected 3)"."""
    intents, kind = situation["intents"], situation["kind"]
    intent = max(intents, key=lambda name: intents[name]) if intents else Intent.OTHER
    one, many, preposition = _DOING[Intent(intent)]
    brand = discretion.subject(situation["subject"], policy)
    facet = situation["facet"]
    about = f"{preposition} {facet} at {brand}" if facet not in _NO_FACET else f"{preposition or 'about'} {brand}"
    said = _first_text(situation, discretion)
    if kind == SituationKind.SURGE:
        minutes = max((to_milliseconds(situation["updated_at"]) - to_milliseconds(situation["opened_at"])) // 60_000, 1)
        span = "1 minute" if minutes == 1 else f"{minutes} minutes"
        origin = "" if situation["origin"] in (Origin.ORGANIC, Origin.UNKNOWN) else f", {situation['origin']}"
        line, said = f"{_people(situation)} in {span} {many} {about} (expected {situation['expected']:.3g}{origin})", ""
    elif kind == SituationKind.IDEA:
        line = f"{_people(situation)} ask for the same at {brand}{'' if said else f': {facet}'}"
    else:
        speaker = max(situation["stakeholders"], key=lambda name: situation["stakeholders"][name], default=Stakeholder.CUSTOMER)
        who = _SPEAKERS[Stakeholder(speaker)]
        article = "an unhappy" if situation["sentiment"].get(Sentiment.NEGATIVE) else "an" if who[0] in "aei" else "a"
        line = f"{article} {who} {one} {about}"
    network = situation["evidence"][0]["source"] if situation["evidence"] else ""
    line = discretion.redact(" ".join(line.split()), network)  # words of people are in it, too: names of facets
    line = shorten(f"{line}: {' '.join(said.split())}" if said else line, SUMMARY_LIMIT)
    return line[:1].upper() + line[1:]


def _people(situation: Mapping[str, Any]) -> str:
    return "1 person" if situation["authors"] == 1 else f"{situation['authors']} people"


def _first_text(situation: Mapping[str, Any], discretion: Discretion) -> str:
    return discretion.excerpt(situation["evidence"][0], 100) if situation["evidence"] else ""


def _reply(situation: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where to answer: the latest piece of a conversation, the best evidence otherwise."""
    evidence = situation["evidence"]
    if not evidence:
        return None
    piece = max(evidence, key=lambda one: one["created_at"]) if situation["kind"] == SituationKind.CASE else evidence[0]
    if "@" in piece["reply_to"]:  # a mail address: it stays with the evidence, which names the record
        return None
    private = situation["dual_hat"] or not piece.get("public", False)
    return {"source": piece["source"], "reply_to": piece["reply_to"], "url": public_url(piece["url"]), "private": private}
