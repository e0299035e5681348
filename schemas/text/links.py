"""Where a link begins and ends in UTF-8, for forms that take links out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.characters import CASE_BIT, COLON, FULL_STOP, SPACE

HTTP = np.frombuffer(b"http", np.uint8)
_WWW = np.frombuffer(b"www", np.uint8)
_COLON_AT, _SECURE_COLON_AT = len("http"), len("https")
_LEAST_HTTP, _LEAST_WWW = len("http://a"), len("www.a")
"""Bytes of the shortest link of either kind."""


@compiled(inlined=True)
def _begins(data: NDArray[np.uint8], at: int, letters: NDArray[np.uint8]) -> bool:
    """Whether these small letters stand at ``at``, in either case."""
    for place in range(len(letters)):  # noqa: SIM110  # numba knows no generators
        if data[at + place] | CASE_BIT != letters[place]:
            return False
    return True


@compiled(inlined=True)
def starts_link(data: NDArray[np.uint8], at: int, stop: int, scheme: NDArray[np.uint8]) -> bool:
    """Whether http:, https: or www. starts at ``at``; ``scheme`` is as much of `HTTP` as has to agree."""
    left = stop - at
    if left >= _LEAST_HTTP and _begins(data, at, scheme):
        return bool(data[at + _COLON_AT] == COLON or data[at + _SECURE_COLON_AT] == COLON)
    return bool(left >= _LEAST_WWW and _begins(data, at, _WWW) and data[at + len(_WWW)] == FULL_STOP)


@compiled
def link_end(data: NDArray[np.uint8], at: int, stop: int) -> int:
    """Where the link that starts at ``at`` ends: at the next white space."""
    while at < stop and data[at] > SPACE:
        at += 1
    return at
