"""Answers to actions that are not known (yet) in; the same out when the action comes to be. `TeamState` keeps them for the shard of act.

After a crash an answer may be read before the decision that its action comes from, so answers wait for a day. Whoever may write to the
topic of outcomes can answer actions that never were: what waits is bounded in number, in size and in time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.act.outcomes import OutcomeRead
from pipeline.stream import Expiry

DAY_MS = 86_400_000
MOST_OF_ACTION = 16
"""Answers that wait for one action; what comes on top is not kept."""
MOST = 10_000
"""Answers that wait in all; beyond that the actions that were answered longest ago are given up."""
LONGEST_NAME = 200
"""Characters of an action's id or a team's name: longer ones are not ours."""


class EarlyAnswers:
    """What waits, by the id of its action. ``changed`` holds the ids whose answers changed since `take_changed`."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[list[Any]]] = {}
        self._expiry = Expiry()
        self._amount = 0
        self._changed: set[str] = set()

    def keep(self, answer: OutcomeRead, place: str, appended_ms: int) -> bool:
        """Keep an answer for a day; False when it is not kept because as many wait for its action as may, or no action can have its id."""
        self.expire(appended_ms)
        action_id = answer.action_id
        before = [one for one in self._waiting.get(action_id, ()) if one[-1] > appended_ms]
        if len(before) >= MOST_OF_ACTION or max(len(action_id), len(answer.team)) > LONGEST_NAME:
            return False
        self._drop(action_id)
        entry = [answer.team, answer.status, answer.at_ms, answer.reason, place, appended_ms + DAY_MS]
        self._enter(action_id, [*before, entry])
        while self._amount > MOST:
            self._drop(next(iter(self._waiting)))
        return True

    def take(self, action_id: str) -> Iterator[tuple[OutcomeRead, str]]:
        """Answers kept for an action that exists now, with the place they came from; they are no longer kept."""
        for team, status, at_ms, reason, place, _ in self._drop(action_id):
            yield OutcomeRead(team, action_id, team, status, at_ms, reason, {}, ()), place

    def expire(self, now_ms: int) -> None:
        """Forget what has waited for a day (Unix ms, by when outcomes were appended)."""
        for action_id in list(self._expiry.due(now_ms)):
            self._drop(action_id)

    # -- state -------------------------------------------------------------------------------------------------------

    def take_changed(self) -> set[str]:
        """Ids of actions whose answers changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def dump(self, action_id: str) -> list[list[Any]] | None:
        """The answers that wait for an action, JSON-ready; None for none."""
        return self._waiting.get(action_id)

    def load(self, saved: Mapping[str, list[list[Any]]]) -> None:
        """Take over what `dump` gave, whatever bounds were in force then."""
        for action_id, entries in sorted(saved.items(), key=lambda one: (_offset(one[1][-1]), one[0])):
            self._enter(action_id, entries)
        self._changed.clear()

    def _enter(self, action_id: str, entries: list[list[Any]]) -> None:
        """As the action that was answered last."""
        self._waiting[action_id] = entries
        self._amount += len(entries)
        self._expiry.set(action_id, entries[-1][-1])
        self._changed.add(action_id)

    def _drop(self, action_id: str) -> list[list[Any]]:
        entries = self._waiting.pop(action_id, [])
        if entries:
            self._amount -= len(entries)
            self._expiry.discard(action_id)
            self._changed.add(action_id)
        return entries


def _offset(entry: list[Any]) -> int:
    """Offset of an answer in its partition: its place ends with it."""
    return int(str(entry[4]).rpartition("/")[2])
