"""The records of a decision as decide writes them: one per team concerned, and which team is concerned by what."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from pipeline.decide.standing import LastDecision, Made
from pipeline.policy import Policy, Rule, Verdict
from pipeline.stream import Output, instant, trace_parent
from schemas.messages import ActionKind, Mode
from schemas.times import iso, to_milliseconds

DAY_MS = 86_400_000


class Occasion(NamedTuple):
    """What makes decide look at a situation: its own revision, or what ``cause`` says: news of the surge that it is part of, the end
    of the silence that stopped it.

    ``clock``: event time, Unix ms; ``place``: ``topic/partition/offset`` of the record.
    """

    situation: dict[str, Any]
    clock: int
    place: str
    cause: str = ""


class Concerned(NamedTuple):
    """A team that gets a record of a decision. ``withdrawn``: it is no longer asked."""

    made: Made
    team: str
    role: str
    withdrawn: bool


def decision_id(situation: str, revision: int, policy_hash: str, cause: str = "") -> str:
    """32 hex digits: the same situation, revision and policy always give the same decision; ``cause``: what else has changed."""
    more = f"/{cause}" if cause else ""
    return hashlib.blake2b(f"decision/{situation}/{revision}/{policy_hash}{more}".encode(), digest_size=16).hexdigest()


def roles(made: Made) -> dict[str, str]:
    """The teams that a decision asks, with their parts in it."""
    return {made.owner: "owner"} | dict.fromkeys(made.peers, "peer")


def concerned(former: Made | None, fresh: Made | None) -> list[Concerned]:
    """The teams of the new decision, and those that it no longer asks.

    A decision that something stopped asks nobody; its record is the receipt of the team that would have been asked, unless the
    withdrawal of what the team was asked before is.
    """
    found = [] if fresh is None else [Concerned(fresh, team, role, withdrawn=False) for team, role in roles(fresh).items()]
    if former is None or former.mode != Mode.LIVE:
        return found
    asked = set() if fresh is None or fresh.mode == Mode.SUPPRESSED else set(roles(fresh))
    withdrawn = [Concerned(former, team, role, withdrawn=True) for team, role in roles(former).items() if team not in asked]
    told = {one.team for one in withdrawn}
    return [one for one in found if one.team not in told] + withdrawn


class Scribe:
    """Writes records of decisions under one policy; ``source``: the shard's."""

    def __init__(self, policy: Policy, source: str) -> None:
        self._policy = policy
        self._source = source

    def decision(
        self, occasion: Occasion, last: LastDecision, verdict: Verdict, teams: Sequence[Concerned], first: int, rule: Rule | None
    ) -> list[Output]:
        """A new decision in place of the last one, by ``rule``; ``first``: the ordinal of its first record."""
        identity = decision_id(occasion.situation["id"], occasion.situation["revision"], self._policy.hash, occasion.cause)
        found = []
        for ordinal, one in enumerate(teams, first):
            message = self._message(occasion, verdict, one, None if one.withdrawn else rule)
            message |= {"id": identity, "supersedes": last.id}
            found.append(self._output(occasion, message, f"{identity}/{one.team}", ordinal))
        return found

    def retold(
        self, occasion: Occasion, last: LastDecision, verdict: Verdict, teams: Sequence[Concerned], first: int, rule: Rule | None
    ) -> list[Output]:
        """The decision that stands, under its own id, with what has become of its situation: it has closed, or was written to again."""
        found = []
        for ordinal, one in enumerate(teams, first):
            message = self._message(occasion, verdict, one, rule)
            message |= {"id": last.id, "supersedes": None}
            found.append(self._output(occasion, message, f"{last.id}/{one.team}/{occasion.situation['revision']}", ordinal))
        return found

    def _output(self, occasion: Occasion, message: dict[str, Any], identity: str, ordinal: int) -> Output:
        return Output(
            noun="decisions", key=message["team"].encode(), value=orjson.dumps(message), id=identity,
            time_ms=to_milliseconds(occasion.situation["updated_at"]), source=self._source, lineage=f"{occasion.place}/{ordinal}",
            trace=trace_parent(occasion.situation["id"], message["id"]), clock=occasion.clock,
        )  # fmt: skip

    def _message(self, occasion: Occasion, verdict: Verdict, concerned: Concerned, deciding: Rule | None) -> dict[str, Any]:
        made, team, role, withdrawn = concerned
        situation, decided_at = occasion.situation, instant(occasion.clock)
        alone = made.do == ActionKind.REPLY or made.do in self._policy.exclusive  # one voice answers in public
        return {
            "id": "",
            "situation": situation,
            "team": team,
            "role": role,
            "do": ActionKind.REVIEW if role == "peer" and alone else made.do,
            "owner": made.owner,
            "peers": made.peers,
            "escalation": [] if deciding is None or made.mode == Mode.SUPPRESSED else _chain(self._policy, deciding),
            "rule": made.rule,
            "matched": verdict.matched,
            "facts": verdict.facts,
            "against": verdict.against,
            "policy": self._policy.hash,
            "mode": Mode.LIVE if withdrawn else made.mode,
            "withdrawn": withdrawn,
            "supersedes": None,
            "not_after": iso(instant(decided_at + (DAY_MS if deciding is None else deciding.not_after))),
            "decided_at": iso(decided_at),
            "clock": decided_at,
            "appended_at": situation["appended_at"],
            "lineage": situation["lineage"],
        }


def _chain(policy: Policy, rule: Rule) -> list[dict[str, Any]]:
    return [{"after_seconds": step.after // 1000, "team": step.team, "contact": step.contact} for step in policy.chain(rule)]
