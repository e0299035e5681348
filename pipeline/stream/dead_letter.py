"""Makes the Rejected message that keeps an unreadable record for a replay; `AccountedShard.reject` writes it for every stage."""

import base64
from typing import NamedTuple

import orjson

from pipeline.stream.stage import InputRecord, Output
from schemas.times import iso

RAW_LIMIT_BYTES = 256 * 1024
"""More of a record than this is not kept: base64 of it must fit a Kafka message of 1 MiB."""


class Unreadable(NamedTuple):
    """Why a record was refused: ``code`` for machines (bounded set), ``reason`` for people."""

    code: str
    reason: str


def rejected(stage: str, source: str, topic: str, partition: int, record: InputRecord, why: Unreadable) -> Output:
    """The output that accounts for an unreadable record, its bytes kept up to `RAW_LIMIT_BYTES`."""
    raw = record.value or b""
    place = f"{topic}/{partition}/{record.offset}"
    message = {
        "stage": stage,
        "code": why.code,
        "reason": why.reason[:500],
        "raw_base64": base64.b64encode(raw[:RAW_LIMIT_BYTES]).decode(),
        "raw_bytes": len(raw),
        "truncated": len(raw) > RAW_LIMIT_BYTES,
        "key_base64": None if record.key is None else base64.b64encode(record.key[:1024]).decode(),
        "headers": {name: value[:1024].decode("utf-8", "replace") for name, value in record.headers if value is not None},
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
