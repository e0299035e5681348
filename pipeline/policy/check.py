"""What is wrong in the values of a policy or silences file, all of it. For `load`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.policy.conditions import Faulty, condition
from pipeline.policy.hours import Hours
from pipeline.policy.model import NOTHING, Rule, Silence, Team
from pipeline.policy.values import in_units
from pipeline.written import Fault, Lines, Path, in_words, line_of, own_errors
from schemas.messages import ActionKind

M = TypeVar("M", bound=BaseModel)
_MODELS: dict[str, type[BaseModel]] = {"teams": Team, "rules": Rule, "silences": Silence}


def checked(model: type[M], values: Mapping[str, Any], lines: Lines) -> tuple[M | None, list[Fault]]:
    """The file's values as the model, or None and every fault of a value."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        return None, [_fault(one, model, values, lines) for one in own_errors(error)]


def _fault(error: Any, model: type[BaseModel], values: Mapping[str, Any], lines: Lines) -> Fault:
    place: Path = tuple(error["loc"])
    rule = None
    if len(place) > 1 and place[0] == "rules" and isinstance(place[1], int) and isinstance(values["rules"][place[1]], dict):
        rule = str(values["rules"][place[1]].get("name", f"number {place[1] + 1}"))
    where = ".".join(str(part) for part in (place[2:] if rule else place)) or "policy"
    return Fault(line_of(lines, place), f"{where}: {in_words(error, model)}", rule)


def condition_faults(values: Mapping[str, Any], lines: Lines, parts: Sequence[str]) -> list[Fault]:
    """What is wrong with the conditions of rules and silences, also of those of which something else is wrong."""
    faults = []
    for part in parts:
        for number, entry in enumerate(_entries(values, part)):
            when = entry.get("when")
            if not isinstance(when, str | bool):
                continue
            place: Path = (part, number, "when")
            name = str(entry.get("name", f"number {number + 1}"))
            told = ("when", name) if part == "rules" else (f"silence {name!r}: when", None)
            reasons: Sequence[str] = ()
            if "//" in str(when) and place in lines.joined:
                reasons = [
                    "a comment in a text whose lines YAML joins hides all that follows it: use `when: |`, or # outside of the condition"
                ]
            try:
                condition(str(when).lower() if isinstance(when, bool) else when)
            except Faulty as error:
                reasons = reasons or error.reasons
            faults += [Fault(line_of(lines, place), f"{told[0]}: {reason}", told[1]) for reason in reasons]
    return faults


def _entries(values: Mapping[str, Any], part: str) -> list[dict[str, Any]]:
    listed = values.get(part)
    return [entry if isinstance(entry, dict) else {} for entry in listed] if isinstance(listed, list) else []


def reference_faults(values: Mapping[str, Any], lines: Lines) -> list[Fault]:
    """Names that are used twice or stand for nothing, budgets and chains that make no sense."""
    faults = []
    for part in _MODELS:
        seen: set[str] = set()
        for number, entry in enumerate(_entries(values, part)):
            name = str(entry.get("name"))
            if "name" in entry and name in seen:
                faults.append(Fault(line_of(lines, (part, number, "name")), f"{part[:-1]} name {name!r} is used twice"))
            seen.add(name)
    teams = {str(entry.get("name")) for entry in _entries(values, "teams")}
    hours: dict[str, Hours | None] = {team.name: team.hours for _, team in _valid(values, "teams")}
    for number, team in _valid(values, "teams"):
        told = _team_faults(team, dict.fromkeys(teams) | hours)
        faults += [Fault(line_of(lines, ("teams", number)), f"team {team.name!r}: {reason}") for reason in told]
    faults += _subject_faults(values, lines)
    for number, entry in enumerate(_entries(values, "rules")):
        for key, reason in _asking_faults(entry):
            name = str(entry.get("name", f"number {number + 1}"))
            faults.append(Fault(line_of(lines, ("rules", number, key)), f"{key}: {reason}", name))
    for number, rule in _valid(values, "rules"):
        faults += [Fault(line_of(lines, ("rules", number)), reason, rule.name) for reason in _rule_faults(rule, teams, hours)]
    for number, silence in _valid(values, "silences"):
        if silence.starts is not None and silence.starts >= silence.until:
            reason = f"silence {silence.name!r}: starts: it ends before it starts, so it never holds"
            faults.append(Fault(line_of(lines, ("silences", number, "starts")), reason))
    return faults


