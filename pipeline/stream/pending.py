"""Keeps what refers to something that has not come yet: labels before their texts in learn, outcomes before their decisions in monitor.

Bounded in number and in time, first in first out.
"""

from collections.abc import Mapping
from typing import Any

import orjson

STATE_KEY = b"waiting/"
VERSION = 1


class JoinBuffer:
    """Named JSON values under the key that they wait for.

    limit: how many keys wait at most. window_ms: how long, in append times (Unix ms) of what comes after.
    """

    def __init__(self, *, limit: int, window_ms: int) -> None:
        self.dropped = 0
        self._limit, self._window_ms = limit, window_ms
        self._held: dict[str, tuple[int, int, dict[str, Any]]] = {}
        self._changed: set[str] = set()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str, name: str) -> Any:
        """A value that waits, None when it does not."""
        found = self._held.get(key)
        return None if found is None else found[2].get(name)

    def put(self, key: str, name: str, value: Any, appended_ms: int) -> None:
        """Let a value wait, in place of one of the same name; what is too old or too much is dropped, oldest first."""
        if key not in self._held:
            last = next(reversed(self._held.values()), None)
            self._held[key] = (1 if last is None else last[0] + 1, appended_ms, {})
        self._held[key][2][name] = value
        self._changed.add(key)
        while self._held:
            oldest, (_, since_ms, values) = next(iter(self._held.items()))
            if len(self._held) <= self._limit and since_ms > appended_ms - self._window_ms:
                return
            self.dropped += len(values)
            self.take(oldest)

    def take(self, key: str) -> dict[str, Any]:
        """All that waits for a key, by name; it waits no longer."""
        found = self._held.pop(key, None)
        if found is None:
            return {}
        self._changed.add(key)
        return found[2]

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        for key in sorted(self._changed):
            held = self._held.get(key)
            found[STATE_KEY + key.encode()] = None if held is None else orjson.dumps({"v": VERSION, "held": held})
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        saved = ((key[len(STATE_KEY) :].decode(), orjson.loads(value)["held"]) for key, value in items.items() if key.startswith(STATE_KEY))
        for key, (number, since_ms, values) in sorted(saved, key=lambda pair: int(pair[1][0])):
            self._held[key] = (number, since_ms, values)
