"""A steady load on a real Kafka with all stages: what workers and topics come to need, at the start, in the middle and at the end.

`make soak` runs it for 20 minutes at 1,000 events a second and prints what it saw; deploy/SIZING.md is made from such figures.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from agents.bench.memory import resident_megabytes
from agents.bench.streams import send_together
from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import Scanner, clients
from agents.local.kafka import LocalKafka
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.metrics.group_lag import group_lags
from agents.settings import Settings, load_settings
from pipeline.simulation import Scenario, Simulated, simulate
from schemas.topics import STAGES

PIECE_SECONDS = 60.0
"""The stream is made so much at a time: all of it at once would need more memory than what is measured."""
TURN_SECONDS = 0.05
TELL_SECONDS = 60.0
DONE_SECONDS = 900.0
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class WorkerSample:
    """One worker: memory and its peak (MB of 10^6 bytes), open descriptors, events that it has not committed, restarts so far."""

    resident: float
    peak: float
    descriptors: int
    lag: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the feed began, events fed, each worker, and the bytes of each topic's logs on disk, one replica."""

    seconds: float
    fed: int
    workers: dict[str, WorkerSample]
    topics: dict[str, int]


@dataclass(slots=True)
class Soak:
    """One run. ``say`` is told in lines."""

    broker: LocalKafka
    folder: Path
    rate: float
    seconds: float
    say: Callable[[str], None]
    samples: list[Sample] = field(default_factory=list)
    _fed: int = 0
    _began: float = 0.0

    async def run(self) -> list[str]:
        """Feed, look, wait until all is done, audit; what is wrong, one line each (none: all is well)."""
        settings = load_settings(broker=self.broker.address, prefix="soak")
        await prepare(settings, None)
        async with AsyncExitStack() as stack:
            supervisor = await stack.enter_async_context(Supervisor(STAGES, environment(settings), self.folder / "workers", say=self.say))
            await supervisor.until_ready()
            self._began = time.monotonic()
            feed = asyncio.create_task(self._feed(settings))
            try:
                for share, name in ((0.1, "start"), (0.5, "middle"), (1.0, "end")):
                    await self._until(self.seconds * share, feed)
                    self.samples.append(await self._look(settings, supervisor))
                    self._tell(name)
                await feed
            finally:
                feed.cancel()
            took = time.monotonic() - self._began
            self.say(f"fed {self._fed:,} events in {took:.0f} s: {self._fed / took:,.0f} a second were held")
            done = await wait_until_done(settings, timeout_seconds=DONE_SECONDS)
            behind = time.monotonic() - self._began - took
            self.samples.append(await self._look(settings, supervisor))
            self._tell(f"all worked, {behind:.0f} s after the last event")
            report = await run_audit(settings, until_end=True)
        self.say(_bytes_per_event(self.samples[-1]))
        wrong = [] if done else [f"not done {DONE_SECONDS:.0f} s after the last event"]
        wrong += [] if report.balanced else [f"the books do not balance: {report.to_json()}"]
        return wrong + ([] if report.events == self._fed else [f"{report.events:,} events are accounted for, {self._fed:,} were fed"])

    # -- the load --------------------------------------------------------------------------------------------------------

    async def _feed(self, settings: Settings) -> None:
        """Write each event when it is due, those of a turn together, until the time is over; a machine that cannot keep up is late."""
        producer = clients.producer(settings)
        await producer.start()
        stream = pieces(self.rate, self.seconds, int(time.time() * 1000))
        waiting = await asyncio.to_thread(next, stream, None)
        began = time.time()
        try:
            while waiting is not None:
                following = asyncio.create_task(asyncio.to_thread(next, stream, None))
                for number in range(0, len(waiting), turn := max(1, int(self.rate * TURN_SECONDS))):
                    if time.time() - began >= self.seconds:
                        return
                    due = began + self._fed / self.rate
                    if (early := due - time.time()) > 0:
                        await asyncio.sleep(early)  # the pace itself
                    events = waiting[number : number + turn]
                    await asyncio.gather(*await send_together(settings, producer, events))
                    self._fed += len(events)
                waiting = await following
        finally:
            await producer.stop()

    async def _until(self, seconds: float, feed: "asyncio.Task[None]") -> None:
        """Wait until the feed has gone on for so long, or has ended, saying each minute how far it is."""
        while (left := self._began + seconds - time.monotonic()) > 0 and not feed.done():
            await asyncio.wait({feed}, timeout=min(left, TELL_SECONDS))
            self.say(f"{time.monotonic() - self._began:7.0f} s  {self._fed:,} events fed")
        if feed.done():
            await feed

    # -- looking ---------------------------------------------------------------------------------------------------------

    async def _look(self, settings: Settings, supervisor: Supervisor) -> Sample:
        workers = {}
        async with Scanner(settings) as scanner:
            for child in supervisor.children:
                assert child.process is not None
                number = child.process.pid
                resident, peak = await asyncio.to_thread(resident_megabytes, number)
                lag = sum((await group_lags(settings, scanner, child.stage)).values())
                workers[child.stage] = WorkerSample(resident, peak, descriptors(number), lag, child.restarts)
        return Sample(time.monotonic() - self._began, self._fed, workers, log_bytes(settings, self.broker.folder / "data"))

    def _tell(self, name: str) -> None:
        sample = self.samples[-1]
        self.say(f"{name}: {sample.seconds:.0f} s, {sample.fed:,} events, {sum(sample.topics.values()) / MEGABYTE:,.0f} MB of logs")
        self.say("  worker     MB now  MB most  descriptors      lag  restarts")
        for stage, one in sample.workers.items():
            self.say(f"  {stage:<9}{one.resident:8.0f}{one.peak:9.0f}{one.descriptors:13}{one.lag:9,}{one.restarts:10}")


