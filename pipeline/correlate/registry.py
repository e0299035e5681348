"""The open situations of one shard, with their timers, what finds them, and what of it must be saved; all of correlate shares it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from pipeline.correlate.contributions import short
from pipeline.correlate.situation import CASE, IDEA, SURGE, OpenSituation
from pipeline.stream import Step

PREFIX = b"situation/"
_LATEST = 2**62


class Registry:
    """Open situations of one shard by id and by key, with one timer each, on the event-time clock."""

    def __init__(self, source: str) -> None:
        self.situations: dict[str, OpenSituation] = {}
        self._source = source
        self._by_key: dict[str, str] = {}
        self._by_short: dict[int, str] = {}
        self._timers: dict[str, list[tuple[int, str]]] = {kind: [] for kind in (CASE, SURGE, IDEA)}
        self._counts = dict.fromkeys(self._timers, 0)
        self._touched: set[str] = set()
        self.ordinal = 0
        self.next_due = _LATEST
        """Nothing is due before this time (ms)."""

    def count(self, kind: str) -> int:
        """How many of a kind are open."""
        return self._counts[kind]

    def find(self, key: str) -> OpenSituation | None:
        """The open situation that holds a key."""
        return self.situations.get(self._by_key.get(key, ""))

    def of_short(self, identity: int) -> OpenSituation | None:
        """The open situation with an id that begins with these 64 bits."""
        return self.situations.get(self._by_short.get(identity, ""))

    def open(self, situation: OpenSituation) -> None:
        """Register a new situation."""
        self._enter(situation)
        self._touched.add(situation.id)

    def bind(self, situation: OpenSituation, key: str) -> None:
        """Make a situation findable by one more key; a key that another one holds stays there."""
        if key not in self._by_key:
            self._by_key[key] = situation.id
            situation.keys.append(key)
            self._touched.add(situation.id)

    def unbind(self, situation: OpenSituation, key: str) -> None:
        """Let a situation be found by this key no longer, if it was."""
        if self._by_key.get(key) == situation.id:
            del self._by_key[key]
            situation.keys.remove(key)
            self._touched.add(situation.id)

    def touch(self, situation: OpenSituation) -> None:
        """Note that a situation has changed."""
        self._touched.add(situation.id)

    def begin_record(self, ordinal: int = 0) -> None:
        """The outputs that follow come of another input record, which has caused so many already."""
        self.ordinal = ordinal

    def emit(self, situation: OpenSituation, clock: int, step: Step, *, closed: bool = False, withdrawn: bool = False) -> None:
        """Publish the next revision."""
        step.outputs.append(situation.emit(clock, self._source, closed=closed, withdrawn=withdrawn, ordinal=self.ordinal))
        told = "withdrawn" if withdrawn else "closed" if closed else "opened" if situation.revision == 1 else "updated"
        step.count("situations", situation.kind, told)
        self.ordinal += 1
        self._touched.add(situation.id)

    def forget(self, situation: OpenSituation) -> None:
        """Drop a situation that is over."""
        del self.situations[situation.id], self._by_short[short(situation.id)]
        self._counts[situation.kind] -= 1
        for key in situation.keys:
            del self._by_key[key]
        self._touched.add(situation.id)

    def due(self, clock: int) -> Iterator[OpenSituation]:
        """Situations whose time has come by ``clock``, earliest first; each must be forgotten or given a later `due`."""
        while True:
            first = min((top for kind in self._timers if (top := self._top(kind)) is not None), default=None)
            if first is None or first[0] > clock:
                self.next_due = _LATEST if first is None else first[0]
                return
            yield self.situations[first[1]]

    def quietest(self, kind: str) -> OpenSituation | None:
        """The open situation of a kind that would be closed first."""
        top = self._top(kind)
        return None if top is None else self.situations[top[1]]

    def _top(self, kind: str) -> tuple[int, str] | None:
        """The earliest true (due, id) of a kind; entries that have been overtaken are put right on the way."""
        timers = self._timers[kind]
        while timers:
            due, name = timers[0]
            situation = self.situations.get(name)
            if situation is None:
                heapq.heappop(timers)
            elif situation.due > due:
                heapq.heapreplace(timers, (situation.due, name))
            else:
                return timers[0]
        return None

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        for name in sorted(self._touched):
            situation = self.situations.get(name)
            found[PREFIX + name.encode()] = None if situation is None else situation.dump()
        self._touched.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote."""
        for key in sorted(items):
            if key.startswith(PREFIX):
                self._enter(OpenSituation.load(items[key]))

    def _enter(self, situation: OpenSituation) -> None:
        self.situations[situation.id] = situation
        self._by_short[short(situation.id)] = situation.id
        self._counts[situation.kind] += 1
        for key in situation.keys:
            self._by_key[key] = situation.id
        heapq.heappush(self._timers[situation.kind], (situation.due, situation.id))
        self.next_due = min(self.next_due, situation.due)
