"""Which offsets of a partition somebody has handled, although those between them wait: what `winnow rejected` commits.

A group commits one offset a partition, and a text beside it. The offset is the first that waits; the text holds the runs behind it
that are handled, so that nobody else needs to remember them.
"""

import base64
import binascii
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

NOTE_LIMIT = 4_000
"""Brokers take 4,096 bytes beside an offset (``offset.metadata.max.bytes``)."""

NOTE_UNPACKED_LIMIT = 1 << 20
"""No note of ours is larger unpacked; a few bytes of zlib could claim more."""

Runs = tuple[tuple[int, int], ...]
"""Runs of offsets, each as its first and the one behind its last, in order, none touching the next."""


@dataclass(frozen=True, slots=True)
class Handled:
    """All offsets before ``position``, and those of ``runs``."""

    position: int = 0
    runs: Runs = ()

    def __contains__(self, offset: int) -> bool:
        at = bisect_right(self.runs, offset, key=lambda run: run[0]) - 1
        return offset < self.position or (at >= 0 and offset < self.runs[at][1])

    def waiting(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The runs between these two offsets that nobody has handled."""
        at = max(begin, self.position)
        for first, behind in self.runs:
            if first >= end:
                break
            if at < first:
                yield at, first
            at = max(at, behind)
        if at < end:
            yield at, end

    def with_runs(self, more: Iterable[tuple[int, int]]) -> "Handled":
        """These as well.

        >>> Handled(3, ((5, 7),)).with_runs([(3, 4), (9, 10)])
        Handled(position=4, runs=((5, 7), (9, 10)))
        >>> Handled(3, ((5, 7),)).with_runs([(3, 5)])
        Handled(position=7, runs=())
        """
        position, found = self.position, list[tuple[int, int]]()
        for first, behind in sorted([*self.runs, *more]):
            if first <= position:
                position = max(position, behind)
            elif found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], behind))
            else:
                found.append((first, behind))
        return Handled(position, tuple(found))

    def note(self) -> str:
        """The runs as text to be committed beside ``position``; "" for none."""
        if not self.runs:
            return ""
        steps, at = list[int](), self.position
        for run in self.runs:
            for offset in run:
                steps.append(offset - at)
                at = offset
        return base64.b64encode(zlib.compress(orjson.dumps(steps), 9)).decode()

    def fits(self) -> bool:
        """Whether a broker takes the note."""
        return len(self.note()) <= NOTE_LIMIT


def read_handled(position: int, note: str) -> Handled:
    """The inverse of `Handled.note`; of a text that somebody else committed only the position counts."""
    try:
        unpacked = zlib.decompressobj().decompress(base64.b64decode(note, validate=True), NOTE_UNPACKED_LIMIT)
        steps = orjson.loads(unpacked)
    except (binascii.Error, zlib.error, orjson.JSONDecodeError):
        return Handled(position)
    if not isinstance(steps, list) or len(steps) % 2 or not all(isinstance(step, int) and step > 0 for step in steps):
        return Handled(position)
    bounds, at = list[int](), position
    for step in steps:
        at += step
        bounds.append(at)
    return Handled(position, tuple(zip(bounds[::2], bounds[1::2], strict=True)))
