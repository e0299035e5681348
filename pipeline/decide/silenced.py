"""Situations that a silence stops, and when that ends: they are decided on again then, without waiting for news of them.

What is due follows from state, policy and event time alone: a crash changes nothing about what is asked.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pipeline.decide.records import Occasion
from pipeline.stream import Expiry

STATE_KEY = b"silenced/"
VERSION = 1


class _Stopped(NamedTuple):
    """A situation message, the place of its record, when its silence ceases to hold (event time), by which policy's word (hash)."""

    situation: dict[str, Any]
    place: str
    until: int
    policy: str


class Silenced:
    """The situations of one shard that a silence stops."""

    def __init__(self) -> None:
        self._stopped: dict[str, _Stopped] = {}
        self._ends = Expiry()
        self._policy = ""
        self._changed: set[bytes] = set()

    def keep(self, occasion: Occasion, until: int, policy: str) -> None:
        """Remember a situation that a silence stops until then (event time, Unix ms), as the policy of this hash has it."""
        name = occasion.situation["id"]
        self._stopped[name] = _Stopped(occasion.situation, occasion.place, until, policy)
        self._ends.set(name, until)
        self._changed.add(STATE_KEY + name.encode())

    def release(self, situation: str) -> None:
        """No silence stops it any more, if one did."""
        if self._stopped.pop(situation, None) is not None:
            self._ends.discard(situation)
            self._changed.add(STATE_KEY + situation.encode())

    def note_policy(self, clock: int, policy: str) -> bool:
        """Another policy is in force: what silences of the former one stop is due at ``clock`` (Unix ms). Whether that concerns any."""
        if policy == self._policy:
            return False
        self._policy = policy
        others = [name for name, stopped in self._stopped.items() if stopped.policy != policy]
        for name in others:
            self._stopped[name] = self._stopped[name]._replace(until=clock, policy=policy)
            self._ends.set(name, clock)
            self._changed.add(STATE_KEY + name.encode())
        return bool(others)

    def due(self, clock: int) -> list[Occasion]:
        """Those whose silences have ended by ``clock`` (Unix ms), each to be decided on as of its own end; no longer remembered."""
        found = []
        for until, name in sorted((self._stopped[name].until, name) for name in self._ends.due(clock)):
            stopped = self._stopped.pop(name)
            self._changed.add(STATE_KEY + name.encode())
            found.append(Occasion(stopped.situation, until, stopped.place, f"silence/{until}"))
        return found

    # -- keyed state -------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        for key in sorted(self._changed):
            stopped = self._stopped.get(key[len(STATE_KEY) :].decode())
            found[key] = None if stopped is None else orjson.dumps({"v": VERSION, **stopped._asdict()})
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        for key, value in items.items():
            if key.startswith(STATE_KEY):
                saved = orjson.loads(value)
                name = key[len(STATE_KEY) :].decode()
                self._stopped[name] = _Stopped(saved["situation"], saved["place"], saved["until"], saved["policy"])
                self._ends.set(name, saved["until"])
        self._changed.clear()
