"""A simulated stream as the bench feeds it: native records to put in, and the same run through shards in memory, timed."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiokafka

from agents.bench.rig import PARTITIONS, Put, Rig
from agents.runtime import calm_collector
from agents.settings import Settings
from agents.stages import build as stages
from pipeline.flow import Arrival, Flow, FlowStage
from pipeline.simulation import Scenario, Simulated, simulate
from pipeline.stream import Batch, Output, Shard, Step, partition_of
from schemas.topics import INPUTS, TOPICS

HOURS = 2.0
ALL = ("sift", "correlate", "decide", "act")
FLOW_RECORDS = 16_000


def recent(events: int, now_ms: int, *, seed: int = 11) -> Iterator[Simulated]:
    """Two hours that end about now: no record is history, none lies in the future."""
    return simulate(Scenario(seed=seed, events=events, hours=HOURS, start_ms=now_ms - int(HOURS * 3_600_000)))


def put(simulated: Simulated) -> Put:
    """The record to write."""
    return simulated.key, simulated.value, [("source", simulated.source.encode())]


async def send_together(
    settings: Settings, producer: aiokafka.AIOKafkaProducer, records: Iterable[Simulated]
) -> list["asyncio.Future[object]"]:
    """Hand records to a started producer, a batch a partition, as appended now; what it was asked for, to be awaited."""
    now_ms = int(time.time() * 1000)
    open_batches: dict[tuple[str, int], Any] = {}
    full: list[tuple[tuple[str, int], Any]] = []
    for simulated in records:
        place = (simulated.topic, partition_of(simulated.key, settings.partitions))
        batch = open_batches.get(place) or open_batches.setdefault(place, producer.create_batch())
        key, value, headers = put(simulated)
        if batch.append(timestamp=now_ms, key=key, value=value, headers=headers) is None:
            full.append((place, batch))
            batch = open_batches[place] = producer.create_batch()
            batch.append(timestamp=now_ms, key=key, value=value, headers=headers)
    sent = []
    for (noun, partition), batch in [*full, *open_batches.items()]:
        batch.close()
        sent.append(await producer.send_batch(batch, settings.topic(noun), partition=partition))
    return sent


def arrival(simulated: Simulated) -> Arrival:
    """The same for the flow without Kafka."""
    return Arrival(simulated.topic, simulated.key, simulated.value, (("source", simulated.source.encode()),), simulated.at_ms)


@dataclass(slots=True)
class Clocked:
    """What the shards of one stage did: records taken in, outputs that are no watermarks, CPU seconds of pure work."""

    records: int = 0
    outputs: int = 0
    seconds: float = 0.0
    kept: list[Output] = field(default_factory=list)
    keep: bool = False

    def take(self, step: Step | None, seconds: float, records: int) -> None:
        """Add a call's result."""
        self.seconds += seconds
        self.records += records
        if step is not None:
            self.outputs += sum(not output.broadcast for output in step.outputs)
            if self.keep:
                self.kept += step.outputs

    def watch(self, make: Callable[[str, int], Shard]) -> Callable[[str, int], Shard]:
        """The same shards, watched."""
        return lambda topic, partition: _Watched(make(topic, partition), self)


class _Watched:
    """A shard that notes what it does."""

    def __init__(self, shard: Shard, clock: Clocked) -> None:
        self._shard = shard
        self._clock = clock

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        return self._shard.restore(items)

    def state_lost(self) -> None:
        self._shard.state_lost()

    def process(self, batch: Batch, now_ms: int) -> Step:
        started = time.thread_time()
        step = self._shard.process(batch, now_ms)
        self._clock.take(step, time.thread_time() - started, len(batch.records))
        return step

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        started = time.thread_time()
        step = self._shard.tick(now_ms, caught_up=caught_up)
        self._clock.take(step, time.thread_time() - started, 0)
        return step


async def worked(rig: Rig) -> dict[str, Clocked]:
    """What all stages did with a recent stream, in memory, with what sift wrote; once per rig, parts share it."""
    if "worked" not in rig.shared:
        events = 8_000 if rig.quick else 120_000
        rig.shared["worked"] = await asyncio.to_thread(in_memory, rig.settings("memory"), events, int(time.time() * 1000))
    found: dict[str, Clocked] = rig.shared["worked"]
    return found


def in_memory(settings: Settings, events: int, now_ms: int) -> dict[str, Clocked]:
    """Run the stages up to the actions over a recent stream without Kafka; stage -> what its shards did, with all outputs of sift."""
    partitions = {spec.noun: spec.partitions or PARTITIONS for spec in TOPICS.values()}
    found: dict[str, Clocked] = {}
    parts = []
    for name in ALL:
        built = stages.stage(settings, name, partitions)
        built.warm_up()
        found[name] = Clocked(keep=name == "sift")
        parts.append(FlowStage(name, INPUTS[name], found[name].watch(built.make), built.together))
    calm_collector()
    flow = Flow(parts, partitions, batch_records=FLOW_RECORDS)
    for _ in flow.run(map(arrival, recent(events, now_ms))):
        pass
    return found
