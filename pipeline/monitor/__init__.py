"""The health of rules and teams, from decisions, outcomes and the ledger, for the stage of that name."""

from pipeline.monitor.shard import MonitorShard

__all__ = ["MonitorShard"]
