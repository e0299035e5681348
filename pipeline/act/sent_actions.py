"""The actions that `ActShard` has sent and that may still be answered: found by any of their ids, with the timers of their escalations."""

import heapq
from collections.abc import Callable, Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from operator import add
from typing import Any

import orjson

from pipeline.act.messages import action_id
from pipeline.act.outcomes import OutcomeRead, takes_back, takes_up
from pipeline.act.team_queue import opens
from pipeline.policy import Policy, class_floor, graver, times_asked
from pipeline.stream import Expiry
from schemas.messages import ActionKind, OutcomeStatus
from schemas.times import to_milliseconds

STATE_KEY = b"action/"
VERSION = 2
ALIAS_LIMIT = 20
CLOSING = frozenset({OutcomeStatus.DONE, OutcomeStatus.DECLINED, OutcomeStatus.OVERTURNED})
"""Answers for good: nobody is asked again for the same."""

_STRONGEST = (OutcomeStatus.OVERTURNED, OutcomeStatus.DONE, OutcomeStatus.ACKNOWLEDGED, OutcomeStatus.DECLINED)
LAPSE = -1
"""In the place of a step: the timer of an acknowledgement."""
NOT_OURS = "not_ours"
"""What a team has said that passes an action on: it is asked nothing more, and nobody has taken the action up by that."""


@dataclass(slots=True)
class Sent:
    """One action and its escalation chain.

    state: waiting (its own team could not be asked yet, while its chain runs), open, superseded or revoked. ``base_ms``: when the first
    decision that nobody has answered was appended (escalation times count from it), ``last_ms``: when this action or the last step of
    its chain was sent, or its chain resumed; both wall clock, Unix ms. chain: [after_seconds, team, contact] each; ``step``: how many of
    them are behind. sent_steps: those that were sent. answers: team -> what it last said, as long as that counts. body: the message,
    kept while it may still escalate, and of a peer's without what was said, as the owner may be done before. expires: event time, Unix
    ms. times_asked: how often the customer had asked by then. peers: of an owner's, the teams that were asked about the same.
    items: of a group of escalations, their ids. hold_ms: how long an acknowledgement holds, 0: for good; the last one is
    ``acknowledged_by`` a team at ``acknowledged_ms`` (wall clock, Unix ms). A step of the chain with a fourth field reminds of one.
    """

    action_id: str
    team: str
    situation: str
    subject: str
    kind: str
    rule: str
    severity: float
    informations: list[str]
    place: str
    base_ms: int
    expires: int
    chain: list[list[Any]] = field(default_factory=list)
    step: int = 0
    body: dict[str, Any] | None = None
    state: str = "open"
    aliases: list[str] = field(default_factory=list)
    since_ms: int = 0
    owner: str = ""
    last_ms: int = 0
    times_asked: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    sent_steps: list[int] = field(default_factory=list)
    peers: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    hold_ms: int = 0
    acknowledged_by: str = ""
    acknowledged_ms: int = 0

    @property
    def answer(self) -> str:
        """How it stands: done or overturned by anybody, else taken up by somebody, else declined, else "" (open, or only passed on)."""
        said = self.answers.values()
        return next((status for status in _STRONGEST if status in said), "")

    @property
    def answered_for_good(self) -> bool:
        """Whether it has been answered for good."""
        return self.answer in CLOSING

    @property
    def taken_up(self) -> bool:
        """Whether somebody has taken it up, so that nobody else need be asked."""
        return self.answer != ""

    @property
    def reminded(self) -> bool:
        """Whether somebody was, or will be, reminded of what it had acknowledged."""
        return any(len(step) > 3 for step in self.chain)

    @property
    def lapses(self) -> bool:
        """Whether it waits for a team that has acknowledged it, which is reminded when its time is over."""
        return self.hold_ms > 0 and self.body is not None and self.answer == OutcomeStatus.ACKNOWLEDGED

    @property
    def waiting(self) -> bool:
        """Whether its own team has not been asked yet."""
        return self.state == "waiting"

    @property
    def in_force(self) -> bool:
        """Whether it is neither replaced nor taken back."""
        return self.state in ("open", "waiting")

    @property
    def asked(self) -> set[str]:
        """The teams that were asked, and so can answer."""
        return ({self.team} if not self.waiting else set()) | {str(self.chain[step - 1][1]) for step in self.sent_steps}

    @property
    def standing(self) -> bool:
        """Whether it still asks its own team for something: neither replaced, taken back nor answered for good."""
        return self.state == "open" and not self.answered_for_good

    def escalation_id(self, step: int) -> str:
        """Id of the ``step``-th escalation, from 1."""
        return action_id(self.action_id, self.chain[step - 1][1], ActionKind.ESCALATE, step)


