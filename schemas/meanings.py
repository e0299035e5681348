"""What every field of the messages that teams read and write means, with an example: put into the exported schemas by `schemas.export`.

Kept apart from the models, which say types and bounds; a test holds the two against each other.
"""

from collections.abc import Mapping
from typing import Any

Meaning = tuple[str, object]
"""What a field means, its unit where it has one, and an example."""

_ID = "7d0f6f8f3c1b4a9e8f2d5c6b7a8e9f01"
_AT = "2026-03-02T12:03:00.000Z"
_LINEAGE = {"topic": "posts", "partition": 3, "offset": 17}
_REPLY = {"source": "x", "reply_to": "1987654321", "url": "https://x.com/i/status/1987654321", "private": False}

MEANINGS: Mapping[str, Mapping[str, Meaning]] = {
    "Lineage": {
        "topic": ("Noun of the topic: its name without prefix and version.", "posts"),
        "partition": ("Partition, from 0.", 3),
        "offset": ("Offset of the record in it, from 0.", 17),
    },
    "ReplyChannel": {
        "source": ("Network or tool in which the people are.", "x"),
        "reply_to": ("The network's own id of what is to be answered.", "1987654321"),
        "url": ("Where a person finds it; null when the network tells none.", "https://x.com/i/status/1987654321"),
        "private": ("True: answer only where nobody else reads it.", False),
    },
    "ActionEvidence": {
        "information": ("Id of the piece of information, 32 hex digits.", _ID),
        "author": ("Keyed hash of who wrote it, within a deployment; '' in long digests.", "d5e0.bd5d334701bdd9baabbc153f"),
        "excerpt": ("What was said, shortened and redacted; in a digest a line about what was held back.", "my bag is lost"),
        "lineage": ("The record it came from; in a digest the record on `decisions` that it tells of.", _LINEAGE),
    },
    "ActionItem": {
        "action_id": ("Id of an action of its own, which is answered under it; null where none is: in digests.", None),
        "decision": ("Id of the decision that caused it, 32 hex digits.", _ID),
        "step": ("Of an escalation its number in the chain, from 1; 0 in digests.", 1),
        "contact": ("Whom in the team to reach; null when that is nobody in particular.", "support-lead"),
        "situation": ("Id of the situation that it is about, 32 hex digits.", _ID),
        "subject": ("Id of the subject that people speak about.", "aurora"),
        "severity": ("How grave it is, from 0 to 1; from .75 on critical.", 0.62),
        "title": ("One line for a person, at most 120 characters, redacted.", "An unhappy customer complains about Aurora Air"),
        "reply": ("Where to answer; null when there is no such place, or nothing to answer any more.", _REPLY),
        "runbook": ("Page that says what to do, from the rule; null for none.", "https://wiki.example/baggage"),
    },
    "Action": {
        "action_id": ("32 hex digits, the same after a redelivery: the key of whatever you make of it, and what an outcome names.", _ID),
        "decision": ("Id of the decision that caused it, 32 hex digits; of a digest that of its first row.", _ID),
        "situation": ("Id of the situation, 32 hex digits, and key of the record; of a digest that of its first row.", _ID),
        "situation_kind": ("Kind of that situation.", "surge"),
        "subject": ("Id of the subject that people speak about.", "aurora"),
        "team": ("Who is asked: the last part of the topic's name.", "support"),
        "role": ("owner: answers for it; peer: is told to take part; escalation: is asked because the owner did not answer, or "
                 "has taken it up itself and not done it in the time that the rule gives.", "owner"),
        "kind": ("What to do; revoke: nothing any more, see revokes.", "reply"),
        "owner": ("The team that answers for the situation.", "support"),
        "peers": ("Teams that were asked beside the owner.", ["comms"]),
        "step": ("0 for the action itself, n for the n-th escalation.", 0),
        "contact": ("Whom in the team to reach, in the policy's words; null when it names nobody.", "support-lead"),
        "severity": ("How grave it is, from 0 to 1; from .75 on critical.", 0.62),
        "summary": ("One line for a person, at most 400 characters, redacted.", "An unhappy customer complains about Aurora Air"),
        "rule": ("Name of the rule that decided.", "urgent-complaint"),
        "policy": ("Hash of the policy that decided, 12 hex digits.", "57c55eaa9fb1"),
        "created_at": ("Event time of the decision; of an escalation when it fell due; of a digest when it was due.", _AT),
        "not_after": ("From then on it is not worth doing.", "2026-03-03T12:03:00.000Z"),
        "supersedes": ("Id of the action whose place it takes: close that; null for none.", None),
        "revokes": ("Of a revocation the id of the action that is void: close that; null otherwise.", None),
        "reply": ("Where to answer; null when there is no such place: digests, revocations, mail addresses.", _REPLY),
        "evidence": ("What was said, most telling first; of a digest a row for each thing that was held back.", []),
        "appended_at": ("When the event behind it reached Kafka: what latency is measured from.", _AT),
        "lineage": ("The raw record of the event behind it; of a digest the first decision.", _LINEAGE),
        "title": ("What is asked and about what, in at most 120 characters, redacted: the name of a ticket.",
                  "Reply: An unhappy customer complains about Aurora Air"),
        "due_at": ("When somebody else is asked unless somebody acknowledges it before; null when nobody will be.",
                   "2026-03-02T12:18:00.000Z"),
        "items": ("The first 250 things that a digest tells of, in the order of its evidence; of several escalations for which the team "
                  "had no room one by one (kind escalate, step 0) each of them: answer these, or the whole, which is an answer to each. "
                  "What supersedes or revokes one names its id. Of other actions none.", []),
    },
    "Outcome": {
        "action_id": ("Of the action that is answered.", _ID),
        "team": ("Who answers; also the record's key. Only teams that were asked count.", "support"),
        "status": ("received: it has reached your tool, which stops nothing; acknowledged: somebody works on it, nothing escalates; "
                   "done; declined: not for us; overturned: it should not have been done.", "acknowledged"),
        "at": ("When, by your clock. Which answer counts is decided by the order on the topic, not by this.", _AT),
        "reason": ("noise, not_noise, wrong_team, duplicate, or a correction such as intent=praise.", "wrong_team"),
        "comment": ("Anything else, in your own words; no personal data.", "sent a voucher"),
        "by": ("Who in the team, as you name people; null when it is nobody's business.", "mo"),
    },
    "Escalation": {
        "after_seconds": ("Seconds after the action was sent without an acknowledgement.", 1800),
        "team": ("Who is asked then.", "comms"),
        "contact": ("Whom there.", "head-of-comms"),
    },
    "Evidence": {
        "information": ("Id of the piece of information, 32 hex digits.", _ID),
        "author": ("Keyed hash of who wrote it.", "4be0643f1d98573b"),
        "source": ("Network it was said on.", "x"),
        "text": ("What was said, as it was said: personal data.", "my bag is lost"),
        "sentiment": ("How its author feels.", "negative"),
        "intent": ("What its author wants.", "complaint"),
        "created_at": ("When it was said.", _AT),
        "url": ("Where a person finds it; null when the network tells none.", "https://x.com/i/status/1987654321"),
        "reply_to": ("The network's own id of what is to be answered.", "1987654321"),
        "public": ("Whether it is known to have been said in public.", True),
        "lineage": ("Its raw record.", _LINEAGE),
    },
    "Situation": {
        "id": ("32 hex digits, the same in every revision.", _ID),
        "kind": ("One author's conversation, a mass reaction, the same wish of many.", "case"),
        "subject": ("Id of the subject that people speak about.", "aurora"),
        "facet": ("How people speak: what the author of a case wants, how a surge feels, request of an idea.", "complaint"),
        "status": ("Where it stands in its life; a closed one gets no further revision.", "opened"),
        "revision": ("How often it was told, from 1.", 1),
        "opened_at": ("Event time of its first event.", _AT),
        "updated_at": ("Event time of its last event.", _AT),
        "events": ("Posts and feedback in it.", 42),
        "copies": ("Events that repeat another one's text.", 3),
        "authors": ("Different people who spoke.", 39),
        "reach": ("People whom those who spoke reach, together: followers, or views and reactions where these are more.", 12_500),
        "sentiment": ("Events by feeling.", {"negative": 40, "neutral": 2}),
        "intents": ("Events by what their authors want.", {"complaint": 42}),
        "stakeholders": ("Events by who speaks.", {"customer": 41, "media": 1}),
        "sources": ("Events by network.", {"x": 42}),
        "expected": ("Events that would be usual in that time; 0 for a case.", 3.2),
        "p_value": ("How likely so many events are by chance, from 0 to 1.", 0.00001),
        "severity": ("How grave it is, from 0 to 1.", 0.62),
        "urgency": ("How likely somebody has to react within hours, from 0 to 1.", 0.8),
        "desks": ("Events by who in most organisations would deal with them, as far as that is known.", {"support": 1}),
        "danger": ("How likely it is that people, or what is theirs, are being harmed now, from 0 to 1; the highest of it.", 0.1),
        "origin": ("What a mass reaction is made of.", "organic"),
        "self_resolved": ("Others have answered, nobody waits any longer.", False),
        "dual_hat": ("An employee speaks as a customer.", False),
        "backfill": ("History when it arrived: pages nobody.", False),
        "absorbed_by": ("Id of the surge that it is part of; null for none.", None),
        "evidence": ("What was said, most telling first, a few of it.", []),
        "clock": ("Running maximum of event time in its shard, Unix ms: what decide orders by.", 1_772_452_980_000),
        "appended_at": ("When the event behind this revision reached Kafka.", _AT),
        "lineage": ("The raw record of that event.", _LINEAGE),
        "model": ("Version of the models that judged, 12 hex digits.", "231b261666b9"),
    },
    "Decision": {
        "id": ("32 hex digits; all records of one decision share it.", _ID),
        "situation": ("The situation as it was then.", {}),
        "team": ("Whom this record concerns; also its key.", "support"),
        "role": ("owner: answers for it; peer: takes part.", "owner"),
        "do": ("What the team is to do.", "reply"),
        "owner": ("The team that answers for it.", "support"),
        "peers": ("Teams that are asked beside the owner.", ["comms"]),
        "escalation": ("Who is asked when nobody acknowledges, in order of time.", []),
        "rule": ("Name of the rule that decided.", "urgent-complaint"),
        "matched": ("All rules that matched, by priority.", ["urgent-complaint", "quiet-complaint"]),
        "facts": ("Values of the facts that these rules speak about, by name.", {"situation.urgency": 0.8}),
        "against": ("What spoke against it: guards, silences, rules that were outranked.", ["guard dual_hat stops rule urgent-complaint"]),
        "policy": ("Hash of the policy that decided, 12 hex digits.", "57c55eaa9fb1"),
        "mode": ("live acts; the others ask nobody.", "live"),
        "withdrawn": ("True: what the team was asked before is void.", False),
        "supersedes": ("Id of the decision whose place it takes; null for none.", None),
        "not_after": ("From then on it is not worth doing.", "2026-03-03T12:03:00.000Z"),
        "decided_at": ("Event time of the decision.", _AT),
        "clock": ("Running maximum of event time in its shard, Unix ms: what act orders by.", 1_772_452_980_000),
        "appended_at": ("When the event behind it reached Kafka.", _AT),
        "lineage": ("The raw record of that event.", _LINEAGE),
    },
}  # fmt: skip


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema with the meanings and examples of the fields of all models in it; what a field says of itself stays."""
    for model in (schema, *schema.get("$defs", {}).values()):
        for name, (meaning, example) in MEANINGS.get(model.get("title", ""), {}).items():
            field = model["properties"].get(name)
            if field is not None:
                field.setdefault("description", meaning)
                field.setdefault("examples", [example])
    return schema
