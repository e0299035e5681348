"""Which labels may be believed, by who gave them. Whoever calls everything noise teaches nothing but that.

A giver's word that something is noise counts as long as the same giver also finds wheat: ``FREE + PER_WHEAT`` times what was called
wheat. What goes beyond waits, in order, for more wheat from that giver; of what waits, the latest is dropped when it is too much.
Event order alone decides, never batches or the wall clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

FREE = 10
PER_WHEAT = 9
HELD_LIMIT = 200
GIVERS = 1_000
STATE_KEY = b"trust/"
VERSION = 1

Verdict = tuple[str, bool]
"""A text, and whether it is noise."""


@dataclass(slots=True)
class _Giver:
    order: int
    noise: int = 0
    wheat: int = 0
    held: list[str] = field(default_factory=list)

    def trusted(self) -> bool:
        return self.noise < FREE + PER_WHEAT * self.wheat


class Trust:
    """What one shard knows of those who give labels."""

    def __init__(self) -> None:
        self._givers: dict[str, _Giver] = {}
        self._changed: set[str] = set()

    def weigh(self, giver: str, text: str, noise: bool) -> list[Verdict]:
        """Take in one label; what may be taught because of it, in order: nothing, it alone, or it and others that waited for it."""
        known = self._of(giver)
        if noise:
            if not known.trusted():
                if len(known.held) < HELD_LIMIT:
                    known.held.append(text)
                    self._changed.add(giver)
                return []
            known.noise += 1
            self._changed.add(giver)
            return [(text, True)]
        known.wheat += 1
        self._changed.add(giver)
        believed: list[Verdict] = [(text, False)]
        while known.held and known.trusted():
            believed.append((known.held.pop(0), True))
            known.noise += 1
        return believed

    def forget(self, text: str | None) -> None:
        """Let a text that is gone wait no longer, whoever labelled it."""
        for giver, known in self._givers.items():
            if text in known.held:
                known.held = [one for one in known.held if one != text]
                self._changed.add(giver)

    def _of(self, giver: str) -> _Giver:
        known = self._givers.get(giver)
        if known is None:
            last = next(reversed(self._givers.values()), None)
            known = self._givers[giver] = _Giver(1 if last is None else last.order + 1)
            if len(self._givers) > GIVERS:
                oldest = next(iter(self._givers))
                del self._givers[oldest]
                self._changed.add(oldest)
        return known

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call."""
        found: dict[bytes, bytes | None] = {}
        for giver in sorted(self._changed):
            known = self._givers.get(giver)
            saved = None if known is None else {"v": VERSION, "giver": [known.order, known.noise, known.wheat, known.held]}
            found[STATE_KEY + giver.encode()] = None if saved is None else orjson.dumps(saved)
        self._changed.clear()
        return found

    def restore(self, items: Mapping[bytes, bytes]) -> None:
        """Take over what `changes` wrote; keys of others are left alone."""
        saved = [
            (key[len(STATE_KEY) :].decode(), _Giver(*orjson.loads(value)["giver"]))
            for key, value in items.items()
            if key.startswith(STATE_KEY)
        ]
        self._givers = dict(sorted(saved, key=lambda pair: pair[1].order))
