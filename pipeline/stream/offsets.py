"""Which offsets of an input partition are done, and how they ended; `AccountedShard` keeps one tracker for each partition.

What is contiguously done leaves as a `Span` for the ledger; the rest is state until the offsets before it are done too.
"""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS, UNSETTLED

LONG_GAP = 1_024
"""From so many offsets on a hole costs the same whatever its length: it is kept as a number and told as a span of its own. Shorter
ones (a transaction's marker) are bytes among others: a ledger entry for each would cost more."""


class OffsetTracker:
    """Account of one input partition. Offsets are settled in any order; spans come out contiguous and never overlap.

    Every offset from the first one seen is covered: offsets that the broker skips are settled as ``absent``. ``position`` is the first
    offset that is not in a span yet, None before any record.
    """

    def __init__(self, stage: str, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.position: int | None = None
        self._codes = {name: code for code, name in enumerate(DISPOSITIONS[stage])}
        self._absent = self._codes["absent"]
        self._open = bytearray()
        self._gaps: list[tuple[int, int]] = []
        """Long ones, in order: (index in ``_open`` that it lies before, offsets)."""
        assert self._codes[UNSETTLED] == 0

    def arrive(self, offset: int) -> bool:
        """Note that a record was handed out; False when it is already settled and must not be applied again."""
        if self.position is None:
            self.position = offset
        if offset < self.position:
            return False
        missing = offset - self._end(self.position)
        if missing < 0:
            index = self._index(offset - self.position)
            return index is not None and self._open[index] == 0
        self._skip(missing)
        self._open.append(0)
        return True

    def follows(self, first: int, last: int, amount: int) -> bool:
        """Whether these offsets are a run without a hole right behind what is settled, so that `settle_block` may end them."""
        return self.position == first and not self._open and not self._gaps and last - first + 1 == amount

    def skip_to(self, end: int | None) -> None:
        """Note that the broker has nothing more before ``end``: what did not arrive there is ``absent``. None: it has not said."""
        if end is not None and self.position is not None:
            self._skip(end - self._end(self.position))

    def settle(self, offset: int, disposition: str) -> None:
        """End an offset that has arrived. Raises ValueError when it ended before: one disposition per offset."""
        if self.position is None or not self.position <= offset < self._end(self.position):
            raise ValueError(f"{self.topic}/{self.partition}/{offset} was never handed out")
        index = self._index(offset - self.position)
        if index is None or self._open[index]:
            raise ValueError(f"{self.topic}/{self.partition}/{offset} has a disposition already")
        self._open[index] = self._codes[disposition]

    def settle_block(self, first: int, codes: bytes) -> None:
        """End a run of arrived offsets at once, ``codes`` being indices into the stage's list."""
        assert self.position is not None
        assert self._end(self.position) == first
        self._open.extend(codes)

    def take(self) -> list[Span]:
        """The contiguous settled run at the front, removed: in order, each long gap a span of its own."""
        spans: list[Span] = []
        while self.position is not None:
            stop = self._gaps[0][0] if self._gaps else len(self._open)
            end = self._open.find(0, 0, stop)
            end = stop if end < 0 else end
            if end:
                spans.append(Span(self.topic, self.partition, self.position, bytes(self._open[:end])))
                del self._open[:end]
                self._gaps = [(index - end, amount) for index, amount in self._gaps]
                self.position += end
            if not self._gaps or self._gaps[0][0]:
                break
            _, amount = self._gaps.pop(0)
            spans.append(Span(self.topic, self.partition, self.position, bytes([self._absent]), amount))
            self.position += amount
        return spans

    def dump(self) -> list[object]:
        """JSON-ready state: next offset, the dispositions known beyond it, and the long gaps among them if there are any."""
        ahead = bytes(self._open).rstrip(b"\0")
        gaps = [[index, amount] for index, amount in self._gaps if index <= len(ahead)]
        packed = base64.b64encode(zlib.compress(ahead, 1)).decode() if ahead else ""
        return [self.position, packed, gaps] if gaps else [self.position, packed]

    def load(self, dumped: list[Any]) -> None:
        """Take over what `dump` wrote. Raises ValueError on anything else."""
        position, ahead, *rest = dumped
        if not (position is None or isinstance(position, int)) or not isinstance(ahead, str) or len(rest) > 1:
            raise ValueError(f"not the state of an offset tracker: {dumped!r}")
        self.position = position
        self._open = bytearray(zlib.decompress(base64.b64decode(ahead)) if ahead else b"")
        self._gaps = [(index, amount) for index, amount in (rest[0] if rest else ())]

    def _end(self, position: int) -> int:
        """Offset behind the last one that is known."""
        end = position + len(self._open)
        for _, amount in self._gaps:
            end += amount
        return end

    def _index(self, ahead: int) -> int | None:
        """Where in ``_open`` the offset so far ahead of the position is; None when it lies in a long gap."""
        for index, amount in self._gaps:
            if ahead < index:
                break
            if ahead < index + amount:
                return None
            ahead -= amount
        return ahead

    def _skip(self, amount: int) -> None:
        """Offsets behind the last known one that the broker does not have; nothing when there are none."""
        if amount >= LONG_GAP:
            self._gaps.append((len(self._open), amount))
        elif amount > 0:
            self._open.extend(bytes([self._absent]) * amount)


def dump_spans(spans: Sequence[Span]) -> list[list[object]]:
    """JSON-ready spans, compressed; a long gap also says how long it is."""
    dumped: list[list[object]] = []
    for topic, partition, first, codes, times in spans:
        packed = base64.b64encode(zlib.compress(codes, 1)).decode()
        dumped.append([topic, partition, first, packed, times] if times > 1 else [topic, partition, first, packed])
    return dumped


def load_spans(dumped: Sequence[Sequence[Any]]) -> list[Span]:
    """Take over what `dump_spans` wrote."""
    return [
        Span(topic, partition, first, zlib.decompress(base64.b64decode(packed)), *times)
        for topic, partition, first, packed, *times in dumped
    ]
