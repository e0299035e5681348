"""The metric table against what workers export, what is documented, and what rules, dashboards and runbooks speak of."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from agents.metrics.metrics import Metrics
from agents.metrics.shards import GAUGES
from agents.metrics.table import TABLE, markdown
from schemas.topics import INPUTS, STAGES
from tests.conftest import ROOT, absent

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "winnow.rules.yaml"
CASES = sorted(PROMETHEUS.glob("winnow.*.test.yaml"))
RUNBOOKS = ROOT / "deploy" / "runbooks"
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
NAMES = re.compile(r"\bwinnow_[a-z0-9_]*[a-z0-9]\b")
RECORDED = re.compile(r"\bwinnow:[a-z0-9_:]+\b")

LABELS = {
    "stage", "topic", "partition", "disposition", "reason", "fact", "value", "to", "kind", "change", "rule", "team", "mode", "status",
    "answer", "stakeholder", "name", "version", "model", "facet", "hash", "python", "result", "role",
}  # fmt: skip
"""Every label there is: none of them is a person, an id or a text."""


def rules() -> list[dict[str, Any]]:
    """All rules."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """The alerting ones."""
    return [rule for rule in rules() if "alert" in rule]


def generator() -> ModuleType:
    """The program that writes the dashboards."""
    found = importlib.util.spec_from_file_location("generate", ROOT / "deploy" / "grafana" / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def queries() -> list[tuple[str, str]]:
    """(dashboard and panel, query) of the committed dashboards."""
    return [
        (f"{path.stem}: {panel['title']}", target["expr"])
        for path in sorted(DASHBOARDS.glob("*.json"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    ]


def known_series() -> set[str]:
    """Names that Prometheus can hold."""
    return {series for metric in TABLE.values() for series in metric.series}


def test_names_and_labels_follow_the_rules() -> None:
    """``winnow_<thing>_<unit>``, ``_total`` on counters and on nothing else, seconds for times, bounded labels."""
    for metric in TABLE.values():
        assert re.fullmatch(r"winnow_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.type == "counter"), metric.name
        assert metric.name.endswith("_seconds") == (metric.unit in ("seconds", "Unix seconds")), metric.name
        assert set(metric.labels) <= LABELS, metric.name
        assert bool(metric.buckets) == (metric.type == "histogram"), metric.name
        assert metric.meaning.endswith("."), metric.name


@pytest.mark.parametrize("stage", STAGES)
def test_a_worker_exports_what_the_table_says(stage: str) -> None:
    """Names, types and labels of a worker's registry are those of the table, for its stage, beside process_*."""
    families = {family.name: family for family in Metrics(stage).registry.collect() if not family.name.startswith("process_")}
    expected = {metric.name.removesuffix("_total"): metric for metric in TABLE.values() if stage in metric.stages}
    assert set(families) == set(expected)
    for name, family in families.items():
        assert family.type == expected[name].type
        assert family.documentation == expected[name].meaning
        assert all(set(sample.labels) - {"le"} == set(expected[name].labels) for sample in family.samples)


@pytest.mark.parametrize("stage", STAGES)
def test_counters_that_alerts_go_by_start_at_nought(stage: str) -> None:
    """An increase from nothing is none to Prometheus: what can be known is there from the start."""
    registry = Metrics(stage).registry
    for topic in INPUTS[stage]:
        assert registry.get_sample_value("winnow_events_total", {"stage": stage, "topic": topic, "disposition": "rejected"}) == 0
    if stage == "monitor":
        assert registry.get_sample_value("winnow_ledger_missing_events_total", {"stage": "sift"}) == 0
    if stage in ("correlate", "decide", "act"):
        assert registry.get_sample_value("winnow_merge_out_of_order_total", {"stage": stage}) == 0


def test_the_documented_table_is_not_stale() -> None:
    """deploy/prometheus/METRICS.md is what the code says."""
    assert (PROMETHEUS / "METRICS.md").read_text() == markdown(), "run: python -m agents.metrics > deploy/prometheus/METRICS.md"


def test_what_is_read_off_shards_is_in_the_table() -> None:
    """Every gauge that is read off shards exists, and is a gauge."""
    assert {TABLE[name].type for name in GAUGES} == {"gauge"}


def test_rules_use_metrics_that_exist() -> None:
    """Every name in a rule is a series of the table or recorded by another rule, every recorded one is used."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    texts = [rule["expr"] for rule in rules()]
    for text in texts:
        assert set(NAMES.findall(text)) <= known_series(), text
        assert set(RECORDED.findall(text)) <= recorded, text
    used = {name for text in [*texts, *(query for _, query in queries())] for name in RECORDED.findall(text)}
    assert recorded - used <= {"winnow:events:rate5m"}, "recorded for people only"


def test_labels_in_rules_and_dashboards_exist() -> None:
    """A matcher names a label that its metric has."""
    for text in [*(rule["expr"] for rule in rules()), *(query for _, query in queries())]:
        for name, matchers in re.findall(r"\b(winnow_[a-z_]+)\{([^}]*)\}", text):
            metric = TABLE.get(name) or TABLE[re.sub(r"_(bucket|sum|count)$", "", name)]
            assert {label for label, _ in re.findall(r"(\w+)\s*(=~|!~|!=|=)", matchers)} <= {*metric.labels, "le", "instance"}, text


def test_dashboards_use_metrics_that_exist() -> None:
    """Every query reads series of the table or recorded ones."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert len(queries()) > 40
    for where, query in queries():
        assert set(NAMES.findall(query)) <= known_series(), where
        assert set(RECORDED.findall(query)) <= recorded, where


