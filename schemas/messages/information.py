"""What sift makes of a signal: information and what takes it back, chaff, or a record that could not be read."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.messages.base import Count, Emitted, Lineage, Share, Time
from schemas.messages.signal import Signal
from schemas.messages.values import Desk, Intent, Sentiment, Stakeholder, StakeholderEvidence


class Confidence(Emitted):
    """Calibrated probability of the chosen value, per facet."""

    spam: Share
    intent: Share
    sentiment: Share
    stakeholder: Share
    desk: Share = 0.0


class Information(Emitted):
    """A signal worth attention, judged: about whom, what is wanted, how urgent, by whom."""

    id: str
    subject: str
    signal: Signal
    intent: Intent
    sentiment: Sentiment
    sentiment_score: Annotated[float, Field(ge=-1.0, le=1.0)]
    urgency: Share
    stakeholder: Stakeholder
    dual_hat: bool
    language: str
    confidence: Confidence
    copies: Annotated[int, Field(ge=1, description="How many times sift has seen this exact text so far, itself included.")]
    copy_of: str | None = None
    backfill: bool
    clock: Annotated[int, Field(description="Running maximum of event time in the source partition, Unix ms: the merge key.")]
    appended_at: Time
    lineage: Lineage
    model: str
    stakeholder_evidence: StakeholderEvidence | None = None
    competitor: bool = Field(default=False, description="The subject is a competitor: counted, never answered.")
    desk: Desk | None = Field(default=None, description="Who would deal with it; null where that is not known well enough.")
    danger: Share = Field(default=0.0, description="How likely it is that people, or what is theirs, are being harmed now.")
    replaces: str | None = Field(
        default=None, description="The piece of information that the post's former version was, when it was edited."
    )


class Withdrawal(Emitted):
    """A piece of information that holds no more: its post was deleted, or its edited version is about something else. On the same
    topic, under the same key, behind what it takes back.
    """

    withdraws: Annotated[str, Field(description="Id of the piece of information.")]
    subject: str
    source: str
    clock: int
    appended_at: Time
    lineage: Lineage


class Chaff(Emitted):
    """A sampled or uncertain event that was thrown away, kept so that misses stay visible."""

    id: str
    subject: str
    disposition: Literal["spam", "irrelevant"]
    reason: Literal["sampled", "uncertain"]
    spam: Share
    text: str
    source: str
    created_at: Time
    lineage: Lineage
    model: str


class Rejected(Emitted):
    """A record that could not be read: raw bytes, place, code and a reason for a person. Can be replayed after a fix.

    ``headers`` is for reading, ``headers_base64`` for putting back. ``truncated``: value, key or headers were too large to be kept whole.
    """

    stage: str
    code: str
    reason: str
    raw_base64: str
    raw_bytes: Count
    truncated: bool
    key_base64: str | None
    headers: dict[str, str]
    headers_base64: Annotated[
        tuple[tuple[str, str | None], ...] | None,
        Field(description="All headers as they came, in order, repeated ones too; null in what former versions wrote."),
    ] = None
    tombstone: Annotated[bool | None, Field(description="Whether the value was null; null in what former versions wrote.")] = None
    appended_at: Time
    lineage: Lineage
