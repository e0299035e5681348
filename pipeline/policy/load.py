"""Reads one YAML file as a checked, compiled, hashed Policy: who must act on what, when, and what speaks against it."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from pipeline.policy.check import checked, condition_faults, reference_faults
from pipeline.policy.conditions import Condition, condition
from pipeline.policy.doubts import Doubt, doubts
from pipeline.policy.errors import PolicyError, read_yaml
from pipeline.policy.hours import Hours
from pipeline.policy.include import Sources, read_whole
from pipeline.policy.model import Attention, Policy, Rule, Silence, SilenceFile, Team
from pipeline.written import Lines, line_of

__all__ = [
    "Attention",
    "Hours",
    "Policy",
    "PolicyError",
    "Rule",
    "Silence",
    "Team",
    "also_silent",
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
    """YAML text (version and silences) as silences. Raises PolicyError naming file and, of all that is wrong, lines and reasons."""
    values, lines = read_yaml(text, name)
    if not isinstance(values, dict) or values.keys() != {"version", "silences"} or values["version"] != 1:
        raise PolicyError(name, None, "should be a mapping with version: 1 and silences, nothing else")
    found, faults = checked(SilenceFile, values, lines)
    faults += condition_faults(values, lines, ("silences",))
    if found is None or faults:
        raise PolicyError(name, *faults[0], more=faults[1:])
    return found.silences


def with_silences(policy: Policy, more: Sequence[Silence], name: str) -> Policy:
    """The policy with more silences, which count in its hash; ``name`` is their file in messages. Raises PolicyError."""
    if not more:
        return policy
    names = [silence.name for silence in (*policy.silences, *more)]
    for one in names:
        if names.count(one) > 1:
            raise PolicyError(name, None, f"silence name {one!r} is used twice")
    try:
        return also_silent(policy, more)
    except ValueError as error:
        raise PolicyError(name, None, f"when: {error}") from None


def also_silent(policy: Policy, more: Sequence[Silence]) -> Policy:
    """The policy with more silences, of equal names too: they count in its hash. Raises ValueError for an unfit condition."""
    if not more:
        return policy
    fresh = policy.model_copy(update={"silences": (*policy.silences, *more)})
    known: tuple[Rule | Silence, ...] = (*policy.rules, *policy.silences)
    conditions = {part.when: policy.condition(part) for part in known}
    conditions |= {silence.when: condition(silence.when) for silence in more}
    return fresh.compiled(conditions, policy.warnings)


def parse_policy(text: str, name: str) -> Policy:
    """YAML text, and the fragments beside it that it includes, as a Policy; ``name``: its file.

    Raises PolicyError naming, of all that is wrong, file, line, rule and reason.
    """
    values, lines, sources = read_whole(text, name)
    if not isinstance(values, dict):
        raise PolicyError(name, None, "should be a mapping with version, teams and rules")
    policy, faults = checked(Policy, values, lines)
    faults += reference_faults(values, lines) + condition_faults(values, lines, ("rules", "silences"))
    if policy is None or faults:
        raise sources.error(faults)
    return policy.compiled(*_compile(policy, lines, sources)).made_of(name for name, _ in sources.files[1:])


def policy_summary(policy: Policy) -> list[str]:
    """The policy for a person: one line per rule in order of priority, then teams, silences and warnings."""
    lines = [f"policy {policy.hash}: {len(policy.rules)} rules, {len(policy.teams)} teams"]
    for rule, _ in policy.ranked:
        peers = f" with {', '.join(rule.peers)}" if rule.peers else ""
        worked = " of working time" if rule.deadlines == "working_hours" else ""
        chain = "".join(f", {step.after // 60_000} min{worked} {step.team} ({step.contact})" for step in policy.chain(rule))
        about = f" about {', '.join(rule.subjects)}" if rule.subjects else ""
        shadow = " (shadow)" if rule.mode == "shadow" else ""
        lines.append(f"{rule.priority:>4} {rule.name}{shadow}: {rule.owner or 'nobody'} {rule.do}{peers}{about}{chain}")
        lines += [f"     {told}" for told in (rule.description, rule.runbook) if told]
    lines += [f"team {team.name}: {team.attention.per_hour} an hour, burst {team.attention.burst}" for team in policy.teams]
    lines += [f"silence {silence.name} until {silence.until:%Y-%m-%d %H:%M %Z}: {silence.reason}" for silence in policy.silences]
    return lines + [f"warning: {warning}" for warning in policy.warnings]


def _compile(policy: Policy, lines: Lines, sources: Sources) -> tuple[dict[str, Condition], tuple[str, ...]]:
    """Conditions by their text, and what is allowed but looks unintended, in the order of the file."""
    known: tuple[Rule | Silence, ...] = (*policy.rules, *policy.silences)
    conditions = {part.when: condition(part.when) for part in known}
    return conditions, tuple(_warning(policy, lines, sources, one) for one in doubts(policy, conditions))


def _warning(policy: Policy, lines: Lines, sources: Sources, found: Doubt) -> str:
    (part, number, field), told = found
    named: dict[str, Sequence[Rule | Silence | Team]] = {"rules": policy.rules, "silences": policy.silences, "teams": policy.teams}
    file, line = sources.place(line_of(lines, (part, number, field) if field else (part,)))
    return f"{file}:{line}: {part[:-1]} {named[part][number].name!r}: {told}" if field else f"{file}:{line}: {part}: {told}"
