"""Part decide: how many situations a second become decisions and actions, pure shards in this process."""

import asyncio
import time
from typing import Any

from agents.bench.many_rules import many_rules
from agents.bench.rig import Rig
from agents.bench.streams import Clocked, in_memory, worked

MANY_RULES = 200
EVENTS = 14_000


async def measure(rig: Rig) -> dict[str, Any]:
    """``situations_per_second``: decide and act together, by the CPU time they take; each also alone, and with 200 rules."""
    did = await worked(rig)
    decisions = did["decide"].outputs
    found: dict[str, Any] = {
        "situations_per_second": _together(did),
        "decide_situations_per_second": round(did["correlate"].outputs / did["decide"].seconds),
        "act_decisions_per_second": round(decisions / did["act"].seconds),
        "situations": did["correlate"].outputs,
        "decisions": decisions,
        "actions": did["act"].outputs,
    }
    if not rig.quick:
        policy = rig.folder / "many.yaml"
        policy.write_text(many_rules(MANY_RULES), encoding="utf-8")
        many = await asyncio.to_thread(in_memory, rig.settings("many", policy_file=policy), EVENTS, int(time.time() * 1000))
        found["situations_per_second_with_200_rules"] = _together(many)
    return found


def _together(did: dict[str, Clocked]) -> int:
    return round(did["correlate"].outputs / (did["decide"].seconds + did["act"].seconds))
