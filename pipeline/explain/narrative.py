"""The whole story of an event or of what came of it, for machines and people: `winnow explain` fills it in and prints it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from schemas.messages import ActionKind, Mode
from schemas.times import to_milliseconds

Facts = dict[str, Any]

MOST_DECISIONS = 12
"""Decisions of one situation that are listed, with their actions; a long surge has hundreds, of which the latest say most."""

_SIFTED = {
    "information": "kept as information",
    "copy": "kept as information, as a copy of what had been said before",
    "spam": "thrown away as spam",
    "irrelevant": "set aside: it is about none of the subjects",
    "own": "set aside: one of the organisation's own accounts wrote it, or what it passes on",
    "withdrawn": "a deletion that took back what had been told, or deleted before it came",
    "updated": "read as a later version of a post, in place of the former one",
    "ignored": "passed over: it is about no post (a like, a follow, a notice)",
    "redelivered": "recognised as delivered before: the first delivery counts",
    "rejected": "rejected: it cannot be read",
    "absent": "never handed out by the broker (lost to retention, or a marker)",
}
_CORRELATED = {
    "copy": "folded into what it copies",
    "late": "counted, but too late to raise an alarm",
    "case": "became part of a case",
    "surge": "became part of a surge",
    "idea": "became part of an idea",
    "observed": "counted; it opened nothing by itself",
    "withdrawn": "a withdrawal: it took a piece of information out again",
    "redelivered": "recognised as applied before",
    "rejected": "rejected: it cannot be read",
}
_DECIDED = {
    "decided": "a decision was made on its latest revision",
    "suppressed": "what would have been decided on its latest revision was stopped by a silence or a guard",
    "unchanged": "its latest revision changed no decision",
    "closed": "it is over: the owner of its decision was told, and nothing escalates any more",
    "no_rule": "no rule asks for anything on its latest revision",
    "redelivered": "its latest revision was decided on before",
}
_ACTED = {
    "acted": "the team was asked",
    "shadow": "only counted: the rule is in shadow mode",
    "backfill": "not acted on: it is history",
    "held": "held back, as the team's attention is spent or it is not at work: it comes once there is room, or in a digest",
    "digested": "withdrawn after a digest had told it",
    "suppressed": "withdrawn or stopped before the team was told",
    "revoked": "the action was taken back",
    "closed": "the team had already answered",
    "unchanged": "the team was asked for as much before, or the situation is over: nothing was sent",
    "redelivered": "acted on before",
}
_REQUESTS = {"page": "look at once (page)", "idea": "consider an idea"}
_EVIDENCE = {
    "roster": "the roster of employees",
    "listed_account": "the account: the subjects file lists it",
    "verified_government": "the account: its network verified it as a government's",
    "affiliation": "the account: its network affiliates it with an organisation",
    "listed_domain": "the account's domain: the subjects file lists it",
    "bio": "what the account's profile claims",
    "words": "the words alone",
    "words_unsure": (
        "nothing: the words sound like somebody else, but not surely (WINNOW_STAKEHOLDER_CONFIDENCE), and of the account nothing says so"
    ),
}
_LINKS = {
    "evidence": "it is among the evidence",
    "cause": "it caused a revision",
    "opened": "it opened it",
    "author": "same author and subject",
    "counted": "counted in it: same subject, at that time",
    "absorbed": "it absorbed the case",
    "possible": "possibly this one: open on its subject at that time",
    "asked": "asked for",
}


class Place(NamedTuple):
    """A record: its topic's noun, partition and offset."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Read ``topic/partition/offset``, more of it behind another slash or not; None when it is none.

        >>> Place.parse("posts/3/17/0")
        Place(topic='posts', partition=3, offset=17)
        """
        parts = text.split("/")
        if len(parts) < 3 or not parts[0] or not (parts[1].isdecimal() and parts[2].isdecimal()):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]))


@dataclass(slots=True)
class Story:
    """Everything known of what was asked, stage by stage, each list in the order it came about.

    kind: what ``asked`` turned out to be. No names of authors are in it, and texts are redacted.
    """

    asked: str
    kind: str
    events: list[Facts] = field(default_factory=list)
    information: list[Facts] = field(default_factory=list)
    situations: list[Facts] = field(default_factory=list)
    decisions: list[Facts] = field(default_factory=list)
    actions: list[Facts] = field(default_factory=list)
    outcomes: list[Facts] = field(default_factory=list)
    labels: list[Facts] = field(default_factory=list)
    rejected: list[Facts] = field(default_factory=list)
    chaff: list[Facts] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The story, JSON-ready."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The story for people, a line a fact; indented where it follows from the line above."""
        found: list[str] = []
        for event in self.events:
            found += _event(self, event)
        for piece in self.information:
            if not any(event["place"] == piece["lineage"] for event in self.events):
                found += _information(piece, "")
        for situation in self.situations:
            found += _situation(self, situation)
        return found + list(_outside(self))


