"""In: a decimal as Avro and Protobuf write it, big-endian bytes and a scale. Out: a number of JSON, or text where none is exact."""

from decimal import Decimal

MOST_BYTES = 64
MOST_SCALE = 100
_EXACT_DIGITS = 15
_INT64 = 2**63


def decimal_value(raw: bytes, scale: int) -> int | float | str:
    r"""Raises ValueError for what is longer than anybody's number.

    >>> decimal_value(b"\x2d", 1), decimal_value(b"\xff\x38", 2), decimal_value(b"\x01" + b"\0" * 8, 3)
    (4.5, -2.0, '18446744073709551.616')
    """
    if len(raw) > MOST_BYTES or not 0 <= scale <= MOST_SCALE:
        raise ValueError("no such decimal")
    unscaled = int.from_bytes(raw, "big", signed=True)
    if not scale:
        return unscaled if abs(unscaled) < _INT64 else str(unscaled)
    digits = str(abs(unscaled))
    found = f"{Decimal((int(unscaled < 0), tuple(map(int, digits)), -scale)):f}"
    return float(found) if len(digits) <= _EXACT_DIGITS else found
