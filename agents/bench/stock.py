"""The counterpart: sift's pure functions in a stock Faust agent, one event at a time, default settings; prints events and seconds.

Run as a module: ``python -m agents.bench.stock EVENTS DATADIR``, settings from the environment as in a real worker.
"""

import asyncio
import logging
import os
import sys
import time
from typing import Any, NamedTuple, NoReturn

import faust
import orjson

from agents.bench.rig import PARTITIONS
from agents.settings import load_settings
from agents.stages import sift
from pipeline.stream import Batch, Shard

START_UP = 100
"""Events that do not count."""
WAIT_SECONDS = 120.0
WRITES = ("information", "chaff", "rejected")


class _Event(NamedTuple):
    """A Faust event's message as an input record."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Any


async def run(events: int) -> dict[str, float]:
    """Sift so many events with ``async for`` and ``topic.send``; what it took, all output acknowledged in the end."""
    settings = load_settings()
    stage = sift.stage(settings, {"posts": PARTITIONS, "feedback": PARTITIONS})
    stage.warm_up()
    shards: dict[int, Shard] = {}
    done = asyncio.Event()
    times: list[float] = []
    sent: list[Any] = []
    app = faust.App(
        f"{settings.prefix}-stock", broker=f"kafka://{settings.broker}", env_prefix="WINNOW_FAUST_IGNORED_", datadir=sys.argv[2],
        web_enabled=False, topic_allow_declare=False, topic_disable_leader=True,
    )  # fmt: skip
    posts, *outs = (app.topic(settings.topic(noun), value_serializer="raw", key_serializer="raw") for noun in ("posts", *WRITES))
    out = dict(zip(WRITES, outs, strict=True))

    async def work(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            shard = shards.get(message.partition) or shards.setdefault(message.partition, stage.make("posts", message.partition))
            record = _Event(message.offset, int(message.timestamp * 1000), message.key, message.value, message.headers)
            step = shard.process(Batch("posts", message.partition, [record]), int(time.time() * 1000))
            for output in step.outputs:
                if not output.broadcast:
                    sent.append(await out[output.noun].send(key=output.key, value=output.value, headers=dict(output.headers())))
            times.append(time.monotonic())
            if len(times) == events:
                done.set()

    app.agent(posts)(work)
    app.finalize()
    await app.start()
    await asyncio.wait_for(done.wait(), WAIT_SECONDS)
    # `app.producer.flush()` may never return here: what counts is that the brokers have acknowledged every output.
    await asyncio.wait_for(asyncio.gather(*sent), WAIT_SECONDS)
    return {"events": events - START_UP, "seconds": time.monotonic() - times[START_UP - 1]}


def main() -> None:
    """Print one JSON object and go at once: nothing here needs an orderly end, which takes Faust seconds."""
    logging.disable(logging.CRITICAL)
    asyncio.run(_run_to_print(int(sys.argv[1])))


async def _run_to_print(events: int) -> NoReturn:
    sys.stdout.write(orjson.dumps(await run(events)).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