def _event(story: Story, event: Facts) -> Iterator[str]:
    topic, partition, offset = event["place"].split("/")
    name = f" ({event['event']})" if event["event"] else ""
    arrived = f" arrived at {event['appended_at']}" if event["appended_at"] else " is no longer in its topic"
    yield f"offset {offset} of {topic}/{partition}{name}{arrived} and {_ended(event, _SIFTED)}"
    for refusal in story.rejected:
        if refusal["lineage"] == event["place"]:
            yield f"  because {refusal['reason']} ({refusal['code']}); its {refusal['raw_bytes']} bytes are kept at {refusal['place']}"
    for sample in story.chaff:
        if sample["lineage"] == event["place"]:
            yield f"  “{sample['text']}”, spam {sample['spam']:.2f}, {sample['reason']}, kept at {sample['place']}"
    for piece in story.information:
        if piece["lineage"] == event["place"]:
            yield from _information(piece, "  ")


def _information(piece: Facts, indent: str) -> Iterator[str]:
    sure = piece["confidence"]
    who = f"{_article(piece['stakeholder'])} {piece['stakeholder']}"
    felt = f"{piece['sentiment']} ({sure['sentiment']:.2f}), urgency {piece['urgency']:.1f}"
    wanted = f"{piece['intent']} ({sure['intent']:.2f}) about {piece['subject']}"
    yield f"{indent}was judged: {wanted}, {felt}, by {who}, in {piece['language']} [information {piece['id']}, model {piece['model']}]"
    yield f"{indent}“{piece['text']}”"
    if (evidence := piece.get("stakeholder_evidence")) is not None:
        yield f"{indent}who speaks is known by {_EVIDENCE[evidence]}"
    if piece.get("desk"):
        danger = f", danger {piece['danger']:.2f}"
        yield f"{indent}would be dealt with by {piece['desk']}{danger}"
    if piece.get("competitor"):
        yield f"{indent}about a competitor: counted, never answered"
    if piece["dual_hat"]:
        yield f"{indent}an employee who speaks as a customer (dual hat): never answered in public"
    if piece["copy_of"]:
        yield f"{indent}number {piece['copies']} of the same text; the first is {piece['copy_of']}"
    if piece["backfill"]:
        yield f"{indent}history when it arrived: pages nobody"
    yield f"{indent}{piece['place']} {_ended(piece, _CORRELATED)}"
    if piece["no_case"]:
        yield f"{indent}no case: {piece['no_case']}"


def _situation(story: Story, situation: Facts) -> Iterator[str]:
    people = "1 author" if situation["authors"] == 1 else f"{situation['authors']:,} authors"
    expected = f" (expected {situation['expected']:.3g})" if situation["kind"] == "surge" else ""
    yield (
        f"{situation['kind']} {situation['id']} about {situation['subject']}/{situation['facet']}, {_LINKS[situation['link']]}: "
        f"{situation['events']:,} events{expected} by {people}, severity {situation['severity']:.2f}, {situation['origin']}, "
        f"{situation['status']} at {situation['updated_at']} in revision {situation['revision']}"
    )
    if situation["absorbed_by"]:
        yield f"  absorbed by surge {situation['absorbed_by']}: decided on there"
    if situation["self_resolved"]:
        yield "  the community has answered it: self-resolved"
    yield f"  {situation['place']}: {_DECIDED.get(situation['disposition'], 'decide has not come to it yet')}"
    yield from (f"    {line}" for line in situation["undecided"])
    own = [decision for decision in story.decisions if decision["situation"] == situation["id"]]
    if len(own) > MOST_DECISIONS:
        yield f"  … {len(own) - MOST_DECISIONS} earlier decisions"
    for decision in own[-MOST_DECISIONS:]:
        yield from _decision(story, decision)


