"""Policy files on disk: read, changed in one piece, watched; a bad one never takes the place of a good one."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from agents.settings import Settings
from pipeline.policy import Silence, load_policy, parse_silences, silences_beside
from schemas.errors import WinnowError


def write_whole(path: Path, text: str) -> None:
    """Replace a file so that readers see the former or the new one, never half of it."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(file.name).chmod(mode)
        Path(file.name).replace(path)
    except OSError as error:
        raise WinnowError(f"cannot write {path}: {error.strerror}") from error


def own_policy(settings: Settings) -> Path:
    """The deployment's own policy file. Raises WinnowError when it goes by the built-in one."""
    if settings.policy_file is None:
        built_in = files("pipeline") / "defaults" / "policy.yaml"
        raise WinnowError(
            "this deployment goes by the built-in policy, which has no file to change",
            hint=f"Copy {built_in} and name it with WINNOW_POLICY_FILE.",
        )
    return settings.policy_file


def silences_of(policy_file: Path) -> tuple[Silence, ...]:
    """Silences of the file beside a policy. Raises PolicyError when it cannot be read."""
    load_policy(policy_file)  # also tells what is wrong with the two together
    beside = silences_beside(policy_file)
    return parse_silences(beside.read_text(encoding="utf-8"), str(beside)) if beside.exists() else ()


def lasting(duration_ms: int, begins: datetime | None = None) -> datetime:
    """The end of something that begins then, by default now, to the second."""
    return ((begins or datetime.now(UTC)) + timedelta(milliseconds=duration_ms)).replace(microsecond=0)
