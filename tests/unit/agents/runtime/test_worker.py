"""A worker from its start to its end: what it works, what it leaves durable, and for what it ends."""

import asyncio
import logging
import os
import signal
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaConnectionError, KafkaTimeoutError

from agents.kafka import clients
from agents.runtime import worker as module
from agents.runtime.stage import Stage
from agents.runtime.worker import Worker
from pipeline.stream import Arrived, Step
from schemas.errors import Unavailable, WinnowError
from tests.unit.agents.runtime.hosts import OUT, STAGE, Applying
from tests.unit.agents.runtime.offline import DECISIONS, OUTCOMES, SETTINGS, App, Offline, batch, offline, running, stage

__all__ = ["offline"]


class Failing(Applying):
    """A bug at one record, a setting that is missing at another."""

    def apply(self, arrived: Arrived[int], step: Step) -> str:
        """Fail where it should."""
        if arrived.offset == 1:
            raise ZeroDivisionError("a bug at 1")
        if arrived.offset == 2:
            raise WinnowError("no model", hint="Set one.")
        return super().apply(arrived, step)


# -- an orderly life ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_works_what_it_is_handed_and_ends_when_told(offline: Offline, number: int) -> None:
    """Outputs, state and ledger are written; what was worked is committed before Faust stops; nothing of it is left running."""

    async def begun() -> None:
        offline.life.append("begun")

    worker = Worker(SETTINGS, stage(warm_up=lambda: offline.life.append("warm"), begin=begun), ending=lambda: offline.life.append("ending"))
    async with running(worker) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        assert offline.life == ["warm", "calm", "begun"]
        assert worker.ready() is None
        assert worker.alive() is None
        events = await run.hands_out(batch(0, 0, 1))
        assert [event.acked for event in events] == [True]
        await run.until(lambda: run.consumer.settled(DECISIONS) == 2)
        assert run.consumer.commits == [], "Faust commits by itself, every now and then"
        scratch = run.app.conf.datadir
        assert scratch.exists()
        assert await run.told(number) == 0
        assert run.consumer.commits == [{DECISIONS: 2}]
        assert run.app.life == ["start", "stop"]
    assert [len(offline.kafka.log(SETTINGS.topic(noun))) for noun in (OUT, "ledger")] == [2, 1]
    assert offline.kafka.log(SETTINGS.topic(f"{STAGE}-state"))
    assert [one.life for one in offline.producers] == [["start", "stop"]] * 2
    assert offline.renewed[0] == SETTINGS.live_silence_seconds
    assert offline.renewed[-1] == 0.0, "nothing watches the loop any more"
    assert not scratch.exists()
    assert offline.life[-1] == "ending", "told once"
    left = {task.get_coro().__name__ for task in asyncio.all_tasks()} & {"_renew_lease", "watch_state", "watch_partitions"}  # type: ignore[union-attr]
    assert left == set()


