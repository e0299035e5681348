"""One record of a topic as the board takes it in."""

from typing import Any, NamedTuple


class Seen(NamedTuple):
    """A record: where it lies, when it was appended (Unix ms), and its value; None for a tombstone."""

    noun: str
    partition: int
    offset: int
    seen_ms: int
    key: bytes | None
    value: bytes | None


def from_record(noun: str, record: Any) -> Seen:
    """What aiokafka hands out, in these words."""
    return Seen(noun, record.partition, record.offset, record.timestamp, record.key, record.value)
