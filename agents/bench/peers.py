"""Part peers: the engine's and sift's work in Quix Streams and in Bytewax, each batched as well as it can, beside Winnow's own."""

import importlib.util
import sys
import time
from typing import Any

import orjson

from agents.bench import engine
from agents.bench.meter import settled, written
from agents.bench.rig import Put, Rig, preload
from agents.bench.streams import put, recent
from schemas.errors import WinnowError

PEERS = ("quixstreams", "bytewax")
WITHIN_SECONDS = 300.0


async def measure(rig: Rig) -> dict[str, Any]:
    """Same broker, same input, same pure functions, one process each; Winnow's own figures beside them.

    Raises WinnowError without the extra `bench`.
    """
    absent = [name for name in PEERS if importlib.util.find_spec(name) is None]
    if absent:
        raise WinnowError(f"{' and '.join(absent)} not installed", hint="pip install 'winnow-pipeline[bench]'")
    now_ms = int(time.time() * 1000)
    small = list(engine.posts(150_000 if rig.quick else 300_000))
    native = [put(simulated) for simulated in recent(60_000 if rig.quick else 120_000, now_ms)]
    return {"engine": await _compare(rig, "engine", small, now_ms), "sift": await _compare(rig, "sift", native, now_ms)}


async def _compare(rig: Rig, work: str, records: list[Put], now_ms: int) -> dict[str, float]:
    rates = {"winnow": await _winnow(rig, work, records, now_ms)}
    for peer in PEERS:
        settings = await rig.deploy(f"{peer}-{work}")
        await preload(settings, "posts", records, now_ms)
        module = f"agents.bench.peer_{peer}"
        environment = rig.environment(settings)
        printed = await rig.answer(module, work, str(len(records)), str(rig.folder), environment=environment, within_seconds=WITHIN_SECONDS)
        found = orjson.loads(printed)
        rates[peer] = found["events"] / found["seconds"]
    return {
        **{f"{name}_events_per_second": round(rate) for name, rate in rates.items()},
        **{f"vs_{peer}": round(rates["winnow"] / rates[peer], 2) for peer in PEERS},
    }


async def _winnow(rig: Rig, work: str, records: list[Put], now_ms: int) -> float:
    settings = await rig.deploy(f"peers-{work}")
    await preload(settings, "posts", records, now_ms)
    if work == "engine":
        async with rig.process("agents.bench.engine", "bare", environment=rig.environment(settings)):
            return await written(settings, "information", len(records))
    async with rig.workers(settings, ["sift"]):
        return (await settled(settings, "sift", len(records), topic="posts")).per_second


def tell(events: int, seconds: float) -> None:
    """What a peer's process prints for `measure`."""
    sys.stdout.write(orjson.dumps({"events": events, "seconds": seconds}).decode() + "\n")
