"""How functions over numbers and arrays become machine code: the decorator that every kernel bears."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast, overload

import numba

Function = TypeVar("Function", bound=Callable[..., object])


@overload
def compiled(function: Function) -> Function: ...


@overload
def compiled(*, inlined: bool) -> Callable[[Function], Function]: ...


def compiled(function: Function | None = None, *, inlined: bool = False) -> Function | Callable[[Function], Function]:
    """Compile ``function`` with numba, cached on disk where that can be written, in memory where not (read-only image).

    ``inlined`` puts its code into that of its callers: for a step of an inner loop, where a call would cost more than the work.
    The cache knows when a function's own file changes, not one whose functions it calls: after such an edit, `make clean`.
    """

    def compile_it(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(cache=True, nogil=True, forceinline=inlined)(function))
        except RuntimeError:  # numba: "no locator available": nowhere to write the cache
            return cast(Function, numba.njit(nogil=True, forceinline=inlined)(function))

    return compile_it if function is None else compile_it(function)
