"""What changes when one policy replaces another, over the same situations; `winnow policy diff` has them compared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.backtest.run import RecordedSituation, Rehearsal
from pipeline.policy import Policy
from pipeline.privacy import NO_TERMS, OwnTerms
from schemas.messages import ActionKind, Mode
from schemas.times import to_milliseconds

EXAMPLES = 3
"""How many of each gain or loss are shown, the gravest first."""

_HOUR_MS = 3_600_000
_LONGEST_MS = 400 * 24 * _HOUR_MS
IN_DIGEST = "in a digest"
"""Kind of what a team learns only from a digest."""


Terms = tuple[str, tuple[tuple[int, str, str], ...], int]
"""Rule, escalation chain (seconds, team, contact), and how long it is good for (ms)."""


class Ask(NamedTuple):
    """Something that a team is asked, counted once however often it was renewed; ``rule``, ``terms`` and ``summary`` are the latest."""

    team: str
    kind: str
    situation: str
    rule: str
    terms: Terms
    severity: float
    summary: str


@dataclass(slots=True)
class AttentionCost:
    """What a policy costs one team: messages that ask for attention (digests too), those of its busiest hour, what came later than it was
    decided, or in a digest."""

    messages: int = 0
    held: int = 0
    revoked: int = 0
    busiest_hour: int = 0
    escalations: int = 0


@dataclass(slots=True)
class PolicyAsks:
    """All that one policy asks. decisions: rule -> live decisions of its own."""

    policy: Policy
    asks: dict[tuple[str, str, str], Ask] = field(default_factory=dict)
    attention: dict[str, AttentionCost] = field(default_factory=dict)
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

    before: PolicyAsks
    after: PolicyAsks
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


def compare(before: Policy, after: Policy, situations: Sequence[RecordedSituation], own: OwnTerms = NO_TERMS) -> Difference:
    """Let both policies decide and act on the same situations (in order of their clocks). ``own``: what redaction leaves."""
    first, second = requests_of(before, situations, own), requests_of(after, situations, own)
    grouped: dict[tuple[str, str], list[set[tuple[str, str, str]]]] = defaultdict(lambda: [set(), set()])
    for number, run in enumerate((first, second)):
        for key, ask in run.asks.items():
            grouped[ask.team, ask.kind][number].add(key)
    rows = []
    for (team, kind), (old, new) in sorted(grouped.items()):
        gained = _gravest(second.asks[key] for key in new - old)
        lost = _gravest(first.asks[key] for key in old - new)
        both = ((first.asks[key], second.asks[key]) for key in old & new)
        otherwise = [pair for pair in both if pair[0].terms != pair[1].terms]
        otherwise.sort(key=lambda pair: (-pair[1].severity, pair[1].situation))
        rows.append(Row(team, kind, len(old), len(new), gained, lost, otherwise))
    clocks = [one.clock for one in situations] or [0]
    return Difference(first, second, rows, len({one.id for one in situations}), len(situations), clocks[0], clocks[-1])


def requests_of(policy: Policy, situations: Sequence[RecordedSituation], own: OwnTerms = NO_TERMS) -> PolicyAsks:
    """What a policy asks of its teams when nobody answers and the wall clock stands still."""
    count = _Count(PolicyAsks(policy))
    world = Rehearsal(policy, own)
    for noun, message in world.see(situations):
        count.take(noun, message)
    if situations:
        for noun, message in world.finish(situations[-1].clock + _LONGEST_MS):
            count.take(noun, message)
    return count.done()


class _Count:
    """Adds up the messages of one rehearsal."""

    def __init__(self, found: PolicyAsks) -> None:
        self._found = found
        self._decisions: list[dict[str, Any]] = []
        self._terms: dict[str, Terms] = {}
        self._decided: dict[tuple[str, str], str] = {}
        self._hours: dict[str, Counter[int]] = defaultdict(Counter)

    def take(self, noun: str, message: dict[str, Any]) -> None:
        """Count one message."""
        if noun == "decisions":
            self._decisions.append(message)
            self._decided[message["id"], message["team"]] = message["decided_at"]
            told = message["id"] in self._terms  # again, as its situation has closed or its customer has asked again
            if message["mode"] == Mode.LIVE and not message["withdrawn"] and message["role"] == "owner" and not told:
                self._found.decisions[message["rule"]] += 1
                self._terms[message["id"]] = _terms(message)
            return
        team = message["team"]
        cost = self._found.attention.setdefault(team, AttentionCost())
        if message["kind"] == ActionKind.REVOKE:
            cost.revoked += 1
            return
        cost.messages += 1
        self._hours[team][to_milliseconds(message["created_at"]) // _HOUR_MS] += 1
        if message["kind"] != ActionKind.DIGEST:
            decision, about = message["decision"], (message["situation"], message["severity"], message["summary"])
            cost.held += message["created_at"] != self._decided[decision, team]
            cost.escalations += len(self._terms[decision][1]) if message["role"] == "owner" else 0
            self._note(team, message["kind"], message["rule"], decision, about)
            return
        cost.held += len(message["evidence"])
        for piece in message["evidence"]:
            held = self._decisions[piece["lineage"]["offset"]]
            about = (held["situation"]["id"], held["situation"]["severity"], piece["excerpt"])
            self._note(team, IN_DIGEST, held["rule"], held["id"], about)

    def done(self) -> PolicyAsks:
        """All of it."""
        for team, counts in self._hours.items():
            self._found.attention[team].busiest_hour = max(counts.values())
        return self._found

    def _note(self, team: str, kind: str, rule: str, decision: str, about: tuple[str, float, str]) -> None:
        situation, severity, summary = about
        ask = Ask(team, kind, situation, rule, self._terms[decision], severity, summary)
        self._found.asks[team, kind, situation] = ask


def _terms(decision: dict[str, Any]) -> Terms:
    chain = tuple((one["after_seconds"], one["team"], one["contact"]) for one in decision["escalation"])
    good_for = to_milliseconds(decision["not_after"]) - to_milliseconds(decision["decided_at"])
    return decision["rule"], chain, good_for


def _gravest(asks: Iterable[Ask]) -> list[Ask]:
    return sorted(asks, key=lambda ask: (-ask.severity, ask.situation))
