"""Part engine: how many small posts a second a batched Faust stage forwards unchanged, bare and with ledger and state.

Run as a module it is that stage: ``python -m agents.bench.engine full|bare``, settings from the environment as in a real worker.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial

import orjson

from agents.bench.meter import settled, written
from agents.bench.rig import Put, Rig, preload
from agents.hang import leave_soon
from agents.kafka import topics
from agents.runtime import Stage, Worker
from agents.settings import load_settings
from pipeline.stream import POSITION_KEY, Batch, Output, Span, Step
from schemas.topics import DISPOSITIONS

TEXT = "Waiting two hours at the gate now and nobody from the airline says anything, is anyone else stuck here with their children?"
AUTHORS = 1_000
_FORWARDED = bytes([DISPOSITIONS["sift"].index("information")])


class ForwardShard:
    """Every value on to ``information``, unchanged. ``accounted``: with ledger, position and a state change, as a real stage has."""

    def __init__(self, topic: str, partition: int, *, accounted: bool) -> None:
        self.topic = topic
        self.partition = partition
        self._accounted = accounted

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Start where the position says."""
        step = Step()
        if POSITION_KEY in items:
            step.positions[self.topic, self.partition] = orjson.loads(items[POSITION_KEY])
        return step

    def state_lost(self) -> None:
        """Nothing was remembered."""

    def process(self, batch: Batch, now_ms: int) -> Step:
        """One output a record."""
        if not batch.records:
            return Step()
        first, last = batch.records[0].offset, batch.records[-1].offset
        step = Step(positions={(self.topic, self.partition): last + 1})
        source = f"sift/{self.topic}/{self.partition}"
        step.outputs = [
            Output("information", record.key, record.value or b"", "", now_ms, source, "", "", ready=list(record.headers))
            for record in batch.records
        ]
        if self._accounted:
            step.spans = [Span(self.topic, self.partition, first, _FORWARDED * (last + 1 - first))]
            step.changes = {POSITION_KEY: b"%d" % (last + 1)}
        return step

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Nothing is ever due."""
        return None


def posts(count: int) -> Iterator[Put]:
    """Small posts of about 300 bytes."""
    for number in range(count):
        value = orjson.dumps(
            {
                "id": f"{number:016x}", "source": "bench", "kind": "post", "author": {"id": str(number % AUTHORS)}, "text": TEXT,
                "created_at": "2026-01-01T00:00:00.000Z", "url": f"https://example.org/posts/{number}",
            }
        )  # fmt: skip
        yield b"%d" % (number % AUTHORS), value, []


async def measure(rig: Rig) -> dict[str, float]:
    """Events a second through the engine: ``events_per_second`` bare, ``accounted_events_per_second`` as in production."""
    events = 100_000 if rig.quick else 600_000
    found: dict[str, float] = {"events": events}
    for mode in ("bare", "full"):
        settings = await rig.deploy(f"engine-{mode}")
        await preload(settings, "posts", posts(events), int(time.time() * 1000))
        async with rig.process("agents.bench.engine", mode, environment=rig.environment(settings)):
            if mode == "bare":
                found["events_per_second"] = round(await written(settings, "information", events))
            else:
                found["accounted_events_per_second"] = round((await settled(settings, "sift", events)).per_second)
    return found


async def _serve(mode: str) -> int:
    settings = load_settings()
    await topics.needed_by(settings, "sift")
    stage = Stage("sift", lambda topic, partition: ForwardShard(topic, partition, accounted=mode == "full"))
    return await Worker(settings, stage, parent=os.getppid(), ending=partial(leave_soon, "engine")).run()


if __name__ == "__main__":
    sys.exit(asyncio.run(_serve(sys.argv[1])))
