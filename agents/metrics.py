"""Steps in; Prometheus metrics out. Labels are bounded: stages, dispositions, reasons, teams; never a user, an id or a text."""

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pipeline.stage import Step
from schemas.topics import DISPOSITIONS


class Metrics:
    """One worker's metrics, in a registry of its own."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.registry = CollectorRegistry()
        self.events = Counter("winnow_events", "Input events settled.", ["stage", "topic", "disposition"], registry=self.registry)
        self.outputs = Counter("winnow_outputs", "Records written.", ["stage", "topic"], registry=self.registry)
        self.batch_events = Histogram(
            "winnow_batch_events", "Events per batch.", ["stage"], registry=self.registry, buckets=(1, 4, 16, 64, 256, 1024, 4096, 16384)
        )
        self.batch_seconds = Histogram("winnow_batch_seconds", "Pure work per batch.", ["stage"], registry=self.registry)
        self.durable_seconds = Histogram(
            "winnow_durable_seconds", "Writing outputs, state and ledger per batch.", ["stage"], registry=self.registry
        )
        self.facts = Counter("winnow_facts", "What stages count by the way.", ["stage", "fact", "value"], registry=self.registry)
        self.lag = Gauge("winnow_lag_events", "Records waiting.", ["stage", "topic", "partition"], registry=self.registry)
        self.stalled = Gauge(
            "winnow_stalled_seconds", "Time without progress while input waits.", ["stage", "topic", "partition"], registry=self.registry
        )
        self.rebalances = Counter("winnow_rebalances", "Times partitions were revoked.", registry=self.registry)
        self.recovery_seconds = Histogram("winnow_recovery_seconds", "Restoring a shard's state.", registry=self.registry)

    def batch(self, events: int, seconds: float) -> None:
        """A batch was worked."""
        self.batch_events.labels(self.stage).observe(events)
        self.batch_seconds.labels(self.stage).observe(seconds)

    def step(self, step: Step, seconds: float) -> None:
        """A step became durable."""
        self.durable_seconds.labels(self.stage).observe(seconds)
        names = DISPOSITIONS[self.stage]
        for span in step.spans:
            for code, amount in Tally(span.dispositions).items():
                self.events.labels(self.stage, span.topic, names[code]).inc(amount)
        for noun, amount in Tally(output.noun for output in step.outputs).items():
            self.outputs.labels(self.stage, noun).inc(amount)
        for name, amount in step.counts.items():
            self.facts.labels(self.stage, name[0], "/".join(name[1:])).inc(amount)

    def position(self, topic: str, partition: int, lag: int, stalled_seconds: float) -> None:
        """Where an input partition stands."""
        self.lag.labels(self.stage, topic, str(partition)).set(lag)
        self.stalled.labels(self.stage, topic, str(partition)).set(stalled_seconds)
