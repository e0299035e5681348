"""Part correlate: records a second of a real correlate worker, and of its pure shards alone."""

import asyncio
import time
from typing import Any

from agents.bench import copies, correlate_parts
from agents.bench.meter import settled
from agents.bench.rig import PARTITIONS, Rig
from agents.bench.spent import cpu_seconds
from agents.bench.streams import worked
from agents.kafka import clients
from agents.runtime import Emitter
from agents.settings import Settings
from pipeline.stream import Output

CHUNK = 4_096


async def measure(rig: Rig) -> dict[str, Any]:
    """``events_per_second``: information records, watermarks not counted, from the topic to situations, one worker process.

    ``events_per_cpu_second``: the same over the CPU time of that process, whatever else keeps the machine's cores busy.
    """
    settings = await rig.deploy("correlate")
    pure = await worked(rig)
    outputs = [output for output in pure["sift"].kept if output.noun == "information"]
    information = sum(not output.broadcast for output in outputs)
    records = information + PARTITIONS * (len(outputs) - information)
    async with rig.workers(settings, ["correlate"]) as supervisor:
        process = supervisor.children[0].process
        assert process is not None
        begun = cpu_seconds(process.pid)
        await _write(settings, outputs)  # only now: what is there already would be worked on while the worker starts
        pace = await settled(settings, "correlate", records)
        spent = cpu_seconds(process.pid) - begun
    return {
        "events_per_second": round(pace.per_second * information / records),
        "events_per_cpu_second": round(information / max(spent, 0.01)),
        "pure_events_per_cpu_second": round(information / pure["correlate"].seconds),
        "events": information,
        "situations": pure["correlate"].outputs,
        "microseconds": await asyncio.to_thread(correlate_parts.measure, outputs, PARTITIONS, int(time.time() * 1000)),
        "duplicates": await asyncio.to_thread(copies.measured, quick=rig.quick),
    }


async def _write(settings: Settings, outputs: list[Output]) -> None:
    producer = clients.producer(settings)
    await producer.start()
    try:
        emitter = Emitter(settings, producer)
        for start in range(0, len(outputs), CHUNK):
            await emitter.emit(outputs[start : start + CHUNK])
    finally:
        await producer.stop()
