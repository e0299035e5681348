"""A batch of texts as one buffer, so that one call of compiled code reads them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_TEXT_BYTES = 4096
"""What follows in a text is not read by compiled forms, so that one record cannot hold up its batch."""


@dataclass(frozen=True, slots=True)
class TextBuffer:
    """Text i is `data[starts[i]:starts[i + 1]]`."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1


def joined(parts: Sequence[bytes]) -> TextBuffer:
    """Texts in UTF-8, end to end."""
    starts = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)), out=starts[1:])
    return TextBuffer(np.frombuffer(b"".join(parts), np.uint8), starts)


def pack(texts: Sequence[str]) -> TextBuffer:
    """Texts as one buffer of UTF-8; lone surrogates, which some networks deliver, pass through as bytes."""
    return joined([text.encode("utf-8", "surrogatepass") for text in texts])
