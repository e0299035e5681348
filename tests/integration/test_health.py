"""What /live and /ready say through a worker's life on a real Kafka, and how it goes when told to."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from agents.inspect.audit import run_audit, wait_until_done
from agents.kafka import clients
from agents.local.kafka import LocalKafka, missing_tools
from agents.local.ports import free_port
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.runtime import worker
from agents.runtime.outputs import Emitter
from agents.settings import Settings
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.stage import Output, Written
from tests.conftest import absent
from tests.integration import shell

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

BATCH = 100
EVENTS = 15_000
EXIT_SECONDS = 60.0
"""A worker sees to it that it is gone after nine; this machine may be busy."""


class Probe:
    """Asks /ready and /live again and again, as Kubernetes would, only more often; remembers every answer that differs."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.ready: list[str] = []
        self.live: set[int] = set()

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self.base}/live") as answer:
                        self.live.add(answer.status)
                    async with session.get(f"{self.base}/ready") as answer:
                        text = (await answer.text()).strip()
                        assert (answer.status == 200) == (text == "ready")
                        if not self.ready or self.ready[-1] != text:
                            self.ready.append(text)
                await asyncio.sleep(0.002)

    def saw(self, *beginnings: str) -> bool:
        """Whether answers beginning like this came, in this order."""
        answers = iter(self.ready)
        return all(any(answer.startswith(beginning) for answer in answers) for beginning in beginnings)


@asynccontextmanager
async def probed(port: int) -> AsyncIterator[Probe]:
    """A probe at work."""
    probe = Probe(port)
    task = asyncio.create_task(probe.run())
    try:
        yield probe
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_ready_is_false_before_restore_and_during_a_rebalance(settings: Settings) -> None:
    """503 until partitions are assigned and restored, 503 again while a second worker joins, then 200; /live is 200 all along."""
    settings = shell.fitting(settings, web_port=free_port())
    await shell.create(settings)
    await shell.write(settings, [b"state"] * 20)
    log = shell.Log()
    async with probed(settings.web_port) as probe, shell.working(settings, shell.stage(log)):
        await shell.until(lambda: probe.saw("no partitions assigned", "restoring", "ready"), "ready after restoring")
        assert not probe.saw("ready", "restoring")
        async with shell.working(settings.model_copy(update={"web_port": free_port()}), shell.stage(log, "b")):
            await shell.until(lambda: probe.saw("ready", "re", "ready"), "ready again after a rebalance")
    assert probe.live == {200}


async def test_ready_is_false_and_live_true_while_the_broker_is_away(tmp_path: Path) -> None:
    """An idle worker without a broker is not ready and does not ask for a restart; it is ready when the broker is back, goes when told."""
    if (missing := missing_tools()) is not None:
        absent(f"no real Kafka: {missing}")
    with LocalKafka(tmp_path) as broker:
        settings = shell.fitting(
            Settings(broker=broker.address, prefix="away"), web_port=free_port(), request_timeout_seconds=40.0, ready_commit_age_seconds=3.0
        )
        await shell.create(settings)
        await shell.write(settings, [b"before"])
        async with probed(settings.web_port) as probe, shell.working(settings, shell.stage(log := shell.Log())) as running:
            # Idle: a write that cannot be done ends a worker, on purpose.
            await shell.until(lambda: probe.saw("ready") and log.offsets(0) == [0] and len(log.caught_up) == 4, "ready and idle")
            assert await wait_until_done(settings, stages=["decide"], timeout_seconds=30)
            await asyncio.to_thread(broker.stop)
            await shell.until(lambda: probe.saw("ready", "no word that"), "not ready without a broker")
            await asyncio.to_thread(broker.start)
            await shell.until(lambda: probe.saw("ready", "no word that", "ready"), "ready again")
            assert not running.done()
        assert probe.live == {200}
        # A worker of its own process, as it is told to go while the broker is away.
        process = await start(settings, "act", tmp_path / "act.log")
        async with probed(settings.web_port) as probe:
            await shell.until(lambda: probe.saw("ready"), "ready")
            await asyncio.to_thread(broker.stop)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), EXIT_SECONDS) in (0, 1), "1: it left without the broker's word"


