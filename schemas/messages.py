"""The messages of the flow, one frozen model each: Signal, Information, Situation, Decision, Action, Outcome ...

What Winnow emits forbids unknown fields (`Emitted`); what it reads from outside tolerates them (`Received`).
Times are UTC datetimes, written as ISO 8601 with milliseconds and ``Z``. Shares and scores are 0..1 unless said otherwise.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from schemas.times import iso, to_milliseconds


class Emitted(BaseModel):
    """Base of everything Winnow writes: unknown fields are a bug and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Received(BaseModel):
    """Base of everything that comes from outside: unknown fields are somebody's extension and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _iso(value: datetime) -> str:
    return iso(to_milliseconds(value.isoformat()))


Time = Annotated[
    AwareDatetime,
    PlainSerializer(_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Kind(StrEnum):
    """What a signal is, whatever network it came from."""

    POST = "post"
    REVIEW = "review"
    TICKET = "ticket"
    SURVEY = "survey"
    MESSAGE = "message"


class Operation(StrEnum):
    """What a signal does to the post it is about."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Scope(StrEnum):
    """What an operation is about: one post, all that an account wrote, a whole conversation (a ticket that is closed)."""

    POST = "post"
    ACCOUNT = "account"
    THREAD = "thread"


class Visibility(StrEnum):
    """Who could read a signal on its network."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    DIRECT = "direct"


class Intent(StrEnum):
    """What the author wants."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    REQUEST = "request"
    PRAISE = "praise"
    REPORT = "report"
    OTHER = "other"


class Sentiment(StrEnum):
    """How the author feels about the subject."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Stakeholder(StrEnum):
    """Who speaks. ``prospect`` includes bystanders: people who are not clients can cause a mass reaction too."""

    CUSTOMER = "customer"
    PROSPECT = "prospect"
    EMPLOYEE = "employee"
    PARTNER = "partner"
    INVESTOR = "investor"
    MEDIA = "media"
    AUTHORITY = "authority"


class Desk(StrEnum):
    """Who in most organisations would deal with a post. Which of a deployment's teams that is says its policy."""

    NONE = "none"
    SUPPORT = "support"
    OPERATIONS = "operations"
    PRODUCT = "product"
    COMMS = "comms"
    LEGAL = "legal"
    SECURITY = "security"
    HR = "hr"
    PARTNERS = "partners"
    INVESTORS = "investors"


class StakeholderEvidence(StrEnum):
    """What decided who speaks: the account (first of these that is known), or else the words alone."""

    ROSTER = "roster"
    LISTED_ACCOUNT = "listed_account"
    VERIFIED_GOVERNMENT = "verified_government"
    AFFILIATION = "affiliation"
    LISTED_DOMAIN = "listed_domain"
    BIO = "bio"
    WORDS = "words"
    WORDS_UNSURE = "words_unsure"


class SituationKind(StrEnum):
    """One author's conversation, a mass reaction, or the same wish from many."""

    CASE = "case"
    SURGE = "surge"
    IDEA = "idea"


class SituationStatus(StrEnum):
    """Where a situation stands in its life. ``withdrawn``: over, as what it was about was deleted or says something else now."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Origin(StrEnum):
    """What a mass reaction is made of."""

    ORGANIC = "organic"
    AMPLIFIED = "amplified"
    COORDINATED = "coordinated"
    UNKNOWN = "unknown"


class Mode(StrEnum):
    """``live`` acts, ``shadow`` only counts, ``backfill`` judges history and never pages anyone, ``suppressed`` is the receipt of what
    a silence or a guard stopped.
    """

    LIVE = "live"
    SHADOW = "shadow"
    BACKFILL = "backfill"
    SUPPRESSED = "suppressed"


class ActionKind(StrEnum):
    """What a team is asked to do."""

    REPLY = "reply"
    REVIEW = "review"
    PAGE = "page"
    DIGEST = "digest"
    IDEA = "idea"
    ESCALATE = "escalate"
    REVOKE = "revoke"


class OutcomeStatus(StrEnum):
    """What a team says became of an action. ``received``: it has reached the team's tool, and nobody has seen it yet: it stops nothing."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    DECLINED = "declined"
    OVERTURNED = "overturned"


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class OutcomeReason(StrEnum):
    """Why a team answers as it does, where that changes anything; anything else is a comment. Beside these, corrections of a facet."""

    NOISE = "noise"
    NOT_NOISE = "not_noise"
    WRONG_TEAM = "wrong_team"
    DUPLICATE = "duplicate"
    UNDO = "undo"
    """With ``overturned``: the team takes its own last answer back, as if it had not been given."""