class SentActions:
    """All actions of one shard that may still be answered."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}
        self._root: dict[str, str] = {}
        self._of_situation: dict[str, list[str]] = {}
        self._timers: list[tuple[int, str, int]] = []
        self._expiry = Expiry()
        self._changed: set[str] = set()

    def add(self, sent: Sent) -> None:
        """Note a new action and wind its first timer."""
        self._enter(sent)
        self.touch(sent)

    def touch(self, sent: Sent) -> None:
        """Note that an action changed."""
        self._changed.add(sent.action_id)

    def find(self, any_id: str | None) -> Sent | None:
        """The action with this id, or the one that this id (an escalation, an alias) belongs to."""
        root = None if any_id is None else self._root.get(any_id)
        return None if root is None else self._sent[root]

    def alias(self, sent: Sent, other: str) -> None:
        """Let ``other`` stand for this action too: it would have been sent, had the answer come later."""
        if other not in self._root and len(sent.aliases) < ALIAS_LIMIT:
            sent.aliases.append(other)
            self._root[other] = sent.action_id
            self.touch(sent)

    def ask_now(self, sent: Sent, body: dict[str, Any], now_ms: int) -> None:
        """Its own team, for which it waited, is asked now (wall clock): its chain goes on from here, anew if nobody was asked yet."""
        sent.state, sent.since_ms, sent.last_ms = "open", 0, now_ms
        if not sent.sent_steps:
            sent.step, sent.base_ms = 0, now_ms
        sent.body = body if sent.body is not None else None
        self.wind(sent)
        self.touch(sent)

    def end(self, sent: Sent, state: str) -> None:
        """It asks for nothing any more: ``superseded`` or ``revoked``."""
        sent.state = state
        self.stop(sent)

    def forget(self, team: str, situation: str, gone: Collection[str]) -> None:
        """Let no action of a team about a situation, whatever became of it, name pieces that are gone: nothing is to be learned of them."""
        for key in self._of_situation.get(situation, ()):
            sent = self._sent[key]
            left = [one for one in sent.informations if one not in gone]
            if sent.team == team and len(left) < len(sent.informations):
                sent.informations = left
                self.touch(sent)

    def stop(self, sent: Sent) -> None:
        """Escalate no further."""
        sent.body = None
        self.touch(sent)

    def answer(self, sent: Sent, answer: OutcomeRead, now_ms: int) -> str:
        """Let the outcome of a team that was asked count (``now_ms``: wall clock); each team's last one does, in the order of the topic.

        "" for a plain one, else its name as a metric: outcome_repeated, outcome_contradicting (it counts, but look at it).
        """
        said = str(answer.status) if takes_up(answer) else NOT_OURS
        before, was_closed, was_taken_up = sent.answers.get(answer.team), sent.answered_for_good, sent.taken_up
        undone = takes_back(answer)
        if said == OutcomeStatus.ACKNOWLEDGED and before not in CLOSING:  # also again: it is still at work on it
            sent.acknowledged_by, sent.acknowledged_ms = answer.team, max(sent.acknowledged_ms, now_ms)
            self.touch(sent)
        if (undone and before is None) or before == said or (before in CLOSING and said == OutcomeStatus.ACKNOWLEDGED):
            return "outcome_repeated"
        if undone:
            del sent.answers[answer.team]
        else:
            sent.answers[answer.team] = said
        if was_taken_up and not sent.taken_up and sent.body is not None:  # whoever had taken it up has not: the chain goes on
            sent.last_ms = max(sent.last_ms, now_ms)
            self.wind(sent)
        elif sent.lapses:
            self.wind(sent)
        self.touch(sent)
        return "outcome_contradicting" if was_closed and said != NOT_OURS and not undone else ""

    def due(self, policy: Policy, now_ms: int, most: int, waiting: Container[str] = ()) -> Iterator[tuple[Sent, dict[str, Any], int]]:
        """Actions whose next escalation is due (wall clock), with their messages and when it fell due, earliest first; call `escalated`
        on each. Teams that the policy does not know any more are left out, and so are the actions that are ``waiting``: their chain goes on
        when you `wind` it.
        """
        while self._timers and self._timers[0][0] <= now_ms and most > 0:
            _, key, step = heapq.heappop(self._timers)
            sent = self._sent.get(key)
            if key in waiting or sent is None or sent.body is None:
                continue
            if step == LAPSE:
                if not self._lapse(sent, policy, now_ms):
                    continue
                step = sent.step
            if sent.taken_up:
                continue
            if step < sent.step or (step > sent.step and not sent.waiting):
                continue
            due_ms = _due(sent, policy, step)
            if due_ms is not None and due_ms > now_ms:
                heapq.heappush(self._timers, (due_ms, key, step))
                continue
            for _ in range(sent.step, step if due_ms is not None else step + 1):
                self.escalated(sent, sent.last_ms, left_out=True)
            if due_ms is not None:
                most -= 1
                yield sent, sent.body, due_ms

    def _lapse(self, sent: Sent, policy: Policy, now_ms: int) -> bool:
        """Let an acknowledgement whose time is over (wall clock) count no more: a reminder becomes the next step, and the chain goes on
        behind it, as long after it as after the step before. False when its time is not over, or it does not stand any more.
        """
        due_ms = _lapses_at(sent, policy) if sent.lapses else None
        if due_ms is None or due_ms > now_ms:
            if due_ms is not None:
                heapq.heappush(self._timers, (due_ms, sent.action_id, LAPSE))
            return False
        behind = int(sent.chain[sent.step - 1][0]) if sent.step else 0
        left = [[max(int(step[0]) - behind, 0), *step[1:]] for step in sent.chain[sent.step :]]
        contact = policy.team(sent.acknowledged_by).contact
        sent.chain = [*sent.chain[: sent.step], [0, sent.acknowledged_by, contact, sent.hold_ms // 1000], *left]
        sent.answers = {team: said for team, said in sent.answers.items() if said == NOT_OURS}
        sent.base_ms = due_ms
        self.touch(sent)
        return True

    def next_due(self, sent: Sent, policy: Policy) -> int | None:
        """When somebody else is asked, as things stand (wall clock, Unix ms); None when nobody will be."""
        if sent.body is None or sent.taken_up:
            return None
        steps = (step for step in range(sent.step, len(sent.chain)) if not (sent.waiting and sent.chain[step][1] == sent.team))
        dues = (_due(sent, policy, step) for step in steps)
        return next((due for due in dues if due is not None), None)

    def escalated(self, sent: Sent, at_ms: int, *, left_out: bool = False) -> None:
        """Note that the next step of the chain has happened at ``at_ms`` (wall clock), or is left out."""
        sent.step += 1
        if not left_out:
            sent.sent_steps.append(sent.step)
            sent.last_ms = at_ms
            self._root[sent.escalation_id(sent.step)] = sent.action_id
        if sent.step == len(sent.chain) and not sent.hold_ms:
            sent.body = None
        self.wind(sent)
        self.touch(sent)

    def expire(self, now: int) -> None:
        """Forget what is too old to be answered (event time, Unix ms)."""
        for key in self._expiry.due(now):
            sent = self._sent.pop(key)
            about = self._of_situation[sent.situation]
            about.remove(key)
            if not about:
                del self._of_situation[sent.situation]
            for other in _ids(sent):
                self._root.pop(other, None)
            self._changed.add(key)

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        for key in sorted(self._changed):
            sent = self._sent.get(key)
            found[STATE_KEY + key.encode()] = None if sent is None else orjson.dumps({"v": VERSION, "sent": sent})
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        for key, value in items.items():
            if key.startswith(STATE_KEY):
                saved = orjson.loads(value)
                self._enter(Sent(**_former(saved["sent"], saved["v"])))

    def _enter(self, sent: Sent) -> None:
        if sent.action_id not in self._sent:
            self._of_situation.setdefault(sent.situation, []).append(sent.action_id)
        self._sent[sent.action_id] = sent
        self._root |= dict.fromkeys(_ids(sent), sent.action_id)
        self._expiry.set(sent.action_id, sent.expires)
        self.wind(sent)

    def wind(self, sent: Sent) -> None:
        """Set the timer of the next step; while its own team cannot be asked, of all steps to others: none waits for the one before."""
        if sent.body is None:
            return
        if sent.lapses:
            heapq.heappush(self._timers, (sent.acknowledged_ms + sent.hold_ms, sent.action_id, LAPSE))
            return
        steps = range(sent.step, len(sent.chain) if sent.waiting else min(sent.step + 1, len(sent.chain)))
        for step in steps:
            if not (sent.waiting and sent.chain[step][1] == sent.team):
                heapq.heappush(self._timers, (_earliest(sent, step), sent.action_id, step))


def _earliest(sent: Sent, step: int, later: Callable[[int, int], int] = add) -> int:
    """When a step may happen (wall clock, Unix ms): so long after the first ask, and after the last step that was really sent.

    later: how time passes, see `Policy.clock`; by the clock a step is never later than so.
    """
    after = int(sent.chain[step][0])
    spacing = after - int(sent.chain[sent.sent_steps[-1] - 1][0]) if sent.sent_steps else 0
    return max(later(sent.base_ms, after * 1000), later(sent.last_ms, max(spacing, 0) * 1000) if spacing > 0 else sent.last_ms)


def _due(sent: Sent, policy: Policy, step: int) -> int | None:
    """When a step is due: not outside the hours of the team that it asks, unless it is severe enough to wake that; None: no such team."""
    team = str(sent.chain[step][1])
    if not policy.has_team(team):
        return None
    assert sent.body is not None
    severity = sent.body["severity"]
    return opens(policy.team(team), _earliest(sent, step, policy.clock(sent.rule, sent.team, severity)), severity)


def _lapses_at(sent: Sent, policy: Policy) -> int | None:
    """When whoever has acknowledged is reminded: within its hours unless it is woken; None when the action expires before."""
    assert sent.body is not None
    severity = sent.body["severity"]
    over = policy.clock(sent.rule, sent.team, severity)(sent.acknowledged_ms, sent.hold_ms)
    at = opens(policy.team(sent.acknowledged_by), over, severity)
    return at if at < to_milliseconds(sent.body["not_after"]) else None


def _former(saved: dict[str, Any], version: int) -> dict[str, Any]:
    """An action as former states have it, too: they knew the class of its severity, and version 1 one answer of one team."""
    if "severity_class" in saved:
        saved["severity"] = class_floor(saved.pop("severity_class"))
    if version > 1:
        return saved
    answer = saved.pop("answer")
    del saved["answered_ms"]
    return saved | {
        "answers": {saved["team"]: answer} if answer else {},
        "sent_steps": list(range(1, saved["step"] + 1)),
        "owner": (saved["body"] or {}).get("owner", ""),
        "last_ms": saved["base_ms"],
    }


def opened(body: dict[str, Any], chain: list[list[Any]], *, place: str, base_ms: int, expires: int, hold_ms: int = 0) -> Sent:
    """The entry of an action message that goes out now. A digest says nothing about single pieces of information."""
    owner = body["role"] == "owner"
    kept = body if chain or hold_ms else None if owner else body | {"reply": None, "evidence": []}
    informations = [] if body["kind"] == ActionKind.DIGEST else [piece["information"] for piece in body["evidence"]]
    return Sent(
        action_id=body["action_id"], team=body["team"], situation=body["situation"], subject=body["subject"], kind=body["kind"],
        rule=body["rule"], severity=body["severity"], informations=informations, place=place,
        base_ms=base_ms, expires=expires, chain=chain, body=kept,
        since_ms=0 if body["kind"] == ActionKind.DIGEST else to_milliseconds(body["appended_at"]),
        owner=body["owner"], last_ms=base_ms, peers=list(body["peers"]) if owner else [],
        hold_ms=hold_ms,
    )  # fmt: skip


def follow(sent: Sent, former: Sent) -> None:
    """Let an action take the place of one about the same that nobody has answered: its clock goes on, and what it was asked for counts.

    Of the same chain the steps that were sent are behind, and are to be told again in place of the former ones.
    """
    sent.severity = max(sent.severity, former.severity)
    if not former.taken_up and sent.chain and former.chain:
        sent.base_ms = min(sent.base_ms, former.base_ms)
        if sent.chain == former.chain:
            sent.step, sent.sent_steps = former.step, list(former.sent_steps)
            sent.last_ms = former.last_ms if sent.sent_steps else sent.last_ms
            sent.body = sent.body if sent.step < len(sent.chain) or sent.hold_ms else None


def asks_more(decision: Mapping[str, Any], former: Sent) -> bool:
    """Whether a decision asks its team for something graver than it was asked before, or another owner's."""
    severity = decision["situation"]["severity"]
    return decision["owner"] != (former.owner or decision["owner"]) or graver(decision["do"], severity, former.kind, former.severity)


def asked_again(decision: Mapping[str, Any], former: Sent) -> bool:
    """Whether the customer has asked again since, though the team had said that it was done."""
    return former.answer == OutcomeStatus.DONE and times_asked(decision["situation"]) > former.times_asked


def _ids(sent: Sent) -> list[str]:
    return [sent.action_id, *sent.aliases, *(sent.escalation_id(step) for step in sent.sent_steps)]
