"""The act stage on one partition: `agents.stages.act` runs it on Kafka, `pipeline.backtest` on recordings, `pipeline.flow` in process.

Decisions become actions, digests of what teams had no attention for, and escalations; what teams answer becomes labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pipeline.act import messages as actions
from pipeline.act import outputs as act_output
from pipeline.act.budget import Held, TeamQueue
from pipeline.act.outcomes import TRIED, OutcomeRead, labels, read_outcome
from pipeline.act.sent_actions import Sent, SentActions, asked_again, asks_more, follow, opened
from pipeline.act.team_state import DAY_MS, Notified, TeamState
from pipeline.policy import Policy, PolicyShard, times_asked
from pipeline.privacy import pseudonym
from pipeline.stream import Arrived, InputRecord, Step, Unreadable, instant, partition_of, read_decision
from schemas.messages import ActionKind, Mode, OutcomeStatus, SituationStatus
from schemas.times import to_milliseconds

KEEP_DAYS = 7
"""An action can be answered so long after it has expired (event time)."""

GRACE_MS = 60_000
"""While input is unread an acknowledgement may be among it; escalations wait for it so long after they are due, not longer."""

ESCALATIONS_A_TICK = 500

Message = dict[str, Any] | OutcomeRead


class ActShard(PolicyShard[Message]):
    """One partition's teams. ``author_key``: 16 to 64 bytes; changing it changes all pseudonyms, visibly.

    outcome_partitions: how many there are, so that an answer that a client put where its key does not belong is passed on; None: not known.
    """

    stage = "act"
    ordered = "decisions"

    def __init__(
        self, number: int, sources: Sequence[str], policy: Policy, author_key: bytes, *, outcome_partitions: int | None = None
    ) -> None:
        super().__init__(number, sources, policy)
        self._outcome_partitions = outcome_partitions
        self._author_key = author_key
        self._sent_actions = SentActions()
        self._teams = TeamState()
        self._started_ms: int | None = None

    def parse(self, record: InputRecord, topic: str) -> Message | Unreadable:
        """Read a decision or an outcome."""
        return read_decision(record.value) if topic == self.ordered else read_outcome(record)

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys that changed since the last call."""
        return self._teams.changes() | self._sent_actions.changes()

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over state."""
        self._teams.restore(items)
        self._sent_actions.restore(items)

    # -- decisions ---------------------------------------------------------------------------------------------------

    def apply(self, run: Sequence[Arrived[Message]], step: Step) -> list[str]:
        """Act on decisions in order."""
        self.count_facts(step)
        self._thaw(step)
        return [self._act(arrived, step) for arrived in run]

    def _act(self, arrived: Arrived[Message], step: Step) -> str:
        decision = cast("dict[str, Any]", arrived.message)  # what `parse` makes of the ordered topic
        self._advance(arrived.clock, step)
        team, situation = decision["team"], decision["situation"]
        notified = self._teams.notified.get((team, situation["id"]))
        revision = situation["revision"]
        retold = notified is not None and decision["id"] == notified.decision
        if notified is not None and (revision < notified.revision or (retold and revision == notified.revision)):
            return "redelivered"
        expires = max(to_milliseconds(decision["not_after"]), arrived.clock) + KEEP_DAYS * DAY_MS
        if notified is None:
            notified = Notified(revision, decision["id"], expires)
        notified.revision, notified.decision, notified.expires = revision, decision["id"], expires
        self._teams.remember(team, situation["id"], notified)
        if decision["mode"] == Mode.BACKFILL:
            return "backfill"
        if decision["withdrawn"] or decision["mode"] != Mode.LIVE:
            taken_back = self._take_back(arrived, decision, notified, step)
            return taken_back if decision["mode"] != Mode.SHADOW or taken_back == "revoked" else "shadow"
        if situation["status"] == SituationStatus.CLOSED and retold:
            return self._over(notified)
        if retold and notified.held is not None:
            return "unchanged"  # the team is not asked yet
        return self._live(arrived, decision, notified, step)

    def _over(self, notified: Notified) -> str:
        """The situation is over: what was asked stays, and goes up no further."""
        former = self._sent_actions.find(notified.action)
        if former is not None:
            self._sent_actions.stop(former)
        return "unchanged"

    def _live(self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, step: Step) -> str:
        """Do what a live decision asks, by what its team knows already; the disposition says which case it was."""
        team, kind, severity = decision["team"], decision["do"], decision["situation"]["severity"]
        former = self._sent_actions.find(notified.action)
        self._supersede_held(team, notified)
        again = former is not None and asked_again(decision, former)
        if former is not None and former.state == "open" and not (again or asks_more(decision, former)):
            return self._asked_already(decision, former)
        if former is not None and former.standing and kind == ActionKind.DIGEST:
            self._calmed_down(arrived, decision, notified, former, step)
            former = None
        queue = self._teams.queue(team, self.policy, arrived.clock)
        if not queue.admits(self.policy.team(team), arrived.clock, kind, severity):
            return self._out_of_attention(arrived, decision, notified, queue, step)
        return self._ask(arrived, decision, notified, former, step)

    def _supersede_held(self, team: str, notified: Notified) -> None:
        """What waits for the digest about the same situation is told there as superseded."""
        if notified.held is not None:
            self._teams.mark(team, notified.held, "superseded")
            notified.held = None

    def _asked_already(self, decision: dict[str, Any], former: Sent) -> str:
        """The team was asked for as much already: nothing is sent, and what it answers, or has answered, stands for this too."""
        self._sent_actions.alias(former, actions.action_id(decision["id"], decision["team"], decision["do"], 0))
        return "closed" if former.closed else "unchanged"

    def _calmed_down(self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, former: Sent, step: Step) -> None:
        """A digest is enough now: what was asked for needs no answer of its own any more."""
        self._revoke(arrived, decision, former, step)
        notified.action = None

    def _out_of_attention(
        self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, queue: TeamQueue, step: Step
    ) -> str:
        """The team has no attention left for this, or is not at work: its digest will tell it."""
        self._hold(arrived, decision, notified, queue)
        step.count("held", self._label(decision["team"]))
        return "held"

    def _ask(self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, former: Sent | None, step: Step) -> str:
        """Send the action, in place of the former one if that still stands."""
        supersedes = former.action_id if former is not None and former.standing else None
        body = actions.act_on(decision, self.policy, self._author_key, supersedes)
        if self._sent_actions.find(body["action_id"]) is not None:  # answered, and now asked again by the same decision
            cause = f"{decision['id']}/{decision['situation']['revision']}"
            body["action_id"] = actions.action_id(cause, decision["team"], decision["do"], 0)
        owner = decision["role"] == "owner"
        chain = [[one["after_seconds"], one["team"], one["contact"]] for one in decision["escalation"] if owner]
        sent = opened(body, chain, place=_place(arrived), base_ms=arrived.appended_ms, expires=notified.expires)
        sent.times_asked = times_asked(decision["situation"])
        if former is not None and former.state == "open":
            self._replace(arrived, decision, former, sent, body, step)
        notified.action, notified.digested = body["action_id"], False
        self._send(sent, body, step)
        step.count("acted", self._label(decision["team"]), decision["rule"])
        return "acted"

    def _replace(
        self, arrived: Arrived[Message], decision: dict[str, Any], former: Sent, sent: Sent, body: dict[str, Any], step: Step
    ) -> None:
        """Let an action take the place of the former one, also with the teams that this was escalated to."""
        if former.standing:
            follow(sent, former)
        if not sent.sent_steps:
            self._recall(arrived, decision, former, step, "superseded")
            return
        for number in sent.sent_steps:
            again = actions.escalate(body, number, sent.chain[number - 1], arrived.appended_ms)
            self._emit(again | {"supersedes": former.escalation_id(number)}, f"{_place(arrived)}/{number}", instant(arrived.clock), step)
        self._sent_actions.end(former, "superseded")

    def _hold(self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, queue: TeamQueue) -> None:
        situation = decision["situation"]
        first = situation["evidence"][0] if situation["evidence"] else None
        item = Held(
            number=queue.number, decision=decision["id"], situation=situation["id"], situation_kind=situation["kind"],
            subject=situation["subject"], rule=decision["rule"], severity=situation["severity"], clock=arrived.clock,
            appended_ms=arrived.appended_ms, not_after=to_milliseconds(decision["not_after"]),
            summary=actions.summarise(situation, self.policy),
            information=first["information"] if first else situation["id"],
            author=pseudonym(first["author"], self._author_key) if first else "",
            partition=arrived.partition, offset=arrived.offset,
        )  # fmt: skip
        notified.held = item.number
        self._teams.hold(decision["team"], queue, item)

    def _take_back(self, arrived: Arrived[Message], decision: dict[str, Any], notified: Notified, step: Step) -> str:
        """Undo what the team was asked; the disposition says how far that had come."""
        result = "digested" if notified.digested else "suppressed"
        if notified.held is not None:
            self._teams.mark(decision["team"], notified.held, "withdrawn")
            notified.held, result = None, "suppressed"
        former = self._sent_actions.find(notified.action)
        notified.digested = False
        if former is not None and former.closed and former.state == "open":
            return "closed"  # its answer holds, should the same be asked again
        notified.action = None
        if former is None or former.state != "open":
            return result
        self._revoke(arrived, decision, former, step)
        return "revoked"

    def _revoke(self, arrived: Arrived[Message], decision: dict[str, Any], former: Sent, step: Step) -> None:
        body = actions.revoke(decision, self.policy, former.action_id, decision["team"])
        self._emit(body, f"{_place(arrived)}/0", instant(arrived.clock), step)
        self._recall(arrived, decision, former, step, "revoked")
        step.count("revoked", self._label(decision["team"]), decision["rule"])

    def _recall(self, arrived: Arrived[Message], decision: dict[str, Any], former: Sent, step: Step, state: str) -> None:
        """End an action; teams that it has escalated to are told, its own team learns it from what replaces it."""
        for number in former.sent_steps:
            team = former.chain[number - 1][1]
            body = actions.revoke(decision, self.policy, former.escalation_id(number), team)
            self._emit(body, f"{_place(arrived)}/{number}", instant(arrived.clock), step)
        self._sent_actions.end(former, state)

    # -- event time --------------------------------------------------------------------------------------------------

    def _advance(self, now: int, step: Step) -> None:
        """Let event time (Unix ms) come to ``now``: forget what is old, send the digests that became due on the way."""
        self._forget(now)
        while True:
            due = [
                (at, name)
                for name, queue in self._teams.queues.items()
                if queue.held and queue.held[0].clock <= now and (at := self._due(name, queue)) <= now
            ]
            if not due:
                return
            self._digest(*min(due), step)

    def _forget(self, now: int) -> None:
        self._sent_actions.expire(now)
        self._teams.expire(now)

    def _due(self, name: str, queue: TeamQueue) -> int:
        return queue.digest_at(self.policy.team(name))

    def _digest(self, at: int, name: str, step: Step) -> None:
        queue = self._teams.queue(name, self.policy, at)
        items = queue.take(self.policy.team(name), at)
        self._teams.let_go(name, items)
        for item in items:
            notified = self._teams.notified.get((name, item.situation))
            if notified is not None and notified.held == item.number:
                notified.held, notified.digested = None, True
                self._teams.remember(name, item.situation, notified)
        body = actions.digest(items, name, self.policy, at)
        place = f"decisions/{items[0].partition}/{items[0].offset}"
        expires = to_milliseconds(body["not_after"]) + KEEP_DAYS * DAY_MS
        self._send(opened(body, [], place=place, base_ms=items[0].appended_ms, expires=expires), body, step)
        step.count("digested", self._label(name), by=len(items))

    def _thaw(self, step: Step) -> None:
        """Send the digests that were promised before anything else happens to them."""
        for name in sorted(self._teams.queues):
            queue = self._teams.queues[name]
            if queue.frozen:
                self._digest(self._due(name, queue), name, step)

    # -- the wall clock ----------------------------------------------------------------------------------------------

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Send digests that are due, and escalations of actions nobody acknowledged in time."""
        self.count_facts(step)
        self._started_ms = now_ms if self._started_ms is None else self._started_ms
        self._thaw(step)
        self._freeze(step, now_ms, caught_up=caught_up)
        if caught_up or now_ms - self._started_ms >= GRACE_MS:
            self._escalate(step, now_ms if caught_up else now_ms - GRACE_MS)

    def _freeze(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Promise the digests that are due by what the sources promised, or, when all are idle, by the wall clock.

        They are sent when the promise is durable: a source that wakes up late, or a crash, cannot change what is in them.
        """
        clock, idle = self.merge.floor()
        self._forget(clock)
        for name, queue in self._teams.queues.items():
            if not queue.held:
                continue
            first, due = queue.held[0], self._due(name, queue)
            if due <= clock if not idle else caught_up and now_ms - first.appended_ms >= due - first.clock:
                self._teams.queue(name, self.policy, clock).frozen = len(queue.held)
                step.more = True

    def _escalate(self, step: Step, until_ms: int) -> None:
        sent_count = 0
        for sent, action, due_ms in self._sent_actions.due(self.policy, until_ms, ESCALATIONS_A_TICK):
            target = sent.chain[sent.step]
            number = sent.step + 1
            body = actions.escalate(action, number, target, due_ms)
            self._sent_actions.escalated(sent, due_ms)
            self._emit(body, f"{sent.place}/{number}", instant(due_ms), step)
            step.count("escalated", self._label(sent.team), sent.rule)
            sent_count += 1
            for answer, place in self._teams.early.take(body["action_id"]):
                self._answer(sent, answer, place, sent.last_ms, step)
        step.more = step.more or sent_count == ESCALATIONS_A_TICK

    # -- outcomes ----------------------------------------------------------------------------------------------------

    def apply_direct(self, arrived: Arrived[Message], step: Step, now_ms: int) -> str:
        """Take in what a team answered."""
        answer = cast("OutcomeRead", arrived.message)  # what `parse` makes of any other topic
        self._teams.early.expire(arrived.appended_ms)
        if not answer.tried and (answer.key != answer.team or self._misplaced(arrived.partition, answer.team)):
            self._pass_on(arrived, answer, answer.team, answer.raw, step)
            return "rekeyed"
        sent = self._sent_actions.find(answer.action_id)
        if sent is not None:
            return "outcome" if self._answer(sent, answer, _place(arrived), arrived.appended_ms, step) else "unknown_action"
        kept = self._teams.early.keep(answer, _place(arrived), arrived.appended_ms)
        for owner in self.policy.escalates_to(answer.team):
            if owner not in answer.tried:  # it may answer an escalation: the action is its owner's
                self._pass_on(arrived, answer, owner, {**answer.raw, TRIED: [*answer.tried, owner]}, step)
                return "rekeyed"
        step.count("unknown_action", self._label(answer.team))
        return "unknown_action" if kept else "surplus"

    def _misplaced(self, partition: int, team: str) -> bool:
        """Whether the client that answered has another partitioner than Java's: the team's actions are known elsewhere."""
        count = self._outcome_partitions
        return count is not None and partition_of(team.encode(), count) != partition

    def _pass_on(self, arrived: Arrived[Message], answer: OutcomeRead, key: str, value: Mapping[str, Any], step: Step) -> None:
        place = f"{_place(arrived)}/0"
        step.outputs.append(act_output.passed_on(key, value, place, answer.at_ms, self.source))

    def _answer(self, sent: Sent, answer: OutcomeRead, place: str, at_ms: int, step: Step) -> bool:
        """Let an outcome that came at ``at_ms`` (wall clock) count, and derive labels from what it newly says; False for one of a team
        that was not asked."""
        team = self._label(answer.team)
        if answer.team not in sent.asked:
            step.count("unknown_action", team)
            return False
        step.count("outcome", team, answer.status)
        if answer.status == OutcomeStatus.RECEIVED:
            return True
        if not sent.answer and sent.since_ms:
            step.reached.append(("outcomes", sent.since_ms))
        verdict = self._sent_actions.answer(sent, answer, at_ms)
        if verdict:
            step.count(verdict, team)
        if verdict in ("", "outcome_contradicting"):
            derived = labels(answer, sent.informations, sent.subject)
            step.outputs += [act_output.label(one, f"{place}/{n}", sent.situation, self.source) for n, one in enumerate(derived)]
        return True

    # -- sending -----------------------------------------------------------------------------------------------------

    def _send(self, sent: Sent, body: dict[str, Any], step: Step) -> None:
        self._sent_actions.add(sent)
        self._emit(body, f"{sent.place}/0", to_milliseconds(body["created_at"]), step)
        for answer, origin in self._teams.early.take(body["action_id"]):
            self._answer(sent, answer, origin, sent.last_ms, step)

    def _emit(self, body: dict[str, Any], lineage: str, time_ms: int, step: Step) -> None:
        step.outputs.append(act_output.action(body, lineage, time_ms, self.source))

    def _label(self, team: str) -> str:
        """The team as a metric label: names from outside the policy are one."""
        return team if self.policy.has_team(team) else "other"


def _place(arrived: Arrived[Message]) -> str:
    return f"{arrived.topic}/{arrived.partition}/{arrived.offset}"
