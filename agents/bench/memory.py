"""Part memory: the megabytes that a real sift worker holds while it works with a million remembered texts."""

import asyncio
import hashlib
import subprocess
import time
from pathlib import Path

from agents.bench.meter import settled
from agents.bench.rig import Rig, preload
from agents.bench.streams import put, recent
from agents.kafka import clients
from agents.runtime import StateStore
from agents.settings import Settings
from pipeline.stream import Dedup

REMEMBERED = 1_000_000
EVENTS = 20_000
KEYS_A_WRITE = 500


async def measure(rig: Rig) -> dict[str, float]:
    """Resident memory of one worker that restored them from its changelog and sifted on; ``peak_megabytes`` since its start."""
    settings = await rig.deploy("memory")
    now_ms = int(time.time() * 1000)
    await _remember(settings, REMEMBERED - EVENTS, now_ms)
    async with rig.workers(settings, ["sift"]) as supervisor:
        # All of them into the partition that remembers: its generations hold exactly a million then.
        await preload(settings, "posts", (put(simulated) for simulated in recent(EVENTS, now_ms)), now_ms, only=0)
        await settled(settings, "sift", EVENTS, topic="posts")
        process = supervisor.children[0].process
        assert process is not None
        resident, peak = await asyncio.to_thread(resident_megabytes, process.pid)
    return {"sift_megabytes": resident, "peak_megabytes": peak, "remembered": REMEMBERED}


async def _remember(settings: Settings, amount: int, now_ms: int) -> None:
    """Write the state of a shard that has seen so many different texts."""
    changes = await asyncio.to_thread(_state, settings, amount, now_ms)
    producer = clients.state_producer(settings)
    await producer.start()
    try:
        store = StateStore(settings, "sift", producer)
        keys = list(changes)
        for start in range(0, len(keys), KEYS_A_WRITE):
            await store.write("posts/0", 0, {key: changes[key] for key in keys[start : start + KEYS_A_WRITE]})
    finally:
        await producer.stop()


def _state(settings: Settings, amount: int, now_ms: int) -> dict[bytes, bytes | None]:
    seen = Dedup(window_ms=int(settings.remember_seconds * 1000), entries=settings.remember_entries)
    for number in range(amount):
        digest = hashlib.blake2b(b"%d" % number, digest_size=16).digest()
        seen.add(digest, int.from_bytes(digest[:8], "little") | 1, now_ms)
    return seen.changes()


def resident_megabytes(process_id: int) -> tuple[float, float]:
    """Resident memory of a process now and at most (the same where the system does not tell), MB of 10^6 bytes."""
    status = Path(f"/proc/{process_id}/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        now, most = (int(lines[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    else:
        done = subprocess.run(["ps", "-o", "rss=", "-p", str(process_id)], capture_output=True, text=True, check=True)  # noqa: S603, S607  # fixed words
        now = most = int(done.stdout)
    return round(now * 1024 / 1e6, 1), round(most * 1024 / 1e6, 1)