def _asking_faults(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who asks somebody names an owner; who does nothing says nothing of whom and when."""
    if "do" in entry and entry["do"] != NOTHING and "owner" not in entry:
        yield "owner", "is missing"
    elif entry.get("do") == NOTHING:
        yield from ((key, "is void where `do: nothing` asks nobody: leave it out") for key in entry if key in _VOID_FOR_NOTHING)


_VOID_FOR_NOTHING = ("owner", "peers", "escalation", "within", "acknowledged_for", "not_after", "cooldown", "overrides", "runbook")


def _subject_faults(values: Mapping[str, Any], lines: Lines) -> list[Fault]:
    """Subjects of rules and teams that the file does not name, and rules whose owner is for other subjects."""
    named = values.get("subjects")
    known = list(named) if isinstance(named, dict) else []
    faults = []
    served = {str(entry.get("name")): _texts(entry, "subjects") for entry in _entries(values, "teams")}
    for part in ("teams", "rules"):
        for number, entry in enumerate(_entries(values, part)):
            rule = str(entry.get("name")) if part == "rules" else None
            for place, subject in enumerate(_texts(entry, "subjects")):
                if subject not in known:
                    listed = f"known are {', '.join(known)}" if known else "name it there"
                    line = line_of(lines, (part, number, "subjects", place))
                    faults.append(Fault(line, f"subjects: {subject!r} is not among the subjects of the file; {listed}", rule))
            owner, mine = str(entry.get("owner")), _texts(entry, "subjects")
            if rule and mine and served.get(owner) and not set(mine) & set(served[owner]):
                reason = f"subjects: team {owner!r} is for {', '.join(served[owner])} alone, so the rule never decides"
                faults.append(Fault(line_of(lines, (part, number, "subjects")), reason, rule))
    return faults


def _texts(entry: Mapping[str, Any], key: str) -> list[str]:
    listed = entry.get(key)
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _valid(values: Mapping[str, Any], part: str) -> list[tuple[int, Any]]:
    found = []
    for number, entry in enumerate(_entries(values, part)):
        try:
            found.append((number, _MODELS[part].model_validate(entry)))
        except ValidationError:  # told by `checked`
            continue
    return found


def _deadline_faults(rule: Rule, hours: Mapping[str, Hours | None]) -> Iterator[str]:
    """Deadlines in working hours that count nothing, or that may be over when the action has expired."""
    last = rule.escalation[-1].after if rule.escalation else rule.within
    if rule.deadlines == "clock" or rule.owner not in hours:
        return
    owner_hours = hours[rule.owner]
    if owner_hours is None:
        yield f"deadlines: team {rule.owner!r} has no hours, so there is no working time to count"
    elif last is None:
        yield "deadlines: working_hours is void without within or escalation"
    elif (longest := owner_hours.longest(last)) >= rule.not_after:
        told = f"{in_units(last)} of working time can take {in_units(longest // 60_000 * 60_000)} by the clock"
        yield f"deadlines: {told}, and the action expires after {in_units(rule.not_after)} (not_after)"


def _team_faults(team: Team, teams: Mapping[str, Hours | None]) -> Iterator[str]:
    if team.attention.reserve >= team.attention.burst:
        yield "reserve must be smaller than burst"
    if team.fallback == team.name:
        yield "fallback: it cannot stand in for itself"
    elif team.fallback is not None and team.fallback not in teams:
        yield f"fallback: team {team.fallback!r} does not exist; known are {', '.join(sorted(teams))}"
    elif team.fallback is not None and team.hours is None:
        yield "fallback: is void, as a team without hours is never closed"


def _rule_faults(rule: Rule, teams: set[str], hours: Mapping[str, Hours | None]) -> list[str]:
    if not rule.owner:
        return []  # told by `_asking_faults`, or asks nobody
    named = dict.fromkeys((rule.owner, *rule.peers, *(step.team for step in rule.escalation)))
    faults = [f"team {team!r} does not exist; known are {', '.join(sorted(teams))}" for team in named if team not in teams]
    if len({rule.owner, *rule.peers}) != 1 + len(rule.peers):
        faults.append("owner and peers must be different teams")
    faults += _deadline_faults(rule, hours)
    times = [step.after for step in rule.escalation]
    if times != sorted(set(times)):
        faults.append("escalation steps must come in order of time, each at its own")
    if times and times[-1] >= rule.not_after:
        faults.append("the last escalation comes after the action has expired (not_after)")
    if rule.do == ActionKind.DIGEST and rule.escalation:
        faults.append("a digest cannot escalate: nobody is asked to answer it")
    return faults
