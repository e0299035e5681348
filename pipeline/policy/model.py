"""What a policy is made of: teams, rules, guards, silences, as frozen models; durations in milliseconds."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from operator import add
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, PrivateAttr, WithJsonSchema

from pipeline.policy.conditions import Condition, fields_of
from pipeline.policy.hours import Hours, RecurringWindow
from pipeline.policy.rule_tree import RuleTree, rule_tree
from pipeline.policy.values import DURATION_SCHEMA, HOUR_MS, Address, Duration, Expression, Name, PolicyPart, Wait, Zone
from schemas.messages import ActionKind
from schemas.times import to_milliseconds

Guard = Literal["dual_hat", "self_resolved", "absorbed"]
Asking = Literal[ActionKind.REPLY, ActionKind.REVIEW, ActionKind.PAGE, ActionKind.IDEA, ActionKind.DIGEST]
Doing = Literal[ActionKind.REPLY, ActionKind.REVIEW, ActionKind.PAGE, ActionKind.IDEA, ActionKind.DIGEST, "nothing"]
NOTHING = "nothing"
"""What a rule does that ends the search: nobody is asked, whatever the rules below it say."""


class Attention(PolicyPart):
    """How many actions a team can attend to. ``reserve`` of the burst is kept for pages; digests come ``digest_after``."""

    per_hour: Annotated[int, Field(ge=1, le=100_000)] = 60
    burst: Annotated[int, Field(ge=1, le=100_000)] = 20
    reserve: Annotated[int, Field(ge=0)] = 0
    digest_after: Annotated[Duration, Field(ge=60_000), WithJsonSchema(DURATION_SCHEMA)] = 30 * 60_000


class Team(PolicyPart):
    """Who can be asked. The name is part of its topic: ``actions.<name>``."""

    name: Name
    contact: Annotated[str, Field(max_length=200)] | None = None
    attention: Attention = Attention()
    hours: Hours | None = None
    subjects: tuple[str, ...] = ()
    fallback: Name | None = None


class EscalationStep(PolicyPart):
    """One step of an escalation chain."""

    after: Duration
    team: Name
    contact: Annotated[str, Field(min_length=1, max_length=200)]


_ASKED: dict[str, JsonValue] = {
    "if": {"properties": {"do": {"const": NOTHING}}, "required": ["do"]},
    "else": {"required": ["owner"]},
}


class Rule(PolicyPart):
    """When what is to be done by whom. ``within``: promised time; it is the first escalation where none is given."""

    model_config = ConfigDict(json_schema_extra=_ASKED)

    name: Name
    when: Expression
    do: Doing
    owner: Name = ""
    peers: tuple[Name, ...] = ()
    escalation: tuple[EscalationStep, ...] = ()
    within: Duration | None = None
    acknowledged_for: Duration | None = None
    priority: Annotated[int, Field(ge=0, le=1000)] = 50
    mode: Literal["live", "shadow"] = "live"
    not_after: Duration = 24 * HOUR_MS
    cooldown: Wait = 0
    overrides: tuple[Guard, ...] = ()
    description: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    runbook: Address | None = None
    subjects: tuple[str, ...] = ()
    time_zone: Zone | None = None
    deadlines: Literal["clock", "working_hours"] = "clock"


class Silence(PolicyPart):
    """What is deliberately left alone, by whom, why, and until when; ``starts`` None: since ever, ``only`` None: all the time."""

    name: Name
    when: Expression
    author: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    until: AwareDatetime
    starts: AwareDatetime | None = None
    only: RecurringWindow | None = None

    @cached_property
    def until_ms(self) -> int:
        """End of the silence, Unix ms."""
        return int(self.until.timestamp() * 1000)

    @cached_property
    def _starts_ms(self) -> int:
        return 0 if self.starts is None else int(self.starts.timestamp() * 1000)

    def holds_to(self, now_ms: int) -> int | None:
        """Until when it holds without a break that holds at ``now_ms`` (event time, Unix ms); None when it does not then."""
        if not self._starts_ms <= now_ms < self.until_ms:
            return None
        if self.only is None:
            return self.until_ms
        closes = self.only.closes(now_ms)
        return closes if closes is None else min(closes, self.until_ms)


class SilenceFile(PolicyPart):
    """The file of silences beside a policy."""

    version: Literal[1]
    silences: tuple[Silence, ...]


class Guards(PolicyPart):
    """Built-in guards; false switches one off for all rules, a rule's ``overrides`` for that rule alone."""

    dual_hat: bool = True
    self_resolved: bool = True
    absorbed: bool = True


