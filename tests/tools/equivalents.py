"""Faults of `tests.tools.mutations` that change nothing anybody could see, by name, each with the reason."""

EQUIVALENTS: dict[str, str] = {}
