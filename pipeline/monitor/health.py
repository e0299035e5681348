"""What `MonitorShard` remembers to tell the health of rules and teams: live decisions and what teams answered, in any order, repeatedly.

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
REQUEST_KEY = b"asked/"
SOURCES_KEY = b"sources"
SOURCES_LIMIT = 4_096


class FirstOutcome(NamedTuple):
    """An outcome that counts for the first time."""

    request: Request
    team: str
    status: str


class HealthWindow:
    """What one shard remembers. ``window_ms`` and ``entries`` bound decisions, ``waiting`` outcomes whose decision is not here yet."""

    def __init__(self, *, window_ms: int, entries: int, waiting: int) -> None:
        self.sums: dict[Subject, Sums] = {}
        self.touched: set[Subject] = set()
        self.dropped = 0
        self.waiting = JoinBuffer(limit=waiting, window_ms=window_ms)
        self._window_ms, self._entries = window_ms, entries
        self._requests: dict[str, Request] = {}
        self._by_action: dict[str, str] = {}
        self._queues: dict[str, deque[str]] = {}
        self._clocks: dict[str, list[int]] = {"": [0, 0]}
        self._changed: set[bytes] = set()

    # -- what comes in -----------------------------------------------------------------------------------------------

    def add(self, request: Request, supersedes: str | None) -> list[FirstOutcome] | None:
        """Take in a live decision, with the answers that were there before it; None when it is known."""
        request.source = self._advance(request.source, request.decided_ms)
        clock, floor = self._clocks[request.source]
        if request.key in self._requests or request.decided_ms <= clock - self._window_ms or request.decided_ms < floor:
            return None
        former = self._requests.get(f"{supersedes}/{request.team}")
        if former is not None:
            request.unasked = request.unasked or request.settled_by(former)
            self.overtake(supersedes, request.team)
        last = next(reversed(self._requests.values()), None)
        request.number = 1 if last is None else last.number + 1
        self._enter(request)
        self._note(request, Sums())
        found: list[FirstOutcome] = []
        for action in request.action_ids():
            for status, (at_ms, team) in self.waiting.take(action).items():
                found += self.answer(action, status, at_ms, team, request.decided_ms)
        if len(self._requests) > self._entries:
            oldest = next(iter(self._requests.values()))
            self._clocks[oldest.source][1] = max(self._clocks[oldest.source][1], oldest.decided_ms)
            self._forget(oldest)
            self.dropped += 1
        return found

    def overtake(self, decision: str | None, team: str) -> bool:
        """A decision was withdrawn or superseded; False when that is known or the decision is not."""
        request = self._requests.get(f"{decision}/{team}")
        if request is None or request.unasked:
            return False
        before = request.sums(self._window_ms)
        request.unasked = True
        self._note(request, before)
        return True

    def answer(self, action: str, status: str, at_ms: int, team: str, appended_ms: int) -> list[FirstOutcome]:
        """Take in an outcome; empty when it is known or has to wait for its decision."""
        key = self._by_action.get(action)
        if key is None:
            waiting = self.waiting.get(action, status)
            if waiting is None or at_ms < waiting[0]:
                self.waiting.put(action, status, [at_ms, team], appended_ms)
            return []
        request = self._requests[key]
        known = request.statuses.get(status)
        if known is not None and known <= at_ms:
            return []
        before = request.sums(self._window_ms)
        request.statuses[status] = at_ms
        self._note(request, before)
        # Anybody may write an outcome: only names that a decision brought are worth a metric of their own.
        named = team if team in request.chain else request.team
        return [] if known is not None else [FirstOutcome(request, named, status)]

    # -- sums and forgetting -----------------------------------------------------------------------------------------

    def _note(self, request: Request, before: Sums, *, gone: bool = False) -> None:
        self._changed.add(REQUEST_KEY + request.key.encode())
        change = (Sums() if gone else request.sums(self._window_ms)).plus(before, -1)
        for subject in request.subjects():
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
            while queue and self._requests[queue[0]].decided_ms <= clock - self._window_ms:
                self._forget(self._requests[queue[0]])
        return source

    def _enter(self, request: Request) -> None:
        self._requests[request.key] = request
        self._queues.setdefault(request.source, deque()).append(request.key)
        for action in request.action_ids():
            self._by_action[action] = request.key

    def _forget(self, request: Request) -> None:
        """Forget the oldest decision of a source."""
        self._queues[request.source].popleft()  # within a source, arrival order is the order of all
        del self._requests[request.key]
        for action in request.action_ids():
            self._by_action.pop(action, None)
        self._note(request, request.sums(self._window_ms), gone=True)
        self._changed.add(SOURCES_KEY)

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found = {key: self._dump(key) for key in sorted(self._changed)}
        self._changed.clear()
        return found | self.waiting.changes()

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        self._clocks |= orjson.loads(items.get(SOURCES_KEY, b"{}"))
        saved = (orjson.loads(value) for key, value in items.items() if key.startswith(REQUEST_KEY))
        for one in sorted((_load(value) for value in saved), key=lambda one: one.number):
            self._enter(one)
            self._note(one, Sums())
        self.waiting.restore(items)
        self._changed.clear()
        self.touched.clear()

    def _dump(self, key: bytes) -> bytes | None:
        if key == SOURCES_KEY:
            return orjson.dumps(self._clocks)
        request = self._requests.get(key[len(REQUEST_KEY) :].decode())
        return None if request is None else orjson.dumps({"v": VERSION, **asdict(request)})


def _load(saved: dict[str, Any]) -> Request:
    del saved["v"]
    return Request(**saved)
