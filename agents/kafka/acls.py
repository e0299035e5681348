"""What each stage's user may do on the broker, and not more: as ACLs to apply, as commands, as Strimzi users. From the topic table.

No ``IdempotentWrite`` on the cluster: since Kafka 2.8 (KIP-679) writing any topic is enough for an idempotent producer.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from confluent_kafka import KafkaError as RdError
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AclBinding, AclBindingFilter, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from agents.kafka import clients
from agents.kafka.dead_letters import GROUP
from agents.settings import Settings
from schemas.asyncapi import OUTPUTS
from schemas.errors import WinnowError
from schemas.topics import GROWING, INPUTS, MERGES, STAGES

OPERATOR = "operator"
BOARD = "board"
TRACES = "traces"
SOURCE = "source"
TEAM = "team-"
ADMIN_SECONDS = 20.0

TRACED = ("information", "situations", "decisions", "outcomes")
"""What traces are made of, beside the actions of every team."""

FOLLOWED: Mapping[str, tuple[str, ...]] = {
    "sift": ("models",), "learn": ("models",), "decide": ("silences",), "act": ("silences",), "monitor": ("rejected",),
}  # fmt: skip
"""Stage -> topics it reads beside its inputs, without a consumer group: which model and silences are in force, how long what was
rejected waits."""

Kind = Literal["topic", "group", "cluster"]
Pattern = Literal["literal", "prefixed"]


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One user may do one thing to one resource, or to all whose name begins so. Operations in Kafka's words: ``Read`` ..."""

    user: str
    kind: Kind
    name: str
    pattern: Pattern
    operation: str

    def line(self) -> str:
        """For people."""
        return f"{self.user:24} {self.operation:16} {self.kind} {self.name}{'*' if self.pattern == 'prefixed' else ''}"


def structure(stage: str) -> set[str]:
    """Nouns whose partition counts a worker of a stage looks up: its inputs and state, what it follows and always writes, the inputs
    of its writer.

    And, where those may grow, the state that says how many of them are in use.
    """
    before = MERGES[stage][1] if stage in MERGES else {"monitor": "decide", "learn": "sift"}.get(stage)
    found = {*INPUTS[stage], *FOLLOWED.get(stage, ()), f"{stage}-state", "ledger", "rejected", *(INPUTS[before] if before else ())}
    return found | {"sift-state"} if found.intersection(GROWING) else found


def roles(teams: Iterable[str]) -> tuple[str, ...]:
    """Who there is: the stages, who runs the deployment, the board, traces, who brings events, and each team's service."""
    return (*STAGES, OPERATOR, BOARD, TRACES, SOURCE, *(TEAM + team for team in sorted(teams)))


def user_of(settings: Settings, role: str) -> str:
    """Name of a role's user, e.g. ``winnow-sift``."""
    return f"{settings.prefix}-{role}"


def grants(settings: Settings, role: str) -> list[Grant]:
    """All that a role needs, sorted. Raises WinnowError for a role that does not exist."""
    if role in STAGES:
        found = _stage(settings, role)
    elif role == OPERATOR:
        found = _operator(settings)
    elif role == BOARD:
        found = _board(settings)
    elif role == TRACES:
        found = _traces(settings)
    elif role == SOURCE:
        found = (("topic", settings.topic(noun), "literal", "Write") for noun in ("posts", "feedback"))
    elif role.startswith(TEAM):
        found = _team(settings, role.removeprefix(TEAM))
    else:
        raise WinnowError(
            f"unknown role {role!r}", hint=f"Roles: {', '.join(STAGES)}, {OPERATOR}, {BOARD}, {TRACES}, {SOURCE}, {TEAM}<name>."
        )
    user = user_of(settings, role)
    return sorted({Grant(user, kind, name, pattern, operation) for kind, name, pattern, operation in found})


_Row = tuple[Kind, str, Pattern, str]


