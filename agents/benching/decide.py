"""Part decide: situations in; how many a second become decisions and actions, pure shards in this process, out."""

import asyncio
import time

from agents.benching.rig import Rig
from agents.benching.streams import in_memory


async def measure(rig: Rig) -> dict[str, float]:
    """``situations_per_second``: decide and act together; both also alone."""
    events = 12_000 if rig.quick else 60_000
    now_ms = int(time.time() * 1000)
    did = await asyncio.to_thread(in_memory, rig.settings("decide"), ("sift", "correlate", "decide", "act"), events, now_ms)
    situations, decisions = did["correlate"].outputs, did["decide"].outputs
    return {
        "situations_per_second": round(situations / (did["decide"].seconds + did["act"].seconds)),
        "decide_situations_per_second": round(situations / did["decide"].seconds),
        "act_decisions_per_second": round(decisions / did["act"].seconds),
        "situations": situations,
        "decisions": decisions,
        "actions": did["act"].outputs,
    }
