"""Prometheus metrics of steps and positions, made from the table. Labels are bounded, and a broken metric breaks nothing.

Names that come with the data (rules, teams, silences) get a series of their own while there is room, "other" when there is none.
"""

import logging
import platform
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Concatenate, NamedTuple, ParamSpec

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from agents.metrics.latency import action_kind, sample
from agents.metrics.shards import GAUGES, read
from agents.metrics.table import TABLE, Metric
from pipeline.stream import Step
from schemas.topics import DISPOSITIONS, INPUTS, STAGES

log = logging.getLogger("winnow")

MOST_SERIES = 1_000
"""Of one metric with labels that come with the data; beyond it they are "other"."""

OTHER = "other"

P = ParamSpec("P")


def harmless(method: Callable[Concatenate["Metrics", P], None]) -> Callable[Concatenate["Metrics", P], None]:
    """A metric that cannot be taken is counted and told once; the flow goes on."""

    def guarded(self: "Metrics", /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:  # noqa: BLE001  # told by `broken`; no metric is worth a worker
            self.broken(method.__name__)

    guarded.__doc__ = method.__doc__
    return guarded


class Metrics:
    """One worker's metrics, in a registry of its own."""

    def __init__(self, stage: str, *, most_series: int = MOST_SERIES) -> None:
        self.stage = stage
        self.registry = CollectorRegistry()
        self._most_series = most_series
        self._told: set[str] = set()
        self._made = {metric.name: _make(metric, self.registry) for metric in TABLE.values() if stage in metric.stages}
        self._series: dict[str, dict[tuple[str, ...], Any]] = {name: {} for name in self._made}
        ProcessCollector(registry=self.registry)
        self._begin()

    def _begin(self) -> None:
        """Series that are known before anything happens start at 0: an increase from nothing is none to Prometheus."""
        stage = self.stage
        for topic in INPUTS[stage]:
            for disposition in DISPOSITIONS[stage][1:]:
                self._of("winnow_events_total", stage, topic, disposition)
            self._of("winnow_deleted_unread_events_total", stage, topic)
        for name in ("rebalances_total", "metric_errors_total", "batch_seconds", "commit_seconds", "merge_out_of_order_total"):
            if f"winnow_{name}" in self._made:
                self._of(f"winnow_{name}", stage)
        for name in SELDOM & self._made.keys():
            self._of(name, stage, *("" for _ in TABLE[name].labels[1:]))
        if "winnow_ledger_gaps_total" in self._made:
            for about in STAGES:
                self._of("winnow_ledger_gaps_total", about)
                self._of("winnow_ledger_missing_events_total", about)
        self._of("winnow_build_info", stage, _version(), platform.python_version()).set(1)
        self._of("winnow_start_timestamp_seconds", stage).set(time.time())
        self._of("winnow_ready", stage).set(0)

    def _of(self, name: str, *labels: str) -> Any:
        """The series of a metric; looked up in a dictionary of our own, which is faster than the client's."""
        series = self._series[name]
        found = series.get(labels)
        if found is None:
            if len(series) >= self._most_series and len(labels) > 1:
                labels = (labels[0], *(OTHER for _ in labels[1:]))
            found = series[labels] = self._made[name].labels(*labels)
        return found

    def broken(self, what: str) -> None:
        """Note that a metric could not be taken. Never raises."""
        if what not in self._told:
            self._told.add(what)
            log.warning("%s: metric %s cannot be taken; the flow goes on", self.stage, what, exc_info=True)
        self._of("winnow_metric_errors_total", self.stage).inc()

    # -- work --------------------------------------------------------------------------------------------------------

    @harmless
    def batch(self, events: int, seconds: float) -> None:
        """A batch was worked."""
        self._of("winnow_batch_events", self.stage).observe(events)
        self._of("winnow_batch_seconds", self.stage).observe(seconds)

    @harmless
    def step(self, step: Step, seconds: float, now_ms: int | None = None) -> None:
        """A step became durable, after ``seconds`` of writing; ``now_ms``: Unix ms, the clock's when None."""
        self._of("winnow_commit_seconds", self.stage).observe(seconds)
        names = DISPOSITIONS[self.stage]
        for span in step.spans:
            for code, amount in span.counts().items():
                self._of("winnow_events_total", self.stage, span.topic, names[code]).inc(amount)
        for noun, amount in Tally(output.noun for output in step.outputs).items():
            self._of("winnow_outputs_total", self.stage, noun).inc(amount)
        for count, amount in step.counts.items():
            self._count(count, amount)
        if "winnow_latency_seconds" in self._made:
            now_ms = int(time.time() * 1000) if now_ms is None else now_ms
            for noun, latency in sample(step.outputs, now_ms):
                self._of("winnow_latency_seconds", self.stage, noun).observe(latency)
            for noun, since_ms in step.reached:
                self._of("winnow_latency_seconds", self.stage, noun).observe(max(now_ms - since_ms, 0) / 1000)
        if self.stage == "act":
            for output in step.outputs:
                noun, _, team = output.noun.partition(".")
                if noun == "actions":
                    self._of("winnow_actions_total", "act", team, action_kind(output.value)).inc()

    @harmless
    def _count(self, count: tuple[str, ...], amount: int) -> None:
        name, labels = metric_of(self.stage, count)
        self._of(name, *labels).inc(amount)

    # -- where it stands ---------------------------------------------------------------------------------------------

    @harmless
    def positions(self, places: Mapping[tuple[str, int], tuple[int, float]]) -> None:
        """Lag and commit age of all partitions of this worker: (topic noun, number) -> (events, seconds). Others are gone."""
        self._clear("winnow_lag_events", "winnow_commit_age_seconds")
        for (topic, partition), (lag, commit_age) in places.items():
            self._of("winnow_lag_events", self.stage, topic, str(partition)).set(lag)
            self._of("winnow_commit_age_seconds", self.stage, topic, str(partition)).set(commit_age)

    @harmless
    def held(self, topic: str, partition: int, seconds: float) -> None:
        """Input of a partition has been held back for so long; 0: it is not any more."""
        self._of("winnow_held_seconds", self.stage, topic, str(partition)).set(seconds)

    @harmless
    def group_lags(self, lags: Mapping[tuple[str, str, int], int]) -> None:
        """What every stage's group has not committed yet: (stage, topic noun, partition) -> events."""
        self._clear("winnow_group_lag_events")
        for (stage, topic, partition), lag in lags.items():
            self._of("winnow_group_lag_events", stage, topic, str(partition)).set(lag)

    @harmless
    def unhandled(self, waiting: tuple[int, int | None] | None) -> None:
        """How many rejected records nobody has handled, and when the oldest was written (Unix ms); None: nobody knows."""
        self._clear("winnow_rejected_unhandled_records", "winnow_rejected_oldest_age_seconds")
        if waiting is not None:
            records, since_ms = waiting
            age = 0.0 if since_ms is None else max(time.time() - since_ms / 1000, 0.0)
            self._of("winnow_rejected_unhandled_records", self.stage).set(records)
            self._of("winnow_rejected_oldest_age_seconds", self.stage).set(age)

    @harmless
    def shards(self, shards: Iterable[object]) -> None:
        """What this worker's shards hold: open situations, budgets, versions."""
        readings = read(self.stage, list(shards))
        self._clear(*(name for name in GAUGES if name in self._made))
        for name, labels, value in readings:
            self._of(name, self.stage, *labels).set(value)

    @harmless
    def worker(self, *, ready: bool, loop_delay: float) -> None:
        """How the worker itself does; ``loop_delay``: seconds."""
        self._of("winnow_ready", self.stage).set(ready)
        self._of("winnow_loop_delay_seconds", self.stage).set(loop_delay)

    @harmless
    def rebalanced(self) -> None:
        """Partitions were revoked."""
        self._of("winnow_rebalances_total", self.stage).inc()

    @harmless
    def deleted_unread(self, topic: str, offsets: int) -> None:
        """So many offsets of an input were deleted before they were read."""
        self._of("winnow_deleted_unread_events_total", self.stage, topic).inc(offsets)

    @harmless
    def recovered(self, seconds: float) -> None:
        """A shard's state was restored."""
        self._of("winnow_recovery_seconds", self.stage).observe(seconds)

    def _clear(self, *names: str) -> None:
        for name in names:
            self._made[name].clear()
            self._series[name].clear()


class _Counter(NamedTuple):
    """Where a count of a step goes: ``labels`` as it names them, behind ``first``, in which "" stands for the stage itself."""

    metric: str
    labels: int
    first: tuple[str, ...] = ("",)
    last: tuple[str, ...] = ()


COUNTERS = {
    ("", "rejected"): _Counter("winnow_rejected_total", 1),
    ("", "merge_forced"): _Counter("winnow_merge_out_of_order_total", 0),
    ("", "policy_refused"): _Counter("winnow_policies_refused_total", 0),
    ("", "policy_unreadable"): _Counter("winnow_policies_unreadable_total", 0),
    ("sift", "model_swapped"): _Counter("winnow_models_swapped_total", 0),
    ("correlate", "situations"): _Counter("winnow_situations_total", 2),
    ("correlate", "situations_closed_early"): _Counter("winnow_situations_closed_early_total", 1),
    ("decide", "decided"): _Counter("winnow_decided_total", 2),
    ("decide", "suppressed"): _Counter("winnow_suppressed_total", 2),
    ("decide", "cel_error"): _Counter("winnow_condition_errors_total", 1),
    ("decide", "guard"): _Counter("winnow_stopped_total", 1, ("", "guard")),
    ("decide", "silenced"): _Counter("winnow_stopped_total", 1, ("", "silence")),
    ("decide", "shadow_match"): _Counter("winnow_shadow_matches_total", 1),
    ("decide", "withdrawn"): _Counter("winnow_withdrawn_total", 1, last=("",)),
    ("act", "held"): _Counter("winnow_suppressed_total", 1, ("", "digest")),
    ("act", "acted"): _Counter("winnow_acted_total", 2),
    ("act", "revoked"): _Counter("winnow_revoked_total", 2),
    ("act", "escalated"): _Counter("winnow_escalated_total", 2),
    ("act", "grouped"): _Counter("winnow_grouped_total", 1),
    ("act", "released"): _Counter("winnow_released_total", 1),
    ("act", "over_budget"): _Counter("winnow_over_budget_total", 1),
    ("act", "digested"): _Counter("winnow_digested_total", 1),
    ("act", "outcome"): _Counter("winnow_answers_total", 2),
    ("act", "unknown_action"): _Counter("winnow_unknown_actions_total", 1),
    ("monitor", "unknown_action"): _Counter("winnow_unknown_actions_total", 0, last=("",)),
    ("monitor", "unmatched_outcomes"): _Counter("winnow_unmatched_outcomes_total", 0),
    ("monitor", "forgotten"): _Counter("winnow_forgotten_decisions_total", 0),
    ("monitor", "withdrawn"): _Counter("winnow_withdrawn_total", 2),
    ("monitor", "decisions"): _Counter("winnow_decisions_total", 3),
    ("monitor", "outcomes"): _Counter("winnow_outcomes_total", 2),
    ("monitor", "attention"): _Counter("winnow_attention_total", 2),
    ("monitor", "ledger"): _Counter("winnow_ledger_events_total", 2, ()),
    ("monitor", "ledger_gap"): _Counter("winnow_ledger_gaps_total", 1, ()),
    ("monitor", "ledger_missing"): _Counter("winnow_ledger_missing_events_total", 1, ()),
    ("learn", "labels"): _Counter("winnow_labels_total", 1, last=("learned",)),
    ("learn", "label_doubted"): _Counter("winnow_labels_total", 1, last=("doubted",)),
    ("learn", "label_given_up"): _Counter("winnow_labels_total", 0, last=("", "given_up")),
    ("learn", "unlearned"): _Counter("winnow_labels_total", 1, last=("of_no_learner",)),
    ("learn", "announced"): _Counter("winnow_models_announced_total", 1, last=("challenger",)),
    ("learn", "promoted"): _Counter("winnow_models_announced_total", 1, last=("champion",)),
}
"""(stage, what a step counts) -> its metric; "" is any stage. The ledger's counts name the stage that they are about."""


SELDOM = frozenset(
    f"winnow_{name}_total"
    for name in (
        "decided", "withdrawn", "acted", "revoked", "escalated", "grouped", "released", "over_budget", "digested", "answers",
        "unknown_actions", "unmatched_outcomes", "forgotten_decisions", "situations_closed_early", "policies_refused",
        "policies_unreadable", "labels", "models_announced", "models_swapped", "condition_errors", "stopped", "shadow_matches",
    )
)  # fmt: skip
"""What may not happen for days: each begins with one series at 0, so that rules and panels find it."""


def metric_of(stage: str, count: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Metric and labels of what a stage counts. Raises KeyError for a count that has none.

    >>> metric_of("sift", ("rejected", "not_json"))
    ('winnow_rejected_total', ('sift', 'not_json'))
    """
    name, labels = count[0], count[1:]
    known = COUNTERS.get((stage, name)) or COUNTERS["", name]
    if known.labels != len(labels):
        raise KeyError(f"{name} of {stage} has {len(labels)} labels, {known.metric} takes {known.labels}")
    return known.metric, (*(label or stage for label in known.first), *labels, *known.last)


def _make(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.type == "histogram":
        return Histogram(metric.name, metric.meaning, metric.labels, registry=registry, buckets=metric.buckets)
    kind = Counter if metric.type == "counter" else Gauge
    return kind(metric.name, metric.meaning, metric.labels, registry=registry)


def _version() -> str:
    try:
        return version("winnow-pipeline")
    except PackageNotFoundError:
        return "unknown"
