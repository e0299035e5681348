"""The one table of metrics: name, type, labels, unit and meaning. Prometheus objects, documentation and checks are made from it.

``python -m agents.metrics`` prints it as Markdown (deploy/prometheus/METRICS.md).
"""

from typing import Literal, NamedTuple

from schemas.topics import STAGES

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LATENCY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0)
RECOVERY_SECONDS = (0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
BATCH_EVENTS = (1, 4, 16, 64, 256, 1024, 4096, 16384)


class Metric(NamedTuple):
    """One row. ``stages``: whose workers report it; ``stage`` as a label is the stage that the number is about."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    unit: str
    meaning: str
    stages: tuple[str, ...] = STAGES
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """Names of its time series as Prometheus stores them."""
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_sum", f"{self.name}_count")
        return (self.name,)


_PLACE = ("stage", "topic", "partition")

TABLE: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        # -- what became of events
        Metric("winnow_events_total", "counter", ("stage", "topic", "disposition"), "events", "Input offsets settled, by how they ended."),
        Metric("winnow_outputs_total", "counter", ("stage", "topic"), "records", "Records written and acknowledged."),
        Metric("winnow_deleted_unread_events_total", "counter", ("stage", "topic"), "events",
               "Input offsets that retention or delete-records took before they were read; markers among them count too."),
        Metric("winnow_rejected_total", "counter", ("stage", "reason"), "events", "Records that could not be read, by reason code."),
        Metric("winnow_rejected_unhandled_records", "gauge", ("stage",), "records",
               "Rejected records that nobody has put back or dismissed (`winnow rejected`).", ("monitor",)),
        Metric("winnow_rejected_oldest_age_seconds", "gauge", ("stage",), "seconds",
               "Since when the oldest of them waits; 0 when there is none.", ("monitor",)),
        Metric("winnow_batch_events", "histogram", ("stage",), "events", "Events per batch.", buckets=BATCH_EVENTS),
        Metric("winnow_batch_seconds", "histogram", ("stage",), "seconds", "Pure work per batch.", buckets=SECONDS),
        Metric("winnow_commit_seconds", "histogram", ("stage",), "seconds",
               "Writing a step's outputs, state and ledger.", buckets=SECONDS),
        # -- where the flow stands
        Metric("winnow_lag_events", "gauge", _PLACE, "events", "End of a partition minus what this worker committed."),
        Metric("winnow_group_lag_events", "gauge", _PLACE, "events",
               "End of a partition minus what the group committed, as the broker says: also of stages that are down.", ("monitor",)),
        Metric("winnow_commit_age_seconds", "gauge", _PLACE, "seconds",
               "Time since a partition's commit was known to be up to date: it advanced, or the broker said that nothing waits."),
        Metric("winnow_held_seconds", "gauge", _PLACE, "seconds",
               "Since when records wait because the schema registry does not give a schema that they need; 0 when they do not.", ("sift",)),
        Metric("winnow_newest_event_timestamp_seconds", "gauge", ("stage",), "Unix seconds", "Newest event time worked: freshness.",
               ("sift", "correlate", "decide", "act")),
        Metric("winnow_latency_seconds", "histogram", ("stage", "to"), "seconds",
               "From a post being appended to its information, situation, decision or action being durable, sampled, or to the first "
               "outcome of its action; without history, digests, escalations and closings, which wait on purpose.",
               ("sift", "correlate", "decide", "act"), LATENCY_SECONDS),
        Metric("winnow_merge_out_of_order_total", "counter", ("stage",), "events",
               "Events released although something older may follow, because too many waited.", ("correlate", "decide", "act")),
        # -- the ledger, as monitor reads it back
        Metric("winnow_ledger_events_total", "counter", ("stage", "disposition"), "events",
               "Offsets that the ledger accounts for.", ("monitor",)),
        Metric("winnow_ledger_gaps_total", "counter", ("stage",), "gaps", "Runs of offsets that no ledger entry covers.", ("monitor",)),
        Metric("winnow_ledger_missing_events_total", "counter", ("stage",), "events",
               "Offsets in those gaps: the imbalance.", ("monitor",)),
        # -- what the flow is about
        Metric("winnow_situations_open", "gauge", ("stage", "kind"), "situations",
               "Situations that were told and are not closed.", ("correlate",)),
        Metric("winnow_situations_total", "counter", ("stage", "kind", "change"), "revisions",
               "Revisions told: opened, updated, closed.", ("correlate",)),
        Metric("winnow_decisions_total", "counter", ("stage", "rule", "team", "mode"), "decisions",
               "Decisions, each team concerned counted.", ("monitor",)),
        Metric("winnow_actions_total", "counter", ("stage", "team", "kind"), "actions", "Actions sent to a team.", ("act",)),
        Metric("winnow_actions_open", "gauge", ("stage", "team", "answer"), "actions",
               "Actions not answered for good: none or acknowledged.", ("act",)),
        Metric("winnow_escalations_unanswered", "gauge", ("stage", "team"), "actions",
               "Actions that escalated and that nobody answered.", ("act",)),
        Metric("winnow_outcomes_total", "counter", ("stage", "team", "status"), "outcomes",
               "What teams answered, each status once an action.", ("monitor",)),
        Metric("winnow_attention_total", "counter", ("stage", "stakeholder", "answer"), "decisions",
               "Live decisions by who spoke: asked, and what was answered. Neglect of a group shows here.", ("monitor",)),
        Metric("winnow_acted_on_ratio", "gauge", ("stage", "kind", "name"), "ratio",
               "Share done of what was asked by a rule, of a team.", ("monitor",)),
        Metric("winnow_acknowledge_mean_seconds", "gauge", ("stage", "kind", "name"), "seconds",
               "Action to first answer, mean of the window.", ("monitor",)),
        Metric("winnow_attention_budget_remaining_actions", "gauge", ("stage", "team"), "actions",
               "Attention budget left, as of the last decision.", ("act",)),
        Metric("winnow_attention_queued_actions", "gauge", ("stage", "team"), "actions",
               "Decisions that wait until a team has room for them, or for its next digest.", ("act",)),
        Metric("winnow_pages_waiting_actions", "gauge", ("stage", "team"), "actions",
               "Pages that wait for a team to be at work, or to have room.", ("act",)),
        Metric("winnow_suppressed_total", "counter", ("stage", "reason", "name"), "decisions",
               "What did not get attention at once, each once: digest (held for the team named), guard, silence, rule (`do: nothing`).",
               ("decide", "act")),
        Metric("winnow_stopped_total", "counter", ("stage", "reason", "name"), "judgements",
               "Times that a guard stopped a rule, or a silence all of them, on a revision of a situation.", ("decide",)),
        Metric("winnow_condition_errors_total", "counter", ("stage", "name"), "judgements",
               "Conditions of rules and silences that failed on a situation: they count as not met.", ("decide",)),
        Metric("winnow_shadow_matches_total", "counter", ("stage", "rule"), "judgements",
               "Revisions that a rule in shadow would have asked about.", ("decide",)),
        Metric("winnow_decided_total", "counter", ("stage", "rule", "mode"), "decisions",
               "Decisions as they are made, before anybody reads them.", ("decide",)),
        Metric("winnow_withdrawn_total", "counter", ("stage", "rule", "team"), "decisions",
               "Decisions that ask nobody any more; decide names no team.", ("decide", "monitor")),
        Metric("winnow_acted_total", "counter", ("stage", "team", "rule"), "decisions", "Decisions that became an action.", ("act",)),
        Metric("winnow_revoked_total", "counter", ("stage", "team", "rule"), "actions", "Actions taken back.", ("act",)),
        Metric("winnow_escalated_total", "counter", ("stage", "team", "rule"), "actions", "Steps up an escalation chain.", ("act",)),
        Metric("winnow_grouped_total", "counter", ("stage", "team"), "actions",
               "Steps up a chain that came together as one action, as their team had no room.", ("act",)),
        Metric("winnow_released_total", "counter", ("stage", "team"), "actions", "Held actions that were asked later.", ("act",)),
        Metric("winnow_over_budget_total", "counter", ("stage", "team"), "actions",
               "Critical pages that went out though the budget was spent.", ("act",)),
        Metric("winnow_digested_total", "counter", ("stage", "team"), "actions", "Held actions told in a digest.", ("act",)),
        Metric("winnow_answers_total", "counter", ("stage", "team", "status"), "outcomes", "Outcomes as act reads them.", ("act",)),
        Metric("winnow_unknown_actions_total", "counter", ("stage", "team"), "outcomes",
               "Outcomes of actions that nobody knows; monitor names no team.", ("act", "monitor")),
        Metric("winnow_unmatched_outcomes_total", "counter", ("stage",), "outcomes",
               "Outcomes given up because their decision never came.", ("monitor",)),
        Metric("winnow_forgotten_decisions_total", "counter", ("stage",), "decisions",
               "Decisions dropped from the health window for want of room.", ("monitor",)),
        Metric("winnow_situations_closed_early_total", "counter", ("stage", "kind"), "situations",
               "Situations closed because too many were open.", ("correlate",)),
        Metric("winnow_policies_refused_total", "counter", ("stage",), "files",
               "Changed policy files that were refused: the former policy stays in force.", ("decide", "act", "monitor")),
        Metric("winnow_policies_unreadable_total", "counter", ("stage",), "shards",
               "Restored shards whose policy of before could not be read again: they go by the present one.", ("decide", "act")),
        # -- versions
        Metric("winnow_model_info", "gauge", ("stage", "version"), "1", "The model that judges.", ("sift",)),
        Metric("winnow_model_accuracy", "gauge", ("stage", "model"), "ratio",
               "Champion and challenger on the same latest labels.", ("learn",)),
        Metric("winnow_model_labels", "gauge", ("stage",), "labels", "Labels the challenger has learned from.", ("learn",)),
        Metric("winnow_labels_total", "counter", ("stage", "facet", "result"), "labels",
               "Labels by what became of them: learned, doubted, of a facet nobody learns, given up.", ("learn",)),
        Metric("winnow_models_announced_total", "counter", ("stage", "facet", "role"), "models",
               "Challengers and promotions announced.", ("learn",)),
        Metric("winnow_models_swapped_total", "counter", ("stage",), "models", "Times a shard took another model.", ("sift",)),
        Metric("winnow_drift_psi", "gauge", ("stage", "facet"), "1",
               "Population stability index of a facet's scores or answers, or of the texts, against the deployment's first events.",
               ("sift",)),
        Metric("winnow_policy_info", "gauge", ("stage", "hash"), "1", "The policy in force.", ("decide", "act")),
        Metric("winnow_build_info", "gauge", ("stage", "version", "python"), "1", "What runs."),
        # -- the worker itself
        Metric("winnow_ready", "gauge", ("stage",), "1", "What /ready says: 1 or 0."),
        Metric("winnow_start_timestamp_seconds", "gauge", ("stage",), "Unix seconds", "When the worker started; its changes are restarts."),
        Metric("winnow_rebalances_total", "counter", ("stage",), "rebalances", "Times partitions were revoked."),
        Metric("winnow_recovery_seconds", "histogram", ("stage",), "seconds", "Restoring a shard's state.", buckets=RECOVERY_SECONDS),
        Metric("winnow_loop_delay_seconds", "gauge", ("stage",), "seconds", "How late the event loop was, worst of the last look."),
        # -- the board
        Metric("winnow_board_ready", "gauge", (), "1", "1 when pages are complete and Kafka answers.", ("board",)),
        Metric("winnow_board_age_seconds", "gauge", (), "seconds", "Since when the board may lack something.", ("board",)),
        Metric("winnow_board_lag_events", "gauge", (), "events", "Records that the board has yet to read.", ("board",)),
        Metric("winnow_board_streams", "gauge", (), "streams", "Open event streams: pages that somebody looks at.", ("board",)),
        Metric("winnow_board_written_total", "counter", (), "records", "Records that people wrote through the board.", ("board",)),
        Metric("winnow_board_unreadable_total", "counter", (), "records", "Records that the board could not read.", ("board",)),
        Metric("winnow_metric_errors_total", "counter", ("stage",), "errors", "Metrics that could not be taken; the flow went on."),
    )
}  # fmt: skip


def markdown() -> str:
    """The table for people."""
    lines = [
        "# Metrics",
        "",
        "Made from `agents/metrics/table.py` by `python -m agents.metrics > deploy/prometheus/METRICS.md`; do not edit.",
        "Every label is bounded: names come from the topic table, closed lists or the policy. `stage` is the stage that the number is",
        "about; `instance` tells who reports it. Beside these, every worker exports `process_*` (memory, CPU, open files).",
        "",
        "| metric | type | labels | unit | reported by | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for metric in TABLE.values():
        by = "all" if metric.stages == STAGES else ", ".join(metric.stages)
        lines.append(f"| `{metric.name}` | {metric.type} | {', '.join(metric.labels)} | {metric.unit} | {by} | {metric.meaning} |")
    return "\n".join(lines) + "\n"
