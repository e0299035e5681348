"""What happened to a post as a trace, for OpenTelemetry: a process beside the stages. Needs the extra `traces`; `winnow traces` runs it."""

from agents.tracing.follow import run_traces

__all__ = ["run_traces"]
