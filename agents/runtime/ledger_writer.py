"""Spans of dispositions in; acknowledged ledger entries out: the account of every input offset."""

import os
import socket
import time
from collections.abc import Sequence

import orjson

from agents.runtime.outputs import Emitter
from pipeline.ledger import pack
from pipeline.stream import Deleted, Output, Span, Written
from schemas.times import iso
from schemas.topics import DISPOSITIONS

WORKER = f"{socket.gethostname()}/{os.getpid()}"


class LedgerWriter:
    """Writes one entry per span. Repeating an entry after a restart is harmless: it says the same."""

    def __init__(self, stage: str, emitter: Emitter) -> None:
        self._stage = stage
        self._emitter = emitter

    async def write(self, spans: Sequence[Span], written: Sequence[Written] = (), deleted: Sequence[Deleted] = ()) -> None:
        """Append the spans, the first of them with what was written and what was found deleted since the last ones; returns when
        acknowledged.
        """
        if not spans:
            return
        now_ms = int(time.time() * 1000)
        first = entry(self._stage, spans[0], WORKER, now_ms, written, deleted)
        await self._emitter.emit([first, *(entry(self._stage, span, WORKER, now_ms) for span in spans[1:])])


def entry(
    stage: str, span: Span, worker: str, now_ms: int, written: Sequence[Written] = (), deleted: Sequence[Deleted] = ()
) -> Output:  # fmt: skip
    """The ledger message of one span."""
    packed, compressed = pack(span.dispositions)
    names = DISPOSITIONS[stage]
    place = f"{stage}/{span.topic}/{span.partition}"
    message = {
        "stage": stage,
        "topic": span.topic,
        "partition": span.partition,
        "first": span.first,
        "last": span.end - 1,
        "packed": packed,
        "compressed": compressed,
        "counts": {names[code]: amount for code, amount in sorted(span.counts().items())},
        "worker": worker,
        "at": iso(now_ms),
    }
    if span.times > 1:
        message["gap"] = True
    if written:
        message["wrote"] = _by_topic(written)
    if deleted:
        message["deleted"] = _by_topic(deleted)
    return Output(
        noun="ledger", key=place.encode(), value=orjson.dumps(message), id=f"ledger/{place}/{span.first}", time_ms=now_ms,
        source=place, lineage=f"{span.topic}/{span.partition}/{span.first}/0", trace="",
    )  # fmt: skip


def _by_topic(runs: Sequence[Written] | Sequence[Deleted]) -> dict[str, list[tuple[int, int, int]]]:
    places: dict[str, list[tuple[int, int, int]]] = {}
    for one in runs:
        places.setdefault(one.topic, []).append((one.partition, one.first, one.last))
    return places