def _stage(settings: Settings, stage: str) -> Iterator[_Row]:
    # A worker counts the partitions of its neighbours' topics (`topics.needed_by`): to see them is enough.
    for noun in sorted(structure(stage)):
        yield "topic", settings.topic(noun), "literal", "Describe"
    for noun in (*INPUTS[stage], *FOLLOWED.get(stage, ())):
        yield "topic", settings.topic(noun), "literal", "Read"
    for noun in OUTPUTS[stage]:
        if noun == "actions":
            yield "topic", f"{settings.prefix}.actions.", "prefixed", "Write"
        else:
            yield "topic", settings.topic(noun), "literal", "Write"
    for operation in ("Read", "Write"):
        yield "topic", settings.topic(f"{stage}-state"), "literal", operation
    yield "group", f"{settings.prefix}-{stage}", "literal", "Read"
    if stage == "monitor":
        # It reports how far behind every group is, also of stages that are down (`agents.metrics.group_lag`).
        for noun in sorted({noun for inputs in INPUTS.values() for noun in inputs}):
            yield "topic", settings.topic(noun), "literal", "Describe"
        yield "group", f"{settings.prefix}-", "prefixed", "Describe"


def _operator(settings: Settings) -> Iterator[_Row]:
    """Topics, audit, explain, doctor, replay, labels, models: all commands but those about ACLs and users, which take an administrator."""
    for prefix in sorted({settings.prefix, settings.input_prefix or settings.prefix}):
        for operation in ("Create", "Describe", "DescribeConfigs", "AlterConfigs", "Read"):
            yield "topic", f"{prefix}.", "prefixed", operation
    for noun in ("posts", "feedback", "outcomes", "labels", "models", "silences"):
        yield "topic", settings.topic(noun), "literal", "Write"
    yield "group", f"{settings.prefix}-{GROUP}", "literal", "Read"
    yield "group", f"{settings.prefix}-", "prefixed", "Describe"
    yield "cluster", "kafka-cluster", "literal", "Describe"


def _board(settings: Settings) -> Iterator[_Row]:
    """Reads what its pages tell, all topics of the deployment for `Why not?` and the audit; writes what people say on it."""
    for prefix in sorted({settings.prefix, settings.input_prefix or settings.prefix}):
        for operation in ("Describe", "Read"):
            yield "topic", f"{prefix}.", "prefixed", operation
    # posts and feedback, outcomes and labels: rejected records are put back there.
    for noun in ("outcomes", "labels", "silences", "models", "posts", "feedback"):
        yield "topic", settings.topic(noun), "literal", "Write"
    yield "group", f"{settings.prefix}-{GROUP}", "literal", "Read"
    yield "group", f"{settings.prefix}-", "prefixed", "Describe"


def _traces(settings: Settings) -> Iterator[_Row]:
    """Reads what spans are made of, without a group."""
    for operation in ("Describe", "Read"):
        for noun in TRACED:
            yield "topic", settings.topic(noun), "literal", operation
        yield "topic", f"{settings.prefix}.actions.", "prefixed", operation


def _team(settings: Settings, team: str) -> Iterator[_Row]:
    yield "topic", settings.topic(f"actions.{team}"), "literal", "Read"
    yield "topic", settings.topic("outcomes"), "literal", "Write"
    yield "group", f"{settings.prefix}-{TEAM}{team}", "literal", "Read"


def commands(settings: Settings, found: Iterable[Grant]) -> Iterator[str]:
    """The same as lines for a shell, with Kafka's own tool."""
    for grant in found:
        resource = ["--cluster"] if grant.kind == "cluster" else [f"--{grant.kind}", grant.name, "--resource-pattern-type", grant.pattern]
        yield shlex.join(
            ["kafka-acls.sh", "--bootstrap-server", settings.broker, "--command-config", "admin.properties", "--add",
             "--allow-principal", f"User:{grant.user}", "--operation", grant.operation, *resource]
        )  # fmt: skip


def markdown(settings: Settings, who: Iterable[str]) -> str:
    """The same as a table for people: a row a resource."""
    rows: dict[tuple[str, str], list[str]] = {}
    for role in who:
        for grant in grants(settings, role):
            resource = f"{grant.kind} `{grant.name}{'*' if grant.pattern == 'prefixed' else ''}`"
            rows.setdefault((grant.user, resource), []).append(grant.operation)
    lines = [f"| `{user}` | {resource} | {', '.join(operations)} |" for (user, resource), operations in rows.items()]
    return "\n".join(["| user | resource | operations |", "|---|---|---|", *lines, ""])


@dataclass(frozen=True, slots=True)
class Plan:
    """What the broker lacks, and what it allows our users beyond need."""

    missing: list[Grant]
    surplus: list[Grant]


