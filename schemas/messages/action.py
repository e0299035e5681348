"""What a team is asked to do, what it answers, and what is learned from that."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from schemas.messages.base import Count, Emitted, Lineage, Received, Share, Time
from schemas.messages.values import CORRECTION, ActionKind, OutcomeReason, OutcomeStatus, SituationKind


class ReplyChannel(Emitted):
    """Where the people are: answer there. ``private`` says that the answer must not be public: so it is unless the post is known to be."""

    source: str
    reply_to: str
    url: str | None
    private: bool


class ActionEvidence(Emitted):
    """A reference to a piece of information with a redacted excerpt; its author only as a keyed hash."""

    information: str
    author: str
    excerpt: str
    lineage: Lineage


class ActionItem(Emitted):
    """One of several things that one action tells of."""

    action_id: str | None
    decision: str
    situation: str
    subject: str
    step: Count
    contact: str | None
    severity: Share
    title: str
    reply: ReplyChannel | None
    runbook: str | None


class Action(Emitted):
    """What one team is asked to do. Holds no personal data."""

    action_id: str
    decision: str
    situation: str
    situation_kind: SituationKind
    subject: str
    team: str
    role: Literal["owner", "peer", "escalation"]
    kind: ActionKind
    owner: str
    peers: tuple[str, ...]
    step: Annotated[int, Field(ge=0, description="0 for the action itself, n for the n-th escalation.")]
    contact: str | None
    severity: Share
    summary: str
    rule: str
    policy: str
    created_at: Time
    not_after: Time
    supersedes: str | None
    revokes: str | None
    reply: ReplyChannel | None
    evidence: tuple[ActionEvidence, ...]
    appended_at: Time
    lineage: Lineage
    runbook: str | None = Field(default=None, description="Page that says what to do, from the rule.")
    title: str = ""
    due_at: Time | None = None
    items: tuple[ActionItem, ...] = ()


class Outcome(Received):
    """What a team answers to an action."""

    action_id: str
    team: str
    status: OutcomeStatus
    at: Time
    reason: Annotated[
        str | None,
        WithJsonSchema({"anyOf": [{"enum": [*OutcomeReason]}, {"pattern": f"^{CORRECTION}$", "type": "string"}, {"type": "null"}]}),
        Field(description="Of the closed list, or a correction such as intent=praise; whatever else it says is read as a comment."),
    ] = None
    comment: Annotated[str | None, Field(description="In the team's own words.")] = None
    by: str | None = None


class Label(Emitted):
    """A fact about a piece of information, derived from an outcome or given by a reviewer; ``learn`` joins it with the text."""

    information: str
    subject: str
    facet: Literal["noise", "intent", "sentiment", "stakeholder", "urgency"]
    value: str
    given_by: str
    action_id: str | None
    at: Time
