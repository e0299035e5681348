"""The error of policy, silences and case files."""

from typing import Any, ClassVar

from pipeline import written


class PolicyError(written.WrittenError):
    """A policy that is refused, with all that is wrong in it; see `WrittenError`."""

    files: tuple[str, ...] = ()
    """Fragments that the file includes, to be looked at again when they change."""

    advice: ClassVar[str] = "The policy in force stays in force; correct the file"


def read_yaml(text: str, file: str) -> tuple[Any, written.Lines]:
    """Values and their lines. Raises PolicyError."""
    return written.read_yaml(text, file, PolicyError)
