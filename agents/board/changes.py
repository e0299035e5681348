"""Tells whoever watches that something changed: a number that grows, and one flag a watcher. No queue, so nobody slow can fill one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

MOST_WATCHERS = 400
MOST_OF_ONE = 32
BEAT_SECONDS = 5.0


class Changes:
    """All open event streams. Runs on one loop; ``note`` is called on it."""

    def __init__(self) -> None:
        self.version = 0
        self._flags: set[asyncio.Event] = set()
        self._of: Counter[str] = Counter()
        self.ended = False

    @property
    def watchers(self) -> int:
        """How many streams are open."""
        return len(self._flags)

    def note(self) -> None:
        """Something that pages show has changed."""
        self.version += 1
        for flag in self._flags:
            flag.set()

    def end(self) -> None:
        """Close all streams: the board stops."""
        self.ended = True
        for flag in self._flags:
            flag.set()

    def has_room(self, who: str) -> bool:
        """Whether one more stream of this person (or address) may open."""
        return len(self._flags) < MOST_WATCHERS and self._of[who] < MOST_OF_ONE

    async def watch(self, who: str, tell: Callable[[], bytes]) -> AsyncIterator[bytes]:
        """What a stream sends: ``tell()`` now, after every change (many at once count as one) and every few seconds."""
        flag = asyncio.Event()
        self._flags.add(flag)
        self._of[who] += 1
        try:
            while not self.ended:
                yield tell()
                try:
                    await asyncio.wait_for(flag.wait(), BEAT_SECONDS)
                except TimeoutError:
                    continue
                flag.clear()
        finally:
            self._flags.discard(flag)
            self._of[who] -= 1
            if not self._of[who]:
                del self._of[who]
