"""Every key, fact, list of values and default of a policy as one page of Markdown (deploy/POLICY.md), and as JSON Schema for editors."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pipeline.policy.conditions import DEPTH_LIMIT, LENGTH_LIMIT
from pipeline.policy.fact_table import AROUND, FUNCTIONS, LOCAL, SITUATION, Fact
from pipeline.policy.hours import Hours, RecurringWindow, WorkingWindow
from pipeline.policy.include import FRAGMENT_KEYS
from pipeline.policy.model import Attention, EscalationStep, Guards, Policy, Rule, Silence, SilenceFile, Team
from pipeline.policy.type_check import COST_LIMIT
from pipeline.policy.values import in_units

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The file", Policy), ("`guards`", Guards), ("`teams`: each", Team), ("`attention` of a team", Attention), ("`hours` of a team", Hours),
    ("`windows` of hours: each", WorkingWindow),
    ("`rules`: each", Rule), ("`escalation` of a rule: each step", EscalationStep), ("`silences`: each", Silence),
    ("`only` of a silence", RecurringWindow),
)  # fmt: skip

MEANINGS = {
    "Policy.version": "of this form",
    "Policy.subjects": "subject id: the name that people know, used in summaries",
    "Policy.include": "fragments beside the file or below: each a mapping of `subjects`, `teams`, `rules`, `silences`, which are "
    "added in order; a fragment includes none",
    "Policy.time_zone": "of `local` facts where neither the rule nor its owner's hours have one",
    "Policy.guards": "what keeps rules from asking",
    "Policy.exclusive": "kinds that the owner alone is asked for, peers review; a reply always is one",
    "Policy.teams": "who can be asked",
    "Policy.rules": "when who is asked for what; the matching live rule of highest priority decides, the first of equal ones",
    "Policy.silences": "what is left alone; those of `winnow silence` are kept on the topic `silences`",
    "Guards.dual_hat": "an employee speaking as a customer is never answered in public: no rule that replies",
    "Guards.self_resolved": "nobody is asked about a thread that others have answered",
    "Guards.absorbed": "the cases of a surge are handled as the surge",
    "Team.name": "part of its topic, `actions.<name>`",
    "Team.contact": "whom to remind when nobody answers; without one, a rule's `within` reminds nobody",
    "Team.attention": "how much it can attend to; escalations to it beyond that come several as one action, critical pages at once",
    "Team.hours": "when it works; without them always",
    "Team.subjects": "subjects of the file that it is for alone: rules that it owns pass over others, as a peer it is left out; else all",
    "Team.fallback": "team that is asked instead while this one is closed, unless what happens is severe enough to wake it; what a team "
    "was once asked about stays with it",
    "Attention.per_hour": "actions an hour",
    "Attention.burst": "actions at once",
    "Attention.reserve": "of the burst, kept for pages; smaller than the burst",
    "Attention.digest_after": "how long what needs no action of its own, or finds no room in time, waits to be told with others; from 1m",
    "Hours.start": "in quotes; with `end`, where the same hours hold on all `days`; else `windows`",
    "Hours.end": "in quotes; one that is not after the start is of the next day",
    "Hours.days": "days that begin with these hours",
    "Hours.windows": "instead of start, end and days: several hours, e.g. with a break, or others on Saturdays",
    "Hours.holidays": "days that do not begin with these hours: public holidays of a country (`DE`) or a part of it (`DE-BY`, `GB-SCT`), "
    "a day (`2026-12-24`), a day of every year (`'12-24'`)",
    "Hours.time_zone": "a name of the tz database; its summer time counts",
    "Hours.wake_at": "severity (0 to 1) from which it is asked outside of its hours too",
    "WorkingWindow.start": "in quotes",
    "WorkingWindow.end": "in quotes; one that is not after the start is of the next day",
    "WorkingWindow.days": "days that begin with these hours",
    "Rule.name": "stands in decisions and metrics",
    "Rule.when": "a condition, see below; on several lines as a YAML block (`>-`)",
    "Rule.do": "what the owner is asked to do; peers of a reply are asked to review; `nothing` ends the search: no rule below it asks",
    "Rule.owner": "the team that is asked; required, but for `do: nothing`",
    "Rule.peers": "teams that are asked too",
    "Rule.escalation": "who is asked when nobody answers, in order of time",
    "Rule.within": "promised time; where no escalation is given, the owner's contact is reminded then",
    "Rule.acknowledged_for": "how long an acknowledgement holds without `done`: then whoever gave it is reminded, and when that is not "
    "answered either, the escalation goes on; none: for good",
    "Rule.priority": "the highest decides",
    "Rule.mode": "shadow: decides and counts, asks nobody",
    "Rule.not_after": "from then on an action is not worth taking; the last escalation comes before. It counts from when the team can be "
    "asked, within its hours",
    "Rule.cooldown": "a situation that gets calmer within it asks nobody again",
    "Rule.overrides": "guards that do not hold for this rule",
    "Rule.description": "what the rule is for, for whoever reads `winnow policy check` or wonders why they were asked",
    "Rule.runbook": "page that says what to do; it goes out with each action",
    "Rule.deadlines": "`working_hours`: within and escalation count only while the owner is at work; what is severe enough to wake it goes "
    "by the clock",
    "Rule.time_zone": "of its `local` facts; else that of its owner's hours",
    "Rule.subjects": "subjects of the file that the rule is for alone; else all",
    "EscalationStep.after": "since the first ask",
    "EscalationStep.team": "who is asked",
    "EscalationStep.contact": "whom there",
    "Silence.name": "for `winnow silence expire`",
    "Silence.when": "a condition, as in rules",
    "Silence.author": "who answers for it",
    "Silence.reason": "why, for those who read decisions",
    "Silence.until": "with its zone, e.g. `2026-03-02T13:00:00Z`; what it stopped and still stands is asked then",
    "Silence.starts": "likewise; none: since ever",
    "Silence.only": "between the two it holds only then; none: all the time",
    "RecurringWindow.start": "in quotes; an end that is not after it is one of the next day",
    "RecurringWindow.end": "in quotes",
    "RecurringWindow.days": "days on which it begins",
    "RecurringWindow.time_zone": "a name of the tz database; its summer time counts",
}

_FACTS = (
    ("Facts of the situation", SITUATION, "situation."),
    ("Local time", LOCAL, "local."),
    ("Facts around it", AROUND, ""),
)
_TYPES = {
    "texts": "list of texts",
    "shares": "shares by name",
    "text": "text",
    "whole": "whole number",
    "real": "real number",
    "true": "true or false",
    "counts": "counts by name",
}


def policy_page() -> str:
    """The reference, as Markdown."""
    return "\n".join(_lines()) + "\n"


def file_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of a policy, of a fragment of one and of a silences file."""
    policy = Policy.model_json_schema()
    fragment = policy | {"required": [], "properties": {key: policy["properties"][key] for key in FRAGMENT_KEYS}, "title": "Fragment"}
    policy |= {"required": ["version"], "anyOf": [{"required": ["include"]}, {"required": ["teams", "rules"]}]}
    return {"policy": policy, "fragment": fragment, "silences": SilenceFile.model_json_schema()}


