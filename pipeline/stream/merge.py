"""One total order for the records of several upstream shards, whatever way the network interleaves them. Used by `OrderedShard`.

Each source promises that its clock (running maximum of event time) never goes back, by its records or by a watermark. A record is
released when no other source can precede it; order is (clock, source). So a crash, a rebalance or a slow worker upstream changes
when things happen, not what happens. When a source holds the others back is said by its `SourceState`, with one case on top:
when a replay of history begins, all sources are idle and wake up one after the other. So a record that is history (older than a
minute when it was appended) gives idle sources ``grace_ms`` of wall time to wake up before it; so does a promise, before it is
passed on to the stages behind.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

BEGINNING = -(2**62)
HISTORY_MS = 60_000
_NO_BOUND = (2**62, 0)


class SourceState(Enum):
    """Whether a source holds the others back. What happens to it leads from one state to the next:

    ======  ======  =========  ==============  ====================
    state   record  watermark  idle watermark  last record released
    ======  ======  =========  ==============  ====================
    SILENT  ACTIVE  SILENT     IDLE
    ACTIVE  ACTIVE  ACTIVE     ENDING          SILENT
    ENDING  ACTIVE  ACTIVE     ENDING          IDLE
    IDLE    ACTIVE  SILENT     IDLE
    ======  ======  =========  ==============  ====================
    """

    SILENT = "nothing of it waits but more may come: it holds back what its clock does not show to be earlier"
    ACTIVE = "records of it wait, and the first one has its place in the order"
    ENDING = "records of it wait, and it has said that none follows"
    IDLE = "it has nothing to read: it holds back only history that came less than the grace ago"


SILENT, ACTIVE, ENDING, IDLE = SourceState


class Floor(NamedTuple):
    """How far an order is final: no later release is older than ``clock``; ``idle``: all sources have nothing to read."""

    clock: int
    idle: bool


class MergeSource(Generic[T]):
    """One source of a merge: its promise, what waits of it as (clock, end of the grace, item), and the state that follows."""

    __slots__ = ("clock", "firm", "last_grace_ms", "name", "next_firm", "number", "queue", "state")

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.clock = BEGINNING
        self.queue: deque[tuple[int, int, T]] = deque()
        self.state = SILENT
        self.firm = BEGINNING
        """What it promised so long ago that nobody who was idle then may still wake up before it."""
        self.next_firm: tuple[int, int] | None = None
        """(clock, end of its grace): what gets firm next. What was promised since waits behind it, so promises without end do get firm."""
        self.last_grace_ms = 0

    def push(self, clock: int, grace_until_ms: int, item: T) -> bool:
        """A record came; whether it is the first one that waits."""
        self.clock = max(self.clock, clock)
        self.state = ACTIVE
        self.queue.append((self.clock, grace_until_ms, item))
        return len(self.queue) == 1

    def watermark(self, clock: int, *, idle: bool) -> None:
        """A promise came: nothing older than ``clock`` will, and nothing at all for now when ``idle``."""
        self.clock = max(self.clock, clock)
        if self.queue:
            self.state = ENDING if idle else ACTIVE
        else:
            self.state = IDLE if idle else SILENT

    def promise(self, grace_until_ms: int) -> None:
        """What it promises now is firm when this grace is over (wall time, Unix ms)."""
        self.last_grace_ms = grace_until_ms
        if self.next_firm is None and self.clock > self.firm:
            self.next_firm = (self.clock, grace_until_ms)

    def confirm(self, now_ms: int) -> None:
        """Let ``firm`` be what it is at this wall time."""
        while self.next_firm is not None and self.next_firm[1] <= now_ms:
            self.firm = self.next_firm[0]
            self.next_firm = (self.clock, self.last_grace_ms) if self.clock > self.firm else None

    def pop(self) -> tuple[int, int, T]:
        """Release the first that waits."""
        first = self.queue.popleft()
        if not self.queue:
            self.state = IDLE if self.state is ENDING else SILENT
        return first

    @property
    def next_clock(self) -> int:
        """No later record of it is older."""
        return self.queue[0][0] if self.queue else self.clock


class Merge(Generic[T]):
    """Bounded k-way merge. Beyond ``limit`` waiting items it releases anyway (counted in ``forced``): memory before order."""

    def __init__(self, sources: Sequence[str], *, limit: int = 200_000, grace_ms: int = 0) -> None:
        self._sources = [MergeSource[T](name, number) for number, name in enumerate(sorted(sources))]
        self._by_name = {source.name: source for source in self._sources}
        self._heads: list[tuple[int, int]] = []
        self._limit = limit
        self.grace_ms = grace_ms
        self.now = BEGINNING
        self._loaded = False
        self._now_ms = 0
        self.waiting = 0
        self.forced = 0

    def push(self, source: str, clock: int, item: T, *, grace_until_ms: int = 0) -> None:
        """Add a record; a clock behind the source's own is lifted to it. Raises KeyError for an unknown source.

        grace_until_ms: until then (wall time, Unix ms) an idle source may still wake up before it; see `grace_until`.
        """
        found = self._by_name[source]
        if found.push(clock, grace_until_ms, item):
            heapq.heappush(self._heads, (found.clock, found.number))
        self.waiting += 1

    def watermark(self, source: str, clock: int, *, idle: bool, grace_until_ms: int = 0) -> None:
        """Note a source's promise: nothing older than ``clock`` will follow; ``idle``: it has nothing to read.

        grace_until_ms: until then an idle source may still wake up before it, so it is not passed on; see `grace_until`.
        """
        found = self._by_name[source]
        found.watermark(clock, idle=idle)
        found.promise(grace_until_ms)

    def forget_silent(self) -> None:
        """Wait for no source of which nothing is known, until it speaks: what it said before may be lost."""
        for source in self._sources:
            if source.clock == BEGINNING and source.state is SILENT:
                source.watermark(BEGINNING, idle=True)

    def knows(self, source: str) -> bool:
        """Whether this source is one of the merge's."""
        return source in self._by_name

    def grace_until(self, clock: int, appended_ms: int, now_ms: int) -> int:
        """The ``grace_until_ms`` of a record or a promise that comes in now: none, unless it is history."""
        return now_ms + self.grace_ms if appended_ms - clock > HISTORY_MS else 0

    def release(self, most: int = 2**31, *, now_ms: int = 2**62) -> Iterator[tuple[int, str, T]]:
        """At most ``most`` records that no other can precede, as (clock, source, item), in order, clocks never falling.

        A source that wakes up behind the others is released at once, at the clock that the merge has come to.
        """
        bound = self._bound()
        heads = self._heads
        self._now_ms = now_ms
        if self._loaded:  # how long ago these promises were made is not known
            self._loaded = False
            for found in self._sources:
                found.promise(now_ms + self.grace_ms)
        while heads and most > 0:
            if self._must_wait(bound, now_ms):
                if self.waiting <= self._limit:
                    return
                self.forced += 1
            most -= 1
            source = self._sources[heads[0][1]]
            clock, _, item = source.pop()
            self.waiting -= 1
            if source.queue:
                heapq.heapreplace(heads, (source.queue[0][0], source.number))
            else:
                heapq.heappop(heads)
                if source.state is SILENT:
                    bound = min(bound, (source.clock, source.number))
            self.now = max(self.now, clock)
            yield self.now, source.name, item

    def ready(self, now_ms: int = 2**62) -> bool:
        """Whether `release` would yield something now."""
        return bool(self._heads) and (self.waiting > self._limit or not self._must_wait(self._bound(), now_ms))

    def any_idle(self) -> bool:
        """Whether a source is idle: until it wakes up, nobody knows where its next record belongs."""
        return any(source.state is IDLE for source in self._sources)

    def may_be_surprised(self) -> bool:
        """Whether records wait, and the next word of a source that has nothing more to say just now could precede them."""
        return bool(self._heads) and any(source.state in (IDLE, ENDING) for source in self._sources)

    def floor(self) -> Floor:
        """How far the order is final, as of the last `release`; never behind what was released.

        No further than that while the first that waits gives idle sources time to wake up before it. Else as far as the first source
        that is awake may still speak; when none is, as far as the furthest promise that is firm.
        """
        if self._in_grace():
            return Floor(self.now, idle=False)
        for source in self._sources:  # all of them, each time: a promise that is not looked at meanwhile would get firm later
            source.confirm(self._now_ms)
        awake = [source for source in self._sources if source.state is not IDLE]
        if not awake:
            return Floor(max([self.now, *(source.firm for source in self._sources)]), idle=True)
        # While another is idle, a promise counts once it is firm.
        firm_only = len(awake) < len(self._sources)
        earliest = min(source.firm if firm_only and not source.queue else source.next_clock for source in awake)
        return Floor(max(self.now, earliest), idle=False)

    def dump(self) -> dict[str, list[object]]:
        """JSON-ready promises as they stand for somebody who has to read the waiting records again; ``""`` is the merge itself."""
        promises: dict[str, list[object]] = {"": [self.now, False]}
        return promises | {source.name: [source.next_clock, source.state is IDLE] for source in self._sources}

    def load(self, dumped: Mapping[str, Sequence[object]]) -> None:
        """Take over what `dump` wrote; sources that are gone are dropped, new ones start at the beginning."""
        for name, (clock, idle) in dumped.items():
            assert isinstance(clock, int)
            if name == "":
                self.now = clock
            elif name in self._by_name:
                self._by_name[name].watermark(clock, idle=bool(idle))
        self._loaded = True

    def _bound(self) -> tuple[int, int]:
        """Place in the order that silent sources hold back from here on."""
        return min(((source.clock, source.number) for source in self._sources if source.state is SILENT), default=_NO_BOUND)

    def _in_grace(self) -> bool:
        """Whether the first that waits does so for idle sources only."""
        bound = self._bound()
        return bool(self._heads) and self._heads[0] < bound and self._must_wait(bound, self._now_ms)

    def _must_wait(self, bound: tuple[int, int], now_ms: int) -> bool:
        """Whether the first head may be preceded: by a silent source, or by an idle one that has still time to wake up."""
        head = self._heads[0]
        return head >= bound or (self._sources[head[1]].queue[0][1] > now_ms and self.any_idle())
