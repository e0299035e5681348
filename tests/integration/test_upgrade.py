"""State of a former format on a real Kafka: read by way of its migration, in the middle of a stream, with nothing lost."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from agents.inspect.audit import AuditReport, run_audit, wait_until_done
from agents.kafka import clients, topics
from agents.kafka.scan import Scanner
from agents.local.flow_view import FlowView, View
from agents.local.supervise import Supervisor
from agents.local.up import environment, prepare
from agents.operate.replay import run_replay
from agents.runtime import changelog as state
from agents.runtime.changelog import StateStore
from agents.settings import Settings
from pipeline.flow import Arrival
from pipeline.simulation.stream import Scenario, simulate
from schemas.errors import WinnowError
from schemas.topics import STAGES
from tests.e2e.deployment import FROM_THE_CLOCK, Deployment, action_kinds, expected, fitting

SCENARIO = Scenario(seed=13, events=2_400, start_ms=1_795_000_000_000, hours=1.0)
REMEMBERED = 8
"""State keys there are at least: where each of the four shards of sift stands, and what it has seen."""
FORMER = ("winnow_state", b"%d" % (state.FORMAT - 1))


async def _append(settings: Settings, place: TopicPartition, items: Mapping[bytes, bytes | None], version: tuple[str, bytes]) -> None:
    producer = clients.state_producer(settings)
    await producer.start()
    try:
        for key, value in items.items():
            await producer.send_and_wait(place.topic, value, key=key, partition=place.partition, headers=[version])
    finally:
        await producer.stop()


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[StateStore]:
    """The changelog of sift, empty."""
    await prepare(settings, None)
    producer = clients.state_producer(settings)
    yield StateStore(settings, "sift", producer)
    await producer.stop()


async def test_a_former_value_is_brought_over_and_a_current_one_is_not(
    settings: Settings, store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Formats mix in one changelog: each value goes the way of its own format, a tombstone stays one."""

    def doubled(stage: str, key: bytes, value: bytes) -> bytes:
        return stage.encode() + b":" + key + b":" + value * 2

    monkeypatch.setattr(state, "MIGRATIONS", {state.FORMAT - 1: doubled})
    place = TopicPartition(store.topic, 0)
    await _append(settings, place, {b"posts/0|a": b"1", b"posts/0|b": b"1", b"posts/0|c": b"1", b"posts/1|d": b"1"}, FORMER)
    await _append(settings, place, {b"posts/0|b": b"2"}, state.FORMAT_HEADER)
    await _append(settings, place, {b"posts/0|c": None}, FORMER)
    assert await store.read("posts/0", 0) == {b"a": b"sift:a:11", b"b": b"2"}


async def test_formats_are_brought_over_one_after_the_other(settings: Settings, store: StateStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value two formats old goes both steps, in order."""
    monkeypatch.setattr(state, "FORMAT", 2)
    monkeypatch.setattr(state, "MIGRATIONS", {0: lambda _stage, _key, value: value + b"+1", 1: lambda _stage, _key, value: value + b"+2"})
    await _append(settings, TopicPartition(store.topic, 0), {b"posts/0|a": b"0"}, ("winnow_state", b"0"))
    assert await store.read("posts/0", 0) == {b"a": b"0+1+2"}


@pytest.mark.parametrize("version", [b"%d" % (state.FORMAT + 1), b"", b"one"])
async def test_an_unknown_format_is_never_dropped(settings: Settings, store: StateStore, version: bytes) -> None:
    """What this Winnow cannot read stops it, with the place and what to do."""
    await _append(settings, TopicPartition(store.topic, 0), {b"posts/0|a": b"0"}, ("winnow_state", version))
    with pytest.raises(WinnowError, match=f"{store.topic}/0/0 has state format .* reads 0 to {state.FORMAT}") as refused:
        await store.read("posts/0", 0)
    assert "newer one" in refused.value.hint


async def _into_former_format(settings: Settings, teams: list[str]) -> int:
    """Replace every changelog by one of the former format, as an old deployment left it; how many values there were."""
    latest: dict[TopicPartition, dict[bytes, bytes | None]] = {}
    nouns = [f"{stage}-state" for stage in STAGES]
    async with Scanner(settings) as scanner:
        async for place, records in scanner.records(await scanner.extents(nouns)):
            for record in records:
                latest.setdefault(place, {})[record.key] = record.value
    names = [settings.topic(noun) for noun in nouns]
    await clients.administer(settings, "delete topics", lambda client: client.delete_topics(names, operation_timeout=20))
    for _ in range(200):
        if not await topics.existing(settings, names):
            break
        await asyncio.sleep(0.05)
    await topics.apply(settings, teams)
    for place, items in latest.items():
        await _append(settings, place, items, FORMER)
    return sum(map(len, latest.values()))


async def test_an_upgrade_in_mid_stream_loses_nothing(kafka: str, tmp_path: Path) -> None:
    """A sixth of a backlog, stop, the state turned into the former format, start the upgraded workers: the audit balances in the end,

    and the actions are those of an undisturbed run.
    """
    settings = fitting(kafka, "upgrade", partitions=2, batch_records=20, batch_interval_seconds=0.5)
    arrivals = (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(SCENARIO))
    actions = action_kinds(expected(settings, SCENARIO).values())
    teams = await prepare(settings, None)
    await run_replay(settings, arrivals, speed=None)
    async with AsyncExitStack() as stack:
        watch = await stack.enter_async_context(FlowView(settings, teams))
        async with Supervisor(STAGES, environment(settings), tmp_path / "former"):
            await Deployment(settings, [], watch.view).until(lambda view: _sifted(view) >= SCENARIO.events / 6, "a sixth is sifted")
        await watch.caught_up()
        assert _sifted(watch.view) < SCENARIO.events
        assert await _into_former_format(settings, teams) >= REMEMBERED
    async with Supervisor(STAGES, environment(settings), tmp_path / "upgraded") as supervisor:
        await supervisor.until_ready(120)
        assert await wait_until_done(settings, timeout_seconds=180)
    report = await run_audit(settings, until_end=True)
    assert report.balanced, report.lines()
    assert _total(report) == SCENARIO.events
    assert "restored" in (tmp_path / "upgraded" / "sift.log").read_text()
    async with FlowView(settings, teams) as watch:
        await watch.caught_up()
        # Only what wall-clock timers make may differ, as between any two runs.
        assert {actions.get(differing, "only deployed") for differing in set(actions) ^ watch.view.action_ids} <= FROM_THE_CLOCK
        assert len(set(actions) & watch.view.action_ids) > 10


def _sifted(view: View) -> int:
    return sum(view.dispositions["sift"].values())


def _total(report: AuditReport) -> int:
    return sum(report.dispositions["sift"].values())
