"""What people say where they give away who they are, in ``phrases.yaml``: a list a kind."""

from collections.abc import Mapping
from importlib.resources import files

import yaml

PHRASES: Mapping[str, list[str]] = yaml.safe_load((files("pipeline.privacy") / "phrases.yaml").read_text(encoding="utf-8"))


def one_of(kind: str) -> str:
    """A regular expression that finds any phrase of this kind, the longest first.

    >>> one_of("plain_introductions").startswith("(?:")
    True
    """
    return f"(?:{'|'.join(sorted(PHRASES[kind], key=len, reverse=True))})"
