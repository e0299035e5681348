"""What teams were told, what waits for them and which answers wait for their action: kept in memory, written as keyed state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.act.budget import Held, TeamQueue, TokenBucket
from pipeline.act.outcomes import OutcomeRead
from pipeline.policy import Policy
from pipeline.stream import Expiry

TOLD_KEY = b"told/"
DESK_KEY = b"desk/"
HELD_KEY = b"held/"
EARLY_KEY = b"early/"
DAY_MS = 86_400_000
EARLY_LIMIT = 10_000
VERSION = 1


@dataclass(slots=True)
class Notified:
    """What one team was told of one situation. ``action``: the last action of its own; ``held``: its number in the queue."""

    revision: int
    decision: str
    expires: int
    action: str | None = None
    held: int | None = None
    digested: bool = False


class TeamState:
    """The shard's state besides the actions themselves."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, str], Notified] = {}
        self.desks: dict[str, TeamQueue] = {}
        self._early: dict[str, list[list[Any]]] = {}
        self._told_expiry = Expiry()
        self._early_expiry = Expiry()
        self._changed: set[bytes] = set()

    # -- what was told -----------------------------------------------------------------------------------------------

    def remember(self, team: str, situation: str, told: Notified) -> None:
        """Note what was told; it is forgotten at ``told.expires`` (event time, Unix ms)."""
        self.told[team, situation] = told
        self._told_expiry.set(f"{team}/{situation}", told.expires)
        self._changed.add(TOLD_KEY + f"{team}/{situation}".encode())

    def expire(self, now: int) -> None:
        """Forget what is too old (event time, Unix ms)."""
        for key in self._told_expiry.due(now):
            team, _, situation = key.partition("/")
            del self.told[team, situation]
            self._changed.add(TOLD_KEY + key.encode())

    # -- desks -------------------------------------------------------------------------------------------------------

    def desk(self, name: str, policy: Policy, now: int) -> TeamQueue:
        """A team's desk; a new one has a full bucket at ``now``. Whoever asks may change it: it counts as changed."""
        found = self.desks.get(name)
        if found is None:
            found = self.desks[name] = TeamQueue(TokenBucket.full(policy.team(name).attention, now), [])
        self._changed.add(DESK_KEY + name.encode())
        return found

    def hold(self, name: str, desk: TeamQueue, item: Held) -> None:
        """Queue an item for the team's digest."""
        desk.held.append(item)
        desk.number = item.number + 1
        self._changed.add(_held_key(name, item.number))

    def mark(self, name: str, number: int, stale: str) -> None:
        """Note on a held item that it is superseded or withdrawn."""
        self.desks[name].mark(number, stale)
        self._changed.add(_held_key(name, number))

    def let_go(self, name: str, items: list[Held]) -> None:
        """Note that a digest told these items."""
        self._changed.update(_held_key(name, item.number) for item in items)

    # -- answers that came before their action ------------------------------------------------------------------------

    def keep(self, answer: OutcomeRead, place: str, appended_ms: int) -> None:
        """Keep an answer for a day: after a crash it may be read before the decision that its action comes from."""
        for key in self._early_expiry.due(appended_ms):
            self._drop(key)
        if len(self._early) >= EARLY_LIMIT:
            self._drop(next(iter(self._early)))
        entry = [answer.team, answer.status, answer.at_ms, answer.reason[:200], place, appended_ms + DAY_MS]
        self._early.setdefault(answer.action_id, []).append(entry)
        self._early_expiry.set(answer.action_id, appended_ms + DAY_MS)
        self._changed.add(EARLY_KEY + answer.action_id.encode())

    def early(self, action_id: str) -> Iterator[tuple[OutcomeRead, str]]:
        """Answers kept for an action that exists now, with the place they came from; they are no longer kept."""
        for team, status, at_ms, reason, place, _ in self._early.get(action_id, ()):
            yield OutcomeRead(team, action_id, team, status, at_ms, reason, {}, ()), place
        if action_id in self._early:
            self._drop(action_id)

    def _drop(self, key: str) -> None:
        self._early.pop(key, None)
        self._early_expiry.discard(key)
        self._changed.add(EARLY_KEY + key.encode())

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = {key: self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        held: dict[str, list[Held]] = {}
        for key, value in sorted(items.items()):
            kind, _, rest = key.decode().partition("/")
            saved = orjson.loads(value) if f"{kind}/".encode() in (TOLD_KEY, DESK_KEY, HELD_KEY, EARLY_KEY) else None
            if saved is None:
                continue
            if kind == "told":
                team, _, situation = rest.partition("/")
                self.told[team, situation] = Notified(**saved["told"])
                self._told_expiry.set(rest, saved["told"]["expires"])
            elif kind == "desk":
                self.desks[rest] = TeamQueue(TokenBucket(saved["level"], saved["at"]), [], saved["number"], saved["frozen"])
            elif kind == "held":
                held.setdefault(rest.partition("/")[0], []).append(Held(*saved["item"]))
            else:
                self._early[rest] = saved["answers"]
                self._early_expiry.set(rest, max(entry[-1] for entry in saved["answers"]))
        for name, queue in held.items():
            self.desks[name].held = queue

    def _dump(self, key: bytes) -> bytes | None:
        kind, _, rest = key.decode().partition("/")
        first, _, last = rest.rpartition("/")
        if kind == "told":
            told = self.told.get((first, last))
            return None if told is None else orjson.dumps({"v": VERSION, "told": told})
        if kind == "early":
            answers = self._early.get(rest)
            return None if answers is None else orjson.dumps({"v": VERSION, "answers": answers})
        if kind == "desk":
            desk = self.desks[rest]
            return orjson.dumps(
                {"v": VERSION, "level": desk.bucket.level, "at": desk.bucket.at, "number": desk.number, "frozen": desk.frozen}
            )
        item = self.desks[first].find(int(last))
        return None if item is None else orjson.dumps({"v": VERSION, "item": list(item)})


def _held_key(name: str, number: int) -> bytes:
    return HELD_KEY + f"{name}/{number:015d}".encode()
