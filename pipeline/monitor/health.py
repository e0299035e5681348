"""Live decisions and what teams answered to them, in any order and repeatedly, in; sums of attention per rule and team out.

A decision is remembered as long as the window of its own upstream shard is (event time) and while there is room; the sums are of
what is remembered. Whatever arrives twice counts once: a decision is known by id and team, an outcome by action and status.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import orjson

from pipeline.monitor.requests import Request, Subject, Sums
from pipeline.stream import JoinBuffer

VERSION = 1
ASKED_KEY = b"asked/"
SOURCES_KEY = b"sources"
SOURCES_LIMIT = 4_096


class FirstOutcome(NamedTuple):
    """An outcome that counts for the first time."""

    asked: Request
    team: str
    status: str


class HealthBook:
    """What one shard remembers. ``window_ms`` and ``entries`` bound decisions, ``waiting`` outcomes whose decision is not here yet."""

    def __init__(self, *, window_ms: int, entries: int, waiting: int) -> None:
        self.sums: dict[Subject, Sums] = {}
        self.touched: set[Subject] = set()
        self.dropped = 0
        self.waiting = JoinBuffer(limit=waiting, window_ms=window_ms)
        self._window_ms, self._entries = window_ms, entries
        self._asked: dict[str, Request] = {}
        self._by_action: dict[str, str] = {}
        self._queues: dict[str, deque[str]] = {}
        self._clocks: dict[str, list[int]] = {"": [0, 0]}
        self._changed: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._asked) + len(self.waiting)

    # -- what comes --------------------------------------------------------------------------------------------------

    def ask(self, asked: Request, supersedes: str | None) -> list[FirstOutcome] | None:
        """Take in a live decision, with the answers that were there before it; None when it is known."""
        asked.source = self._advance(asked.source, asked.decided_ms)
        clock, floor = self._clocks[asked.source]
        if asked.key in self._asked or asked.decided_ms <= clock - self._window_ms or asked.decided_ms < floor:
            return None
        former = self._asked.get(f"{supersedes}/{asked.team}")
        if former is not None:
            asked.unasked = asked.unasked or asked.settled_by(former)
            self.overtake(supersedes, asked.team)
        last = next(reversed(self._asked.values()), None)
        asked.number = 1 if last is None else last.number + 1
        self._enter(asked)
        self._note(asked, Sums())
        found: list[FirstOutcome] = []
        for action in asked.action_ids():
            for status, (at_ms, team) in self.waiting.take(action).items():
                found += self.answer(action, status, at_ms, team, asked.decided_ms)
        if len(self._asked) > self._entries:
            oldest = next(iter(self._asked.values()))
            self._clocks[oldest.source][1] = max(self._clocks[oldest.source][1], oldest.decided_ms)
            self._forget(oldest)
            self.dropped += 1
        return found

    def overtake(self, decision: str | None, team: str) -> bool:
        """A decision was withdrawn or superseded; False when that is known or the decision is not."""
        asked = self._asked.get(f"{decision}/{team}")
        if asked is None or asked.unasked:
            return False
        before = asked.sums(self._window_ms)
        asked.unasked = True
        self._note(asked, before)
        return True

    def answer(self, action: str, status: str, at_ms: int, team: str, appended_ms: int) -> list[FirstOutcome]:
        """Take in an outcome; empty when it is known or has to wait for its decision."""
        key = self._by_action.get(action)
        if key is None:
            waiting = self.waiting.get(action, status)
            if waiting is None or at_ms < waiting[0]:
                self.waiting.put(action, status, [at_ms, team], appended_ms)
            return []
        asked = self._asked[key]
        known = asked.statuses.get(status)
        if known is not None and known <= at_ms:
            return []
        before = asked.sums(self._window_ms)
        asked.statuses[status] = at_ms
        self._note(asked, before)
        # Anybody may write an outcome: only names that a decision brought are worth a metric of their own.
        named = team if team in asked.chain else asked.team
        return [] if known is not None else [FirstOutcome(asked, named, status)]

    # -- sums and forgetting -----------------------------------------------------------------------------------------

    def _note(self, asked: Request, before: Sums, *, gone: bool = False) -> None:
        self._changed.add(ASKED_KEY + asked.key.encode())
        change = (Sums() if gone else asked.sums(self._window_ms)).plus(before, -1)
        for subject in asked.subjects():
            total = self.sums.get(subject, Sums()).plus(change)
            if total.decisions:
                self.sums[subject] = total
            else:
                del self.sums[subject]
            self.touched.add(subject)

    def _advance(self, source: str, clock: int) -> str:
        """Let a source's event time come to ``clock`` and forget what is too old; the name that the source is kept under."""
        if source not in self._clocks:
            source = source if len(self._clocks) < SOURCES_LIMIT else ""
        clocks = self._clocks.setdefault(source, [0, 0])
        if clock > clocks[0]:
            clocks[0] = clock
            self._changed.add(SOURCES_KEY)
            queue = self._queues.get(source, ())
            while queue and self._asked[queue[0]].decided_ms <= clock - self._window_ms:
                self._forget(self._asked[queue[0]])
        return source

    def _enter(self, asked: Request) -> None:
        self._asked[asked.key] = asked
        self._queues.setdefault(asked.source, deque()).append(asked.key)
        for action in asked.action_ids():
            self._by_action[action] = asked.key

    def _forget(self, asked: Request) -> None:
        """Forget the oldest decision of a source."""
        self._queues[asked.source].popleft()  # within a source, arrival order is the order of all
        del self._asked[asked.key]
        for action in asked.action_ids():
            self._by_action.pop(action, None)
        self._note(asked, asked.sums(self._window_ms), gone=True)
        self._changed.add(SOURCES_KEY)

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = {key: self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found | self.waiting.changes()

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys that are not of a book are left alone."""
        self._clocks |= orjson.loads(items.get(SOURCES_KEY, b"{}"))
        saved = (orjson.loads(value) for key, value in items.items() if key.startswith(ASKED_KEY))
        for one in sorted((_asked(value) for value in saved), key=lambda one: one.number):
            self._enter(one)
            self._note(one, Sums())
        self.waiting.restore(items)
        self._changed.clear()
        self.touched.clear()

    def _dump(self, key: bytes) -> bytes | None:
        if key == SOURCES_KEY:
            return orjson.dumps(self._clocks)
        asked = self._asked.get(key[len(ASKED_KEY) :].decode())
        return None if asked is None else orjson.dumps({"v": VERSION, **asdict(asked)})


def _asked(saved: dict[str, Any]) -> Request:
    del saved["v"]
    return Request(**saved)
