"""The metric table in; four Grafana dashboards as JSON out: ``python deploy/grafana/generate.py`` writes them anew.

A panel names its metrics; unit and description come from the table, and a name that is not in it ends the run.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from agents.metrics.table import TABLE

FOLDER = Path(__file__).resolve().parent / "dashboards"
METRIC = re.compile(r"\bwinnow_[a-z_]+[a-z]\b")
UNITS = {"seconds": "s", "Unix seconds": "dateTimeFromNow", "ratio": "percentunit"}
WIDTH, HEIGHT, COLUMNS = 8, 8, 3


OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "textMode": "value_and_name", "graphMode": "none", "colorMode": "value", "justifyMode": "auto", "orientation": "auto",
        "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard",
        "reduceOptions": {"values": False, "calcs": ["lastNotNull"], "fields": ""},
    },
}  # fmt: skip
"""All that Grafana's schema asks for (deploy/grafana/check); what Grafana would fill in by itself changes between its versions."""


class Panel(NamedTuple):
    """One graph: queries with the legend of each. ``unit``: Grafana's, taken from the table when None."""

    title: str
    queries: dict[str, str]
    unit: str | None = None
    kind: str = "timeseries"


def rate(metric: str, by: str, where: str = "") -> str:
    """How fast a counter grows."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def quantile(share: float, metric: str, by: str, where: str = "") -> str:
    """A quantile of a histogram."""
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{{{where}}}[$__rate_interval])))"


OF_STAGE = 'stage=~"$stage"'

DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "overview": (
        "Winnow: overview",
        [
            Panel(
                "Posts and feedback by what became of them",
                {"{{disposition}}": rate("winnow_events_total", "disposition", 'stage="sift"')}, "eps",
            ),
            Panel(
                "The funnel: written per second",
                {"{{topic}}": rate("winnow_outputs_total", "topic", 'topic=~"information|situations|decisions|actions.*"')}, "eps",
            ),
            Panel("Open situations", {"{{kind}}": "sum by (kind) (winnow_situations_open)"}),
            Panel("Latency from the post, 95 %", {"{{to}}": quantile(0.95, "winnow_latency_seconds", "to", 'to!="outcomes"')}),
            Panel("From the post to the first outcome", {
                name: quantile(share, "winnow_latency_seconds", "to", 'to="outcomes"') for name, share in (("half", 0.5), ("95 %", 0.95))
            }),
            Panel("Actions slower than 30 s (aim: 1 %)", {"1 h": "winnow:slow:ratio1h", "5 min": "winnow:slow:ratio5m"}, "percentunit"),
            Panel("Lag, worst partition", {"{{stage}}": "max by (stage) (winnow_group_lag_events)"}),
            Panel("Actions sent", {"{{team}} {{kind}}": rate("winnow_actions_total", "team, kind")}, "eps"),
            Panel("Outcomes", {"{{team}} {{status}}": rate("winnow_outcomes_total", "team, status")}, "eps"),
            Panel("Rejected", {"{{stage}} {{reason}}": rate("winnow_rejected_total", "stage, reason")}, "eps"),
            Panel("Rejected and not handled", {"records": "sum(winnow_rejected_unhandled_records)"}, kind="stat"),
            Panel("Oldest of them waits", {"age": "max(winnow_rejected_oldest_age_seconds)"}, kind="stat"),
            Panel("Missing in the ledger (must be 0)", {"{{stage}}": "sum by (stage) (winnow_ledger_missing_events_total)"}, kind="stat"),
            Panel("Ready workers", {"{{stage}}": "sum by (stage) (winnow_ready)"}, kind="stat"),
            Panel(
                "Newest event worked",
                {"{{stage}}": "1000 * max by (stage) (winnow_newest_event_timestamp_seconds)"}, "dateTimeFromNow", "stat",
            ),
        ],
    ),
    "stages": (
        "Winnow: stages",
        [
            Panel(
                "Events by disposition",
                {"{{stage}} {{disposition}}": rate("winnow_events_total", "stage, disposition", OF_STAGE)}, "eps",
            ),
            Panel("Outputs", {"{{stage}} > {{topic}}": rate("winnow_outputs_total", "stage, topic", OF_STAGE)}, "eps"),
            Panel("Lag by partition", {"{{stage}} {{topic}}/{{partition}}": f"winnow_lag_events{{{OF_STAGE}}}"}),
            Panel("Commit age by partition", {"{{stage}} {{topic}}/{{partition}}": f"winnow_commit_age_seconds{{{OF_STAGE}}}"}),
            Panel("Held back for want of a schema", {"{{topic}}/{{partition}}": "max by (topic, partition) (winnow_held_seconds)"}),
            Panel("Work per batch, 99 %", {"{{stage}}": quantile(0.99, "winnow_batch_seconds", "stage", OF_STAGE)}),
            Panel("Writing per step, 99 %", {"{{stage}}": quantile(0.99, "winnow_commit_seconds", "stage", OF_STAGE)}),
            Panel(
                "Events per batch, mean",
                {"{{stage}}": " / ".join(rate(f"winnow_batch_events_{part}", "stage", OF_STAGE) for part in ("sum", "count"))},
                "short",
            ),
            Panel("Rebalances", {"{{stage}}": f"sum by (stage) (increase(winnow_rebalances_total{{{OF_STAGE}}}[10m]))"}),
            Panel("Restarts", {"{{stage}}": f"sum by (stage) (changes(winnow_start_timestamp_seconds{{{OF_STAGE}}}[10m]))"}, "short"),
            Panel("Restoring state, 95 %", {"{{stage}}": quantile(0.95, "winnow_recovery_seconds", "stage", OF_STAGE)}),
            Panel("Event loop delay", {"{{stage}} {{instance}}": f"winnow_loop_delay_seconds{{{OF_STAGE}}}"}),
            Panel("Released out of order", {"{{stage}}": f"sum by (stage) (increase(winnow_merge_out_of_order_total{{{OF_STAGE}}}[10m]))"}),
            Panel(
                "Accounted for in the ledger",
                {"{{stage}} {{disposition}}": rate("winnow_ledger_events_total", "stage, disposition", OF_STAGE)}, "eps",
            ),
            Panel(
                "Deleted before it was read (must be 0)",
                {"{{stage}} {{topic}}": f"sum by (stage, topic) (winnow_deleted_unread_events_total{{{OF_STAGE}}})"}, kind="stat",
            ),
            Panel("Gaps in the ledger", {"{{stage}}": f"sum by (stage) (winnow_ledger_gaps_total{{{OF_STAGE}}})"}, kind="stat"),
            Panel("Models taken up by shards", {"{{stage}}": f"sum by (stage) (increase(winnow_models_swapped_total{{{OF_STAGE}}}[10m]))"}),
            Panel("Situations closed early", {"{{kind}}": "sum by (kind) (increase(winnow_situations_closed_early_total[1h]))"}),
            Panel(
                "Policies refused, or of before and unreadable",
                {
                    "{{stage}} refused": f"sum by (stage) (winnow_policies_refused_total{{{OF_STAGE}}})",
                    "{{stage}} unreadable": f"sum by (stage) (winnow_policies_unreadable_total{{{OF_STAGE}}})",
                },
                kind="stat",
            ),
            Panel(
                "Metrics that could not be taken",
                {"{{stage}}": f"sum by (stage) (winnow_metric_errors_total{{{OF_STAGE}}})"}, kind="stat",
            ),
        ],
    ),
    "attention": (
        "Winnow: attention and policy health",
        [
            Panel("Decisions by rule", {"{{rule}} {{mode}}": rate("winnow_decisions_total", "rule, mode")}, "eps"),
            Panel("Decisions by team", {"{{team}} {{mode}}": rate("winnow_decisions_total", "team, mode")}, "eps"),
            Panel("Decided", {"{{rule}} {{mode}}": rate("winnow_decided_total", "rule, mode")}, "eps"),
            Panel(
                "What act does",
                {
                    "acted {{rule}}": rate("winnow_acted_total", "rule"), "revoked {{rule}}": rate("winnow_revoked_total", "rule"),
                    "escalated {{rule}}": rate("winnow_escalated_total", "rule"),
                    "escalated in groups {{team}}": rate("winnow_grouped_total", "team"),
                    "digested {{team}}": rate("winnow_digested_total", "team"),
                    "asked later {{team}}": rate("winnow_released_total", "team"),
                    "over budget {{team}}": rate("winnow_over_budget_total", "team"),
                },
                "eps",
            ),
            Panel("Withdrawn", {"{{stage}} {{rule}}": rate("winnow_withdrawn_total", "stage, rule")}, "eps"),
            Panel("Answers as act reads them", {"{{team}} {{status}}": rate("winnow_answers_total", "team, status")}, "eps"),
            Panel(
                "Answers to nothing",
                {
                    "unknown action, {{stage}}": rate("winnow_unknown_actions_total", "stage"),
                    "unmatched": "sum (rate(winnow_unmatched_outcomes_total[$__rate_interval]))",
                    "forgotten decisions": "sum (rate(winnow_forgotten_decisions_total[$__rate_interval]))",
                },
                "eps",
            ),
            Panel("Attention left", {"{{team}}": "sum by (team) (winnow_attention_budget_remaining_actions)"}),
            Panel(
                "Held",
                {
                    "{{team}}": "sum by (team) (winnow_attention_queued_actions)",
                    "pages {{team}}": "sum by (team) (winnow_pages_waiting_actions)",
                },
            ),
            Panel("Open actions", {"{{team}} {{answer}}": "sum by (team, answer) (winnow_actions_open)"}),
            Panel("Escalated and unanswered", {"{{team}}": "sum by (team) (winnow_escalations_unanswered)"}),
            Panel("Acted on, by rule", {"{{name}}": 'max by (name) (winnow_acted_on_ratio{kind="rule"})'}),
            Panel("Acted on, by team", {"{{name}}": 'max by (name) (winnow_acted_on_ratio{kind="team"})'}),
            Panel("Time to the first answer, mean", {"{{kind}} {{name}}": "max by (kind, name) (winnow_acknowledge_mean_seconds)"}),
            Panel(
                "Who speaks, and what was answered",
                {"{{stakeholder}} {{answer}}": rate("winnow_attention_total", "stakeholder, answer")}, "eps",
            ),
            Panel("Suppressed", {"{{reason}} {{name}}": rate("winnow_suppressed_total", "reason, name")}, "eps"),
            Panel(
                "Stopped, failed and in shadow, each judgement",
                {
                    "{{reason}} {{name}}": rate("winnow_stopped_total", "reason, name"),
                    "failed {{name}}": rate("winnow_condition_errors_total", "name"),
                    "shadow {{rule}}": rate("winnow_shadow_matches_total", "rule"),
                },
                "eps",
            ),
            Panel("Policy in force", {"{{stage}} {{hash}}": "count by (stage, hash) (winnow_policy_info)"}, kind="stat"),
            Panel("The board: how old its pages are", {"{{instance}}": "max by (instance) (winnow_board_age_seconds)"}),
            Panel(
                "The board: open pages, records to read",
                {"{{instance}} pages": "winnow_board_streams", "{{instance}} to read": "winnow_board_lag_events"}, "short",
            ),
            Panel(
                "The board: written by people, unreadable",
                {
                    "{{instance}} written": "sum by (instance) (rate(winnow_board_written_total[$__rate_interval]))",
                    "{{instance}} unreadable": "sum by (instance) (rate(winnow_board_unreadable_total[$__rate_interval]))",
                },
                "eps",
            ),
            Panel("Situations told", {"{{kind}} {{change}}": rate("winnow_situations_total", "kind, change")}, "eps"),
        ],
    ),
    "models": (
        "Winnow: models",
        [
            Panel("Champion and challenger on the latest labels", {"{{model}}": "max by (model) (winnow_model_accuracy)"}),
            Panel("Labels learned from", {"{{stage}}": "sum by (stage) (winnow_model_labels)"}),
            Panel("Labels by what became of them", {"{{facet}} {{result}}": rate("winnow_labels_total", "facet, result")}, "eps"),
            Panel("Models announced", {"{{role}}": "sum by (role) (increase(winnow_models_announced_total[1h]))"}),
            Panel(
                "Drift of facets and texts (.25 is a shift)", {"{{facet}}": "max by (facet) (winnow_drift_psi)"},
            ),
            Panel("Model that judges", {"{{version}}": "count by (version) (winnow_model_info)"}, kind="stat"),
            Panel(
                "Share that is information",
                {"6 h": "winnow:information:ratio6h", "7 d": "winnow:information:ratio7d"}, "percentunit",
            ),
            Panel(
                "Verdicts",
                {"{{disposition}}": rate("winnow_events_total", "disposition", 'stage="sift", disposition!~"absent|redelivered|rejected"')},
                "eps",
            ),
            Panel("Builds", {"{{stage}} {{version}} {{python}}": "count by (stage, version, python) (winnow_build_info)"}, kind="stat"),
        ],
    ),
}  # fmt: skip


def metrics_of(query: str) -> list[str]:
    """Names from the table that a query reads. Raises KeyError for one that is not in it."""
    found = []
    for name in METRIC.findall(query):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        found.append(TABLE[name if name in TABLE else base].name)
    return found


def panel(number: int, made: Panel) -> dict[str, Any]:
    """One panel as Grafana wants it."""
    names = [name for query in made.queries.values() for name in metrics_of(query)]
    unit = made.unit or (UNITS.get(TABLE[names[0]].unit, "short") if names else "short")
    return {
        "id": number + 1,
        "type": made.kind,
        "title": made.title,
        "description": "\n".join(f"{name}: {TABLE[name].meaning}" for name in dict.fromkeys(names)),
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": number % COLUMNS * WIDTH, "y": number // COLUMNS * HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": OPTIONS[made.kind],
        "targets": [
            {"refId": chr(65 + place), "expr": query, "legendFormat": legend} for place, (legend, query) in enumerate(made.queries.items())
        ],
    }


def dashboard(name: str) -> dict[str, Any]:
    """A whole dashboard."""
    title, panels = DASHBOARDS[name]
    variables: list[dict[str, Any]] = [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}]
    if any("$stage" in query for made in panels for query in made.queries.values()):
        variables.append(
            {"name": "stage", "type": "query", "label": "Stage", "query": "label_values(winnow_build_info, stage)", "refresh": 2,
             "datasource": {"type": "prometheus", "uid": "${datasource}"}, "includeAll": True, "multi": True, "allValue": ".*",
             "current": {"text": "All", "value": "$__all"}}
        )  # fmt: skip
    return {
        "uid": f"winnow-{name}",
        "title": title,
        "tags": ["winnow"],
        "schemaVersion": 38,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": variables},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "tags": ["winnow"],
                "title": "Winnow",
                "asDropdown": True,
                "icon": "external link",
                "tooltip": "",
                "targetBlank": False,
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "panels": [panel(number, made) for number, made in enumerate(panels)],
    }


def render(name: str) -> str:
    """A dashboard as the file holds it."""
    return json.dumps(dashboard(name), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all dashboards."""
    FOLDER.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_text(render(name), encoding="utf-8")


if __name__ == "__main__":
    main()
