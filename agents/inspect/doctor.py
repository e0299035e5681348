"""`winnow doctor`: what is well with a deployment, what is not, and what to do about it."""

import importlib.metadata
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from agents.inspect import drift
from agents.kafka import acls, tls, topics
from agents.settings import PREFIX, Settings, load_settings
from agents.stages import sift
from agents.stages.schema_registry import SchemaRegistry
from models import load_bundle
from pipeline.policy import load_policy
from schemas.errors import WinnowError
from schemas.registry import SchemaCache

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}
LEAST_FREE_BYTES = 1024**3
LEAST_DAYS = 14
MOST_AHEAD_MS = 5_000.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``ok``, what was found, and what to do when it is not well."""

    check: str
    ok: bool
    found: str
    hint: str = ""

    def line(self) -> str:
        """For people."""
        return f"{'ok  ' if self.ok else 'FAIL'} {self.check:10} {self.found}{f'. {self.hint}' if self.hint else ''}"

    def to_json(self) -> dict[str, Any]:
        """For --json."""
        return {"check": self.check, "ok": self.ok, "found": self.found, "hint": self.hint}


async def examine(workers: Sequence[str] = ()) -> list[Finding]:
    """Run all checks; one that fails does not keep the others from running. ``workers``: where sift workers expose their metrics."""
    try:
        settings = load_settings()
    except WinnowError as error:
        return [Finding("settings", False, error.problem, error.hint)]
    checks: list[tuple[str, Callable[[Settings], Awaitable[Finding]]]] = [
        ("versions", _versions), ("policy", _policy), ("subjects", _subjects), ("model", _model), ("disk", _disk),
        ("tls", _tls), ("topics", _topics), ("acls", _acls), ("clock", _clock), ("drift", partial(_drift, workers)),
        ("registry", _registry),
    ]  # fmt: skip
    findings = [Finding("settings", True, f"broker {settings.broker}, prefix {settings.prefix}")]
    for name, check in checks:
        try:
            findings.append(await check(settings))
        except WinnowError as error:
            findings.append(Finding(name, False, error.problem, error.hint))
    return findings


async def _versions(_: Settings) -> Finding:
    wrong = [f"{name} {found}" for name, wanted in PINNED.items() if (found := importlib.metadata.version(name)) != wanted]
    if wrong:
        return Finding("versions", False, f"not the pinned ones: {', '.join(wrong)}", "Install with -c deploy/constraints.txt.")
    return Finding("versions", True, ", ".join(f"{name} {version}" for name, version in PINNED.items()))


async def _policy(settings: Settings) -> Finding:
    policy = load_policy(settings.policy_file)
    return Finding("policy", True, f"{policy.hash}: {len(policy.rules)} rules, {len(policy.teams)} teams", "; ".join(policy.warnings))


async def _subjects(settings: Settings) -> Finding:
    config = sift.sift_config(settings)
    if settings.subjects_file is None:
        return Finding("subjects", True, "three invented brands", f"Set {PREFIX}SUBJECTS_FILE to listen for your own.")
    return Finding("subjects", True, f"{len(config.subjects.all)} subjects, {len(config.roster)} employees on the roster")


async def _model(settings: Settings) -> Finding:
    return Finding("model", True, f"version {load_bundle(settings.model_file).version}")


async def _disk(_: Settings) -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    return Finding(
        "disk", free > LEAST_FREE_BYTES, f"{free / 1024**3:.1f} GiB free", "" if free > LEAST_FREE_BYTES else "Kafka and logs need room."
    )


async def _topics(settings: Settings) -> Finding:
    planned = await topics.plan(settings, [team.name for team in load_policy(settings.policy_file).teams])
    changes = [change for change in planned if change.verb != "orphan"]
    refused = [change for change in changes if change.verb == "refuse"]
    if refused:
        return Finding(
            "topics", False, f"{refused[0].topic} {refused[0].detail}", f"Set {PREFIX}PARTITIONS to what exists, or take another prefix."
        )
    differing = [change for change in changes if change.verb == "change"]
    missing = [change.topic for change in changes if change.verb == "create"]
    if missing:
        return Finding("topics", False, f"{len(missing)} of {len(changes)} are missing, e.g. {missing[0]}", "Run `winnow topics apply`.")
    if differing:
        what = f"{len(differing)} of {len(changes)} are set otherwise, e.g. {differing[0].topic} {differing[0].detail}"
        return Finding("topics", False, what, "`winnow topics plan` shows them, `apply` sets them.")
    orphans = [change for change in planned if change.verb == "orphan"]
    beyond = f"; {len(orphans)} beyond need, e.g. {orphans[0].topic}" if orphans else ""
    return Finding("topics", True, f"all {len(changes)} are there{beyond}", "`winnow topics plan` lists them." if beyond else "")


async def _tls(settings: Settings) -> Finding:
    if not settings.security_protocol.endswith("SSL"):
        return Finding("tls", True, "not used", f"{PREFIX}SECURITY_PROTOCOL=SASL_SSL encrypts." if settings.broker_is_real else "")
    days = {name: (end - time.time()) / 86_400 for name, end in tls.ends(settings).items()}
    found = ", ".join(f"{name} runs {left:.0f} days" for name, left in days.items())
    return Finding("tls", min(days.values()) > LEAST_DAYS, found, "" if min(days.values()) > LEAST_DAYS else "Renew it now.")


async def _registry(settings: Settings) -> Finding:
    if not settings.schema_registry_url:
        return Finding("registry", True, "none: Avro and Protobuf are not read", "")
    why = await SchemaRegistry(settings, SchemaCache()).reach()
    if why is not None:
        return Finding("registry", False, f"{settings.schema_registry_url}: {why}", "Records that need it wait until it answers.")
    return Finding("registry", True, f"{settings.schema_registry_url} answers")


async def _acls(settings: Settings) -> Finding:
    if settings.security_protocol == "PLAINTEXT":
        return Finding("acls", True, "not used: who comes in plain text has no name")
    found = await acls.plan(settings, acls.roles(team.name for team in load_policy(settings.policy_file).teams))
    if found.missing:
        first = f"{len(found.missing)} are missing, e.g. {' '.join(found.missing[0].line().split())}"
        return Finding("acls", False, first, "Run `winnow acls apply` as administrator.")
    beyond = f"; {len(found.surplus)} beyond need, e.g. {' '.join(found.surplus[0].line().split())}" if found.surplus else ""
    return Finding("acls", True, f"all there{beyond}", "`winnow acls plan` lists them." if beyond else "")


async def _clock(settings: Settings) -> Finding:
    """Our clock against those of whoever wrote last: what is stamped later than now, somebody's clock is wrong."""
    ahead = await topics.newest_ms(settings, ("posts", "feedback", "ledger")) - time.time() * 1000
    if ahead > MOST_AHEAD_MS:
        return Finding(
            "clock", False, f"a record is stamped {ahead / 1000:.0f} s ahead of this clock", "Check time synchronisation here and there."
        )
    return Finding("clock", True, "nothing on the broker is stamped later than now")


async def _drift(workers: Sequence[str], settings: Settings) -> Finding:
    """How far answers and texts have moved, from the workers that are named, or else the one at this container's own port."""
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104  # compared, not bound
    addresses = workers or ([f"http://{host}:{settings.web_port}/metrics"] if settings.web_port else [])
    if not addresses:
        return Finding("drift", True, "no worker was asked", "--worker URL asks one; `winnow up` prints them.")
    worst, silent = await drift.ask(addresses)
    if silent:
        return Finding("drift", not workers, f"{silent[0]} does not answer with metrics", "Is a worker running there?")
    if not worst:
        return Finding("drift", True, "nothing to compare yet", "A sift worker compares with the first 2,000 events of each partition.")
    shifted = max(worst.values()) > drift.SHIFTED
    hint = "See deploy/runbooks/WinnowModelDrift.md." if shifted else ""
    return Finding("drift", not shifted, f"stability index {drift.say(worst)}; {drift.SHIFTED:g} is a shift", hint)


def settings_table() -> str:
    """All settings as a Markdown table: name, default, meaning. Secrets show as asterisks."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)