class Ranking:
    """Rules with their conditions by priority, highest first, then in the file's order."""

    def __init__(self, rules: tuple[tuple[Rule, Condition], ...]) -> None:
        self._rules = rules

    def that_may_match(self, facts: Mapping[str, Any]) -> list[tuple[Rule, Condition]]:
        """Those that nothing plain speaks against, for these facts (`facts.facts_of`)."""
        rules = self._rules
        return [rules[rank] for rank in self._tree.candidates(facts)]

    @cached_property
    def _tree(self) -> RuleTree:
        return rule_tree([condition.plain for _, condition in self._rules])


class Policy(PolicyPart):
    """Everything that decides and acts, compiled. Get one from `policy.parse_policy` or `policy.load_policy`."""

    version: Literal[1]
    include: tuple[str, ...] = Field(default=(), exclude=True, description="Fragments beside the file.")
    subjects: dict[str, str] = Field(default_factory=dict, description="Subject id -> the name that people know.")
    time_zone: Zone = "UTC"
    guards: Guards = Guards()
    exclusive: tuple[Asking, ...] = Field(default=(), description="Kinds that one team a situation is asked for; a reply always is.")
    teams: Annotated[tuple[Team, ...], Field(min_length=1)]
    rules: tuple[Rule, ...]
    silences: tuple[Silence, ...] = ()

    _conditions: dict[str, Condition] = PrivateAttr(default_factory=dict)
    _hash: str = PrivateAttr(default="")
    _ranked: tuple[tuple[Rule, Condition], ...] = PrivateAttr(default=())
    _rankings: dict[str, Ranking] = PrivateAttr(default_factory=dict)
    _warnings: tuple[str, ...] = PrivateAttr(default=())
    _fields: frozenset[str] | None = PrivateAttr(default=None)
    _fields_for_cel: frozenset[str] | None = PrivateAttr(default=None)
    _files: tuple[str, ...] = PrivateAttr(default=())
    _rules: dict[str, Rule] = PrivateAttr(default_factory=dict)

    def compiled(self, conditions: dict[str, Condition], warnings: tuple[str, ...], *, known_as: str = "") -> "Policy":
        """Itself, ready for use: conditions by their text. ``known_as``: the hash that it had under another Winnow."""
        for derived in ("hash", "fields", "_teams"):  # a copy has those of its original
            self.__dict__.pop(derived, None)
        self._hash = known_as or hashlib.blake2b(self.stored(), digest_size=6).hexdigest()
        ranked = sorted(self.rules, key=lambda rule: -rule.priority)
        self._ranked = tuple((rule, conditions[rule.when]) for rule in ranked)
        self._rules = {rule.name: rule for rule in self.rules}
        self._rankings = {subject: self._serving(subject) for subject in self._scoped()}
        self._conditions = conditions
        self._fields = fields_of(conditions.values())
        self._fields_for_cel = fields_of(one for one in conditions.values() if not one.is_plain)
        self._warnings = warnings
        return self

    def with_teams(self, teams: tuple[Team, ...]) -> "Policy":
        """The same rules with other teams, of the same names."""
        return self.model_copy(update={"teams": teams}).compiled(self._conditions, self._warnings)

    def made_of(self, files: Iterable[str]) -> "Policy":
        """Itself, knowing the fragments that it was read from."""
        self._files = tuple(files)
        return self

    @property
    def files(self) -> tuple[str, ...]:
        """The fragments that it was read from, beside the policy file itself."""
        return self._files

    def stored(self) -> bytes:
        """The canonical form (JSON): what its hash is of, and what `policy_stored` makes it of again."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)

    @cached_property
    def hash(self) -> str:
        """12 hex digits of blake2b over the canonical form: on everything that this policy decides."""
        return self._hash

    @property
    def ranked(self) -> tuple[tuple[Rule, Condition], ...]:
        """Rules with their conditions by priority, highest first, then in the file's order."""
        return self._ranked

    def ranked_for(self, subject: str) -> Ranking:
        """The same for one subject: rules and owners that are for others alone are left out, as peers and in chains too."""
        rankings = self._rankings
        return rankings.get(subject) or rankings[""]

    @cached_property
    def _teams(self) -> dict[str, Team]:
        return {team.name: team for team in self.teams}

    def scope(self, rule: Rule) -> frozenset[str] | None:
        """Subjects that a rule can ask somebody about; None for all."""
        owner = self._teams.get(rule.owner)
        scopes = [frozenset(part.subjects) for part in (rule, owner) if part is not None and part.subjects]
        return frozenset.intersection(*scopes) if scopes else None

    def _scoped(self) -> set[str]:
        """Subjects that something is scoped to, and "" for all others."""
        parts: tuple[Rule | Team, ...] = (*self.rules, *self.teams)
        return {"", *(subject for part in parts for subject in part.subjects)}

    def _serving(self, subject: str) -> Ranking:
        serving = [
            (self.rule_for(rule, subject), condition)
            for rule, condition in self._ranked
            if (scope := self.scope(rule)) is None or subject in scope
        ]
        return Ranking(tuple(serving))

    def rule_for(self, rule: Rule, subject: str) -> Rule:
        """The rule without the peers and steps of teams that are for other subjects."""

        def serves(team: str) -> bool:
            return not (known := self._teams.get(team)) or not known.subjects or subject in known.subjects

        peers = tuple(peer for peer in rule.peers if serves(peer))
        chain = tuple(step for step in rule.escalation if serves(step.team))
        same = (peers, chain) == (rule.peers, rule.escalation)
        return rule if same else rule.model_copy(update={"peers": peers, "escalation": chain})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but looks unintended, one line each."""
        return self._warnings

    @cached_property
    def fields(self) -> frozenset[str] | None:
        """Fields of a situation that its conditions look at; None for all."""
        return self._fields

    @property
    def fields_for_cel(self) -> frozenset[str] | None:
        """Those that a condition looks at which cannot be answered at a glance; None for all."""
        return self._fields_for_cel

    def condition(self, part: Rule | Silence) -> Condition:
        """The compiled ``when`` of a rule or silence."""
        return self._conditions[part.when]

    def team(self, name: str) -> Team:
        """The team of that name; one with default attention when a decision of an older policy names another."""
        return self._teams.get(name) or Team.model_construct(
            name=name, contact=None, attention=Attention(), hours=None, subjects=(), fallback=None
        )

    def zone(self, rule: Rule | None) -> ZoneInfo:
        """Whose local time a rule's condition asks for: its own, else that of its owner's hours, else the file's; None: the file's."""
        hours = None if rule is None or not rule.owner else self.team(rule.owner).hours
        return ZoneInfo((rule and rule.time_zone) or (hours and hours.time_zone) or self.time_zone)

    def has_team(self, name: str) -> bool:
        """Whether the policy names this team."""
        return name in self._teams

    def rule(self, name: str) -> Rule | None:
        """The rule of that name; None when a decision of an older policy names another."""
        return self._rules.get(name)

    def escalates_to(self, team: str) -> tuple[str, ...]:
        """Owners whose rules escalate to this team: where an answer to an escalated action belongs."""
        owners = {rule.owner for rule in self.rules for step in rule.escalation if step.team == team}
        return tuple(sorted({one for owner in owners for one in self.stand_ins(owner)} - {team}))

    def stand_ins(self, team: str) -> tuple[str, ...]:
        """A team, whoever stands in while it is closed, whoever does for that one, and so on."""
        found = [team]
        while (following := self.team(found[-1]).fallback) is not None and following not in found:
            found.append(following)
        return tuple(found)

    def on_duty(self, rule: Rule, situation: Mapping[str, Any], asked: str | None) -> Rule:
        """The rule, asking whoever stands in for its owner while that is closed: the first that is at work or is to be woken for it.

        asked: the owner of what stands on the situation already; one that it was once given to keeps it. Nobody at work: the owner's own.
        """
        teams = self.stand_ins(rule.owner)
        if len(teams) == 1:
            return rule
        now_ms, severity, subject = to_milliseconds(situation["updated_at"]), situation["severity"], situation["subject"]
        serving = [team for team in teams if not (known := self.team(team)).subjects or subject in known.subjects]
        if asked in serving:
            return self.asking(rule, str(asked))
        awake = (team for team in serving if (hours := self.team(team).hours) is None or hours.wakes(severity) or hours.is_open(now_ms))
        return self.asking(rule, next(awake, rule.owner))

    def asking(self, rule: Rule, owner: str) -> Rule:
        """The rule with another owner, who stands in for its own."""
        if owner == rule.owner:
            return rule
        return rule.model_copy(update={"owner": owner, "peers": tuple(peer for peer in rule.peers if peer != owner)})

    def clock(self, rule: str, team: str, severity: float) -> Callable[[int, int], int]:
        """How the deadlines of a rule pass for a team: from an instant (Unix ms) and a time (ms) to the instant when it is over.

        By the clock, also for what is severe enough to wake the team, unless the rule counts working hours.
        """
        found, hours = self.rule(rule), self.team(team).hours
        if found is None or found.deadlines == "clock" or hours is None or hours.wakes(severity):
            return add
        return hours.later

    def chain(self, rule: Rule) -> tuple[EscalationStep, ...]:
        """Escalation steps of a rule, by time; without any, ``within`` passed reminds the owner's own contact."""
        if rule.escalation or rule.within is None or rule.within >= rule.not_after:
            return rule.escalation
        contact = self.team(rule.owner).contact
        return (EscalationStep.model_construct(after=rule.within, team=rule.owner, contact=contact),) if contact else ()
