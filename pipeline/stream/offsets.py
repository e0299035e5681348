"""Which offsets of an input partition are done, and how they ended; `AccountedShard` keeps one tracker for each partition.

What is contiguously done leaves as a `Span` for the ledger; the rest is state until the offsets before it are done too.
"""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

from pipeline.stream.stage import Span
from schemas.topics import DISPOSITIONS, UNSETTLED


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
        assert self._codes[UNSETTLED] == 0

    def arrive(self, offset: int) -> bool:
        """Note that a record was handed out; False when it is already settled and must not be applied again."""
        if self.position is None:
            self.position = offset
        index = offset - self.position
        if index < 0:
            return False
        missing = index - len(self._open)
        if missing > 0:
            self._open.extend(bytes([self._absent]) * missing)
        if index >= len(self._open):
            self._open.append(0)
            return True
        return self._open[index] == 0

    def follows(self, first: int, last: int, amount: int) -> bool:
        """Whether these offsets are a run without a hole right behind what is settled, so that `settle_block` may end them."""
        return self.position == first and not self._open and last - first + 1 == amount

    def skip_to(self, end: int | None) -> None:
        """Note that the broker has nothing more before ``end``: what did not arrive there is ``absent``. None: it has not said."""
        if end is not None and self.position is not None:
            self._open.extend(bytes([self._absent]) * max(end - self.position - len(self._open), 0))

    def settle(self, offset: int, disposition: str) -> None:
        """End an offset that has arrived. Raises ValueError when it ended before: one disposition per offset."""
        if self.position is None or not 0 <= offset - self.position < len(self._open):
            raise ValueError(f"{self.topic}/{self.partition}/{offset} was never handed out")
        if self._open[offset - self.position]:
            raise ValueError(f"{self.topic}/{self.partition}/{offset} has a disposition already")
        self._open[offset - self.position] = self._codes[disposition]

    def settle_block(self, first: int, codes: bytes) -> None:
        """End a run of arrived offsets at once, ``codes`` being indices into the stage's list."""
        assert self.position is not None
        assert len(self._open) == first - self.position
        self._open.extend(codes)

    def take(self) -> Span | None:
        """The contiguous settled run at the front, removed; None when there is none."""
        if self.position is None:
            return None
        end = self._open.find(0)
        end = len(self._open) if end < 0 else end
        if end == 0:
            return None
        span = Span(self.topic, self.partition, self.position, bytes(self._open[:end]))
        del self._open[:end]
        self.position += end
        return span

    def dump(self) -> list[object]:
        """JSON-ready state: next offset and the dispositions known beyond it."""
        ahead = bytes(self._open).rstrip(b"\0")
        return [self.position, base64.b64encode(zlib.compress(ahead, 1)).decode() if ahead else ""]

    def load(self, dumped: list[object]) -> None:
        """Take over what `dump` wrote. Raises ValueError on anything else."""
        position, ahead = dumped
        if not (position is None or isinstance(position, int)) or not isinstance(ahead, str):
            raise ValueError(f"not the state of a settlement: {dumped!r}")
        self.position = position
        self._open = bytearray(zlib.decompress(base64.b64decode(ahead)) if ahead else b"")


def dump_spans(spans: Sequence[Span]) -> list[list[object]]:
    """JSON-ready spans, compressed: a retention gap can make one of millions of ``absent`` offsets."""
    return [[s.topic, s.partition, s.first, base64.b64encode(zlib.compress(s.dispositions, 1)).decode()] for s in spans]


def load_spans(dumped: Sequence[Sequence[Any]]) -> list[Span]:
    """Take over what `dump_spans` wrote."""
    return [Span(topic, partition, first, zlib.decompress(base64.b64decode(packed))) for topic, partition, first, packed in dumped]
