"""Situations and two policies in; which teams gain or lose which actions, what it costs their attention, and examples, out."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.policy_model import Policy
from pipeline.policy_rehearsal import Heard, Rehearsal
from schemas.messages import ActionKind
from schemas.times import to_milliseconds

EXAMPLES = 3
"""How many of each gain or loss are shown, the gravest first."""

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_LONGEST_MS = 400 * _DAY_MS
TOLD = "in a digest"
"""Kind of what a team is told only in a digest."""


class Ask(NamedTuple):
    """Something that a team is asked, told once however often it was renewed. ``terms``: rule, escalation chain, time it is good for."""

    team: str
    kind: str
    situation: str
    rule: str
    terms: tuple[Any, ...]
    severity: float
    summary: str


@dataclass(slots=True)
class Attention:
    """What a policy costs one team: messages that ask for attention, those in its busiest hour, and what only digests told."""

    actions: int = 0
    digests: int = 0
    held: int = 0
    revoked: int = 0
    busiest_hour: int = 0
    per_hour: int = 0
    escalations: int = 0


@dataclass(slots=True)
class Asked:
    """All that one policy asks. decisions: rule -> live decisions of its own."""

    policy: Policy
    asks: dict[tuple[str, str, str], Ask] = field(default_factory=dict)
    attention: dict[str, Attention] = field(default_factory=dict)
    decisions: Counter[str] = field(default_factory=Counter)


class Row(NamedTuple):
    """One team and kind of action: how many before and after, gained and lost, and how many stay on other terms."""

    team: str
    kind: str
    before: int
    after: int
    gained: list[Ask]
    lost: list[Ask]
    otherwise: list[tuple[Ask, Ask]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two policies over the same situations. ``from_ms`` and ``until_ms``: event time, Unix ms."""

    before: Asked
    after: Asked
    rows: list[Row]
    situations: int
    revisions: int
    from_ms: int
    until_ms: int

    @property
    def changes(self) -> int:
        """Actions gained and lost: what a threshold is about."""
        return sum(len(row.gained) + len(row.lost) for row in self.rows)

    @property
    def share(self) -> float:
        """Changes per action of the former policy."""
        return self.changes / max(len(self.before.asks), 1)


def compare(before: Policy, after: Policy, situations: Sequence[Heard]) -> Difference:
    """Let both policies decide and act on the same situations (in order of their clocks)."""
    first, second = asked(before, situations), asked(after, situations)
    grouped: dict[tuple[str, str], list[set[tuple[str, str, str]]]] = defaultdict(lambda: [set(), set()])
    for number, run in enumerate((first, second)):
        for key, ask in run.asks.items():
            grouped[ask.team, ask.kind][number].add(key)
    rows = []
    for (team, kind), (old, new) in sorted(grouped.items()):
        gained = _gravest(second.asks[key] for key in new - old)
        lost = _gravest(first.asks[key] for key in old - new)
        both = ((first.asks[key], second.asks[key]) for key in sorted(old & new))
        otherwise = sorted((pair for pair in both if pair[0].terms != pair[1].terms), key=lambda pair: (-pair[1].severity, pair[1].situation))
        rows.append(Row(team, kind, len(old), len(new), gained, lost, otherwise))
    clocks = [one.clock for one in situations] or [0]
    return Difference(first, second, rows, _distinct(situations), len(situations), clocks[0], clocks[-1])


def asked(policy: Policy, situations: Sequence[Heard]) -> Asked:
    """What a policy asks of its teams when nobody answers and the wall clock stands still."""
    found = Asked(policy)
    world = Rehearsal(policy)
    decisions: list[dict[str, Any]] = []
    hours: dict[str, Counter[int]] = defaultdict(Counter)

    def told() -> Iterator[tuple[str, dict[str, Any]]]:
        yield from world.see(situations)
        if situations:
            yield from world.finish(situations[-1].clock + _LONGEST_MS)

    terms: dict[str, tuple[Any, ...]] = {}
    for noun, message in told():
        if noun == "decisions":
            decisions.append(message)
            if message["mode"] == "live" and not message["withdrawn"] and message["role"] == "owner":
                found.decisions[message["rule"]] += 1
                terms[message["id"]] = _terms(message)
            continue
        cost = found.attention.setdefault(message["team"], Attention(per_hour=policy.team(message["team"]).attention.per_hour))
        if message["kind"] == ActionKind.REVOKE:
            cost.revoked += 1
            continue
        hours[message["team"]][to_milliseconds(message["created_at"]) // _HOUR_MS] += 1
        if message["kind"] == ActionKind.DIGEST:
            cost.digests += 1
            cost.held += len(message["evidence"])
            for piece in message["evidence"]:
                decision = decisions[piece["lineage"]["offset"]]
                summary = str(piece["excerpt"])
                _note(found, message["team"], TOLD, decision["situation"], decision["rule"], terms.get(decision["id"], ()), summary)
        else:
            cost.actions += 1
            cost.escalations += len(terms.get(message["decision"], ((), ()))[1]) if message["role"] == "owner" else 0
            about = {"id": message["situation"], "severity": message["severity"]}
            _note(found, message["team"], message["kind"], about, message["rule"], terms.get(message["decision"], ()), message["summary"])
    for team, counts in hours.items():
        found.attention[team].busiest_hour = max(counts.values())
    return found


def _note(found: Asked, team: str, kind: str, about: dict[str, Any], rule: str, terms: tuple[Any, ...], summary: str) -> None:
    found.asks[team, kind, about["id"]] = Ask(team, kind, about["id"], rule, terms, about["severity"], summary)


def _terms(decision: dict[str, Any]) -> tuple[Any, ...]:
    chain = tuple((one["after_seconds"], one["team"], one["contact"]) for one in decision["escalation"])
    good_for = to_milliseconds(decision["not_after"]) - to_milliseconds(decision["decided_at"])
    return decision["rule"], chain, good_for


def _gravest(asks: Iterator[Ask]) -> list[Ask]:
    return sorted(asks, key=lambda ask: (-ask.severity, ask.situation))


def _distinct(situations: Sequence[Heard]) -> int:
    return len({one.value[:80] for one in situations})
