"""What correlate sees in information: cases, surges and ideas."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.messages.base import Count, Country, Emitted, Lineage, Share, Time
from schemas.messages.values import Desk, Intent, Origin, Sentiment, SituationKind, SituationStatus, Stakeholder


class Evidence(Emitted):
    """One representative piece of information inside a situation. ``author`` is a keyed hash."""

    information: str
    author: str
    source: str
    text: str
    sentiment: Sentiment
    intent: Intent
    created_at: Time
    url: str | None
    reply_to: str
    public: Annotated[bool, Field(description="Whether it is known to have been said in public: posts and reviews.")] = False
    lineage: Lineage
    language: Annotated[str | None, Field(description="As the network tells it or as it was found out; unknown when None.")] = None
    rating: Annotated[Share | None, Field(description="0 the worst, 1 the best; None where nothing was rated.")] = None
    confidence: dict[Literal["intent", "sentiment", "stakeholder"], Share] = Field(
        default={}, description="How sure the judgement is, by facet."
    )
    country: Annotated[
        Country | None, Field(description="Where the author is, or buys, as the network tells it (ISO 3166-1 alpha-2); unknown when None.")
    ] = None


class Situation(Emitted):
    """What is going on: one revision of a case, a surge or an idea."""

    id: str
    kind: SituationKind
    subject: str
    facet: str
    status: SituationStatus
    revision: Annotated[int, Field(ge=1)]
    opened_at: Time
    updated_at: Time
    events: Count
    copies: Count
    authors: Count
    reach: Count
    sentiment: dict[Sentiment, Count]
    intents: dict[Intent, Count]
    stakeholders: dict[Stakeholder, Count]
    sources: dict[str, Count]
    expected: Annotated[float, Field(ge=0.0)]
    p_value: Share
    severity: Share
    urgency: Share
    origin: Origin
    self_resolved: bool
    dual_hat: bool
    backfill: bool
    absorbed_by: str | None
    evidence: tuple[Evidence, ...]
    withdrawals: Annotated[
        tuple[str, ...], Field(description="Pieces of information that it counted, and that were taken out since its last revision.")
    ] = ()
    clock: int
    appended_at: Time
    lineage: Lineage
    model: str
    desks: dict[Desk, Count] = Field(default={})
    danger: Share = 0.0
