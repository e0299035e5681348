"""The act stage on one partition: `agents.stages.act` runs it on Kafka, `pipeline.backtest` on recordings, `pipeline.flow` in process.

Decisions become actions, digests of what teams had no attention for, and escalations; what teams answer becomes labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pipeline.act import answers, asks, escalations, held_work
from pipeline.act import messages as actions
from pipeline.act.asks import Trigger
from pipeline.act.context import ActContext
from pipeline.act.discretion import Discretion
from pipeline.act.outcomes import OutcomeRead, read_outcome
from pipeline.act.sent_actions import SentActions, asked_again, asks_more
from pipeline.act.team_queue import Room
from pipeline.act.team_state import DAY_MS, KEEP_DAYS, Notified, TeamState
from pipeline.act.withdrawals import is_wrong, pieces_gone
from pipeline.policy import Policy, PolicyShard, times_asked
from pipeline.privacy import NO_TERMS, OwnTerms
from pipeline.stream import Arrived, InputRecord, Step, Unreadable, instant, read_decision
from schemas.messages import ActionKind, Mode, SituationKind, SituationStatus
from schemas.times import iso, to_milliseconds

UNREAD_WAIT_MS = 60_000
"""While input is unread an acknowledgement may be among it; escalations wait for it so long after they are due, not longer."""

Message = dict[str, Any] | OutcomeRead
Decided = Arrived[Message]


class ActShard(PolicyShard[Message]):
    """One partition's teams. ``author_key`` and ``own``: as in `Discretion`.

    outcome_partitions: how many there are, so that an answer that a client put where its key does not belong is passed on; None: not known.
    """

    stage = "act"
    ordered = "decisions"
    one_by_one = True  # which of two decisions gets the last token of an hour follows from their topic
    repeats = 10_000

    def __init__(
        self, number: int, sources: Sequence[str], policy: Policy, author_key: bytes, *, own: OwnTerms = NO_TERMS,
        names: Mapping[str, str] | None = None, outcome_partitions: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(number, sources, policy)
        self._outcome_partitions = outcome_partitions
        self._discretion = Discretion(author_key, own, names or {})
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

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state; what was promised is done before anything is taken in, however many steps that needs."""
        step = super().restore(items)
        step.more = self._teams.promised
        return step

    def _context(self, step: Step) -> ActContext:
        return ActContext(self.policy, self._discretion, self.source, self._sent_actions, self._teams, step)

    # -- what comes in -----------------------------------------------------------------------------------------------

    def apply(self, run: Sequence[Decided], step: Step) -> list[str]:
        """Act on decisions in order."""
        self.count_noted(step)
        context = self._context(step)
        escalations.keep_promises(context)
        held_work.keep_promises(context)
        return [self._act_and_forget(context, arrived) for arrived in run]

    def _act_and_forget(self, context: ActContext, arrived: Decided) -> str:
        """What becomes of a decision; then no action of its team names what is gone."""
        disposition = self._act(context, arrived)
        decision = cast("dict[str, Any]", arrived.message)
        if gone := pieces_gone(decision):
            self._sent_actions.forget(decision["team"], decision["situation"]["id"], gone)
        return disposition

    def apply_direct(self, arrived: Decided, step: Step, now_ms: int) -> str:
        """Take in what a team answered."""
        answer = cast("OutcomeRead", arrived.message)  # what `parse` makes of any other topic
        context = self._context(step)
        escalations.keep_promises(context)
        if answer.for_peer is not None:
            return self._done_by_owner(context, arrived, answer.team, *answer.for_peer)
        return answers.take_in(context, arrived, answer, self._outcome_partitions)

    def _done_by_owner(self, context: ActContext, arrived: Decided, owner: str, peer: str, situation: str) -> str:
        """The owner has done what a peer was asked about too: the peer is told, unless it has taken it up itself."""
        notified = self._teams.notified.get((peer, situation))
        if notified is None:
            return "unknown_action"
        if notified.held is not None:
            clock = self._teams.queues[peer].bucket.at
            context.teams.tell(peer, notified.held, f"done by {owner}", self.policy, clock)
            notified.held = None
        self._teams.remember(peer, situation, notified)
        former = self._sent_actions.find(notified.action)
        if former is None or former.body is None or not former.standing or former.taken_up or former.owner != owner:
            return "unchanged"
        trigger = Trigger(arrived.place, arrived.appended_ms, arrived.appended_ms)
        body = former.body | {"created_at": iso(instant(arrived.appended_ms))}
        asks.revoke(context, former, body, f"done by {owner}", trigger)
        notified.action = None
        return "revoked"

    def keep_word(self, step: Step) -> bool:
        """Send the groups and what was held for teams that was promised, one digest after the other for as long as a step may take."""
        context = self._context(step)
        escalations.keep_promises(context)
        return held_work.keep_promises(context, self.enough)

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Send what is held and due now, and escalations of actions nobody acknowledged in time."""
        self.count_noted(step)
        context = self._context(step)
        self._started_ms = now_ms if self._started_ms is None else self._started_ms
        clock, idle = self.merge.floor()
        held_work.promise(context, clock, idle=idle, caught_up=caught_up, now_ms=now_ms)
        if caught_up or now_ms - self._started_ms >= UNREAD_WAIT_MS:
            more = escalations.escalate(context, now_ms if caught_up else now_ms - UNREAD_WAIT_MS)
            step.more = step.more or more

    # -- one decision ------------------------------------------------------------------------------------------------

    def _act(self, context: ActContext, arrived: Decided) -> str:
        decision = cast("dict[str, Any]", arrived.message)  # what `parse` makes of the ordered topic
        held_work.advance(context, arrived.clock)
        team, situation = decision["team"], decision["situation"]
        notified = self._teams.notified.get((team, situation["id"]))
        revision = situation["revision"]
        retold = notified is not None and decision["id"] == notified.decision
        if notified is not None and (revision < notified.revision or (retold and revision == notified.revision)):
            return "redelivered"
        expires = max(to_milliseconds(decision["not_after"]), arrived.clock) + KEEP_DAYS * DAY_MS
        if notified is None:
            notified = Notified(revision, decision["id"], expires)
        notified.revision, notified.decision, notified.expires = revision, decision["id"], max(expires, notified.expires)
        self._teams.remember(team, situation["id"], notified)
        if notified.held is not None and pieces_gone(decision):
            held_work.correct(context, decision, notified.held, arrived.clock)
        if decision["mode"] == Mode.BACKFILL:
            return "backfill"
        if decision["withdrawn"] or decision["mode"] != Mode.LIVE:
            taken_back = self._take_back(context, arrived, decision, notified)
            return taken_back if decision["mode"] != Mode.SHADOW or taken_back == "revoked" else "shadow"
        if situation["status"] == SituationStatus.CLOSED and retold:
            return self._over(context, arrived, decision, notified)
        if retold and notified.held is not None:
            body = actions.act_on(decision, self.policy, self._discretion)
            former = self._sent_actions.find(notified.action)
            if former is not None and former.waiting and is_wrong(former, decision):
                asks.correct(context, notified, former, body, Trigger(arrived.place, arrived.clock, arrived.appended_ms))
                body = body | {"action_id": notified.action}
            held_work.refresh(context, team, notified.held, body, times_asked(situation), arrived.clock)
            return "unchanged"  # the team is not asked yet
        return self._live(context, arrived, decision, notified)

    def _over(self, context: ActContext, arrived: Decided, decision: dict[str, Any], notified: Notified) -> str:
        """The situation is over: what was asked stays, and goes up no further.

        A case closes when its customer says no more; a team that could not be asked yet is, with its chain.
        """
        waits = notified.held is not None
        if waits and decision["situation"]["kind"] == SituationKind.CASE:
            return "unchanged"
        former = self._sent_actions.find(notified.action)
        if former is not None:
            self._sent_actions.stop(former)
        if notified.held is not None:
            held_work.forget_chain(context, decision["team"], notified.held, arrived.clock)
        return "unchanged"

    def _live(self, context: ActContext, arrived: Decided, decision: dict[str, Any], notified: Notified) -> str:
        """Do what a live decision asks, by what its team knows already; the disposition says which case it was."""
        team, kind = decision["team"], decision["do"]
        former = self._sent_actions.find(notified.action)
        self._no_longer_held(context, arrived, decision, notified, "superseded")
        again = former is not None and asked_again(decision, former)
        trigger = Trigger(arrived.place, arrived.clock, arrived.appended_ms)
        if former is not None and former.state == "open" and not (again or asks_more(decision, former)):
            if former.standing and kind != ActionKind.DIGEST and is_wrong(former, decision):
                asks.correct(context, notified, former, actions.act_on(decision, self.policy, self._discretion), trigger)
                return "acted"
            # The team was asked for as much already: what it answers, or has answered, stands for this too.
            self._sent_actions.alias(former, actions.action_id(decision["id"], team, kind, 0))
            return "closed" if former.answered_for_good else "unchanged"
        body = actions.act_on(decision, self.policy, self._discretion)
        if former is not None and (former.standing or former.waiting) and kind == ActionKind.DIGEST:
            asks.revoke(context, former, body, actions.against(decision), trigger)  # a digest is enough now
            notified.action = None
        owner = decision["role"] == "owner"
        chain = [[one["after_seconds"], one["team"], one["contact"]] for one in decision["escalation"] if owner]
        queue = self._teams.queue(team, self.policy, arrived.clock)
        room = queue.room(self.policy.team(team), arrived.clock, kind, decision["situation"]["severity"])
        if room is Room.NONE:
            held_work.hold(context, arrived, decision, notified, body, chain)
            return "held"
        if room is Room.OVER:
            context.step.count("over_budget", context.team_label(team))
        asks.ask(context, notified, body, chain, times_asked(decision["situation"]), trigger)
        return "acted"

    def _take_back(self, context: ActContext, arrived: Decided, decision: dict[str, Any], notified: Notified) -> str:
        """Undo what the team was asked; the disposition says how far that had come."""
        result = "digested" if notified.digested else "suppressed"
        if self._no_longer_held(context, arrived, decision, notified, "withdrawn"):
            result = "suppressed"
        former = self._sent_actions.find(notified.action)
        notified.digested = False
        if former is not None and former.answered_for_good and former.state == "open":
            return "closed"  # its answer holds, should the same be asked again
        notified.action = None
        if former is None or not former.in_force:
            return result
        body = actions.bare(decision, self.policy, self._discretion)
        trigger = Trigger(arrived.place, arrived.clock, arrived.appended_ms)
        return "revoked" if asks.revoke(context, former, body, actions.against(decision), trigger) else result

    def _no_longer_held(self, context: ActContext, arrived: Decided, decision: dict[str, Any], notified: Notified, stale: str) -> bool:
        """What waits for the team about the same situation is told by its digest, as superseded or withdrawn; whether anything did."""
        if notified.held is None:
            return False
        context.teams.tell(decision["team"], notified.held, stale, self.policy, arrived.clock)
        notified.held = None
        return True
