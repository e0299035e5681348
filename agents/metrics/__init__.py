"""Prometheus metrics and the table that declares them."""

from agents.metrics.group_lag import keep_looking
from agents.metrics.metrics import Metrics

__all__ = ["Metrics", "keep_looking"]
