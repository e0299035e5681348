"""The messages of the flow, one frozen model each: Signal, Information, Situation, Decision, Action, Outcome ...

What Winnow emits forbids unknown fields (`Emitted`); what it reads from outside tolerates them (`Received`).
Times are UTC datetimes, written as ISO 8601 with milliseconds and ``Z``. Shares and scores are 0..1 unless said otherwise.
"""

from pydantic import BaseModel

from schemas.messages.accounts import Health, LedgerEntry, ModelAnnouncement, SilenceRecord, SilenceWindow
from schemas.messages.action import Action, ActionEvidence, ActionItem, Label, Outcome, ReplyChannel
from schemas.messages.base import Count, Country, Emitted, Lineage, Received, Share, Time
from schemas.messages.decision import Decision, Escalation
from schemas.messages.information import Chaff, Confidence, Information, Rejected, Withdrawal
from schemas.messages.signal import Author, Reach, Signal
from schemas.messages.situation import Evidence, Situation
from schemas.messages.values import (
    CORRECTION,
    ActionKind,
    Desk,
    Intent,
    Kind,
    Mode,
    Operation,
    Origin,
    OutcomeReason,
    OutcomeStatus,
    Scope,
    Sentiment,
    SituationKind,
    SituationStatus,
    Stakeholder,
    StakeholderEvidence,
    Visibility,
    Weekday,
)

__all__ = [
    "ALONGSIDE",
    "CORRECTION",
    "EMITTED",
    "RECEIVED",
    "Action",
    "ActionEvidence",
    "ActionItem",
    "ActionKind",
    "Author",
    "Chaff",
    "Confidence",
    "Count",
    "Country",
    "Decision",
    "Desk",
    "Emitted",
    "Escalation",
    "Evidence",
    "Health",
    "Information",
    "Intent",
    "Kind",
    "Label",
    "LedgerEntry",
    "Lineage",
    "Mode",
    "ModelAnnouncement",
    "Operation",
    "Origin",
    "Outcome",
    "OutcomeReason",
    "OutcomeStatus",
    "Reach",
    "Received",
    "Rejected",
    "ReplyChannel",
    "Scope",
    "Sentiment",
    "Share",
    "Signal",
    "SilenceRecord",
    "SilenceWindow",
    "Situation",
    "SituationKind",
    "SituationStatus",
    "Stakeholder",
    "StakeholderEvidence",
    "Time",
    "Visibility",
    "Weekday",
    "Withdrawal",
]

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