def _decision(story: Story, decision: Facts) -> Iterator[str]:
    owner = decision["role"] == "owner"
    peers = f" with {', '.join(decision['peers'])}" if decision["peers"] and owner else ""
    if decision["withdrawn"]:
        what = f"withdraws what rule {decision['rule']} had asked of {decision['team']}"
    else:
        within = _promised(decision)
        asks = "would have asked" if decision["mode"] == Mode.SUPPRESSED else "asks"
        what = f"rule {decision['rule']} {asks} {decision['team']} ({decision['role']}{peers}) to {decision['do']}{within}"
    yield f"  at {decision['decided_at']} decision {decision['id']}, {decision['mode']}: {what}"
    if decision["facts"] and owner and not decision["withdrawn"]:
        facts = [_fact(name, value) for name, value in decision["facts"].items()]
        yield f"    because {', '.join(facts)}"
    if owner:
        for reason in decision["against"]:
            yield f"    against: {reason}"
    yield f"    {decision['place']}: {_ACTED.get(decision['disposition'], 'act has not come to it yet')}"
    for action in story.actions:
        if _follows(story, action, decision):
            yield from _action(story, action, "    ")


def _fact(name: str, value: object) -> str:
    return f"the text says “{value}”" if name == "text.mentions" else f"{name.removeprefix('situation.')} = {_short(value)}"


def _promised(decision: Facts) -> str:
    """By when: the first time that somebody else is asked, or the same team again; nothing when nobody ever is."""
    if not decision["escalation"] or decision["role"] != "owner":
        return f", worth doing for {_span(decision['decided_at'], decision['not_after'])}"
    first = decision["escalation"][0]
    return f" within {_minutes(first['after_seconds'] // 60)}, or {first['contact']} of {first['team']} is asked"


def _follows(story: Story, action: Facts, decision: Facts) -> bool:
    """Whether an action is listed under this decision record: its team's own, a digest that contains it, an escalation by its owner."""
    if action["kind"] == ActionKind.DIGEST:
        return decision["place"] in action["tells"]
    if action["decision"] != decision["id"]:
        return False
    teams = {other["team"] for other in story.decisions if other["id"] == decision["id"]}
    return bool(action["team"] == decision["team"] or (decision["role"] == "owner" and action["team"] not in teams))


def _action(story: Story, action: Facts, indent: str) -> Iterator[str]:
    if action["kind"] == "revoke":
        what = f"{action['team']} was told that action {action['revokes']} is revoked"
    elif action["kind"] == "escalate":
        others = f", with others in action {action['group']}" if action["group"] else ""
        what = f"escalation {action['step']}: {action['team']} was asked{others}"
    else:
        doing = f"{_REQUESTS.get(action['kind'], action['kind'])} by {action['not_after']}"
        request = "read a digest" if action["kind"] == "digest" else doing
        what = f"{action['team']} was asked to {request}"
    channel = f", through {action['reply']['source']}" if action["reply"] else ""
    yield f"{indent}{what}{channel} [action {action['action_id']}, written {action['written_at']}]: {action['summary']}"
    answers = [outcome for outcome in story.outcomes if outcome["action_id"] == action["action_id"]]
    for outcome in answers:
        if outcome["disposition"] in ("rekeyed", "revoked", "unchanged"):
            continue  # it comes again under the right key, or is a copy for a peer
        reason = f": {outcome['reason']}" if outcome["reason"] else ""
        taken = f" ({outcome['disposition']})" if outcome["disposition"] not in (None, "outcome") else ""
        yield f"{indent}  {outcome['team']} answered {outcome['status']} at {outcome['at']}{reason}{taken}"
    if not answers and action["kind"] not in ("revoke", "digest"):
        yield f"{indent}  not answered yet"
    for label in story.labels:
        if label["action_id"] == action["action_id"]:
            yield f"{indent}  teaches the models that {label['facet']} = {label['value']} (information {label['information']})"


def _outside(story: Story) -> Iterator[str]:
    """Decisions whose situation is gone from its topic, and actions listed under none of the decisions above."""
    shown = {situation["id"] for situation in story.situations}
    for decision in story.decisions:
        if decision["situation"] not in shown:
            yield from _decision(story, decision)
    for action in story.actions:
        if not any(_follows(story, action, decision) for decision in story.decisions):
            yield from _action(story, action, "")


def _ended(facts: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if facts["disposition"] is None:
        return "is not accounted for yet"
    at = f" at {facts['settled_at']}" if facts["settled_at"] else ""
    return f"was {words.get(facts['disposition'], facts['disposition'])}{at}".replace("was became", "became")


def _span(first: str, last: str) -> str:
    return _minutes((to_milliseconds(last) - to_milliseconds(first)) // 60_000)


def _minutes(minutes: int) -> str:
    for size, name in ((1_440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes // size} {name}"
    return f"{minutes} minutes"


def _article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
