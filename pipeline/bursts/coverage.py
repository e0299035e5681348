"""Whether a silence was quiet or nobody was listening, from the buckets in which a shard read anything.

A subject that is heard of for the first time may alarm in its first minutes, if the shard was listening before: ten people at once
on what nobody spoke of until now is how a crisis out of nowhere begins, and a busy subject new to the catalogue looks the same. That
costs one glance of whoever has just added it; waiting would cost the crisis. A shard that itself has just begun to listen says
nothing until its series have warmed up: then everything is new.
"""

from __future__ import annotations

WATCHED_BUCKETS = 14 * 1440
"""So many buckets tell how much the shard hears; of more, half is forgotten."""


class Coverage:
    """When the shard was listening: in how many buckets of the ``span`` so far something was ``heard``, about whatever subject.

    A silence that this makes too improbable is none: a feed was down, or the first record was a straggler of hours ago. As much of
    it as would have been probable (``doubted``) says how rarely something is heard, and nothing else.
    """

    __slots__ = ("doubted", "heard", "last", "span")

    def __init__(self) -> None:
        self.last, self.heard, self.span, self.doubted = -1, 0, 0, 0

    def hear(self, bucket: int, doubt: float) -> bool:
        """Note that something was heard in a bucket; True when the buckets since the last one were not listened to.

        ``doubt``: so many buckets that should have been heard are too many to be missing by chance.
        """
        silent = bucket - self.last - 1
        if silent < 0:
            return False
        probable = int(doubt * (self.span + self.doubted) / self.heard) if self.heard else 0
        deaf = silent > probable
        if deaf:
            self.doubted += probable
        else:
            self.span += silent
        self.last, self.heard, self.span = bucket, self.heard + 1, self.span + 1
        if self.span + self.doubted > WATCHED_BUCKETS:
            self.heard, self.span, self.doubted = (self.heard + 1) // 2, self.span // 2, self.doubted // 2
        return deaf and self.heard > 1

    def dump(self) -> str:
        """The state as text."""
        return f"{self.last} {self.heard} {self.span} {self.doubted}"

    @classmethod
    def load(cls, dumped: str) -> Coverage:
        """What `dump` wrote."""
        watch = cls()
        watch.last, watch.heard, watch.span, watch.doubted = map(int, dumped.split())
        return watch
