"""The stage decide: at most one live decision per situation, one record per team concerned, with its reasons.

Rules with the same owner are one family: what a situation asks of it is asked once. Figures that waver around a threshold change
nothing; only what is graver (a stronger kind of action, a higher class of severity by a margin) is decided anew.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.decide.change import Now, compare, falls, highest, rule_of
from pipeline.decide.records import DAY_MS, Concerned, Occasion, Scribe, concerned, decision_id
from pipeline.decide.silenced import Silenced
from pipeline.decide.standing import LastDecision, Made, Standings
from pipeline.policy import Policy, PolicyShard, Rule, Verdict, facts_of, judge, times_asked
from pipeline.stream import Arrived, InputRecord, Step, Unreadable, read_situation
from schemas.messages import Mode, SituationStatus

__all__ = ["DecideShard", "LastDecision", "decision_id", "facts_of", "judge"]

ABSORBED = ("guard", "absorbed")
OVER = (SituationStatus.CLOSED, SituationStatus.WITHDRAWN)


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
        self._standings = Standings()
        self._silenced = Silenced()
        self._ordinal = 0

    def parse(self, record: InputRecord, topic: str) -> dict[str, Any] | Unreadable:
        """Read a situation."""
        return read_situation(record.value)

    def apply(self, run: Sequence[Arrived[dict[str, Any]]], step: Step) -> list[str]:
        """Decide on each situation in order."""
        self.count_noted(step)
        return [self._decide(arrived, step) for arrived in run]

    def on_time(self, step: Step, now_ms: int, *, caught_up: bool) -> None:
        """Ask about what silences stop no more: by what the sources promise, or, when all are idle, by the wall clock."""
        self.count_noted(step)
        clock, idle = self.merge.floor()
        if self._silenced.note_policy(clock, self.policy.hash):
            step.more = True  # asked as of this clock, once that is durable: a crash cannot change it
        else:
            self._ask_after_silence(now_ms if idle and caught_up and not self.merge.waiting else clock, step)

    def changes(self) -> dict[bytes, bytes | None]:
        """What changed since the last call: standings, and what silences stop."""
        return self._standings.changes() | self._silenced.changes()

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over standings, and what silences stop."""
        self._standings.restore(items)
        self._silenced.restore(items)

    def handled(self, surge: str | None) -> bool:
        """Whether somebody is asked about a surge, so that its cases need not be asked about."""
        return self._standings.holds(surge)

    def verdict(self, situation: Mapping[str, Any]) -> Verdict:
        """What the policy says of a situation as things stand; nothing is decided by it."""
        last = self._standings.find(situation["id"])
        return judge(self.policy, situation, absorbed=self.handled(situation["absorbed_by"]), asked=None if last is None else last.asked)

    # -- one situation -----------------------------------------------------------------------------------------------

    def _decide(self, arrived: Arrived[dict[str, Any]], step: Step) -> str:
        place = arrived.place
        self._silenced.note_policy(arrived.clock, self.policy.hash)
        self._ask_after_silence(arrived.clock, step)
        self._ordinal = 0
        for surge in self._standings.forget_due(arrived.clock):
            self._ask_for_cases(surge, f"{surge}/forgotten", arrived.clock, place, step)
        situation = arrived.message
        last = self._standings.find(situation["id"])
        if last is not None and situation["revision"] <= last.revision:
            return "redelivered"
        if last is None:
            last = self._standings.enter(situation["id"])
        last.revision = situation["revision"]
        disposition = self._judge(Occasion(situation, arrived.clock, place), last, step)
        self._see_to_cases(arrived, place, step)
        return disposition

    def _judge(self, occasion: Occasion, last: LastDecision, step: Step) -> str:
        """Let the policy judge a situation, and remember what came of it."""
        situation, over = occasion.situation, occasion.situation["status"] in OVER
        absorbed = situation["absorbed_by"] != situation["id"] and self._standings.holds(situation["absorbed_by"])
        now_ms = occasion.clock if occasion.cause else None
        verdict = judge(self.policy, situation, absorbed=absorbed, asked=last.asked, now_ms=now_ms)
        for name in verdict.counts:
            step.count(*name)
        disposition = self._revise(occasion, last, verdict, step)
        last.closed = over
        if verdict.stopper == ABSORBED and last.made is not None and last.made.mode == Mode.SUPPRESSED and not over:
            self._standings.absorb(situation)
        else:
            self._standings.release(situation["id"])
        if verdict.silent_to and last.made is not None and last.made.mode == Mode.SUPPRESSED and not over:
            self._silenced.keep(occasion, verdict.silent_to, self.policy.hash)
        else:
            self._silenced.release(situation["id"])
        expires = max(occasion.clock + (self._closed_ms if over else self._open_ms), last.not_after)
        self._standings.keep(situation["id"], expires)
        return disposition

    def _ask_after_silence(self, clock: int, step: Step) -> None:
        """Decide anew on what silences stopped that have ended by ``clock`` (Unix ms), as of their ends."""
        for occasion in self._silenced.due(clock):
            self._ordinal = 0
            last = self._standings.find(occasion.situation["id"])
            if last is not None:
                self._judge(occasion, last, step)

    def _see_to_cases(self, arrived: Arrived[dict[str, Any]], place: str, step: Step) -> None:
        """Once nobody is asked about a surge any more (it is over, silenced, in shadow), its cases are decided on for themselves.

        Those of a surge that became part of another one wait for that one.
        """
        surge, responsible = arrived.message, arrived.message["id"]
        successor = surge["absorbed_by"] if surge["status"] == SituationStatus.CLOSED else None
        if successor not in (None, responsible):
            for case in self._standings.cases_waiting_for(responsible):
                self._standings.absorb(case | {"absorbed_by": successor})
            if self._standings.find(successor) is None:
                return  # it is told right behind
            responsible = successor
        if not self._standings.holds(responsible):
            self._ask_for_cases(responsible, f"{surge['id']}/{surge['revision']}", arrived.clock, place, step)

    def _ask_for_cases(self, surge: str, cause: str, clock: int, place: str, step: Step) -> None:
        for case in self._standings.cases_waiting_for(surge):
            last = self._standings.find(case["id"])
            assert last is not None  # both are forgotten together
            self._judge(Occasion(case, clock, place, cause), last, step)

    def _revise(self, occasion: Occasion, last: LastDecision, verdict: Verdict, step: Step) -> str:
        """Compare the verdict with the decision that stands, and write what changed."""
        situation, made = occasion.situation, last.made
        if situation["status"] == SituationStatus.WITHDRAWN:
            return self._conclude(occasion, last, verdict, None, step)
        closed = situation["status"] == SituationStatus.CLOSED
        stopped_before = made is not None and made.mode == Mode.SUPPRESSED
        if verdict.stopped is not None:
            if not (closed or situation["backfill"]):
                return self._conclude(occasion, last, verdict, verdict.stopped, step, suppressed=True)
            if stopped_before:  # nobody would be asked: nothing more is stopped
                return "unchanged"
        if not closed:
            return self._conclude(occasion, last, verdict, verdict.rule, step)
        if stopped_before or not verdict.blocked:  # a closed situation keeps its decision, or receipt, and gets no new one
            return self._close(occasion, last, verdict, step)
        return self._conclude(occasion, last, verdict, None, step)

    def _conclude(
        self, occasion: Occasion, last: LastDecision, verdict: Verdict, rule: Rule | None, step: Step, *, suppressed: bool = False
    ) -> str:
        """Decide by ``rule`` (None: nobody is asked), unless what stands goes on standing; ``suppressed``: only its receipt."""
        situation, made = occasion.situation, last.made
        fresh = None if rule is None else _made(rule, situation, suppressed=suppressed)
        if made is not None and self._stays(made, fresh, occasion, last, verdict):
            return self._listen(occasion, last, verdict, rule, step)
        if fresh is not None or (made is not None and made.mode == Mode.LIVE):
            teams = concerned(made, fresh)
            step.outputs += self._scribe.decision(occasion, last, verdict, teams, self._ordinal, rule)
            self._ordinal += len(teams)
        last.calm_since = 0
        if made is not None and made.mode == Mode.LIVE and (fresh is None or suppressed):
            step.count("withdrawn", made.rule)  # what it had asked for
        if fresh is None or rule is None:
            last.id, last.made, last.not_after, last.first_events = None, None, 0, 0
            return "no_rule"
        last.first_events = (last.first_events or situation["events"]) if fresh.mode == Mode.LIVE else 0
        if suppressed:
            step.count("suppressed", *verdict.stopper)
        last.id = decision_id(situation["id"], situation["revision"], self.policy.hash, occasion.cause)
        last.made = fresh if situation.get("withdrawals") else highest(made, fresh)
        last.decided_at, last.not_after = occasion.clock, occasion.clock + rule.not_after
        last.times_asked = times_asked(situation)
        step.count("decided", rule.name, fresh.mode)
        return "suppressed" if suppressed else "decided"

    def _stays(self, made: Made, fresh: Made | None, occasion: Occasion, last: LastDecision, verdict: Verdict) -> bool:
        """Whether what stands, ``made``, stays in place of ``fresh``; where that asks for less, the rule's cooldown runs first."""
        if falls(made, fresh, occasion.situation):
            return False
        now = compare(self.policy, made, fresh, verdict)
        if now is not Now.LESS:
            last.calm_since = 0
            return now is Now.AS_MUCH
        last.calm_since = last.calm_since or occasion.clock
        rule = rule_of(self.policy, made)
        return occasion.clock - last.calm_since < (0 if rule is None else rule.cooldown)

    def _listen(self, occasion: Occasion, last: LastDecision, verdict: Verdict, rule: Rule | None, step: Step) -> str:
        """What stands stays. A customer who has asked again is told of, as the team may think that it has answered; and pieces that are
        gone, for what the team was told may show them.
        """
        made, asked = last.made, times_asked(occasion.situation)
        if made is None or made.mode != Mode.LIVE or occasion.situation["backfill"]:
            return "unchanged"
        if asked <= last.times_asked and not occasion.situation.get("withdrawals"):
            return "unchanged"
        last.times_asked = max(asked, last.times_asked)
        self._retell(occasion, last, verdict, concerned(None, made), rule_of(self.policy, made) or rule, step)
        return "decided"

    def _close(self, occasion: Occasion, last: LastDecision, verdict: Verdict, step: Step) -> str:
        """The situation is over: its decision stays, and its owner is told, so that nothing escalates any more."""
        if last.made is None:
            return "no_rule"
        if last.made.mode != Mode.LIVE or last.closed:
            return "unchanged"
        owner = [one for one in concerned(None, last.made) if one.role == "owner"]
        self._retell(occasion, last, verdict, owner, rule_of(self.policy, last.made), step)
        return "closed"

    def _retell(
        self, occasion: Occasion, last: LastDecision, verdict: Verdict, teams: Sequence[Concerned], rule: Rule | None, step: Step
    ) -> None:
        if rule is not None and last.made is not None:
            rule = self.policy.asking(self.policy.rule_for(rule, occasion.situation["subject"]), last.made.owner)
        step.outputs += self._scribe.retold(occasion, last, verdict, teams, self._ordinal, rule)
        self._ordinal += len(teams)

    @property
    def _scribe(self) -> Scribe:
        return Scribe(self.policy, self.source)


def _made(rule: Rule, situation: Mapping[str, Any], *, suppressed: bool) -> Made:
    mode: str = Mode.BACKFILL if situation["backfill"] and rule.mode == "live" else rule.mode
    mode = Mode.SUPPRESSED if suppressed else mode
    return Made(rule.name, str(rule.do), rule.owner, rule.peers, str(mode), situation["severity"])
