"""Decisions become actions (budgets, escalation, digests, revocations), for the stage of that name; monitor reads answers by it as well."""

from pipeline.act.messages import action_id, each_of
from pipeline.act.outcomes import TRIED, OutcomeRead, read_outcome, takes_up
from pipeline.act.sent_actions import CLOSING
from pipeline.act.shard import ActShard

__all__ = ["CLOSING", "TRIED", "ActShard", "OutcomeRead", "action_id", "each_of", "read_outcome", "takes_up"]
