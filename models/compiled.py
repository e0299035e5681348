"""In: a function in numba's Python subset. Out: the same function compiled on first call, cached on disk where possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile `function` with numba: nogil (a worker may judge in a thread), cached beside the code or in NUMBA_CACHE_DIR.

    Where neither place can be written (a read-only image without NUMBA_CACHE_DIR) it compiles in memory instead of failing
    the import: slower to start, never wrong.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba: "no locator available": nowhere to write the cache
        return cast(Function, numba.njit(nogil=True)(function))
