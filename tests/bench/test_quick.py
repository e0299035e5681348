"""The whole quick bench on a real Kafka: every promised figure is there and positive. How large they are is not a test's business."""

from typing import Any

import pytest

from agents.bench.run import run_bench
from agents.local.kafka import missing_tools
from tests.conftest import absent

PROMISED = (
    ("engine", "events_per_second"),
    ("features", "microseconds_per_event"),
    ("features", "language_microseconds"),
    ("sift", "events_per_second"),
    ("sift", "vs_stock_faust"),
    ("sift", "stock_faust_events_per_second"),
    ("correlate", "events_per_second"),
    ("decide", "situations_per_second"),
    ("latency", "p50_seconds"),
    ("latency", "p99_seconds"),
    ("memory", "sift_megabytes"),
    ("machine", "cores"),
)


@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_quick_bench_reports_every_promised_figure() -> None:
    """One object with all keys that the README and the checks name, each a positive number."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    found: dict[str, Any] = run_bench(None, quick=True).to_json()
    assert {f"{part}.{name}": found[part][name] for part, name in PROMISED if not found[part][name] > 0} == {}
    assert min(found["sift"]["microseconds"].values()) > 0
