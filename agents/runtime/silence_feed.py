"""The topic ``silences`` in; the silences that a worker of decide or act adds to its policy out. `PolicyWatch` takes them up.

A silence is in force on a shard from the step behind the one that wrote it, within the policy, into the shard's state.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agents.runtime.compacted_topic import CompactedTopic
from agents.runtime.policy_reload import PolicyWatch
from agents.settings import Settings
from pipeline.policy import Silence, read_silence
from schemas.errors import Unavailable

log = logging.getLogger("winnow")

KEEP_MS = 7 * 86_400_000
"""What ended longer ago is not in the policy any more: what it stopped is history."""


class SilenceFeed:
    """All silences of the topic, as of the last look."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._latest: dict[str, bytes] = {}
        self._read: dict[bytes, Silence | str] = {}
        self._known = asyncio.Event()
        self._topic = CompactedTopic(settings, "silences", self.take_in, self.take_up)
        self.current: tuple[Silence, ...] = ()
        """In order of their ids: the same on every worker, and so is the hash of the policy with them."""

    async def begin(self) -> None:
        """Read the topic, and follow it from now on. Raises WinnowError when it cannot be read: nothing is asked that may be silenced."""
        self._topic.follow()
        try:
            await asyncio.wait_for(self._known.wait(), self._settings.request_timeout_seconds)
        except TimeoutError:
            raise Unavailable(
                f"{self._settings.topic('silences')} cannot be read: it is not known what is to be left alone",
                hint="The log says why. `winnow topics apply` makes the topic, `winnow acls plan` shows missing rights.",
            ) from None

    def take_in(self, record: Any) -> None:
        """Let one record of the topic count; one without a value removes its silence."""
        name = (record.key or b"").decode("utf-8", "replace")
        if record.value:
            self._latest[name] = record.value
        else:
            self._latest.pop(name, None)

    async def take_up(self) -> None:
        """Make ``current`` what the records say; those that are no silences are told of, and silence nothing."""
        self._read = await asyncio.to_thread(self._read_all)
        found = [(name, self._read[value]) for name, value in sorted(self._latest.items())]
        since_ms = int(time.time() * 1000) - KEEP_MS
        self.current = tuple(one for _, one in found if isinstance(one, Silence) and one.until_ms > since_ms)
        self._known.set()

    def _read_all(self) -> dict[bytes, Silence | str]:
        """What each value says; compiling takes too long for the loop."""
        found: dict[bytes, Silence | str] = {}
        for name, value in self._latest.items():
            read = found[value] = self._read[value] if value in self._read else read_silence(value)
            if isinstance(read, str) and value not in self._read:
                log.error("silence %s silences nothing, its record is refused: %s; `winnow silence add` writes good ones", name, read)
        return found


def follow_policy(settings: Settings) -> tuple[PolicyWatch, Callable[[], Awaitable[None]]]:
    """The policy of a worker: of its file, and with the silences of the topic once the second, what `Stage.begin` is, was awaited."""
    feed = SilenceFeed(settings)
    watch = PolicyWatch(settings.policy_file, silences=lambda: feed.current)

    async def begin() -> None:
        await feed.begin()
        watch.look_at_silences()

    return watch, begin
