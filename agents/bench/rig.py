"""A broker of its own in a temporary folder; deployments on it, records put in beforehand, processes that never outlive the bench."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiokafka

from agents.console import TRY_AGAIN
from agents.kafka import clients, topics
from agents.local import LocalKafka, Supervisor, last_line
from agents.runtime import HELD_UP
from agents.settings import Settings, load_settings
from pipeline.stream import Header
from schemas.errors import Unavailable, WinnowError

PARTITIONS = 4
STOP_SECONDS = 10.0
READY_SECONDS = 90.0

Put = tuple[bytes | None, bytes | None, list[Header]]
"""A record to write: key, value, headers."""


@dataclass(frozen=True, slots=True)
class Rig:
    """Where a bench runs: the broker's address and a folder for logs. ``quick`` asks for fewer events.

    shared: what one part found and another can use.
    """

    address: str
    folder: Path
    quick: bool
    shared: dict[str, Any] = field(default_factory=dict)

    def settings(self, name: str, **changes: Any) -> Settings:
        """Settings of a deployment of this name; what the environment says of the operator's own broker does not count here."""
        return load_settings(
            broker=self.address, prefix=f"bench-{name}", partitions=PARTITIONS, replication=1, input_prefix=None,
            broker_is_real=True, security_protocol="PLAINTEXT", web_port=0, **changes,
        )  # fmt: skip

    async def deploy(self, name: str, teams: Iterable[str] = (), **changes: Any) -> Settings:
        """The same, with all its topics created."""
        settings = self.settings(name, **changes)
        await topics.apply(settings, teams)
        return settings

    def environment(self, settings: Settings, **changes: str) -> dict[str, str]:
        """What a worker of that deployment finds in its environment."""
        return {
            "WINNOW_BROKER": self.address, "WINNOW_BROKER_IS_REAL": "true", "WINNOW_SECURITY_PROTOCOL": "PLAINTEXT",
            "WINNOW_PREFIX": settings.prefix, "WINNOW_INPUT_PREFIX": "", "WINNOW_PARTITIONS": str(PARTITIONS), "WINNOW_REPLICATION": "1",
            "WINNOW_LOG_LEVEL": "warning", **changes,
        }  # fmt: skip

    @contextlib.asynccontextmanager
    async def workers(self, settings: Settings, stages: Sequence[str], **changes: str) -> AsyncIterator[Supervisor]:
        """Real workers of those stages, ready. Raises WinnowError when one died on the way: a restart would blur the figures.

        Raises Unavailable when it died of a broker that did not answer in time, or of a machine that did not let it run.
        """
        async with Supervisor(stages, self.environment(settings, **changes), self.folder / settings.prefix) as supervisor:
            await supervisor.until_ready(READY_SECONDS)
            yield supervisor
            fallen = next((child for child in supervisor.children if child.restarts), None)
            if fallen is not None:
                starved = HELD_UP in fallen.log.read_text(errors="replace")
                kind = Unavailable if fallen.ended == TRY_AGAIN or starved else WinnowError
                raise kind(f"the {fallen.stage} worker died during the bench: {last_line(fallen.log)}")

    @contextlib.asynccontextmanager
    async def process(self, module: str, *arguments: str, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
        """``python -m module arguments`` with its output piped; gone when the block ends."""
        log = self.folder / f"{module.rpartition('.')[2]}.log"
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, *arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=errors, start_new_session=True,
                env={**os.environ, **environment},
            )  # fmt: skip
        try:
            yield process
        finally:
            await _end(process)

    async def answer(self, module: str, *arguments: str, environment: dict[str, str], within_seconds: float) -> str:
        """The last line that such a process prints. Raises WinnowError when it fails or takes too long."""
        log = self.folder / f"{module.rpartition('.')[2]}.log"
        async with self.process(module, *arguments, environment=environment) as process:
            try:
                printed, _ = await asyncio.wait_for(process.communicate(), within_seconds)
            except TimeoutError as error:
                raise WinnowError(f"{module} did not finish within {within_seconds:.0f} s: {last_line(log)}") from error
            lines = printed.decode().splitlines()
            if process.returncode or not lines:
                raise WinnowError(f"{module} failed: {last_line(log)}")
            return lines[-1]


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)


@contextlib.asynccontextmanager
async def rig(*, quick: bool) -> AsyncIterator[Rig]:
    """A rig while the block runs. Raises WinnowError without Java and Maven."""
    with tempfile.TemporaryDirectory(prefix="winnow-bench-", ignore_cleanup_errors=True) as folder:
        broker = LocalKafka(Path(folder) / "kafka")
        starting = asyncio.ensure_future(asyncio.to_thread(broker.start))
        try:
            await asyncio.shield(starting)
            yield Rig(broker.address, Path(folder), quick)
        finally:
            # A thread cannot be called back: let it have started the broker before that is ended.
            await asyncio.wait({starting})
            # Nobody needs its data any more, and an orderly end takes seconds.
            broker.stop(kill=True)


async def preload(settings: Settings, noun: str, records: Iterable[Put], now_ms: int, *, only: int | None = None) -> int:
    """Write records to a topic as fast as it goes, dealt to its partitions in turn or to ``only`` one; how many."""
    producer = clients.producer(settings)
    await producer.start()
    topic = settings.topic(noun)
    open_batches = [producer.create_batch() for _ in range(PARTITIONS)]
    sent: list[asyncio.Future[Any]] = []
    count = 0
    try:
        for count, (key, value, headers) in enumerate(records, 1):
            partition = count % PARTITIONS if only is None else only
            if open_batches[partition].append(timestamp=now_ms, key=key, value=value, headers=headers) is None:
                sent.append(await _send(producer, open_batches[partition], topic, partition))
                open_batches[partition] = producer.create_batch()
                open_batches[partition].append(timestamp=now_ms, key=key, value=value, headers=headers)
        last = enumerate(open_batches) if only is None else [(only, open_batches[only])]
        sent += [await _send(producer, batch, topic, partition) for partition, batch in last]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return count


async def _send(producer: aiokafka.AIOKafkaProducer, batch: Any, topic: str, partition: int) -> "asyncio.Future[Any]":
    batch.close()
    future: asyncio.Future[Any] = await producer.send_batch(batch, topic, partition=partition)
    return future
