"""How functions over numbers and arrays become machine code: the decorator that every kernel bears, and a hint to the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., object])


@overload
def compiled(function: Function) -> Function: ...


@overload
def compiled(*, inlined: bool) -> Callable[[Function], Function]: ...


def compiled(function: Function | None = None, *, inlined: bool = False) -> Function | Callable[[Function], Function]:
    """Compile ``function`` with numba, cached on disk where that can be written, in memory where not (read-only image).

    ``inlined`` puts its code into that of its callers: for a step of an inner loop, where a call would cost more than the work. Such a
    function counts no references to the arrays it is given, which would cost more than the call: it must make no array and return none.
    The cache knows when a function's own file changes, not one whose functions it calls: after such an edit, `make clean`.
    """

    def compile_it(function: Function) -> Function:
        try:
            return cast(Function, numba.njit(cache=True, nogil=True, forceinline=inlined, _nrt=not inlined)(function))
        except RuntimeError:  # numba: "no locator available": nowhere to write the cache
            return cast(Function, numba.njit(nogil=True, forceinline=inlined, _nrt=not inlined)(function))

    return compile_it if function is None else compile_it(function)


_TO_READ, _KEEP, _DATA = 0, 3, 1
"""LLVM's words of a prefetch: not to be written; to stay in all levels of the cache; no code."""


def _prefetch(_: Any, array: Any, row: Any) -> Any:
    def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, values[0])
        step = cgutils.unpack_tuple(builder, held.strides, signature.args[0].ndim)[0]
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.gep(builder.bitcast(held.data, byte), [builder.mul(values[1], step)])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, number, number, number]))
        builder.call(hint, [place, number(_TO_READ), number(_KEEP), number(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.int64), write


prefetch = cast(Callable[[NDArray[Any], int | np.integer[Any]], None], intrinsic(_prefetch))
"""In a kernel, ``prefetch(array, row)``: have a row of an array fetched into the cache, while something else is worked on.

A hint only: it changes no value, and a row that is not there is no fault. It pays where rows are scattered over more than the cache holds,
and are known some time before they are read.
"""