def test_cycles_are_looked_for_seldom_and_never_among_what_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are there are collected first: what is frozen stays for ever."""
    life: list[Any] = []
    monkeypatch.setattr(module, "gc", SimpleNamespace(**{
        name: lambda *given, name=name: life.append((name, *given)) for name in ("collect", "freeze", "set_threshold")
    }))  # fmt: skip
    module.calm_collector()
    assert life == [("collect",), ("freeze",), ("set_threshold", 100_000, 20, 50)]


async def test_it_answers_probes_while_it_runs_and_not_after(offline: Offline, caplog: pytest.LogCaptureFixture) -> None:
    """Where it listens is in the log."""
    with caplog.at_level(logging.INFO, "winnow"):
        async with running(Worker(SETTINGS, stage())) as run, aiohttp.ClientSession() as session:
            await run.assigned(DECISIONS, OUTCOMES)
            await run.until(lambda: "metrics at " in caplog.text)
            base = caplog.text.split("metrics at ")[1].split()[0].removesuffix("/metrics")
            for path, said in (("/ready", "ready\n"), ("/live", "live\n")):
                async with session.get(base + path) as answer:
                    assert await answer.text() == said
            assert await run.told() == 0
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"{base}/live")


async def test_it_ends_with_its_parent(offline: Offline) -> None:
    """Who was started by a process that is gone goes in order; while that is there it stays."""
    async with running(Worker(SETTINGS, stage(), parent=os.getppid())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.until(lambda: run.worker._looks > 2)
    worker = Worker(SETTINGS, stage(), parent=-1)
    async with running(worker) as run:
        assert await run.ended() == 0
        assert run.app.life == ["start", "stop"]


async def test_told_to_stop_while_it_still_begins(offline: Offline) -> None:
    """What it waits for is left, nothing is connected, the exit code is 0."""
    beginning = asyncio.Event()
    ends: list[str] = []

    async def begin() -> None:
        beginning.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async with running(Worker(SETTINGS, stage(begin=begin))) as run:
        await beginning.wait()
        assert await run.told() == 0
    assert ends == ["cancelled"]
    assert offline.producers == []


async def test_what_a_stage_cannot_begin_with_is_raised(offline: Offline) -> None:
    """Before anything is connected."""

    async def begin() -> None:
        raise Unavailable("no silences")

    with pytest.raises(Unavailable, match="no silences"):
        await Worker(SETTINGS, stage(begin=begin)).run()
    assert offline.producers == []


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("error", [KafkaConnectionError(), OSError("no route")])
async def test_a_broker_that_is_not_there_is_said_in_one_line(
    offline: Offline, monkeypatch: pytest.MonkeyPatch, which: int, error: Exception
) -> None:
    """Whichever producer finds out; what was connected is disconnected again."""
    monkeypatch.setattr(clients, "unreachable", lambda _, why: WinnowError(f"cannot reach: {why!r}"))
    offline.refuses[which] = error
    with pytest.raises(WinnowError, match="cannot reach"):
        await Worker(SETTINGS, stage()).run()
    assert [one.life for one in offline.producers] == [["start", "stop"]] * (which + 1)
    assert offline.renewed[-1] == 0.0


# -- what ends it ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("offset", "said", "traceback"), [(1, "a bug at 1", True), (2, "no model", False)])
async def test_a_shard_that_fails_ends_it(
    offline: Offline, caplog: pytest.LogCaptureFixture, offset: int, said: str, traceback: bool
) -> None:
    """Exit code 1 and a line that says why, with a traceback for bugs only; nothing of that batch is settled, nothing is committed."""
    async with running(Worker(SETTINGS, stage(Failing))) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.hands_out(batch(0, 0))
        await run.until(lambda: run.consumer.settled(DECISIONS) == 1)
        await run.hands_out(batch(1, offset))
        assert await run.ended() == 1
        assert run.consumer.settled(DECISIONS) == 1
        assert run.consumer.commits == []
        assert run.app.life == ["start", "stop"]
        assert (run.worker.alive() or "").startswith(f"ending: {said}")
    (line,) = [record for record in caplog.records if record.levelno == logging.ERROR and record.name == "winnow"]
    assert line.getMessage().startswith(f"{STAGE}: {said}")
    assert bool(line.exc_info) is traceback


async def test_the_first_failure_is_the_one_that_is_told(offline: Offline, caplog: pytest.LogCaptureFixture) -> None:
    """What fails while it ends says nothing new."""
    async with running(Worker(SETTINGS, stage())) as run:
        await run.started()
        run.worker._fail(WinnowError("the first"))
        run.worker._fail(WinnowError("the second"))
        assert await run.ended() == 1
    assert "the first" in caplog.text
    assert "the second" not in caplog.text


@pytest.mark.parametrize(("reason", "said"), [(RuntimeError("no thread"), "no thread"), (None, "the Faust app crashed")])
async def test_an_app_that_crashed_ends_it(offline: Offline, caplog: pytest.LogCaptureFixture, reason: Exception | None, said: str) -> None:
    """With the reason, where there is one; what was settled is committed first."""
    async with running(Worker(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.hands_out(batch(0, 0))
        await run.until(lambda: run.consumer.settled(DECISIONS) == 1)
        run.app._crash_reason = reason
        run.app._crashed.set()
        assert await run.ended() == 1
        assert run.consumer.commits == [{DECISIONS: 1}]
    assert f"{STAGE}: {said}" in caplog.text


async def test_what_the_broker_forbids_is_said_as_such(offline: Offline, caplog: pytest.LogCaptureFixture) -> None:
    """No traceback: a person has to grant a right. Of other errors of Kafka nobody knows, and all is told."""
    worker = Worker(SETTINGS, stage())
    assert worker._report(GroupAuthorizationFailedError()) == 1
    assert worker._report(KafkaTimeoutError()) == 1
    first, second = caplog.records
    assert "forbids this" in first.getMessage()
    assert not first.exc_info
    assert second.exc_info


async def test_a_watch_that_ends_ends_it(offline: Offline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """More partitions are in use than it was made for: its successor takes them up."""

    async def raising(*_: Any) -> None:
        raise WinnowError("more partitions are in use")

    monkeypatch.setattr(module, "watch_partitions", raising)
    async with running(Worker(SETTINGS, stage())) as run:
        assert await run.ended() == 1
    assert "more partitions are in use" in caplog.text


async def test_the_state_is_looked_at_beside_the_work(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shards that it works; the look's connection is closed with it."""
    monkeypatch.setattr("agents.runtime.watches.STATE_SECONDS", 0.001)
    async with running(Worker(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.until(lambda: any(reader.running for reader in offline.readers))
        assert await run.told() == 0
    assert not any(reader.running for reader in offline.readers)


async def test_a_partition_that_was_added_ends_it(
    offline: Offline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It looks by itself, for the stage that it runs."""
    monkeypatch.setattr("agents.runtime.watches.PARTITIONS_SECONDS", 0.001)
    offline.in_use = {"decisions": 2, "outcomes": 1}
    async with running(Worker(SETTINGS, stage(partitions={"decisions": 1, "outcomes": 1}))) as run:
        assert await run.ended() == 1
    assert "more partitions are in use: winnow.decisions.v1 2 instead of 1" in caplog.text


async def test_a_worker_that_was_held_up_ends(offline: Offline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Its partitions may be another one's: the lease is renewed with every round of the loop, and says so when one came too late."""
    async with running(Worker(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        rounds = len(offline.renewed)
        await run.until(lambda: len(offline.renewed) > rounds + 2)
        lease = run.worker._lease
        assert lease.age() < SETTINGS.session_timeout_seconds
        lease._renewed -= SETTINGS.session_timeout_seconds
        assert await run.ended() == 1
    assert "held up for" in caplog.text


@pytest.mark.parametrize("name", ["monitor", STAGE])
async def test_only_the_monitor_looks_at_all_groups(offline: Offline, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Beside its work, until it ends."""
    life: list[Any] = []

    async def keep_looking(*given: Any) -> None:
        life.append(given)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            life.append("cancelled")
            raise

    monkeypatch.setattr(module, "keep_looking", keep_looking)
    worker = Worker(SETTINGS, Stage(name, lambda _, __: Applying()))
    async with running(worker) as run:
        await run.started()
        await run.until(lambda: worker._looks > 1)
        assert await run.told() == 0
    assert life == ([(SETTINGS, worker.metrics), "cancelled"] if name == "monitor" else [])


async def never() -> None:
    """A broker that is gone."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("way", ["told", "failed", "parent"])
async def test_who_still_starts_hears_what_ends_it(offline: Offline, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Faust's start comes back with the first assignment: while the group has no coordinator a worker was deaf, for ever."""
    monkeypatch.setattr(App, "begins", staticmethod(never))
    worker = Worker(SETTINGS, stage(), parent=-1 if way == "parent" else 0)
    async with running(worker) as run:
        await run.started()
        if way == "told":
            assert await run.told() == 0
        elif way == "failed":
            worker._fail(WinnowError("its state cannot be read"))
            assert await run.ended() == 1
        else:
            assert await run.ended() == 0
    assert run.app.life == ["start", "stop"]


async def test_what_the_start_fails_of_is_raised(
    offline: Offline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not up then."""

    async def fails() -> None:
        raise KafkaTimeoutError("no group")

    monkeypatch.setattr(App, "begins", staticmethod(fails))
    with caplog.at_level(logging.INFO, "winnow"), pytest.raises(KafkaTimeoutError, match="no group"):
        await Worker(SETTINGS, stage()).run()
    assert "metrics at" not in caplog.text
    assert [one.life for one in offline.producers] == [["start", "stop"]] * 2


async def test_a_membership_that_failed_ends_it(offline: Offline, caplog: pytest.LogCaptureFixture) -> None:
    """Once two looks find the same: then nobody takes it up, and aiokafka waits for whoever fetches."""
    async with running(Worker(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        run.consumer.fault = GroupAuthorizationFailedError()
        assert await run.ended() == 1
    assert "forbids this" in caplog.text


async def test_a_fault_that_is_taken_up_ends_nothing(offline: Offline) -> None:
    """Another one at each look: they come and go."""
    worker = Worker(SETTINGS, stage())
    async with running(worker) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        for _ in range(3):
            run.consumer.fault = KafkaTimeoutError()
            worker._look_at_group(0.0)
        run.consumer.fault = None
        worker._look_at_group(0.0)
        assert worker.alive() is None


async def test_a_rebalance_that_does_not_end_ends_it(
    offline: Offline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Faust's recovery gives up when offsets do not come, and says nothing; each further rebalance is one more that never ends."""
    worker = Worker(SETTINGS, stage())
    async with running(worker) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.until(lambda: worker._steady is not None)
        run.app.rebalancing = True
        assert worker.ready() == "rebalancing"
        assert worker._steady is not None
        worker._look_at_group(worker._steady + module.REBALANCE_SECONDS)
        assert worker.alive() is None
        worker._look_at_group(worker._steady + module.REBALANCE_SECONDS + 1.0)
        assert await run.ended() == 1
    assert f"{STAGE} has been rebalancing for 241 s" in caplog.text


async def test_a_group_that_nobody_leads_ends_it(offline: Offline, caplog: pytest.LogCaptureFixture) -> None:
    """After ten minutes: all brokers may be elsewhere by then, and only a new worker looks their names up."""
    worker = Worker(SETTINGS, stage())
    async with running(worker) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.until(lambda: worker._led is not None)
        run.consumer.led = False
        assert worker._led is not None
        worker._look_at_group(worker._led + module.COORDINATOR_SECONDS - 1.0)
        assert worker.alive() is None
        worker._look_at_group(worker._led + module.COORDINATOR_SECONDS + 1.0)
        assert await run.ended() == 1
    assert f"{STAGE} has found no broker that leads its group for 601 s" in caplog.text


async def test_a_group_without_a_leader_for_a_while_ends_nothing(offline: Offline) -> None:
    """The time begins anew whenever one is known."""
    worker = Worker(SETTINGS, stage())
    async with running(worker) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.until(lambda: worker._led is not None)
        worker._look_at_group(led := worker._led + module.COORDINATOR_SECONDS + 1.0)
        run.consumer.led = False
        worker._look_at_group(led + module.COORDINATOR_SECONDS - 1.0)
        assert worker.alive() is None


# -- the end of its time -----------------------------------------------------------------------------------------------------


async def test_what_waits_for_ever_is_left_behind(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is left is closed in its turn, and whoever owns the process is told before anything is waited for."""
    monkeypatch.setattr(module, "STOP_SECONDS", 0.01)
    worker = Worker(SETTINGS, stage(), ending=lambda: offline.life.append(f"ending {run.app.life}"))
    async with running(worker) as run:
        await run.started()
        run.app.stopping = never
        before = asyncio.all_tasks()
        assert await run.told() == 0
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before, "who lets himself be told to end was told"
    assert offline.life[-1] == "ending ['start']"
    assert [one.life for one in offline.producers] == [["start", "stop"]] * 2


async def test_what_fails_while_it_stops_changes_nothing(offline: Offline) -> None:
    """What is left is closed all the same."""

    async def broken() -> None:
        raise KafkaTimeoutError

    async with running(Worker(SETTINGS, stage())) as run:
        await run.started()
        run.app.stopping = broken
        assert await run.told() == 0
    assert [one.life for one in offline.producers] == [["start", "stop"]] * 2


async def test_a_failure_and_a_broker_that_is_not_there_are_its_end_too(offline: Offline) -> None:
    """Once a worker waited for two minutes where nobody had told it to stop: each way out has an end."""
    ending: list[str] = []
    async with running(Worker(SETTINGS, stage(), ending=lambda: ending.append("failed"))) as run:
        await run.started()
        run.worker._fail(WinnowError("over"))
        assert await run.ended() == 1
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing of it goes on"
    offline.refuses[len(offline.producers)] = OSError("no route")
    with pytest.raises(WinnowError):
        await Worker(SETTINGS, stage(), ending=lambda: ending.append("refused")).run()
    assert ending == ["failed", "refused"]
