"""The peers' work in Bytewax: its Kafka source and sink with batches of 4,096 through ``flat_map_batch``; prints events and seconds.

Run as a module: ``python -m agents.bench.peer_bytewax engine|sift EVENTS FOLDER``, settings from the environment.
"""

import sys
import time
from itertools import groupby
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.testing import run_main

from agents.bench.peer_work import Work
from agents.bench.peers import tell
from agents.settings import load_settings
from pipeline.stream import Record

BATCH = 4_096
PRODUCER = {
    "compression.type": "zstd",
    "linger.ms": "5",
    "batch.size": "1000000",
    "enable.idempotence": "true",
    "queue.buffering.max.messages": "1000000",
}


def main() -> None:
    """Work off all that is in the topic, then stop; the first batch is start-up."""
    settings = load_settings()
    work = Work(sys.argv[1], settings)

    def batched(messages: list[Any]) -> list[Any]:
        found: list[Any] = []
        for partition, group in groupby(messages, key=lambda message: message.partition):
            records = [Record(m.offset, m.timestamp[1], m.key, m.value, m.headers) for m in group]
            found += [KafkaSinkMessage(key, value, topic, headers) for topic, key, value, headers in work.do(partition, records)]
        return found

    flow = Dataflow("peer")
    source = KafkaSource([settings.broker], [settings.topic("posts")], tail=False, batch_size=BATCH)
    posts = op.input("posts", flow, source)
    worked = op.flat_map_batch("work", posts, batched)
    op.output("write", worked, KafkaSink([settings.broker], None, add_config=PRODUCER))
    run_main(flow)
    tell(work.events - work.warm, time.monotonic() - work.began)


if __name__ == "__main__":
    main()
