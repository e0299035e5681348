"""Who must act on a situation and why, and who is asked when nobody answers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from schemas.messages.base import Emitted, Lineage, Time
from schemas.messages.situation import Situation
from schemas.messages.values import ActionKind, Mode


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
