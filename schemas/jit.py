"""Compiles functions over numbers and arrays, and caches them on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile ``function`` with numba, cached on disk where that can be written, in memory where not (read-only image).

    The cache knows when a function's own file changes, not one whose functions it calls: after such an edit, `make clean`.
    """
    try:
        return cast(Function, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # numba: "no locator available": nowhere to write the cache
        return cast(Function, numba.njit(nogil=True)(function))