def descriptors(process_id: int) -> int:
    """How many a process has open, as Linux tells."""
    return sum(1 for _ in Path(f"/proc/{process_id}/fd").iterdir())


def pieces(rate: float, seconds: float, begin_ms: int) -> Iterator[list[Simulated]]:
    """An ordinary stream that begins at ``begin_ms`` (Unix ms), in pieces of some minutes, each with its own seed."""
    left = int(rate * seconds)
    number = 0
    while left > 0:
        events = min(left, int(rate * PIECE_SECONDS))
        start = begin_ms + int(number * PIECE_SECONDS * 1000)
        found = list(simulate(Scenario(seed=number + 1, events=events, hours=events / rate / 3600, start_ms=start)))
        yield found
        left -= len(found)
        number += 1


def log_bytes(settings: Settings, data: Path) -> dict[str, int]:
    """Noun -> bytes of its record logs on this broker's disk, all partitions, as written (compressed)."""
    found: dict[str, int] = {}
    for log in data.glob(f"{settings.prefix}.*/*.log"):
        noun = settings.noun(log.parent.name.rpartition("-")[0])
        noun = "actions" if noun.startswith("actions.") else noun
        found[noun] = found.get(noun, 0) + log.stat().st_size
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _bytes_per_event(sample: Sample) -> str:
    lines = [f"bytes an event and replica, over {sample.fed:,} events:"]
    lines += [f"  {noun:<16}{size / sample.fed:9.1f}" for noun, size in sample.topics.items()]
    return "\n".join([*lines, f"  {'all':<16}{sum(sample.topics.values()) / sample.fed:9.1f}"])


def main() -> int:
    """Run it and print what it did; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1_200.0)
    parser.add_argument("--rate", type=float, default=1_000.0, help="events a second")
    parser.add_argument("--json", type=Path, help="also write the samples there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="winnow-soak-") as folder, LocalKafka(Path(folder) / "kafka") as broker:
        soak = Soak(broker, Path(folder), given.rate, given.seconds, lambda line: print(line, flush=True))  # noqa: T201  # a command
        wrong = asyncio.run(soak.run())
    if given.json is not None:
        given.json.write_bytes(orjson.dumps([asdict(sample) for sample in soak.samples], option=orjson.OPT_INDENT_2))
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)  # noqa: T201  # a command
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
