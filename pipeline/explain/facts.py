"""What a story needs of each message, without names of authors, texts redacted; `winnow explain` makes it of what it looks up."""

from collections.abc import Mapping
from typing import Any

from pipeline.correlate import CaseConfig
from pipeline.explain.narrative import Facts, Place
from pipeline.ledger import Book
from pipeline.privacy import OwnTerms, excerpt
from schemas.messages import ActionKind
from schemas.times import iso

TEXT_LIMIT = 160


def settled(book: Book, stage: str, place: Place) -> Facts:
    """How a record ended in a stage and when, as the ledger has it: None where it is not accounted for yet."""
    at = book.settled_at(stage, *place)
    return {"disposition": book.disposition(stage, *place), "settled_at": None if at is None else iso(at)}


def event_facts(place: Place, book: Book, appended_ms: int | None, found: Mapping[str, Any] | None) -> Facts:
    """A raw record. ``found`` is the signal it decodes to; None when its bytes are gone or cannot be read."""
    return {
        "place": str(place),
        "appended_at": None if appended_ms is None else iso(appended_ms),
        "event": None if found is None else f"{found['source']}:{found['id']}",
        "created_at": None if found is None else found["created_at"],
        **settled(book, "sift", place),
    }


def information_facts(message: Mapping[str, Any], place: Place, book: Book, cases: CaseConfig, own: OwnTerms) -> Facts:
    """A piece of information: how it was judged, how correlate and learn took it, and what kept it from opening a case."""
    signal = message["signal"]
    taken = settled(book, "correlate", place)
    missing = cases.missing(
        message["intent"], signal["kind"], message["urgency"], max(0.0, -message["sentiment_score"]), message.get("desk") or ""
    )
    text = f"{signal['title']}. {signal['text']}" if signal["title"] else signal["text"]
    picked = ("id", "subject", "intent", "sentiment", "urgency", "stakeholder", "dual_hat", "language", "confidence", "copies", "copy_of")
    return {
        "place": str(place),
        **{name: message[name] for name in picked},
        "stakeholder_evidence": message.get("stakeholder_evidence"),
        "competitor": message.get("competitor", False),
        "desk": message.get("desk"),
        "danger": message.get("danger", 0.0),
        "event": f"{signal['source']}:{signal['id']}",
        "kind": signal["kind"],
        "thread": signal["thread"],
        "text": excerpt(text, TEXT_LIMIT, own.on(signal["source"])),
        "created_at": signal["created_at"],
        "backfill": message["backfill"],
        "model": message["model"],
        "lineage": str(Place(**message["lineage"])),
        **taken,
        "no_case": missing if taken["disposition"] == "observed" and not message.get("competitor") else None,
        "learn": settled(book, "learn", place)["disposition"],
    }


def situation_facts(message: Mapping[str, Any], place: Place, book: Book, link: str) -> Facts:
    """The latest revision of a situation; ``link`` says how it is known to belong here."""
    picked = (
        "id", "kind", "subject", "facet", "status", "revision", "opened_at", "updated_at", "events", "copies", "authors", "expected",
        "p_value", "severity", "urgency", "origin", "self_resolved", "dual_hat", "backfill", "absorbed_by",
    )  # fmt: skip
    return {
        "place": str(place),
        **{name: message[name] for name in picked},
        "link": link,
        "evidence": [{"information": piece["information"], "lineage": str(Place(**piece["lineage"]))} for piece in message["evidence"]],
        "undecided": [],
        **settled(book, "decide", place),
    }


def decision_facts(message: Mapping[str, Any], place: Place, book: Book) -> Facts:
    """What one team was to do, by which rule, on which facts, and how act took it."""
    picked = (
        "id", "team", "role", "do", "owner", "peers", "escalation", "rule", "matched", "facts", "against", "policy", "mode", "withdrawn",
        "supersedes", "decided_at", "not_after",
    )  # fmt: skip
    return {
        "place": str(place),
        "situation": message["situation"]["id"],
        "revision": message["situation"]["revision"],
        **{name: message[name] for name in picked},
        **settled(book, "act", place),
    }


def action_facts(message: Mapping[str, Any], place: Place, written_ms: int) -> Facts:
    """What a team was asked to do; ``tells`` are the decisions behind a digest, ``group`` the action that it came as an item of.
    ``written_ms`` is when the record was appended.
    """
    picked = (
        "action_id", "decision", "situation", "team", "role", "kind", "step", "severity", "summary", "rule", "created_at", "not_after",
        "supersedes", "revokes", "reply",
    )  # fmt: skip
    decisions = [str(Place(**piece["lineage"])) for piece in message["evidence"]] if message["kind"] == ActionKind.DIGEST else []
    group = message.get("group")
    return {
        "place": str(place),
        "written_at": iso(written_ms),
        **{name: message[name] for name in picked},
        "tells": decisions,
        "group": group,
    }


def outcome_facts(message: Mapping[str, Any], place: Place, book: Book, own: OwnTerms) -> Facts:
    """What a team answered, and how act took it."""
    picked = ("action_id", "team", "status", "at", "reason")
    reason = message.get("reason")
    answer = {name: message.get(name) for name in picked} | {"reason": None if reason is None else excerpt(str(reason), TEXT_LIMIT, own)}
    return {"place": str(place), **answer, **settled(book, "act", place)}


def rejected_facts(message: Mapping[str, Any], place: Place) -> Facts:
    """Why a record was refused, and where its bytes are kept."""
    picked = ("stage", "code", "reason", "raw_bytes", "truncated")
    return {"place": str(place), "lineage": str(Place(**message["lineage"])), **{name: message[name] for name in picked}}


def chaff_facts(message: Mapping[str, Any], place: Place, own: OwnTerms) -> Facts:
    """Why an event was thrown away, of the sample that is kept."""
    picked = ("id", "disposition", "reason", "spam", "subject", "model")
    text = excerpt(message["text"], TEXT_LIMIT, own.on(message["source"]))
    return {"place": str(place), "lineage": str(Place(**message["lineage"])), "text": text, **{name: message[name] for name in picked}}


def label_facts(message: Mapping[str, Any], place: Place) -> Facts:
    """What the models are taught by it."""
    picked = ("information", "facet", "value", "given_by", "action_id", "at")
    return {"place": str(place), **{name: message[name] for name in picked}}
