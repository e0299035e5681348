"""One decision as one team has it, with its answers, and what it adds to the sums that `HealthWindow` keeps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.act import CLOSING, action_id
from pipeline.policy import CLASSES
from schemas.messages import ActionKind, OutcomeStatus

Subject = tuple[str, str]
"""What has health: ("rule" or "team", its name)."""


class Sums(NamedTuple):
    """What decisions came to, as integers that add up. Times are milliseconds.

    decisions: all; requests: those that asked something of their team, or were answered all the same; answered: with any answer.
    """

    decisions: int = 0
    requests: int = 0
    acknowledged: int = 0
    done: int = 0
    declined: int = 0
    overturned: int = 0
    acted: int = 0
    answered: int = 0
    answer_ms: int = 0

    def plus(self, other: "Sums", sign: int = 1) -> "Sums":
        """The sums of both, or without ``other`` when ``sign`` is -1."""
        return Sums(*(a + sign * b for a, b in zip(self, other, strict=True)))


@dataclass(slots=True)
class Request:
    """One live decision as one team has it. Times are Unix ms; ``number`` is its place in arrival order.

    known_since: instants from which the team can have known, one of which its clock agrees with. statuses: status -> when first
    said. unasked: it asks its team for nothing of its own: withdrawn, superseded, told only in a digest, or settled before.
    """

    decision: str
    team: str
    rule: str
    owner: bool
    do: str
    severity_class: str
    stakeholder: str
    source: str
    decided_ms: int
    known_since: list[int]
    chain: list[str]
    number: int = 0
    unasked: bool = False
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"{self.decision}/{self.team}"

    def subjects(self) -> Iterator[Subject]:
        """Whose health it is: its team's, and its rule's once, however many teams the rule asks."""
        yield "team", self.team
        if self.owner:
            yield "rule", self.rule

    def action_ids(self) -> Iterator[str]:
        """Ids of the action and of all escalations that it may come to, as `pipeline.act.shard` derives them."""
        action = action_id(self.decision, self.team, self.do, 0)
        yield action
        for step, team in enumerate(self.chain, 1):
            yield action_id(action, team, ActionKind.ESCALATE, step)

    def sums(self, longest_ms: int) -> Sums:
        """What it adds to the sums; an answer that took longer than ``longest_ms`` is a wrong clock and not measured."""
        statuses = self.statuses
        at = min(statuses.values(), default=0)
        waited = min((at - since for since in self.known_since if since <= at), default=None)
        measured = bool(statuses) and waited is not None and waited <= longest_ms
        done, overturned = OutcomeStatus.DONE in statuses, OutcomeStatus.OVERTURNED in statuses
        return Sums(
            decisions=1,
            requests=int(bool(statuses) or not self.unasked),
            acknowledged=int(OutcomeStatus.ACKNOWLEDGED in statuses),
            done=int(done),
            declined=int(OutcomeStatus.DECLINED in statuses),
            overturned=int(overturned),
            acted=int(done and not overturned),
            answered=int(measured),
            answer_ms=waited or 0 if measured else 0,
        )

    def settled_by(self, former: "Request") -> bool:
        """Whether the former decision's answer covers this one, so that `pipeline.act.shard` asks the team nothing new."""
        same = (former.rule, former.do) == (self.rule, self.do)
        settled = not CLOSING.isdisjoint(former.statuses)
        return same and settled and CLASSES.index(self.severity_class) <= CLASSES.index(former.severity_class)
