"""Part latency: seconds from a post's append in Kafka to its action record, with 500 live events a second through all stages."""

import asyncio
import time
from collections.abc import Iterator
from importlib.resources import files
from itertools import takewhile
from pathlib import Path

import aiokafka
import orjson
import yaml

from agents.bench.rig import Rig
from agents.bench.streams import send_together
from agents.kafka import clients, topics
from agents.settings import Settings
from pipeline.policy import load_policy
from pipeline.simulation import Mix, Scenario, Simulated, simulate
from schemas.errors import WinnowError
from schemas.times import to_milliseconds
from schemas.topics import STAGES

OFFERED_PER_SECOND = 500
SHORTEST_HOURS = 0.05
LEAD_SECONDS = 2.0
WARM_SECONDS = 3.0
"""Actions on posts of the first seconds do not count: every stage still loads what it needs for the first time."""
SETTLE_SECONDS = 3.0
"""When as long as that no more actions have come, all are there."""
PATIENCE_SECONDS = 60.0
FLUSH_SECONDS = 0.01
HOPS = ("information", "situations", "decisions")


def generous(folder: Path) -> Path:
    """The default policy with attention without end: budgets would hold back nearly every action after the first minute."""
    policy = yaml.safe_load((files("pipeline") / "defaults" / "policy.yaml").read_text(encoding="utf-8"))
    for team in policy["teams"]:
        team["attention"] = {"per_hour": 100_000, "burst": 100_000}
    path = folder / "policy.yaml"
    path.write_text(yaml.safe_dump(policy, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


async def measure(rig: Rig) -> dict[str, float]:
    """Percentiles over all actions of posts offered, and of each hop on the way since the same append."""
    seconds = 6.0 if rig.quick else 30.0
    policy = generous(rig.folder)
    settings = rig.settings("latency", policy_file=policy)
    teams = sorted(team.name for team in load_policy(settings.policy_file).teams)
    await rig.deploy("latency", teams)
    events = await asyncio.to_thread(_events_for, seconds + WARM_SECONDS)
    async with rig.workers(settings, STAGES, WINNOW_POLICY_FILE=str(policy)):
        begun_ms = int((time.time() + LEAD_SECONDS) * 1000)
        offered = await _offer(settings, _live(begun_ms, seconds + WARM_SECONDS, events))
        counted_from = begun_ms + int(WARM_SECONDS * 1000)
        actions = await _all_delays(settings, [f"actions.{team}" for team in teams], counted_from)
        found = {noun: await _delays(settings, [noun], counted_from) for noun in HOPS}
    if not actions:
        reached = ", ".join(f"{len(delays)} {noun}" for noun, delays in found.items())
        raise WinnowError(f"no action within {PATIENCE_SECONDS:.0f} s of {offered} posts ({reached}): nothing to measure")
    return {
        "p50_seconds": _share(actions, 0.5),
        "p99_seconds": _share(actions, 0.99),
        "worst_seconds": _share(actions, 1.0),
        "actions": len(actions),
        "offered_per_second": round(offered / (seconds + WARM_SECONDS), 1),
        "events": offered,
        **{f"{noun}_p50_seconds": _share(delays, 0.5) for noun, delays in found.items()},
        **{f"{noun}_p99_seconds": _share(delays, 0.99) for noun, delays in found.items()},
    }


async def _all_delays(settings: Settings, nouns: list[str], counted_from: int) -> list[float]:
    """As `_delays`, of all that come of what was offered; empty when nothing comes in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    found: list[float] = []
    while True:
        await asyncio.sleep(SETTLE_SECONDS)
        before, found = found, await _delays(settings, nouns, counted_from)
        if (found and len(found) == len(before)) or time.monotonic() > deadline:
            return found


def _live(begun_ms: int, seconds: float, events: int) -> Iterator[Simulated]:
    """The first seconds of an ordinary stream, mass reactions left out."""
    hours = max(SHORTEST_HOURS, seconds / 3600)
    scenario = Scenario(seed=5, events=events, hours=hours, start_ms=begun_ms, mix=Mix(surge=1.0, cheer=1.0))
    return takewhile(lambda simulated: simulated.at_ms < begun_ms + seconds * 1000, simulate(scenario))


def _events_for(seconds: float) -> int:
    """How many events to simulate so that the first seconds have the rate: threads and copies make a stream swell."""
    tried = int(max(SHORTEST_HOURS * 3600, seconds) * OFFERED_PER_SECOND)
    found = sum(1 for _ in _live(int(time.time() * 1000), seconds, tried))
    return int(tried * OFFERED_PER_SECOND * seconds / found)


async def _offer(settings: Settings, stream: Iterator[Simulated]) -> int:
    """Write each record when it is due, those of a hundredth of a second together; how many."""
    producer = clients.producer(settings)
    await producer.start()
    waiting: list[Simulated] = []
    sent: list[asyncio.Future[object]] = []
    count = 0
    try:
        for simulated in stream:
            count += 1
            if waiting and simulated.at_ms / 1000 > time.time():
                sent += await send_together(settings, producer, waiting)
                waiting = []
                await asyncio.sleep(max(simulated.at_ms / 1000 - time.time(), FLUSH_SECONDS))
            waiting.append(simulated)
        sent += await send_together(settings, producer, waiting)
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return count


async def _delays(settings: Settings, nouns: list[str], from_ms: int) -> list[float]:
    """Seconds between the append of the post and that of the record, sorted; escalations fall due later and do not count."""
    counts = await topics.partitions(settings, nouns)
    places = [aiokafka.TopicPartition(settings.topic(noun), number) for noun, count in counts.items() for number in range(count)]
    consumer = clients.reader(settings)
    await consumer.start()
    found = []
    try:
        ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
        consumer.assign(list(ends))
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    message = orjson.loads(record.value or b"{}")
                    appended = message.get("appended_at")
                    if appended and message.get("kind") != "escalate" and to_milliseconds(appended) >= from_ms:
                        found.append((record.timestamp - to_milliseconds(appended)) / 1000)
    finally:
        await consumer.stop()
    return sorted(found)


def _share(delays: list[float], share: float) -> float:
    return delays[min(int(share * len(delays)), len(delays) - 1)] if delays else 0.0
