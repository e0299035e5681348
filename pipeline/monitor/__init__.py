"""Health of rules and teams, from decisions, outcomes and the ledger."""

from pipeline.monitor.shard import MonitorShard

__all__ = ["MonitorShard"]
