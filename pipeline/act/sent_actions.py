"""The actions that `ActShard` has sent and that may still be answered: found by any of their ids, with the timers of their escalations."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipeline.act.messages import action_id
from pipeline.act.outcomes import OutcomeRead, settles
from pipeline.policy import severity_class
from pipeline.stream import Expiry
from schemas.messages import ActionKind, OutcomeStatus
from schemas.times import to_milliseconds

STATE_KEY = b"action/"
VERSION = 1
ALIAS_LIMIT = 20
CLOSING = frozenset({OutcomeStatus.DONE, OutcomeStatus.DECLINED, OutcomeStatus.OVERTURNED})
"""Answers for good: nobody is asked again for the same."""


@dataclass(slots=True)
class Sent:
    """One action and its escalation chain.

    state: open, superseded or revoked. answer: the last outcome's status, "" before any. ``base_ms``: when its decision was
    appended (wall clock, Unix ms; escalation times count from it). chain: [after_seconds, team, contact] each; ``step``: how many of
    them have happened. body: the message, kept while it may still escalate. expires: event time, Unix ms.
    """

    action_id: str
    team: str
    situation: str
    subject: str
    kind: str
    rule: str
    severity_class: str
    informations: list[str]
    place: str
    base_ms: int
    expires: int
    chain: list[list[Any]] = field(default_factory=list)
    step: int = 0
    body: dict[str, Any] | None = None
    state: str = "open"
    answer: str = ""
    answered_ms: int = 0
    aliases: list[str] = field(default_factory=list)
    since_ms: int = 0

    @property
    def closed(self) -> bool:
        """Whether its team has answered for good."""
        return self.answer in CLOSING

    @property
    def standing(self) -> bool:
        """Whether it still asks for something: neither replaced, taken back nor answered for good."""
        return self.state == "open" and not self.closed

    def escalation_id(self, step: int) -> str:
        """Id of the ``step``-th escalation, from 1."""
        return action_id(self.action_id, self.chain[step - 1][1], ActionKind.ESCALATE, step)


class SentActions:
    """All actions of one shard that may still be answered."""

    def __init__(self) -> None:
        self._sent: dict[str, Sent] = {}
        self._root: dict[str, str] = {}
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

    def stop(self, sent: Sent) -> None:
        """Escalate no further."""
        sent.body = None
        self.touch(sent)

    def answer(self, sent: Sent, answer: OutcomeRead) -> str:
        """Let an outcome count; the latest one says how the action stands. "" for a plain one, else its name as a metric:
        outcome_overtaken (older than what is known), outcome_repeated, outcome_contradicting (it counts, but look at it).
        """
        if sent.answer and answer.at_ms < sent.answered_ms:
            return "outcome_overtaken"
        if sent.answer == answer.status or (sent.closed and answer.status == OutcomeStatus.ACKNOWLEDGED):
            return "outcome_repeated"
        contradicting = sent.closed
        sent.answer, sent.answered_ms = answer.status, answer.at_ms
        if settles(answer):
            sent.body = None
        self.touch(sent)
        return "outcome_contradicting" if contradicting else ""

    def due(self, now_ms: int, most: int) -> Iterator[tuple[Sent, dict[str, Any]]]:
        """Actions whose next escalation is due (wall clock), with their messages, earliest first; call `escalated` on each."""
        while self._timers and self._timers[0][0] <= now_ms and most > 0:
            _, key, step = heapq.heappop(self._timers)
            sent = self._sent.get(key)
            if sent is not None and sent.body is not None and sent.step == step:
                most -= 1
                yield sent, sent.body

    def escalated(self, sent: Sent) -> None:
        """Note that the next step of the chain has happened."""
        sent.step += 1
        self._root[sent.escalation_id(sent.step)] = sent.action_id
        if sent.step == len(sent.chain):
            sent.body = None
        self._wind(sent)
        self.touch(sent)

    def expire(self, now: int) -> None:
        """Forget what is too old to be answered (event time, Unix ms)."""
        for key in self._expiry.due(now):
            sent = self._sent.pop(key)
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
                self._enter(Sent(**orjson.loads(value)["sent"]))

    def _enter(self, sent: Sent) -> None:
        self._sent[sent.action_id] = sent
        self._root |= dict.fromkeys(_ids(sent), sent.action_id)
        self._expiry.set(sent.action_id, sent.expires)
        self._wind(sent)

    def _wind(self, sent: Sent) -> None:
        if sent.body is not None and sent.step < len(sent.chain):
            due = sent.base_ms + int(sent.chain[sent.step][0]) * 1000
            heapq.heappush(self._timers, (due, sent.action_id, sent.step))


def opened(body: dict[str, Any], chain: list[list[Any]], *, place: str, base_ms: int, expires: int) -> Sent:
    """The entry of an action message that goes out now. A digest says nothing about single pieces of information."""
    informations = [] if body["kind"] == ActionKind.DIGEST else [piece["information"] for piece in body["evidence"]]
    return Sent(
        action_id=body["action_id"], team=body["team"], situation=body["situation"], subject=body["subject"], kind=body["kind"],
        rule=body["rule"], severity_class=severity_class(body["severity"]), informations=informations, place=place,
        base_ms=base_ms, expires=expires, chain=chain, body=body if chain else None,
        since_ms=0 if body["kind"] == ActionKind.DIGEST else to_milliseconds(body["appended_at"]),
    )  # fmt: skip


def _ids(sent: Sent) -> list[str]:
    return [sent.action_id, *sent.aliases, *(sent.escalation_id(step) for step in range(1, sent.step + 1))]
