"""What room teams have for escalations, and the steps that wait, of each team as one group. `TeamState` keeps them for the shard of act.

All of it runs on the wall clock, as escalations do: nothing of it changes what is asked of whom in event time.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from pipeline.act.budget import TokenBucket
from pipeline.act.team_queue import DIGEST_ROWS, Room, critical_page, opens, reserve
from pipeline.policy import Team

ROOM, GROUP = "room", "group"
"""Kinds of state keys, up to their first slash."""
MOST = DIGEST_ROWS
"""Steps of a group: with as many it comes at once."""
VERSION = 1


class ChainStep(NamedTuple):
    """The step of a chain that waits: the action that it belongs to, and its number from 1."""

    action_id: str
    number: int


@dataclass(slots=True)
class Group:
    """Steps that come as one action. at: when (wall clock, Unix ms). promised: nothing is added, and it comes before anything else."""

    at: int
    steps: list[ChainStep]
    promised: bool = False


class Rooms:
    """Of each team a bucket by its attention, which what it is asked draws on, and what waits. Without a bucket it has all its room."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}
        self._groups: dict[str, Group] = {}
        self._waiting: set[str] = set()
        self._changed: set[bytes] = set()

    @property
    def waiting(self) -> Container[str]:
        """Ids of actions of whose chain a step waits."""
        return self._waiting

    def drain(self, team: Team, now_ms: int) -> None:
        """The team is asked something, whatever room it has."""
        self._bucket(team, now_ms).drain(team.attention, now_ms)

    def take(self, team: Team, step: ChainStep, now_ms: int, kind: str, severity: float) -> Room:
        """What room there is for a step due at ``now_ms``; if none, it waits with others."""
        group = self._groups.get(team.name)
        bucket, kept = self._bucket(team, now_ms), reserve(team, kind)
        if (group is None or critical_page(kind, severity)) and bucket.spend(team.attention, now_ms, reserve=kept):
            return Room.FREE
        if critical_page(kind, severity):
            bucket.drain(team.attention, now_ms)
            return Room.OVER
        at = opens(team, max(now_ms, bucket.ready_at(team.attention, reserve=kept)), severity)
        group = self._groups.setdefault(team.name, Group(at, []))
        group.steps.append(step)
        group.at = min(group.at, at) if len(group.steps) < MOST else min(group.at, now_ms)
        self._waiting.add(step.action_id)
        self._changed.add(_key(GROUP, team.name))
        return Room.NONE

    def first_at(self) -> int | None:
        """When the first group comes, None for none."""
        return min((group.at for group in self._groups.values()), default=None)

    def promise(self, until_ms: int) -> Iterator[tuple[str, Group]]:
        """The groups that come until then, to be made up: now nothing is added to them."""
        for name, group in sorted(self._groups.items()):
            if group.at <= until_ms and not group.promised:
                group.promised = True
                self._changed.add(_key(GROUP, name))
                yield name, group

    def leave_out(self, group: Group, step: ChainStep) -> None:
        """The step does not come with its group."""
        group.steps.remove(step)
        self._waiting.discard(step.action_id)

    def promised(self) -> list[str]:
        """Teams whose group was promised."""
        return sorted(name for name, group in self._groups.items() if group.promised)

    def take_group(self, team: Team) -> Group:
        """The group of a team, which comes now; it has drawn on the team's room if anything is in it."""
        group = self._groups.pop(team.name)
        self._waiting.difference_update(step.action_id for step in group.steps)
        self._changed.add(_key(GROUP, team.name))
        if group.steps:
            self.drain(team, group.at)
        return group

    def _bucket(self, team: Team, now_ms: int) -> TokenBucket:
        found = self._buckets.get(team.name)
        if found is None:
            found = self._buckets[team.name] = TokenBucket.full(team.attention, now_ms)
        self._changed.add(_key(ROOM, team.name))
        return found

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = {key: self._dump(*key.decode().split("/", 1)) for key in sorted(self._changed)}
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        for key, value in items.items():
            kind, _, name = key.decode().partition("/")
            if kind == ROOM:
                saved = orjson.loads(value)
                self._buckets[name] = TokenBucket(saved["level"], saved["at"])
            elif kind == GROUP:
                saved = orjson.loads(value)
                group = self._groups[name] = Group(saved["at"], [ChainStep(*step) for step in saved["steps"]], saved["promised"])
                self._waiting.update(step.action_id for step in group.steps)

    def _dump(self, kind: str, name: str) -> bytes | None:
        saved: dict[str, Any] = {"v": VERSION}
        if kind == ROOM:
            saved |= {"level": self._buckets[name].level, "at": self._buckets[name].at}
        elif (group := self._groups.get(name)) is None:
            return None
        else:
            saved |= {"at": group.at, "promised": group.promised, "steps": [list(step) for step in group.steps]}
        return orjson.dumps(saved)


def _key(kind: str, team: str) -> bytes:
    return f"{kind}/{team}".encode()
