"""What the parts of the act stage work with in one step: the policy, what was sent, what is known of teams, and where results go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.act import outputs
from pipeline.act.discretion import Discretion
from pipeline.act.sent_actions import SentActions
from pipeline.act.team_state import TeamState
from pipeline.policy import Policy
from pipeline.stream import Step


@dataclass(frozen=True, slots=True)
class ActContext:
    """One step of one shard. ``source``: the shard's name in what it writes."""

    policy: Policy
    discretion: Discretion
    source: str
    sent_actions: SentActions
    teams: TeamState
    step: Step

    def emit(self, body: Mapping[str, Any], lineage: str, time_ms: int) -> None:
        """Write an action message; ``lineage``: topic/partition/offset/ordinal, ``time_ms``: event time."""
        self.step.outputs.append(outputs.action(body, lineage, time_ms, self.source))

    def team_label(self, team: str) -> str:
        """The team as a metric label: names from outside the policy are one."""
        return team if self.policy.has_team(team) else "other"