CORRECTION = r"(intent|sentiment|stakeholder)=[a-z_]+"
"""A reason that says what a facet should have been, e.g. ``intent=praise``."""


class Lineage(Emitted):
    """The record that something came from: the topic's noun, its partition and offset."""

    topic: str
    partition: Count
    offset: Count


class Author(Received):
    """Who wrote a signal, as the network tells it. Personal data: never leaves the information topic unhashed."""

    id: Annotated[str, Field(min_length=1, max_length=512)]
    handle: str | None = None
    name: str | None = None
    followers: Count | None = None
    verified: bool = False
    affiliation: str | None = None
    verified_as: str | None = Field(default=None, description="What a network verified: `government`, `organisation`; unknown when None.")
    bio: str | None = None
    profile_url: str | None = Field(
        default=None, description="Where the network shows the author; its host is the server that vouches for it."
    )


class Reach(Received):
    """How far a signal went when it was read."""

    likes: Count | None = None
    reposts: Count | None = None
    replies: Count | None = None
    quotes: Count | None = None
    views: Count | None = None


class Signal(Received):
    """One post or feedback event in canonical form. ``id`` is the network's own; (source, id) is unique."""

    id: Annotated[str, Field(min_length=1, max_length=512)]
    source: Annotated[str, Field(min_length=1, max_length=64)]
    kind: Kind
    author: Author
    text: str
    created_at: Time
    title: str | None = None
    rating: Share | None = None
    language: str | None = None
    url: str | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    in_reply_to_author: str | None = Field(default=None, description="The network's id of the account whose post this answers.")
    repost_of: str | None = None
    quote_of: str | None = None
    accepted_answer: bool = False
    subject: str | None = Field(default=None, description="A native hint (product, app or queue id), not yet a subject.")
    reach: Reach = Reach()
    operation: Operation = Operation.CREATE
    revision: Count = Field(default=0, description="Orders the versions of one post: a higher one replaces a lower one.")
    visibility: Visibility | None = Field(default=None, description="Unknown when None.")
    namespace: str | None = Field(default=None, description="Instance, subdomain or shop within which `id` and `author.id` are unique.")
    scope: Scope = Field(default=Scope.POST, description="What a delete takes away: the post, all of the account, the whole conversation.")
    context: str | None = Field(
        default=None, description="Words beside the author's own: alt texts, link cards, polls, what is quoted. Matched, not judged."
    )
    repost_of_author: str | None = Field(default=None, description="The network's id of the account whose post this repeats.")
    country: Country | None = Field(
        default=None, description="Where the author is, or buys, as the network tells it (ISO 3166-1 alpha-2); unknown when None."
    )


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
    confidence: Annotated[
        dict[Literal["intent", "sentiment", "stakeholder"], Share], Field(description="How sure the judgement is, by facet.")
    ] = {}
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
    desks: dict[Desk, Count] = {}
    danger: Share = 0.0


class Escalation(Emitted):
    """One step of an escalation chain: who is asked when nobody acknowledged ``after_seconds`` after the action."""

    after_seconds: Annotated[int, Field(gt=0)]
    team: str
    contact: str


class Decision(Emitted):
    """Who must act on a situation and why. One record per team concerned; all records of one decision share its id."""

    id: str
    situation: Situation
    team: str
    role: Literal["owner", "peer"]
    do: ActionKind
    owner: str
    peers: tuple[str, ...]
    escalation: tuple[Escalation, ...]
    rule: str
    matched: tuple[str, ...]
    facts: dict[str, Any]
    against: tuple[str, ...]
    policy: str
    mode: Mode
    withdrawn: bool
    supersedes: str | None
    not_after: Time
    decided_at: Time
    clock: int
    appended_at: Time
    lineage: Lineage


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


