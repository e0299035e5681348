"""The peers' work in Quix Streams: a BatchingSink that works a checkpoint's batch at once; prints events and seconds.

Its data frames have no batched step: a batching sink is where it hands over many records together. The engine's copying goes the
ordinary way, ``to_topic``, which is faster there.
Run as a module: ``python -m agents.bench.peer_quixstreams engine|sift EVENTS FOLDER``, settings from the environment.
"""

import sys
import time
from typing import Any

from confluent_kafka import Producer
from quixstreams import Application
from quixstreams.sinks.base import BatchingSink, SinkBatch

from agents.bench.peer_work import Work
from agents.bench.peers import tell
from agents.settings import Settings, load_settings
from pipeline.stream import Record

BATCH = 4_096
PRODUCER = {"compression.type": "zstd", "linger.ms": 5, "batch.size": 1_000_000, "queue.buffering.max.messages": 1_000_000}


class _Writing(BatchingSink):  # type: ignore[misc]  # untyped here
    """Works a batch and writes what comes of it; returns when it is acknowledged."""

    def __init__(self, work: Work, settings: Settings) -> None:
        super().__init__()
        self._work = work
        self._producer = Producer({"bootstrap.servers": settings.broker, "enable.idempotence": True, **PRODUCER})

    def write(self, batch: SinkBatch) -> None:
        records = [Record(i.offset, i.timestamp, i.key, i.value, i.headers or ()) for i in batch]
        for topic, key, value, headers in self._work.do(batch.partition, records):
            self._producer.produce(topic, value, key, headers=headers)
            self._producer.poll(0)
        self._producer.flush()


def main() -> None:
    """Work off so many events, then stop; the first batch is start-up."""
    name, events, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    settings = load_settings()
    app = Application(
        settings.broker, consumer_group=f"{settings.prefix}-peer", auto_offset_reset="earliest", auto_create_topics=False, loglevel="ERROR",
        state_dir=f"{folder}/quix", commit_every=BATCH, producer_extra_config=PRODUCER,
    )  # fmt: skip
    kinds: dict[str, Any] = dict.fromkeys(("key_deserializer", "value_deserializer", "key_serializer", "value_serializer"), "bytes")
    frame = app.dataframe(app.topic(settings.topic("posts"), **kinds))
    work = Work(name, settings)
    if name == "engine":
        frame = frame.update(lambda _: _count(work)).to_topic(app.topic(settings.topic("information"), **kinds))
    else:
        frame.sink(_Writing(work, settings))
    app.run(count=events)
    tell(work.events - work.warm, time.monotonic() - work.began)


def _count(work: Work) -> None:
    work.events += 1
    if work.events == BATCH:
        work.began, work.warm = time.monotonic(), BATCH


if __name__ == "__main__":
    main()
