"""The five bytes before a value: a zero, and the id of its schema."""

HEADER_BYTES = 5
LARGEST_ID = 2**31 - 1
"""Registries count ids in 32 bits with a sign: none knows a larger one, and most call asking for one a fault of the asker."""


def schema_id(raw: bytes | None) -> int | None:
    r"""The schema's id in a record; None for a record that does not begin so.

    >>> schema_id(b"\0\0\0\1\2value"), schema_id(b'{"id": 1}'), schema_id(None)
    (258, None, None)
    """
    if not raw or raw[0] or len(raw) < HEADER_BYTES:
        return None
    return int.from_bytes(raw[1:HEADER_BYTES], "big")