class LedgerEntry(Emitted):
    """One stage's account of one batch: a disposition for every offset in ``first..last``.

    ``packed`` is base64 of one byte per offset, an index into the stage's closed list (``schemas.topics.DISPOSITIONS``),
    zlib-compressed when ``compressed`` is true. When ``gap`` is true it is one byte, ``absent``, for all of ``first..last``.
    ``wrote``: topic -> [partition, first, last] of the records that the stage wrote since its last entry and that another stage has
    to read, without watermarks. ``deleted``: topic -> [partition, first, last] of offsets of topics in which others write that the broker
    deleted before the stage had read them. Entries of before these fields were there do not have them.
    """

    stage: str
    topic: str
    partition: Count
    first: Count
    last: Count
    packed: str
    compressed: bool
    counts: dict[str, Count]
    worker: str
    at: Time
    gap: bool = False
    wrote: dict[str, list[tuple[Count, Count, Count]]] = {}
    deleted: dict[str, list[tuple[Count, Count, Count]]] = {}


class Health(Emitted):
    """How a rule or a team does: what became of the actions it caused."""

    kind: Literal["rule", "team"]
    name: str
    decisions: Count
    acknowledged: Count
    done: Count
    declined: Count
    overturned: Count
    acted_on_ratio: Share | None
    seconds_to_acknowledge_mean: float | None
    at: Time


class ModelAnnouncement(Emitted):
    """A model version that exists in the store; ``champion`` is the one that workers use."""

    version: str
    facet: str
    champion: bool
    url: str | None
    labels: Count
    score: Share | None
    champion_score: Share | None
    at: Time


class SilenceWindow(Emitted):
    """When a silence that comes again holds: each of these days from ``start`` to ``end``, beyond midnight when that is earlier."""

    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day.", examples=["22:00"])]
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="Local time of day.", examples=["06:00"])]
    days: Annotated[tuple[Weekday, ...], Field(min_length=1, description="Days on which it begins.")]
    time_zone: Annotated[str, Field(description="Zone of the tz database.", examples=["Europe/Berlin"])]


class SilenceRecord(Emitted):
    """A silence as the topic ``silences`` holds it, under its id. The latest record of an id counts; one without a value removes it.

    What a reader does not know is no silence to it: half understood it might leave alone more than was meant.
    """

    id: Annotated[str, Field(description="Name and hash of what was silenced by whom: equal names do not replace each other.")]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["strike-in-lyon"])]
    when: Annotated[str, Field(description="CEL over the situation, as in rules.", examples=["situation.facet == 'strike'"])]
    author: Annotated[str, Field(min_length=1, max_length=100, description="Who answers for it.")]
    reason: Annotated[str, Field(min_length=1, max_length=300, description="Why, for those who read decisions.")]
    starts: Annotated[Time | None, Field(description="It holds from this event time on; null: since ever.")] = None
    until: Annotated[Time, Field(description="It holds until this event time; ending it early sets it to then.")]
    only: Annotated[SilenceWindow | None, Field(description="Between the two only then; null: all the time.")] = None
    at: Annotated[Time, Field(description="When this record was written.")]
    ended_by: Annotated[str | None, Field(description="Who ended it early.")] = None
    ended_because: Annotated[str | None, Field(description="Why it was ended early.")] = None


EMITTED: dict[str, type[BaseModel]] = {
    "information": Information,
    "chaff": Chaff,
    "rejected": Rejected,
    "situations": Situation,
    "decisions": Decision,
    "actions": Action,
    "labels": Label,
    "ledger": LedgerEntry,
    "health": Health,
    "models": ModelAnnouncement,
    "silences": SilenceRecord,
}
"""Topic noun -> the message on it, for everything Winnow writes."""

ALONGSIDE: dict[str, dict[str, type[BaseModel]]] = {"information": {"withdrawal": Withdrawal}}
"""Topic noun -> what else Winnow writes there, by the noun in its ``ce_type``."""

RECEIVED: dict[str, type[BaseModel]] = {"posts": Signal, "feedback": Signal, "outcomes": Outcome}
"""Topic noun -> the canonical message on it, for everything Winnow reads from outside."""
