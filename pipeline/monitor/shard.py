"""The monitor stage on one partition, which `agents.stages.monitor` runs: the health of rules and teams, and facts for metrics.

Health tells of the live decisions of the last ``window_days`` (event time): how many there were, what teams answered (an action
counts at most once per status), which share was acted on (done and not overturned; decisions that ask nothing of their own, being
withdrawn, superseded, settled before or told only in a digest, count there only when answered), and how long the first answer
took. A rule's decision counts once, for its owner, however many teams it concerns.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.act import OutcomeRead, read_outcome
from pipeline.monitor.continuity import Continuity, read_entry
from pipeline.monitor.health import FirstOutcome, HealthWindow
from pipeline.monitor.requests import Request, Subject, Sums
from pipeline.policy import severity_class
from pipeline.stream import Arrived, Dedup, InputRecord, Output, Step, UnorderedShard, Unreadable, instant, read_decision, source_header
from schemas.messages import ActionKind, LedgerEntry, Mode, OutcomeStatus
from schemas.times import iso, to_milliseconds

DAY_MS = 86_400_000
SEEN_KEY = b"seen/"
LATEST_KEY = b"latest"
HEX_DIGITS = frozenset("0123456789abcdef")

Message = dict[str, Any] | OutcomeRead | LedgerEntry


class MonitorShard(UnorderedShard[Message]):
    """One partition's watch. ``entries`` bounds the decisions remembered, ``waiting`` the outcomes that came before their decision."""

    stage = "monitor"

    def __init__(self, number: int, *, window_days: float = 30.0, entries: int = 50_000, waiting: int = 10_000) -> None:
        super().__init__(number)
        window_ms = int(window_days * DAY_MS)
        self._health = HealthWindow(window_ms=window_ms, entries=entries, waiting=waiting)
        self._tried = Dedup(window_ms=window_ms, entries=entries)  # decisions that ask nobody: shadow and backfill
        self._latest_ms = 0
        self._ledger = Continuity()
        self._touched: dict[Subject, tuple[int, str]] = {}

    # -- reading -----------------------------------------------------------------------------------------------------

    def parse(self, record: InputRecord, topic: str) -> Message | Unreadable:
        """Read a decision, an outcome or a ledger entry."""
        if topic == "ledger":
            return read_entry(record.value)
        if topic == "outcomes":
            return read_outcome(record)
        decision = read_decision(record.value)
        if isinstance(decision, dict):
            decision["source"] = source_header(dict(record.headers))
        return decision

    def may_defer_account(self, message: Message, topic: str) -> bool:
        """Monitor's own account of the ledger: an entry about it alone would call for the next one, without end."""
        return isinstance(message, LedgerEntry) and message.stage == self.stage and message.topic == "ledger"

    def apply(self, arrived: Arrived[Message], step: Step) -> str:
        """Count one record."""
        message = arrived.message
        if isinstance(message, LedgerEntry):
            self._count_entry(message, step)
        elif isinstance(message, OutcomeRead):
            self._count_answer(message, arrived.appended_ms, step)
        else:
            self._count_decision(message, arrived, step)
        self._count_dropped(step)
        for subject in self._health.touched:
            self._touched[subject] = (arrived.appended_ms, f"{arrived.topic}/{arrived.partition}/{arrived.offset}")
        self._health.touched.clear()
        return "counted"

    # -- counting ----------------------------------------------------------------------------------------------------

    def _count_entry(self, entry: LedgerEntry, step: Step) -> None:
        accounted = self._ledger.follow(entry)
        for disposition, amount in accounted.counts.items():
            step.count("ledger", entry.stage, disposition, by=amount)
        if accounted.missing:
            step.count("ledger_gap", entry.stage)
            step.count("ledger_missing", entry.stage, by=accounted.missing)

    def _count_answer(self, answer: OutcomeRead, appended_ms: int, step: Step) -> None:
        if len(answer.action_id) != 32 or not HEX_DIGITS.issuperset(answer.action_id):
            step.count("unknown_action")
            return
        if answer.status == OutcomeStatus.RECEIVED:
            return  # a tool has it: nobody has answered yet
        found = self._health.answer(answer.action_id, answer.status, answer.at_ms, answer.team, appended_ms)
        self._count_outcomes(found, step)

    def _count_decision(self, decision: dict[str, Any], arrived: Arrived[Message], step: Step) -> None:
        rule, team, mode = decision["rule"], decision["team"], decision["mode"]
        if decision["withdrawn"]:
            if self._health.overtake(decision["supersedes"], team):
                step.count("withdrawn", rule, team)
            return
        if mode != Mode.LIVE:
            if self._first_time(f"{decision['id']}/{team}", to_milliseconds(decision["decided_at"])):
                step.count("decisions", rule, team, mode)
                if mode != Mode.BACKFILL:
                    self._health.overtake(decision["supersedes"], team)
            return
        request = _request(decision, arrived.appended_ms)
        found = self._health.add(request, decision["supersedes"])
        if found is not None:
            step.count("decisions", rule, team, mode)
            if request.owner:
                step.count("attention", request.stakeholder, "asked")
            self._count_outcomes(found, step)

    def _count_outcomes(self, found: list[FirstOutcome], step: Step) -> None:
        for request, team, status in found:
            step.count("outcomes", team, status)
            if request.owner:
                step.count("attention", request.stakeholder, status)

    def _first_time(self, name: str, clock: int) -> bool:
        digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
        if self._tried.has(digest):
            return False
        self._latest_ms = max(self._latest_ms, clock)
        self._tried.add(digest, 0, self._latest_ms)
        return True

    def _count_dropped(self, step: Step) -> None:
        remembered = self._health
        if remembered.dropped:
            step.count("forgotten", by=remembered.dropped)
        if remembered.waiting.dropped:
            step.count("unmatched_outcomes", by=remembered.waiting.dropped)
        remembered.dropped = remembered.waiting.dropped = 0

    # -- publishing --------------------------------------------------------------------------------------------------

    def after_batch(self, step: Step) -> None:
        """Say once a batch how those do for whom something changed."""
        for ordinal, (subject, (at_ms, place)) in enumerate(sorted(self._touched.items())):
            sums = self._health.sums.get(subject, Sums())
            value = orjson.dumps(health(subject, sums, at_ms))
            step.outputs.append(
                Output(
                    noun="health", key="/".join(subject).encode(), value=value, id=hashlib.blake2b(value, digest_size=16).hexdigest(),
                    time_ms=instant(at_ms), source=self.source, lineage=f"{place}/{ordinal}", trace="",
                )
            )  # fmt: skip
        self._touched.clear()

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        tried = self._tried.changes()
        if tried:
            tried[LATEST_KEY] = b"%d" % self._latest_ms
        return self._health.changes() | self._ledger.changes() | tried

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over state."""
        self._health.restore(items)
        self._ledger.restore(items)
        self._latest_ms = int(items.get(LATEST_KEY, 0))
        self._tried.restore({key: value for key, value in items.items() if key.startswith(SEEN_KEY)})


def health(subject: Subject, sums: Sums, at_ms: int) -> dict[str, Any]:
    """The Health message of a rule or a team, as of ``at_ms`` (Unix ms: when the record that changed it was appended)."""
    kind, name = subject
    return {
        "kind": kind,
        "name": name,
        "decisions": sums.decisions,
        "acknowledged": sums.acknowledged,
        "done": sums.done,
        "declined": sums.declined,
        "overturned": sums.overturned,
        "acted_on_ratio": round(sums.acted / sums.requests, 4) if sums.requests else None,
        "seconds_to_acknowledge_mean": round(sums.answer_ms / sums.answered / 1000, 3) if sums.answered else None,
        "at": iso(instant(at_ms)),
    }


def _request(decision: Mapping[str, Any], appended_ms: int) -> Request:
    situation = decision["situation"]
    stakeholders = situation["stakeholders"]
    decided_ms = to_milliseconds(decision["decided_at"])
    return Request(
        decision=decision["id"],
        team=decision["team"],
        rule=decision["rule"],
        owner=decision["role"] == "owner",
        do=decision["do"],
        severity_class=severity_class(situation["severity"]),
        stakeholder=max(sorted(stakeholders), key=lambda name: stakeholders[name], default="customer"),
        source=decision["source"],
        decided_ms=decided_ms,
        known_since=sorted({decided_ms, _instant(decision["appended_at"], decided_ms), appended_ms}),
        unasked=decision["do"] == ActionKind.DIGEST,
        chain=[one["team"] for one in decision["escalation"]] if decision["role"] == "owner" else [],
    )


def _instant(text: object, otherwise: int) -> int:
    """Unix ms of an instant that nobody has checked; ``otherwise`` when it is none."""
    try:
        return to_milliseconds(text) if isinstance(text, str) else otherwise
    except (ValueError, OverflowError):
        return otherwise
