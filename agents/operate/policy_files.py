"""Policy files on disk: read, changed in one piece, watched; a bad one never takes the place of a good one."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from agents.settings import Settings
from pipeline.policy import Silence, dump_silences, ended, load_policy, parse_silences, silences_beside, with_silences
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


def add_silence(policy_file: Path, name: str, when: str, author: str, reason: str, until: datetime) -> Silence:
    """Silence what matches ``when``. Raises WinnowError for what is no silence, has ended already or is named as another one."""
    try:
        fresh = Silence(name=name, when=when, author=author, reason=reason, until=until)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise WinnowError(f"silence {name!r}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}") from None
    if until <= datetime.now(UTC):
        raise WinnowError(f"silence {name!r} would have ended already, at {until:%Y-%m-%d %H:%M %Z}")
    beside = silences_beside(policy_file)
    with_silences(load_policy(policy_file), (fresh,), str(beside))
    write_whole(beside, dump_silences((*silences_of(policy_file), fresh)))
    return fresh


def expire_silence(policy_file: Path, name: str | None) -> list[str]:
    """End one silence now, or, for None, remove all that have ended; names of those concerned. Raises WinnowError for an unknown one."""
    now = datetime.now(UTC).replace(microsecond=0)
    known = silences_of(policy_file)
    if name is None:
        gone = ended(known, now)
        kept: list[Silence] = [silence for silence in known if silence.name not in gone]
    else:
        gone = [name]
        if name not in {silence.name for silence in known}:
            elsewhere = name in {silence.name for silence in load_policy(policy_file).silences}
            raise WinnowError(
                f"there is no silence {name!r} in {silences_beside(policy_file)}",
                hint=f"It stands in {policy_file} itself: edit that." if elsewhere else "`winnow silence list` names them.",
            )
        kept = [one.model_copy(update={"until": min(one.until, now)}) if one.name == name else one for one in known]
    if gone:
        write_whole(silences_beside(policy_file), dump_silences(kept))
    return gone


def lasting(duration_ms: int) -> datetime:
    """The end of something that begins now, to the second."""
    return (datetime.now(UTC) + timedelta(milliseconds=duration_ms)).replace(microsecond=0)