def _lines() -> Iterator[str]:
    yield "# The policy file"
    yield ""
    yield "Generated: `python -m agents.operate.policy_reference`. `winnow policy check FILE` tells all that is wrong in a file."
    yield "For an editor that knows JSON Schema, begin it with `# yaml-language-server: $schema=` and the path of"
    yield "`deploy/editor/policy.schema.json`."
    yield ""
    yield "Durations are `90s`, `15m`, `4h`, `1d12h`; names are small letters, digits, `-` and `_`, at most 40. Values that YAML 1.1"
    yield "and 1.2 read differently (`yes`, `on`, `010`, `8:30`, `1e3`) are refused: put texts in quotes. A file may end in a line `...`;"
    yield "then it must always do so, which is how workers know that it is not cut off."
    for title, model in PARTS:
        yield from ("", f"## {title}", "", "| key | value | default | meaning |", "|---|---|---|---|")
        for name, field in model.model_fields.items():
            yield f"| `{name}` | {_value(model, name)} | {_default(field)} | {MEANINGS[f'{model.__name__}.{name}']} |"
    yield from ("", "## Conditions", "")
    yield "CEL, the expression language of Kubernetes: `&&`, `||`, `!`, `==`, `!=`, `<`, `in ['a', 'b']`, `a ? b : c`. At most"
    yield f"{LENGTH_LIMIT:,} characters, {DEPTH_LIMIT} levels and {COST_LIMIT:,} steps an evaluation. Comments (`//`) only in a block"
    yield "`when: |`, whose lines stay lines."
    yield "A condition that cannot be evaluated for a situation does not match it; the decision says so under `against`."
    for title, facts, prefix in _FACTS:
        yield from ("", f"### {title}", "", "| fact | type | values | meaning |", "|---|---|---|---|")
        for name, fact in facts.items():
            yield f"| `{prefix}{name}` | {_TYPES[fact.type]} | {_values(fact)} | {fact.meaning} |"
    yield from ("", "### Functions", "", "| example | what it is |", "|---|---|")
    for example, meaning in FUNCTIONS.items():
        yield f"| `{example}` | {meaning} |"


def _values(fact: Fact) -> str:
    if fact.values:
        return " ".join(f"`{value}`" for value in fact.values)
    if fact.low == float("-inf"):
        return ""
    return f"from {fact.low:g}" + ("" if fact.high == float("inf") else f" to {fact.high:g}")


def _value(model: type[BaseModel], name: str) -> str:
    schema = model.model_json_schema()
    return _shape(schema["properties"][name], schema.get("$defs", {}))


def _shape(part: dict[str, Any], known: dict[str, Any]) -> str:
    """A part of a JSON Schema in words."""
    if "$ref" in part:
        target = known[part["$ref"].rsplit("/", 1)[-1]]
        return _shape(target, known) if "enum" in target else "mapping, below"
    if "anyOf" in part:
        return " or ".join(_shape(one, known) for one in part["anyOf"] if one.get("type") != "null")
    if "enum" in part or "const" in part:
        return " ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        inner = _shape(part["items"], known)
        return "list, below" if inner.startswith("mapping") else f"list of: {inner}"
    if part.get("type") in ("integer", "number"):
        word = "whole number" if part["type"] == "integer" else "number"
        return word + (f" from {part['minimum']}" if "minimum" in part else "") + (f" to {part['maximum']}" if "maximum" in part else "")
    words = {"boolean": "`true` `false`", "object": "mapping of texts", "string": part.get("title", "").lower() or "text"}
    return str(
        part.get("x-winnow")
        or {"date-time": "time"}.get(part.get("format", ""), "text" if part["type"] == "string" else words[part["type"]])
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if field.is_required() or value is PydanticUndefined:
        return "required"
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, BaseModel):
        return "the defaults below"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "all" if len(value) == 7 else " ".join(f"`{one}`" for one in value)
    duration = isinstance(value, int) and "duration" in str(field.metadata) + str(get_args(field.annotation))
    return f"`{in_units(value)}`" if duration else f"`{value.value if isinstance(value, Enum) else value}`"
