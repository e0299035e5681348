"""The hashes of compiled code: of a sequence one element after the other, and of one number."""

from __future__ import annotations

import numpy as np

from schemas.jit import compiled
from schemas.text.characters import Integer

FNV_OFFSET = np.uint64(0xCBF29CE484222325)
"""The hash of nothing (FNV-1a, 64 bits; Fowler, Noll and Vo)."""
FNV_PRIME = np.uint64(0x100000001B3)

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: what a number is multiplied by so that its upper bits are a hash (Knuth, TAOCP 3, 6.4)."""
GOLDEN_32 = 0x9E3779B1
"""The same of 32 bits, a prime."""

MIX_FIRST, MIX_SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""Multipliers of SplitMix64 (Steele, Lea and Flood 2014; variant 13 of Stafford)."""
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


@compiled(inlined=True)
def fnv1a(hashed: np.uint64, value: Integer | np.uint8 | np.uint64) -> np.uint64:
    """The hash of a sequence whose hash was ``hashed`` and that goes on with ``value``."""
    return (hashed ^ np.uint64(value)) * FNV_PRIME


@compiled(inlined=True)
def mix(value: np.uint64) -> np.uint64:
    """A hash with all bits mixed (SplitMix64)."""
    value = (value ^ (value >> _SHIFTS[0])) * MIX_FIRST
    value = (value ^ (value >> _SHIFTS[1])) * MIX_SECOND
    return value ^ (value >> _SHIFTS[2])
