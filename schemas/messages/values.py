"""The closed lists of values that messages hold, one enumeration each."""

from enum import StrEnum
from typing import Literal


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
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
