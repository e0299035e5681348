"""Prometheus metrics and the table that declares them."""

from agents.metrics.group_lag import every_lag, keep_looking
from agents.metrics.metrics import Metrics
from agents.metrics.table import TABLE

__all__ = ["TABLE", "Metrics", "every_lag", "keep_looking"]
