"""Part sift: events a second of a real sift worker on simulated native payloads, and of the same work in a stock Faust agent."""

import asyncio
import time
from typing import Any

import orjson

from agents.bench import breakdown
from agents.bench.meter import settled
from agents.bench.rig import Rig, preload
from agents.bench.streams import put, recent
from schemas.topics import DISPOSITIONS

MEASURED_ALONE = 10_000


async def measure(rig: Rig) -> dict[str, Any]:
    """Whole job with the shipped models, one worker process, JSON in -> ``information`` out."""
    events = 48_000 if rig.quick else 240_000
    now_ms = int(time.time() * 1000)
    records = [put(simulated) for simulated in recent(events, now_ms)]
    settings = await rig.deploy("sift")
    await preload(settings, "posts", records, now_ms)
    async with rig.workers(settings, ["sift"]):
        pace = await settled(settings, "sift", events, topic="posts")
    stock = await stock_rate(rig, 1_000 if rig.quick else 10_000)
    names = DISPOSITIONS["sift"]
    return {
        "events_per_second": round(pace.per_second),
        "stock_faust_events_per_second": round(stock),
        "vs_stock_faust": round(pace.per_second / stock, 1),
        "events": events,
        "dispositions": {names[code]: amount for code, amount in sorted(pace.dispositions.items())},
        "microseconds": await asyncio.to_thread(breakdown.measure, settings, records[:MEASURED_ALONE], now_ms),
    }


async def stock_rate(rig: Rig, events: int) -> float:
    """Events a second of a stock Faust agent doing the same, one event at a time; see agents/bench/stock.py."""
    now_ms = int(time.time() * 1000)
    settings = await rig.deploy("stock")
    await preload(settings, "posts", (put(simulated) for simulated in recent(events, now_ms)), now_ms)
    environment = rig.environment(settings)
    answer = await rig.answer("agents.bench.stock", str(events), str(rig.folder), environment=environment, within_seconds=180)
    found = orjson.loads(answer)
    return float(found["events"]) / float(found["seconds"])