async def test_a_failure_asks_for_a_restart() -> None:
    """/live says 503 with the reason when the worker is about to end of a failure."""
    failing = worker.Worker(Settings(), shell.stage(shell.Log()))
    assert failing.alive() is None
    failing._failure = asyncio.get_running_loop().create_future()
    failing._failure.set_result(RuntimeError("the disk is full"))
    assert failing.alive() == "ending: the disk is full"


async def test_a_watchdog_that_does_not_look_asks_for_a_restart() -> None:
    """Without its look at the positions a worker could stand still unseen."""
    impatient = Settings().model_copy(update={"live_silence_seconds": -1.0})
    assert "has not looked" in (worker.Worker(impatient, shell.stage(shell.Log())).alive() or "")


async def test_the_watchdog_ends_a_worker_that_commits_nothing_while_input_waits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Outputs that never get acknowledged: the worker ends with code 1 and one line that says which partition stood still."""

    async def hang(_: Emitter, outputs: Sequence[Output]) -> list[Written]:
        await asyncio.sleep(3_600 if outputs else 0)
        return []

    monkeypatch.setattr(Emitter, "emit", hang)
    settings = shell.fitting(settings, watchdog_seconds=2.0, web_port=free_port())
    await shell.create(settings)
    await shell.write(settings, [b"waits"] * 5_000)
    async with probed(settings.web_port) as probe, shell.working(settings, shell.stage(shell.Log())) as running:
        assert await asyncio.wait_for(running, shell.WAIT_SECONDS) == 1
    assert re.search(r"decide has committed nothing of \S+/0 for \d+ s although input waits", caplog.text)
    assert probe.saw("restoring", "ready")


async def ledger_ends(settings: Settings, stage: str) -> dict[tuple[str, int], int]:
    """Where a stage's account of each input partition ends: (noun, number) -> the offset behind it."""
    accounts = (await shell.ledger(settings)).accounts
    return {(noun, number): account.runs[-1].end for (name, noun, number), account in accounts.items() if name == stage}


async def start(settings: Settings, stage: str, log: Path) -> asyncio.subprocess.Process:
    """A worker as a process of its own."""
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agents.cli", "worker", stage, stdout=out, stderr=out, env={**os.environ, **environment(settings)}
        )


async def test_sigterm_under_load_ends_within_the_bound_and_reprocesses_at_most_a_batch(settings: Settings, tmp_path: Path) -> None:
    """In mid-stream: exit code 0, commits reach what the ledger accounts for but for a batch, and the books balance later."""
    settings = settings.model_copy(update={"batch_records": BATCH, "batch_interval_seconds": 0.05, "web_port": 0})
    await prepare(settings, None)
    stream = simulate(Scenario(seed=3, events=EVENTS, start_ms=1_795_000_000_000, hours=2.0))
    await run_replay(settings, (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in stream), speed=None)
    process = await start(settings, "sift", tmp_path / "sift.log")
    try:
        while sum((ends := await ledger_ends(settings, "sift")).values()) < 1_000:
            assert process.returncode is None, (tmp_path / "sift.log").read_text()
            await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), EXIT_SECONDS) == 0, (tmp_path / "sift.log").read_text()
    finally:
        if process.returncode is None:
            process.kill()
    ends = await ledger_ends(settings, "sift")
    assert sum(ends.values()) < EVENTS, "it was in mid-stream"
    places = [(settings.topic(noun), number) for noun, number in ends]
    committed = await clients.committed(settings, f"{settings.prefix}-sift", places)
    for (noun, number), end in ends.items():
        assert end - BATCH <= committed.get((settings.topic(noun), number), 0) <= end
    process = await start(settings, "sift", tmp_path / "sift.log")
    try:
        assert await wait_until_done(settings, stages=["sift"], timeout_seconds=120)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    report = await run_audit(settings)
    assert report.balanced, report.to_json()
    assert report.events == EVENTS
