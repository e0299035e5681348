"""How a worker stands: its Faust app, readiness and life as probes hear them, assignments, and the watchdog that ends it."""

import asyncio
from typing import Any

import pytest

from agents.runtime import worker as module
from agents.runtime.progress import PartitionProgress
from agents.runtime.transport import BatchScheduler, PassThrough, Transport
from agents.runtime.worker import Worker
from schemas.errors import WinnowError
from tests.unit.agents.runtime.hosts import STAGE, Applying
from tests.unit.agents.runtime.offline import DECISIONS, OUTCOMES, SETTINGS, Offline, Running, batch, offline, running, stage

__all__ = ["offline"]


def value(worker: Worker, name: str, **labels: str) -> float | None:
    """A metric of a worker, as it is scraped."""
    return worker.metrics.registry.get_sample_value(name, {"stage": STAGE, **labels})


class Standing(Worker):
    """A worker that looks at its positions only when a test says so."""

    def _watch(self, loop_delay: float = 0.0) -> None:
        """Not now."""

    def look(self, loop_delay: float = 0.0) -> None:
        """Now."""
        super()._watch(loop_delay)


# -- the app -----------------------------------------------------------------------------------------------------------------


async def test_what_faust_is_told(offline: Offline) -> None:
    """One group a stage, both brokers, times that fit the session, no table, no web server, no topic made; our transport and scheduler."""
    settings = SETTINGS.model_copy(
        update={"broker": "a:1,b:2", "session_timeout_seconds": 12.0, "request_timeout_seconds": 14.0, "commit_interval_seconds": 0.25,
                "batch_records": 17}
    )  # fmt: skip
    async with running(Worker(settings, stage())) as run:
        await run.started()
        app, conf = run.app, run.app.conf
        assert conf.id == f"winnow-{STAGE}"
        assert [str(url) for url in conf.broker] == ["kafka://a:1", "kafka://b:2"]
        assert conf.broker_credentials is None
        assert (conf.broker_commit_interval, conf.broker_session_timeout, conf.broker_heartbeat_interval) == (0.25, 12.0, 3.0)
        assert (conf.broker_request_timeout, conf.broker_rebalance_timeout) == (17.0, 60.0)
        assert conf.consumer_max_fetch_size == 1_048_576
        assert (conf.stream_wait_empty, conf.stream_buffer_maxsize) == (False, 8)
        assert (conf.topic_allow_declare, conf.topic_disable_leader, conf.web_enabled, conf.debug) == (False, True, False, False)
        assert issubclass(conf.ConsumerScheduler, BatchScheduler)
        assert conf.ConsumerScheduler.most_records == 17
        assert isinstance(app.transport, Transport)
        assert [str(url) for url in app.transport.url] == ["kafka://a:1", "kafka://b:2"]
        (agent,) = app.agents.values()
        assert agent.name == STAGE
        assert (agent.concurrency, agent.channel.topics) == (1, (DECISIONS.topic, OUTCOMES.topic))
        assert isinstance(agent.channel.schema, PassThrough)
        assert app.finalized


async def test_a_request_may_last_longer_than_a_session(offline: Offline) -> None:
    """As long as is set; aiokafka asks for more than the session."""
    async with running(Worker(SETTINGS.model_copy(update={"request_timeout_seconds": 44.0}), stage())) as run:
        assert (await run.started()).app.conf.broker_request_timeout == 44.0


