"""The records that `ActShard` writes: on which topic and under which key and id each of its messages goes out."""

from collections.abc import Mapping
from typing import Any

import orjson

from pipeline.act.outcomes import label_id
from pipeline.stream import Output, trace_parent
from schemas.times import to_milliseconds


def action(body: Mapping[str, Any], lineage: str, time_ms: int, source: str) -> Output:
    """An action on its team's own topic, keyed by situation so that what replaces it comes after it."""
    return Output(
        noun=f"actions.{body['team']}", key=body["situation"].encode(), value=orjson.dumps(body), id=body["action_id"],
        time_ms=time_ms, source=source, lineage=lineage, type="winnow.actions.v1",
        trace=trace_parent(body["situation"], body["action_id"]),
    )  # fmt: skip


def label(body: Mapping[str, Any], lineage: str, situation: str, source: str) -> Output:
    """A label, keyed by subject as the information it is about."""
    identity = label_id(body)
    return Output(
        noun="labels", key=body["subject"].encode(), value=orjson.dumps(body), id=identity, time_ms=to_milliseconds(body["at"]),
        source=source, lineage=lineage, trace=trace_parent(situation, identity),
    )  # fmt: skip


def passed_on(key: str, value: Mapping[str, Any], place: str, time_ms: int, source: str) -> Output:
    """An outcome on its way to the team whose action it answers."""
    return Output(
        noun="outcomes", key=key.encode(), value=orjson.dumps(value), id=f"rekeyed/{place}", time_ms=time_ms,
        source=source, lineage=place, trace="",
    )  # fmt: skip