async def plan(settings: Settings, who: Iterable[str]) -> Plan:
    """Compare roles with the broker's ACLs. Raises WinnowError when the user may not see ACLs."""
    wanted = {grant for role in who for grant in grants(settings, role)}
    there = await _there(settings, {grant.user for grant in wanted})
    return Plan(sorted(wanted - there), sorted(there - wanted))


async def apply(settings: Settings, who: Iterable[str]) -> Plan:
    """Create what is missing; what is beyond need is only reported. Raises WinnowError when the user may not do that."""
    found = await plan(settings, who)
    if found.missing:
        bindings = [_binding(grant) for grant in found.missing]
        await clients.administer(settings, "change ACLs", lambda client: client.create_acls(bindings, request_timeout=ADMIN_SECONDS))
    return found


async def _there(settings: Settings, users: set[str]) -> set[Grant]:
    everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ALLOW)
    answers = await clients.administer(
        settings,
        "see ACLs",
        lambda client: {
            "all": client.describe_acls(everything, request_timeout=ADMIN_SECONDS),
            "cluster": client.describe_cluster(include_authorized_operations=True, request_timeout=ADMIN_SECONDS),
        },
    )
    # confluent-kafka 2.16 calls a refusal "no ACLs": ask whether we may see them.
    if AclOperation.DESCRIBE not in (answers["cluster"].authorized_operations or ()):
        raise clients.forbidden(settings, "see ACLs")
    return {
        Grant(user, _KINDS[acl.restype], acl.name, "prefixed" if acl.resource_pattern_type == ResourcePatternType.PREFIXED else "literal",
              _words(acl.operation))
        for acl in answers["all"]
        if (user := acl.principal.removeprefix("User:")) in users and acl.restype in _KINDS
    }  # fmt: skip


_KINDS: dict[Any, Kind] = {ResourceType.TOPIC: "topic", ResourceType.GROUP: "group", ResourceType.BROKER: "cluster"}
_TYPES = {kind: restype for restype, kind in _KINDS.items()}


def _words(operation: AclOperation) -> str:
    return "".join(part.capitalize() for part in operation.name.split("_"))


def _operation(word: str) -> AclOperation:
    return next(one for one in AclOperation if _words(one) == word)


def _binding(grant: Grant) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if grant.pattern == "prefixed" else ResourcePatternType.LITERAL
    return AclBinding(
        _TYPES[grant.kind], grant.name, pattern, f"User:{grant.user}", "*", _operation(grant.operation), AclPermissionType.ALLOW
    )


async def refused(settings: Settings, role: str, actions: Iterable[str]) -> list[str]:
    """What a role needs and the user of these settings may not do, e.g. ``Read topic winnow.posts.v1``; as the broker itself says.

    actions: nouns of action topics that exist, for roles that write all of them.
    """
    needed: dict[str, set[str]] = {}
    for grant in grants(settings, role):
        if grant.kind == "topic":
            names = [grant.name] if grant.pattern == "literal" else [settings.topic(noun) for noun in actions]
            for name in names:
                needed.setdefault(name, set()).add(grant.operation)
    found = [f"{operation} topic {name}" for name, operation in await _refused_topics(settings, needed)]
    group = user_of(settings, role)
    return found + ([f"Read group {group}"] if role in STAGES and not await _may_join(settings, group) else [])


async def _refused_topics(settings: Settings, needed: dict[str, set[str]]) -> list[tuple[str, str]]:
    answers = await clients.administer(
        settings,
        "see topics",
        lambda client: client.describe_topics(
            TopicCollection(list(needed)), include_authorized_operations=True, request_timeout=ADMIN_SECONDS
        ),
        lenient=True,
    )
    found = []
    for name, answer in answers.items():
        if not isinstance(answer, KafkaException):
            allowed = set(map(_words, answer.authorized_operations or ()))
        elif answer.args[0].code() == RdError.TOPIC_AUTHORIZATION_FAILED:
            allowed = set()
        else:
            continue  # it does not exist, or the broker was slow: who uses it will say so
        found += [(name, operation) for operation in sorted(needed[name] - allowed)]
    return found


async def _may_join(settings: Settings, group: str) -> bool:
    client = clients.admin(settings)
    try:
        await client.start()
        await client.find_coordinator(group)
    except GroupAuthorizationFailedError:
        return False
    except (KafkaError, OSError):
        return True  # no coordinator yet: nothing is known, the worker will wait for it
    finally:
        await client.close()
    return True
