"""Tells whoever watches that something changed that their screen shows. One flag a watcher and no queue, so nobody slow can fill one."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_WATCHERS = 400
MOST_OF_ONE = 32
BEAT_SECONDS = 5.0
LEAST_SECONDS = 1.0
"""A screen is told of changes so long after the last ones at the earliest; what came between counts as one."""
REMEMBERED = 256
"""Changes that are known to who comes with a page read before them; who comes with an older one is told to read again."""

MOST_IDS = 500
"""A change of more actions and situations than these is remembered as one of everything."""


def version_of(text: str) -> int | None:
    """The version of a change as a page sends it back; None for what is none."""
    return int(text) if text.isdecimal() and len(text) < 20 else None


class Moved(NamedTuple):
    """An action came, or stands otherwise: what queues filter by, and (open, state) before, None for a new one, and after."""

    team: str
    kind: str
    subject: str
    rule: str
    before: tuple[bool, str] | None
    after: tuple[bool, str]


@dataclass(slots=True)
class Touched:
    """What some records changed, as screens see it. ids: of actions and situations; nouns: ``surges``, ``ideas``, ``silences``."""

    moved: set[Moved] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    nouns: set[str] = field(default_factory=set)
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.moved or self.ids or self.nouns)


View = Callable[[Touched], bool]
"""Whether a screen shows anything of what changed."""


@dataclass(slots=True, eq=False)
class _Watcher:
    view: View
    version: int
    flag: asyncio.Event = field(default_factory=asyncio.Event)


class Changes:
    """All open event streams. Runs on one loop; ``note`` and ``note_state`` are called on it.

    version: of the last change; a restarted board counts on from a greater one.
    """

    def __init__(self) -> None:
        self.version = time.time_ns() // 1_000_000
        self._watchers: set[_Watcher] = set()
        self._of: Counter[str] = Counter()
        self._recent: deque[tuple[int, Touched]] = deque(maxlen=REMEMBERED)
        self._known_from = self.version
        self.ended = False

    @property
    def watchers(self) -> int:
        """How many streams are open."""
        return len(self._watchers)

    def note(self, touched: Touched) -> None:
        """Something has changed: those are told whose screen shows it."""
        if not touched:
            return
        if len(self._recent) == REMEMBERED:
            self._known_from = self._recent[0][0]
        self.version += 1
        self._recent.append((self.version, touched if len(touched.ids) <= MOST_IDS else Touched(everything=True)))
        for watcher in self._watchers:
            if _shows(watcher.view, touched):
                watcher.version = self.version
                watcher.flag.set()

    def note_state(self) -> None:
        """How the board itself is has changed: everybody is told, no screen has to be read again."""
        for watcher in self._watchers:
            watcher.flag.set()

    def end(self) -> None:
        """Close all streams: the board stops."""
        self.ended = True
        self.note_state()

    def has_room(self, who: str) -> bool:
        """Whether one more stream of this person (or address) may open."""
        return len(self._watchers) < MOST_WATCHERS and self._of[who] < MOST_OF_ONE

    def seen_by(self, view: View, since: int) -> int:
        """The last change that a screen shows, for who read it at version ``since``: that itself when it is still true."""
        if not self._known_from <= since <= self.version:
            return self.version
        return max((version for version, touched in self._recent if version > since and _shows(view, touched)), default=since)

    async def watch(self, who: str, view: View, since: int, tell: Callable[[int], bytes]) -> AsyncIterator[bytes]:
        """What a stream sends: ``tell(version)`` now, after changes that ``view`` shows, and every few seconds."""
        watcher = _Watcher(view, self.seen_by(view, since))
        self._watchers.add(watcher)
        self._of[who] += 1
        try:
            while not self.ended:
                watcher.flag.clear()
                yield tell(watcher.version)
                told = time.monotonic()
                try:
                    await asyncio.wait_for(watcher.flag.wait(), BEAT_SECONDS)
                except TimeoutError:
                    continue
                if not self.ended:
                    await asyncio.sleep(max(0.0, told + LEAST_SECONDS - time.monotonic()))
        finally:
            self._watchers.discard(watcher)
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]


def _shows(view: View, touched: Touched) -> bool:
    return touched.everything or view(touched)
