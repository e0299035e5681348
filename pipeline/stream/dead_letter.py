"""Makes the Rejected message that keeps an unreadable record for a replay, and reads it back for one.

`AccountedShard.reject` writes it for every stage, `agents.kafka.dead_letters` puts back what it holds.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from pipeline.stream.stage import Header, InputRecord, Output
from schemas.times import iso

RAW_LIMIT_BYTES = 256 * 1024
KEY_LIMIT_BYTES = HEADERS_LIMIT_BYTES = 64 * 1024
"""More of a record's value, key and headers than this is not kept: base64 of all must fit a Kafka message of 1 MiB."""

SHOWN_BYTES, SHOWN_HEADERS = 1_024, 16
"""So many headers are readable as they stand, each up to so many bytes."""

OLD_LIMIT_BYTES = 1_024
"""Former versions kept so much of a key and of each header, and did not say when there was more."""


class Original(NamedTuple):
    """A rejected record as it was."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Unreadable(NamedTuple):
    """Why a record was refused: ``code`` for machines (bounded set), ``reason`` for people."""

    code: str
    reason: str


def rejected(stage: str, source: str, topic: str, partition: int, record: InputRecord, why: Unreadable) -> Output:
    """The output that accounts for an unreadable record; value, key and headers are kept exactly up to their limits."""
    raw, key = record.value or b"", record.key
    whole_headers = sum(len(name.encode()) + len(value or b"") for name, value in record.headers) <= HEADERS_LIMIT_BYTES
    kept = record.headers if whole_headers else ()
    place = f"{topic}/{partition}/{record.offset}"
    message = {
        "stage": stage,
        "code": why.code,
        "reason": why.reason[:500],
        "raw_base64": _encoded(raw[:RAW_LIMIT_BYTES]),
        "raw_bytes": len(raw),
        "truncated": len(raw) > RAW_LIMIT_BYTES or len(key or b"") > KEY_LIMIT_BYTES or not whole_headers,
        "key_base64": None if key is None else _encoded(key[:KEY_LIMIT_BYTES]),
        "headers": _readable(record.headers),
        "headers_base64": [[name, None if value is None else _encoded(value)] for name, value in kept],
        "tombstone": record.value is None,
        "appended_at": iso(record.timestamp),
        "lineage": {"topic": topic, "partition": partition, "offset": record.offset},
    }
    return Output(
        noun="rejected",
        key=f"{topic}/{partition}".encode(),
        value=orjson.dumps(message),
        id=f"rejected/{stage}/{place}",
        time_ms=record.timestamp,
        source=source,
        lineage=f"{place}/0",
        trace="",
    )


def original(message: Mapping[str, Any]) -> Original | str:
    """The record that a Rejected message keeps, byte for byte; or why that is not to be had from it.

    Of what former versions wrote, those come back that show no sign of loss: they kept neither repeated headers nor headers without
    value, and a null value as an empty one.
    """
    if message["truncated"]:
        return "too large to be kept whole"
    key = None if message["key_base64"] is None else base64.b64decode(message["key_base64"])
    value = base64.b64decode(message["raw_base64"])
    kept: Sequence[tuple[str, str | None]] | None = message.get("headers_base64")
    if kept is not None:
        headers = [(name, None if text is None else base64.b64decode(text)) for name, text in kept]
        return Original(key, None if message["tombstone"] else value, headers)
    old: list[tuple[str, bytes | None]] = [(name, text.encode()) for name, text in message["headers"].items()]
    if len(key or b"") >= OLD_LIMIT_BYTES or any(
        "\ufffd" in text or len(text.encode()) >= OLD_LIMIT_BYTES for text in message["headers"].values()
    ):
        return "kept by a former version, which changed its key or headers"
    return Original(key, value, old) if value else "kept by a former version, which did not say whether its value was empty or null"


def _readable(headers: Sequence[Header]) -> dict[str, str]:
    """The first headers as text, for people; names as well are cut."""
    shown = [(name, value) for name, value in headers if value is not None][:SHOWN_HEADERS]
    return {name[:SHOWN_BYTES]: value[:SHOWN_BYTES].decode("utf-8", "replace") for name, value in shown}


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