def test_every_metric_is_on_a_dashboard() -> None:
    """What is worth measuring is worth looking at."""
    shown = {name for _, query in queries() for name in NAMES.findall(query)}
    recorded = {name for rule in rules() for name in NAMES.findall(rule["expr"])}
    assert {metric.name for metric in TABLE.values() if not {*metric.series} & (shown | recorded)} == set()


def test_dashboards_are_not_stale() -> None:
    """The JSON files are what the generator writes, with unique ids."""
    made = generator()
    assert {path.stem for path in DASHBOARDS.glob("*.json")} == set(made.DASHBOARDS)
    for name in made.DASHBOARDS:
        text = (DASHBOARDS / f"{name}.json").read_text()
        assert text == made.render(name), "run: python deploy/grafana/generate.py"
        board = json.loads(text)
        assert board["uid"] == f"winnow-{name}"
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_the_generator_refuses_unknown_metrics() -> None:
    """A typing error in a panel ends the run."""
    with pytest.raises(KeyError, match="winnow_lags_events"):
        generator().metrics_of("sum(winnow_lags_events)")


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    """Each has a severity, a summary and a runbook with the sections that a person on call needs."""
    names = [alert["alert"] for alert in alerts()]
    assert len(names) == len(set(names))
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(names)
    for alert in alerts():
        path = RUNBOOKS / f"{alert['alert']}.md"
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["runbook_url"] == f"deploy/runbooks/{path.name}"
        text = path.read_text()
        assert text.startswith(f"# {path.stem}\n")
        assert f"Severity: **{alert['labels']['severity']}**" in text
        for section in ("What it means", "Look", "Do", "It is over when"):
            assert f"\n## {section}\n" in text, path.name
        assert set(NAMES.findall(text)) <= known_series() | set(TABLE), path.name
        others = {name for name in re.findall(r"\bWinnow[A-Z]\w+", text)}
        assert others <= set(names), path.name


def test_every_command_in_a_runbook_exists() -> None:
    """`winnow ...` in a runbook is a command of this release."""
    typer = pytest.importorskip("typer")
    from agents.cli import app  # noqa: PLC0415  # only this test needs the whole command line

    group = typer.main.get_command(app)
    for path in RUNBOOKS.glob("*.md"):
        for words in re.findall(r"`winnow ([a-z]+(?: [a-z]+)?)", path.read_text()):
            first, _, second = words.partition(" ")
            assert first in group.commands, f"{path.name}: winnow {words}"
            nested = getattr(group.commands[first], "commands", None)
            assert nested is None or second in nested, f"{path.name}: winnow {words}"


def test_every_alert_has_cases_that_fire_and_that_do_not() -> None:
    """The case files have both for each alert."""
    fires: dict[str, set[bool]] = {}
    for test in (test for path in CASES for test in yaml.safe_load(path.read_text())["tests"]):
        for case in test.get("alert_rule_test", []):
            fires.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert fires == {alert["alert"]: {True, False} for alert in alerts()}


@pytest.mark.parametrize(
    "arguments", [["check", "rules", RULES.name], ["check", "config", "prometheus.yml"], *(["test", "rules", path.name] for path in CASES)]
)
def test_promtool_agrees(arguments: list[str]) -> None:
    """Prometheus' own tool checks the rules and the configuration, and runs the cases."""
    assert "SUCCESS" in tool("promtool", *arguments)


def test_amtool_agrees() -> None:
    """Alertmanager's own tool checks its configuration; a page goes to the pagers, a ticket does not."""
    assert "SUCCESS" in tool("amtool", "check-config", "alertmanager.yml")
    route = ("config", "routes", "test", "--config.file=alertmanager.yml")
    assert tool("amtool", *route, "severity=page", "alertname=WinnowLagGrowing").strip() == "pages"
    assert tool("amtool", *route, "severity=ticket", "alertname=WinnowRejectedShare").strip() == "tickets"


def tool(name: str, *arguments: str, folder: Path = PROMETHEUS) -> str:
    """Output of one of Prometheus' tools, which must end well."""
    if shutil.which(name) is None:
        absent(f"{name} not found (Debian: prometheus, prometheus-alertmanager)")
    done = subprocess.run([name, *arguments], capture_output=True, text=True, cwd=folder, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
