"""Read-only commands: audit, explain, doctor, policy health, plots, what people get of judged posts."""

from agents.inspect import drift
from agents.inspect.audit import AuditReport, run_audit, wait_until_done
from agents.inspect.audit_window import Window
from agents.inspect.doctor import examine, settings_table
from agents.inspect.explain import run_explain
from agents.inspect.explain_file import explain_file
from agents.inspect.judged import judge_file
from agents.inspect.plot import MATPLOTLIB_HINT, Picture, pulse_figure, require_matplotlib
from agents.inspect.policy_health import failing, health_lines, read_health
from agents.inspect.trial import run_trial

__all__ = [
    "MATPLOTLIB_HINT",
    "AuditReport",
    "Picture",
    "Window",
    "drift",
    "examine",
    "explain_file",
    "failing",
    "health_lines",
    "judge_file",
    "pulse_figure",
    "read_health",
    "require_matplotlib",
    "run_audit",
    "run_explain",
    "run_trial",
    "settings_table",
    "wait_until_done",
]
