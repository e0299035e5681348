"""The stage decide: at most one live decision per situation, one record per team concerned, with its reasons."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from pipeline.policy import CLASSES, Policy, PolicyShard, Rule, Verdict, facts_of, judge, severity_class
from pipeline.stream import Arrived, Expiry, InputRecord, Output, Step, Unreadable, instant, read_situation, trace_parent
from schemas.messages import ActionKind, Mode, SituationStatus
from schemas.times import iso, to_milliseconds

__all__ = ["DecideShard", "LastDecision", "decision_id", "facts_of", "judge"]

DAY_MS = 86_400_000
STATE_KEY = b"situation/"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Made:
    """What a decision is in substance; a new one is made only when one of these changes."""

    rule: str
    do: str
    owner: str
    peers: tuple[str, ...]
    mode: str
    severity_class: str


class Concerned(NamedTuple):
    """A team that gets a record of a decision. ``withdrawn``: it is no longer asked."""

    made: Made
    team: str
    role: str
    withdrawn: bool


@dataclass(slots=True)
class LastDecision:
    """What is remembered of a situation: its last revision and the decision that stands (``id`` None: none does)."""

    revision: int
    expires: int
    id: str | None = None
    made: Made | None = None
    decided_at: int = 0
    not_after: int = 0


def decision_id(situation: str, revision: int, policy_hash: str) -> str:
    """32 hex digits: the same situation, revision and policy always give the same decision."""
    return hashlib.blake2b(f"decision/{situation}/{revision}/{policy_hash}".encode(), digest_size=16).hexdigest()


class DecideShard(PolicyShard[dict[str, Any]]):
    """One partition's decisions. ``closed_days`` and ``open_days`` (event time) bound what is remembered of a situation,
    beyond the time that its decision is good for.
    """

    stage = "decide"
    ordered = "situations"
    downstream = "decisions"

    def __init__(self, number: int, sources: Sequence[str], policy: Policy, *, closed_days: float = 1.0, open_days: float = 30.0) -> None:
        super().__init__(number, sources, policy)
        self._closed_ms = int(closed_days * DAY_MS)
        self._open_ms = int(open_days * DAY_MS)
        self._standing: dict[str, LastDecision] = {}
        self._expiry = Expiry()
        self._changed: set[str] = set()

    def parse(self, record: InputRecord, topic: str) -> dict[str, Any] | Unreadable:
        """Read a situation."""
        return read_situation(record.value)

    def apply(self, run: Sequence[Arrived[dict[str, Any]]], step: Step) -> list[str]:
        """Decide on each situation in order."""
        self.count_facts(step)
        return [self._decide(arrived, step) for arrived in run]

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Nothing falls due here."""
        self.count_facts(step)

    def changes(self) -> dict[bytes, bytes | None]:
        """Standings that changed since the last call."""
        found = {STATE_KEY + key.encode(): self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over standings."""
        for key, value in items.items():
            if key.startswith(STATE_KEY):
                saved = orjson.loads(value)["standing"]
                made = saved.pop("made")
                standing = LastDecision(**saved)
                standing.made = None if made is None else Made(**{**made, "peers": tuple(made["peers"])})
                situation = key[len(STATE_KEY) :].decode()
                self._standing[situation] = standing
                self._expiry.set(situation, standing.expires)

    def _dump(self, key: str) -> bytes | None:
        standing = self._standing.get(key)
        return None if standing is None else orjson.dumps({"v": VERSION, "standing": standing})

    # -- one situation -----------------------------------------------------------------------------------------------

    def _decide(self, arrived: Arrived[dict[str, Any]], step: Step) -> str:
        for key in self._expiry.due(arrived.clock):
            del self._standing[key]
            self._changed.add(key)
        situation = arrived.message
        key = situation["id"]
        standing = self._standing.get(key)
        if standing is not None and situation["revision"] <= standing.revision:
            return "redelivered"
        closed = situation["status"] == SituationStatus.CLOSED
        if standing is None:
            standing = self._standing[key] = LastDecision(0, 0)
        standing.revision = situation["revision"]
        verdict = judge(self.policy, situation)
        for name in verdict.counts:
            step.count(*name)
        disposition = self._revise(arrived, standing, verdict, step)
        standing.expires = max(arrived.clock + (self._closed_ms if closed else self._open_ms), standing.not_after)
        self._expiry.set(key, standing.expires)
        self._changed.add(key)
        return disposition

    def _revise(self, arrived: Arrived[dict[str, Any]], standing: LastDecision, verdict: Verdict, step: Step) -> str:
        """Compare the verdict with the decision that stands, and write what changed."""
        situation, made = arrived.message, standing.made
        closed = situation["status"] == SituationStatus.CLOSED
        if verdict.stopped is not None:
            if not (closed or situation["backfill"]):
                return self._take(arrived, standing, verdict._replace(rule=verdict.stopped), step, suppressed=True)
            if made is not None and made.mode == Mode.SUPPRESSED:  # nobody would be asked: nothing more is stopped
                return "unchanged"
        if closed and not verdict.blocked:  # a closed situation keeps its decision and gets no new one
            return "unchanged" if made is not None else "no_rule"
        if verdict.rule is not None and not closed:
            return self._take(arrived, standing, verdict, step, suppressed=False)
        if made is not None and made.mode == Mode.LIVE:
            self._write(arrived, standing, verdict, None, step)
            step.count("withdrawn", made.rule)
        standing.id, standing.made, standing.not_after = None, None, 0
        return "no_rule"

    def _take(self, arrived: Arrived[dict[str, Any]], standing: LastDecision, verdict: Verdict, step: Step, *, suppressed: bool) -> str:
        """Take the verdict's rule for the decision, unless what stands is the same in substance; ``suppressed``: only its receipt."""
        situation, made, rule = arrived.message, standing.made, verdict.rule
        assert rule is not None
        fresh = _made(rule, situation, suppressed=suppressed)
        if made is not None and self._stands(made, fresh, rule, arrived.clock - standing.decided_at):
            return "unchanged"
        self._write(arrived, standing, verdict, fresh, step)
        if suppressed:
            step.count("suppressed", *verdict.stopper)
            if made is not None and made.mode == Mode.LIVE:
                step.count("withdrawn", made.rule)  # what it had asked for
        standing.id = decision_id(situation["id"], situation["revision"], self.policy.hash)
        standing.made, standing.decided_at, standing.not_after = fresh, arrived.clock, arrived.clock + rule.not_after
        step.count("decided", rule.name, fresh.mode)
        return "suppressed" if suppressed else "decided"

    @staticmethod
    def _stands(made: Made, fresh: Made, rule: Rule, age_ms: int) -> bool:
        if made == fresh:
            return True
        if fresh.mode == Mode.BACKFILL and made.mode == Mode.LIVE:
            return True  # history does not take back what was decided live
        if replace(made, severity_class=fresh.severity_class) != fresh:
            return False
        calmer = CLASSES.index(fresh.severity_class) < CLASSES.index(made.severity_class)
        return calmer and age_ms < rule.cooldown

    def _write(self, arrived: Arrived[dict[str, Any]], standing: LastDecision, verdict: Verdict, fresh: Made | None, step: Step) -> None:
        """One record per team concerned: the teams of the new decision, and withdrawals to those it no longer asks.

        A decision that something stopped asks nobody; its record is the receipt of the team that would have been asked, unless the
        withdrawal of what the team was asked before is.
        """
        former = standing.made
        records = [] if fresh is None else [(fresh, team, role, False) for team, role in _roles(fresh).items()]
        if former is not None and former.mode == Mode.LIVE:
            asked = set() if fresh is None or fresh.mode == Mode.SUPPRESSED else set(_roles(fresh))
            withdrawals = [(former, team, role, True) for team, role in _roles(former).items() if team not in asked]
            told = {team for _, team, _, _ in withdrawals}
            records = [one for one in records if one[1] not in told] + withdrawals
        for ordinal, (made, team, role, withdrawn) in enumerate(records):
            concerned = Concerned(made, team, role, withdrawn)
            message = self._message(arrived.message, instant(arrived.clock), standing.id, verdict, concerned)
            place = f"{arrived.topic}/{arrived.partition}/{arrived.offset}/{ordinal}"
            step.outputs.append(
                Output(
                    noun="decisions", key=team.encode(), value=orjson.dumps(message), id=f"{message['id']}/{team}",
                    time_ms=to_milliseconds(arrived.message["updated_at"]), source=self.source, lineage=place,
                    trace=trace_parent(arrived.message["id"], message["id"]), clock=arrived.clock,
                )
            )  # fmt: skip

    def _message(
        self, situation: dict[str, Any], decided_at: int, supersedes: str | None, verdict: Verdict, concerned: Concerned
    ) -> dict[str, Any]:
        made, team, role, withdrawn = concerned
        deciding = None if withdrawn else verdict.rule
        alone = made.do == ActionKind.REPLY or made.do in self.policy.exclusive  # one voice answers in public
        do = ActionKind.REVIEW if role == "peer" and alone else made.do
        return {
            "id": decision_id(situation["id"], situation["revision"], self.policy.hash),
            "situation": situation,
            "team": team,
            "role": role,
            "do": do,
            "owner": made.owner,
            "peers": made.peers,
            "escalation": [] if deciding is None or made.mode == Mode.SUPPRESSED else _chain(self.policy, deciding),
            "rule": made.rule,
            "matched": verdict.matched,
            "facts": verdict.facts,
            "against": verdict.against,
            "policy": self.policy.hash,
            "mode": Mode.LIVE if withdrawn else made.mode,
            "withdrawn": withdrawn,
            "supersedes": supersedes,
            "not_after": iso(instant(decided_at + (DAY_MS if deciding is None else deciding.not_after))),
            "decided_at": iso(decided_at),
            "clock": decided_at,
            "appended_at": situation["appended_at"],
            "lineage": situation["lineage"],
        }


def _made(rule: Rule, situation: Mapping[str, Any], *, suppressed: bool) -> Made:
    mode: str = Mode.BACKFILL if situation["backfill"] and rule.mode == "live" else rule.mode
    mode = Mode.SUPPRESSED if suppressed else mode
    return Made(rule.name, str(rule.do), rule.owner, rule.peers, str(mode), severity_class(situation["severity"]))


def _roles(made: Made) -> dict[str, str]:
    return {made.owner: "owner"} | dict.fromkeys(made.peers, "peer")


def _chain(policy: Policy, rule: Rule) -> list[dict[str, Any]]:
    return [{"after_seconds": step.after // 1000, "team": step.team, "contact": step.contact} for step in policy.chain(rule)]
