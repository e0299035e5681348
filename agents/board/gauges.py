"""The board's metrics, in a registry of its own: what it has read, what it wrote, who watches, how old its pages are."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

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
        yield GaugeMetricFamily(
            "winnow_board_ready", "1 when pages are complete and Kafka answers.", follower.caught_up and not follower.trouble
        )
        yield GaugeMetricFamily("winnow_board_age_seconds", "Since when the board may lack something.", max(age, 0.0))
        yield GaugeMetricFamily("winnow_board_lag_events", "Records that the board has yet to read.", follower.behind)
        yield GaugeMetricFamily("winnow_board_streams", "Open event streams: pages that somebody looks at.", board.changes.watchers)
        yield CounterMetricFamily("winnow_board_written_total", "Records that people wrote through the board.", board.desk.written)
        yield CounterMetricFamily("winnow_board_unreadable_total", "Records that the board could not read.", board.store.unreadable)
