"""What act knows of its teams beside the actions it sent: notified of what, what waits in their queues, answers that came early."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.act.budget import TokenBucket
from pipeline.act.early_answers import EarlyAnswers
from pipeline.act.rooms import Rooms
from pipeline.act.team_queue import Held, HeldAction, TeamQueue
from pipeline.policy import Policy
from pipeline.stream import Expiry

NOTIFIED, QUEUE, HELD, EARLY = "told", "desk", "held", "early"
"""Kinds of state keys, up to their first slash, as the state has them."""
DAY_MS = 86_400_000
KEEP_DAYS = 7
"""An action can be answered so long after it has expired (event time)."""
VERSION = 1


@dataclass(slots=True)
class Notified:
    """What one team knows of one situation. ``action``: the last action of its own; ``held``: its number in the queue."""

    revision: int
    decision: str
    expires: int
    action: str | None = None
    held: int | None = None
    digested: bool = False


class TeamState:
    """The shard's state besides the actions themselves."""

    def __init__(self) -> None:
        self.notified: dict[tuple[str, str], Notified] = {}
        self.queues: dict[str, TeamQueue] = {}
        self.early = EarlyAnswers()
        self.rooms = Rooms()
        self._notified_expiry = Expiry()
        self._changed: set[bytes] = set()

    # -- what teams know ------------------------------------------------------------------------------------------------

    def remember(self, team: str, situation: str, notified: Notified) -> None:
        """Note what a team knows; it is forgotten at ``notified.expires`` (event time, Unix ms)."""
        self.notified[team, situation] = notified
        self._notified_expiry.set(f"{team}/{situation}", notified.expires)
        self._changed.add(_key(NOTIFIED, f"{team}/{situation}"))

    def expire(self, now: int) -> None:
        """Forget what is too old (event time, Unix ms)."""
        for key in self._notified_expiry.due(now):
            team, _, situation = key.partition("/")
            del self.notified[team, situation]
            self._changed.add(_key(NOTIFIED, key))

    # -- queues ---------------------------------------------------------------------------------------------------------

    def queue(self, name: str, policy: Policy, now: int) -> TeamQueue:
        """A team's queue at ``now`` (event time, Unix ms), to be changed: it counts as changed. A new one has a full bucket."""
        found = self.queues.get(name)
        if found is None:
            found = self.queues[name] = TeamQueue(TokenBucket.full(policy.team(name).attention, now))
        found.flow(policy.team(name), now)
        self._changed.add(_key(QUEUE, name))
        return found

    def promise(self, name: str, until: int) -> None:
        """What is due in a team's queue until then (event time, Unix ms; 0: nothing) is promised."""
        self.queues[name].promised_until = until
        self._changed.add(_key(QUEUE, name))

    @property
    def promised(self) -> bool:
        """Whether anything was promised that has not been done."""
        return bool(self.rooms.promised()) or any(queue.promised_until for queue in self.queues.values())

    def changed(self, name: str, numbers: Iterable[int]) -> None:
        """Note that these held items changed, or are not held any more."""
        self._changed.update(_held_key(name, number) for number in numbers)

    def tell(self, name: str, number: int, stale: str, policy: Policy, now: int) -> None:
        """A held item is told by the digest, as superseded, withdrawn, taken up, or (``""``) as what could not be asked any more."""
        self.queue(name, policy, now).tell(number, stale)
        self.changed(name, (number,))

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        self._changed.update(_key(EARLY, action_id) for action_id in self.early.take_changed())
        found = {key: self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found | self.rooms.changes()

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        self.rooms.restore(items)
        held: dict[str, list[tuple[Held, HeldAction | None]]] = {}
        early: dict[str, list[list[Any]]] = {}
        for key, value in sorted(items.items()):
            kind, _, name = key.decode().partition("/")
            if kind not in (NOTIFIED, QUEUE, HELD, EARLY):
                continue
            saved = orjson.loads(value)
            if kind == NOTIFIED:
                team, _, situation = name.partition("/")
                notified = self.notified[team, situation] = Notified(**saved["told"])
                self._notified_expiry.set(name, notified.expires)
            elif kind == QUEUE:
                bucket = TokenBucket(saved["level"], saved["at"])
                self.queues[name] = TeamQueue(bucket, number=saved["number"], promised_until=saved["frozen"])
            elif kind == HELD:
                ask = HeldAction(**saved["ask"]) if saved.get("ask") else None
                held.setdefault(name.partition("/")[0], []).append((Held(*saved["item"]), ask))
            else:
                early[name] = saved["answers"]
        self.early.load(early)
        for team, waiting in held.items():
            for item, ask in waiting:
                self.queues[team].restore(item, ask)

    def _dump(self, key: bytes) -> bytes | None:
        kind, _, name = key.decode().partition("/")
        first, _, last = name.rpartition("/")
        saved: dict[str, Any] = {}
        if kind == NOTIFIED:
            saved = {"told": self.notified.get((first, last))}
        elif kind == EARLY:
            saved = {"answers": self.early.dump(name)}
        elif kind == QUEUE:
            queue = self.queues[name]
            saved = {"level": queue.bucket.level, "at": queue.bucket.at, "number": queue.number, "frozen": queue.promised_until}
        else:
            item, ask = self.queues[first].find(int(last)), self.queues[first].asks.get(int(last))
            saved = {"item": None if item is None else list(item)} | ({} if ask is None else {"ask": ask})
        return None if None in saved.values() else orjson.dumps({"v": VERSION, **saved})


def _key(kind: str, name: str) -> bytes:
    return f"{kind}/{name}".encode()


def _held_key(team: str, number: int) -> bytes:
    return _key(HELD, f"{team}/{number:015d}")
