"""What `winnow bench` measures: one module a part, each with a `measure`."""

from agents.bench.run import run_bench

__all__ = ["run_bench"]
