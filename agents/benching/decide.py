"""Part decide: situations in; how many a second become decisions and actions, pure shards in this process, out."""

from agents.benching.rig import Rig
from agents.benching.streams import worked


async def measure(rig: Rig) -> dict[str, float]:
    """``situations_per_second``: decide and act together, by the CPU time they take; each also alone."""
    did = await worked(rig)
    situations, decisions = did["correlate"].outputs, did["decide"].outputs
    return {
        "situations_per_second": round(situations / (did["decide"].seconds + did["act"].seconds)),
        "decide_situations_per_second": round(situations / did["decide"].seconds),
        "act_decisions_per_second": round(decisions / did["act"].seconds),
        "situations": situations,
        "decisions": decisions,
        "actions": did["act"].outputs,
    }
