"""Spans of dispositions in; acknowledged ledger entries out: the account of every input offset."""

import os
import socket
import time
from collections.abc import Sequence

import orjson

from agents.runtime.outputs import Emitter
from pipeline.ledger import pack
from pipeline.stream import Output, Span, Written
from schemas.times import iso
from schemas.topics import DISPOSITIONS

WORKER = f"{socket.gethostname()}/{os.getpid()}"


class LedgerWriter:
    """Writes one entry per span. Repeating an entry after a restart is harmless: it says the same."""

    def __init__(self, stage: str, emitter: Emitter) -> None:
        self._stage = stage
        self._emitter = emitter

    async def write(self, spans: Sequence[Span], written: Sequence[Written] = ()) -> None:
        """Append the spans, the first of them with what was written since the last ones; returns when acknowledged."""
        now_ms = int(time.time() * 1000)
        await self._emitter.emit([entry(self._stage, span, WORKER, now_ms, () if at else written) for at, span in enumerate(spans)])


def entry(stage: str, span: Span, worker: str, now_ms: int, written: Sequence[Written] = ()) -> Output:
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
        places: dict[str, list[tuple[int, int, int]]] = {}
        for one in written:
            places.setdefault(one.topic, []).append((one.partition, one.first, one.last))
        message["wrote"] = places
    return Output(
        noun="ledger", key=place.encode(), value=orjson.dumps(message), id=f"ledger/{place}/{span.first}", time_ms=now_ms,
        source=place, lineage=f"{span.topic}/{span.partition}/{span.first}/0", trace="",
    )  # fmt: skip
