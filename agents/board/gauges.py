"""The board's metrics, in a registry of its own: what it has read, what it wrote, who watches, how old its pages are."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agents.metrics import TABLE

if TYPE_CHECKING:
    from agents.board.site import Board


class Gauges(Collector):
    """Read when asked; nothing is counted beside what is there anyway."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def collect(self) -> Iterator[Metric]:
        """All of them now."""
        follower, board = self._board.follower, self._board
        age = time.time() - follower.as_of_ms / 1000 if follower.as_of_ms else 0.0
        found = {
            "winnow_board_ready": float(follower.caught_up and not follower.trouble),
            "winnow_board_age_seconds": max(age, 0.0),
            "winnow_board_lag_events": follower.behind,
            "winnow_board_streams": board.changes.watchers,
            "winnow_board_written_total": board.desk.written,
            "winnow_board_unreadable_total": board.store.unreadable,
        }
        for name, value in found.items():
            metric = TABLE[name]
            family = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
            yield family(name, metric.meaning, value)
