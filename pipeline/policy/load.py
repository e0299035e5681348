"""Reads one YAML file as a checked, compiled, hashed Policy: who must act on what, when, and what speaks against it."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.policy.conditions import Condition, condition
from pipeline.policy.model import Attention, Hours, Policy, Rule, Silence, Team
from pipeline.policy.yaml_lines import PolicyError, read_yaml
from schemas.messages import ActionKind

__all__ = [
    "Attention",
    "Hours",
    "Policy",
    "PolicyError",
    "Rule",
    "Silence",
    "Team",
    "load_policy",
    "parse_policy",
    "parse_silences",
    "policy_summary",
    "silences_beside",
    "with_silences",
]

SILENCES = "version: 1\nsilences: []\n"
"""A file of silences without any."""


def load_policy(path: Path | None) -> Policy:
    """The policy in a file, with the silences in the file beside it, or the default one for a consumer brand.

    Raises PolicyError naming file, line, rule and reason.
    """
    if path is None:
        resource = files("pipeline") / "defaults" / "policy.yaml"
        return parse_policy(resource.read_text(encoding="utf-8"), "pipeline/defaults/policy.yaml")
    policy = parse_policy(_text(path), str(path))
    beside = silences_beside(path)
    return with_silences(policy, parse_silences(_text(beside), str(beside)), str(beside)) if beside.exists() else policy


def silences_beside(path: Path) -> Path:
    """Where the silences of a policy file live that `winnow silence` edits: ``policy.yaml`` has ``policy.silences.yaml``."""
    return path.with_name(f"{path.stem}.silences.yaml")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(str(path), None, f"cannot be read: {error}") from None


def parse_silences(text: str, name: str) -> tuple[Silence, ...]:
    """YAML text (version and silences) as silences, checked one by one. Raises PolicyError naming file, line and reason."""
    values, lines = read_yaml(text, name)
    if not isinstance(values, dict) or values.keys() != {"version", "silences"} or values["version"] != 1:
        raise PolicyError(name, None, "should be a mapping with version: 1 and silences, nothing else")
    if not isinstance(values["silences"], list):
        raise PolicyError(name, lines.get(("silences",)), "silences should be a list")
    found = []
    for number, entry in enumerate(values["silences"]):
        try:
            found.append(Silence.model_validate(entry))
            condition(found[-1].when)
        except ValidationError as error:
            fault = error.errors(include_url=False, include_context=False)[0]
            place = ("silences", number, *fault["loc"])
            line = lines.get(place, lines.get(("silences", number)))
            raise PolicyError(name, line, f"{'.'.join(str(part) for part in place)}: {fault['msg']}") from None
        except ValueError as error:
            line = lines.get(("silences", number, "when"))
            raise PolicyError(name, line, f"silence {found[-1].name!r}: when: {error}") from None
    return tuple(found)


def with_silences(policy: Policy, more: Sequence[Silence], name: str) -> Policy:
    """The policy with more silences, which count in its hash; ``name`` is their file in messages. Raises PolicyError."""
    if not more:
        return policy
    names = [silence.name for silence in (*policy.silences, *more)]
    for one in names:
        if names.count(one) > 1:
            raise PolicyError(name, None, f"silence name {one!r} is used twice")
    fresh = policy.model_copy(update={"silences": (*policy.silences, *more)})
    known: tuple[Rule | Silence, ...] = (*policy.rules, *policy.silences)
    conditions = {part.when: policy.condition(part) for part in known}
    try:
        conditions |= {silence.when: condition(silence.when) for silence in more}
    except ValueError as error:
        raise PolicyError(name, None, f"when: {error}") from None
    return fresh.compiled(conditions, policy.warnings)


def parse_policy(text: str, name: str) -> Policy:
    """YAML text as a Policy; ``name`` is the file in messages. Raises PolicyError naming file, line, rule and reason."""
    values, lines = read_yaml(text, name)
    if not isinstance(values, dict):
        raise PolicyError(name, None, "should be a mapping with version, teams and rules")
    try:
        policy = Policy.model_validate(values)
    except ValidationError as error:
        raise _first(error, values, lines, name) from None
    _check_names(policy, lines, name)
    return policy.compiled(*_compile(policy, lines, name))


def policy_summary(policy: Policy) -> list[str]:
    """The policy for a person: one line per rule in order of priority, then teams, silences and warnings."""
    lines = [f"policy {policy.hash}: {len(policy.rules)} rules, {len(policy.teams)} teams"]
    for rule, _ in policy.ranked:
        peers = f" with {', '.join(rule.peers)}" if rule.peers else ""
        chain = "".join(f", {step.after // 60_000} min {step.team} ({step.contact})" for step in policy.chain(rule))
        lines.append(f"{rule.priority:>4} {rule.name}{' (shadow)' if rule.mode == 'shadow' else ''}: {rule.owner} {rule.do}{peers}{chain}")
    lines += [f"team {team.name}: {team.attention.per_hour} an hour, burst {team.attention.burst}" for team in policy.teams]
    lines += [f"silence {silence.name} until {silence.until:%Y-%m-%d %H:%M %Z}: {silence.reason}" for silence in policy.silences]
    return lines + [f"warning: {warning}" for warning in policy.warnings]


def _first(error: ValidationError, values: Any, lines: dict[tuple[str | int, ...], int], name: str) -> PolicyError:
    fault = error.errors(include_url=False, include_context=False)[0]
    place = tuple(fault["loc"])
    rule = None
    if len(place) > 1 and place[0] == "rules" and isinstance(place[1], int) and isinstance(values["rules"][place[1]], dict):
        rule = str(values["rules"][place[1]].get("name", f"number {place[1] + 1}"))
    known = place
    while known and known not in lines:
        known = known[:-1]
    where = ".".join(str(part) for part in (place[2:] if rule else place)) or "policy"
    return PolicyError(name, lines.get(known), f"{where}: {fault['msg']}", rule)


def _check_names(policy: Policy, lines: dict[tuple[str | int, ...], int], name: str) -> None:
    """Names are unique, teams exist, chains ascend and end before the action does."""
    teams = {team.name for team in policy.teams}
    named: list[tuple[str, Sequence[Team | Rule | Silence]]]
    named = [("teams", policy.teams), ("rules", policy.rules), ("silences", policy.silences)]
    for part, entries in named:
        seen: set[str] = set()
        for number, entry in enumerate(entries):
            if entry.name in seen:
                raise PolicyError(name, lines.get((part, number, "name")), f"{part[:-1]} name {entry.name!r} is used twice")
            seen.add(entry.name)
    for number, team in enumerate(policy.teams):
        if team.attention.reserve >= team.attention.burst:
            raise PolicyError(name, lines.get(("teams", number)), f"team {team.name!r}: reserve must be smaller than burst")
    for number, rule in enumerate(policy.rules):
        for reason in _rule_faults(rule, teams):
            raise PolicyError(name, lines.get(("rules", number)), reason, rule.name)


def _rule_faults(rule: Rule, teams: set[str]) -> list[str]:
    named = (rule.owner, *rule.peers, *(step.team for step in rule.escalation))
    faults = [f"team {team!r} does not exist; known are {', '.join(sorted(teams))}" for team in named if team not in teams]
    if len({rule.owner, *rule.peers}) != 1 + len(rule.peers):
        faults.append("owner and peers must be different teams")
    times = [step.after for step in rule.escalation]
    if times != sorted(set(times)):
        faults.append("escalation steps must come in order of time, each at its own")
    if times and times[-1] >= rule.not_after:
        faults.append("the last escalation comes after the action has expired (not_after)")
    if rule.do == ActionKind.DIGEST and rule.escalation:
        faults.append("a digest cannot escalate: nobody is asked to answer it")
    return faults


def _compile(policy: Policy, lines: dict[tuple[str | int, ...], int], name: str) -> tuple[dict[str, Condition], tuple[str, ...]]:
    conditions: dict[str, Condition] = {}
    warnings: list[str] = []
    conditional: list[tuple[str, Sequence[Rule | Silence]]] = [("rules", policy.rules), ("silences", policy.silences)]
    for part, entries in conditional:
        for number, entry in enumerate(entries):
            line = lines.get((part, number, "when"))
            try:
                compiled = conditions[entry.when] = condition(entry.when)
            except ValueError as error:
                reason = f"when: {error}" if part == "rules" else f"silence {entry.name!r}: when: {error}"
                raise PolicyError(name, line, reason, entry.name if part == "rules" else None) from None
            warnings += [f"{name}:{line}: {part[:-1]} {entry.name!r}: {warning}" for warning in compiled.warnings]
    return conditions, tuple(warnings)