async def test_settings_of_faust_in_the_environment_do_not_count(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Winnow's own do."""
    monkeypatch.setenv("FAUST_STREAM_BUFFER_MAXSIZE", "99")
    monkeypatch.setenv("STREAM_BUFFER_MAXSIZE", "99")
    async with running(Worker(SETTINGS, stage())) as run:
        assert (await run.started()).app.conf.stream_buffer_maxsize == 8


# -- partitions --------------------------------------------------------------------------------------------------------------


async def test_a_revocation_commits_and_forgets(offline: Offline) -> None:
    """Before another worker begins; it is counted, and who has nothing left is not ready."""
    async with running(Standing(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.hands_out(batch(0, 0, 1))
        await run.until(lambda: run.consumer.settled(DECISIONS) == 2)
        assert value(run.worker, "winnow_rebalances_total") == 0
        await run.app.on_partitions_revoked.send({DECISIONS, OUTCOMES})
        assert run.consumer.commits == [{DECISIONS: 2}]
        assert run.consumer.forgotten == [{DECISIONS, OUTCOMES}]
        assert value(run.worker, "winnow_rebalances_total") == 1
        assert run.worker.ready() == "none of its partitions is in use"
        await run.app.on_partitions_assigned.send(set())
        assert run.worker.ready() == "no partitions assigned"


async def test_what_was_handed_out_before_a_rebalance_is_dropped(offline: Offline) -> None:
    """Its partitions may be another one's: it is acknowledged to Faust and never worked."""
    async with running(Standing(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        (event,) = await run.hands_out(batch(0, 0, 1), generation=6)
        assert event.acked
        await run.hands_out(batch(0, 0))
        await run.until(lambda: run.consumer.settled(DECISIONS))
        assert run.consumer.settled(DECISIONS) == 1


async def test_a_successor_goes_on_where_the_group_stands(offline: Offline) -> None:
    """The commit is read for its own group: what was worked is not worked again."""
    async with running(Standing(SETTINGS, stage())) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.hands_out(batch(0, 0, 1))
        await run.until(lambda: run.consumer.settled(DECISIONS) == 2)
        assert await run.told() == 0
    offline.committed = {DECISIONS: 2}
    shard = Applying()
    async with running(Standing(SETTINGS, stage(lambda: shard))) as run:
        await run.assigned(DECISIONS, OUTCOMES)
        await run.hands_out(batch(2, 2))
        await run.until(lambda: run.consumer.settled(DECISIONS) == 3)
    assert shard.applied == ["decisions/0", "decisions/1", "decisions/2"]


async def test_the_sources_of_a_merge_are_asked_for_by_its_own_stage(offline: Offline) -> None:
    """Who merges knows the shards of the stage before as they are when it is asked."""
    offline.in_use = {"decisions": 1, "situations": 2}
    async with running(Standing(SETTINGS, stage(partitions={"decisions": 1, "outcomes": 1}))) as run:
        await run.started()
        assert await run.worker._partitions._context.sources() == {"decide/situations/0", "decide/situations/1"}


# -- what probes hear --------------------------------------------------------------------------------------------------------


async def test_ready_says_what_is_missing(offline: Offline) -> None:
    """Partitions, a rebalance, state, commits, or what holds input back; nothing while it works."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker: Any = (await run.started()).worker
        assert worker.ready() == "no partitions assigned"
        await run.assigned(DECISIONS, OUTCOMES)
        assert worker.ready() is None
        run.app.rebalancing = True
        assert worker.ready() == "rebalancing"
        run.app.rebalancing = False
        runner = worker._partitions._runners["0"]
        runner.restored = False
        assert worker.ready() == "restoring 0"
        runner.restored = True
        for age, missing in ((SETTINGS.ready_commit_age_seconds, None), (SETTINGS.ready_commit_age_seconds + 0.6, "no word that")):
            worker._progress.standings = {DECISIONS: PartitionProgress(0, age, 0.0), OUTCOMES: PartitionProgress(0, 1.0, 0.0)}
            assert (worker.ready() or "").startswith(missing or "")
            assert bool(worker.ready()) == bool(missing)
        assert worker.ready() == "no word that winnow.decisions.v1/0 is committed for 16 s: is the broker there?"
        runner._hold.why = "no schema 7"
        assert worker.ready() == "0 is held back: no schema 7", "what is held back is not committed either"


async def test_alive_until_the_loop_stands_still_or_something_failed(offline: Offline) -> None:
    """Then it asks to be started anew, and says why."""
    worker = Standing(SETTINGS, stage())
    assert worker.alive() is None
    lease: Any = worker._lease
    renewed = lease._renewed
    now = renewed + 1_000.0
    lease._seconds = lambda: now
    lease._renewed = now - SETTINGS.live_silence_seconds
    assert worker.alive() is None
    lease._renewed -= 1.0
    assert worker.alive() == "the watchdog has not looked for 31 s"
    worker._failure = asyncio.get_running_loop().create_future()
    assert (worker.alive() or "").startswith("the watchdog")
    worker._fail(WinnowError("the disk is full"))
    assert (worker.alive() or "").startswith("ending: the disk is full")


async def test_the_lease_lasts_as_long_as_the_session(offline: Offline) -> None:
    """It begins when all is loaded, however long that took."""
    worker = Standing(SETTINGS.model_copy(update={"session_timeout_seconds": 20.0}), stage())
    before = worker._lease
    async with running(worker) as run:
        await run.started()
        assert worker._lease is not before
        assert worker._lease._most_seconds == 15.0
        assert worker._partitions._context.delivery._lease is worker._lease


# -- the watchdog ------------------------------------------------------------------------------------------------------------


class Second:
    """Monotonic time that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now

    def time(self) -> float:
        """Seconds since 1970."""
        return 1_700_000_000.0 + self.now


async def standing(run: Running, monkeypatch: pytest.MonkeyPatch) -> tuple[Standing, Second]:
    """A worker with its partitions, and the time by which it looks."""
    clock = Second()
    monkeypatch.setattr(module, "time", clock)
    await run.assigned(DECISIONS, OUTCOMES)
    assert isinstance(run.worker, Standing)
    return run.worker, clock


async def test_a_look_is_told_in_metrics(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lag and commit age of each partition by our names, whether it is ready, and how late the loop was."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker, clock = await standing(run, monkeypatch)
        assert value(worker, "winnow_ready") == 0
        run.consumer.lags = {DECISIONS: 4}
        worker.look(0.5)
        clock.now += 3.0
        worker.look(0.25)
        assert value(worker, "winnow_lag_events", topic="decisions", partition="0") == 4
        assert value(worker, "winnow_lag_events", topic="outcomes", partition="0") == 0
        assert value(worker, "winnow_commit_age_seconds", topic="decisions", partition="0") == 3
        assert value(worker, "winnow_ready") == 1
        assert value(worker, "winnow_loop_delay_seconds") == 0.25
        assert worker._failure is not None
        assert not worker._failure.done()


async def test_a_commit_is_as_old_as_the_last_answer_by_the_clock_on_the_wall(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker's last word is a time of day."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker, clock = await standing(run, monkeypatch)
        answered = int(clock.time() * 1000) - 3_600_000
        monkeypatch.setattr(run.consumer, "answered_ms", lambda _: answered)
        worker.look()
        clock.now += 40.0
        worker.look()
        assert value(worker, "winnow_commit_age_seconds", topic="decisions", partition="0") == 40


async def test_the_loop_is_late_by_what_a_look_comes_too_late(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never by less than nothing: what comes early is on time."""
    delays: list[float] = []

    class Noting(Worker):
        def _watch(self, loop_delay: float = 0.0) -> None:
            delays.append(loop_delay)

    ahead = iter([0.0, 0.75, 10.0, 10.005, 20.0, 20.001])

    class Ahead(Second):
        def monotonic(self) -> float:
            return next(ahead, 30.0)

    monkeypatch.setattr(module, "time", Ahead())
    async with running(Noting(SETTINGS, stage())) as run:
        await run.until(lambda: len(delays) > 2)
    assert [round(delay, 3) for delay in delays[:3]] == [0.745, 0.0, 0.0]


async def test_shards_are_read_off_every_fifth_look(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look among them; that costs as much as they hold."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker, _ = await standing(run, monkeypatch)
        read: list[int] = []
        monkeypatch.setattr(worker.metrics, "shards", lambda shards: read.append(len(shards)))
        looks = []
        for _ in range(11):
            worker.look()
            looks.append(len(read))
        assert looks == [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3]
        assert read == [1, 1, 1], "the shards themselves"


async def test_it_ends_when_commits_stand_still_while_input_waits(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would never recover by itself; who has all that there is may wait for ever."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker, clock = await standing(run, monkeypatch)
        run.consumer.lags = {DECISIONS: 4}
        worker.look()
        clock.now += SETTINGS.watchdog_seconds
        worker.look()
        assert worker._failure is not None
        assert not worker._failure.done()
        clock.now += 1.0
        worker.look()
        said = worker._failure.result()
        assert isinstance(said, WinnowError)
        assert str(said).startswith(
            f"{STAGE} has committed nothing of {DECISIONS.topic}/0 for {SETTINGS.watchdog_seconds + 1:.0f} s although input waits"
        )
        assert await run.ended() == 1


async def test_who_works_and_has_nothing_to_commit_does_not_stand_still(offline: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog goes by the work of the runners too."""
    async with running(Standing(SETTINGS, stage())) as run:
        worker, clock = await standing(run, monkeypatch)
        run.consumer.lags = {DECISIONS: 4}
        for _ in range(4):
            worker.look()
            worker._partitions._runners["0"]._further_steps += 1
            clock.now += SETTINGS.watchdog_seconds
        assert worker._failure is not None
        assert not worker._failure.done()
