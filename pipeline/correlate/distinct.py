"""Counts the distinct authors of a situation by 64-bit hashes: exact below 256, estimated from there on.

Bottom-k sketch (Bar-Yossef et al. 2002): the 256 smallest hashes; standard error 6 %. Independent of order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

SIZE = 256


class Crowd(Struct, gc=False):
    """A bounded set of authors; ``least`` are the smallest hashes, in order."""

    least: list[int] = []

    def add(self, author: int) -> bool:
        """Count an author; False when certainly known already."""
        least = self.least
        at = bisect_left(least, author)
        if at < len(least) and least[at] == author:
            return False
        if at < SIZE:
            least.insert(at, author)
            del least[SIZE:]
        return True

    def remove(self, author: int, others: NDArray[np.uint64]) -> None:
        """Count an author no longer; ``others``: all that are known to be left, needed where one of the smallest is to be replaced."""
        if author not in self.least:
            return
        if len(self.least) == SIZE:
            self.least = np.unique(others)[:SIZE].tolist()
        else:
            self.least.remove(author)

    def merge(self, other: Crowd) -> None:
        """Count all authors that another crowd still remembers."""
        for author in other.least:
            self.add(author)

    def estimate(self) -> int:
        """Number of distinct authors."""
        if len(self.least) < SIZE:
            return len(self.least)
        return round((SIZE - 1) * 2.0**64 / (self.least[-1] + 1))

    def dump(self) -> str:
        """Hex of the sorted hashes."""
        return as_hex(self.least)

    @classmethod
    def load(cls, dumped: str) -> Crowd:
        """The crowd that `dump` wrote."""
        return cls(from_hex(dumped))


def as_hex(authors: Sequence[int]) -> str:
    """Hashes of authors as text, 16 hex digits each."""
    return b"".join([author.to_bytes(8, "big") for author in authors]).hex()


def from_hex(dumped: str) -> list[int]:
    """What `as_hex` wrote."""
    raw = bytes.fromhex(dumped)
    return [int.from_bytes(raw[at : at + 8], "big") for at in range(0, len(raw), 8)]
