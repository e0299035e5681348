"""A worker without a broker: real runners, delivery and Faust app, over Kafka in memory. The app is never started: a test plays what
Faust would do with it: assign, hand out events, revoke, crash.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from faust.types import TP

from agents.kafka import clients, topics
from agents.runtime import watches
from agents.runtime import worker as module
from agents.runtime.changelog import StateStore
from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.stage import Stage
from agents.runtime.transport import BatchConsumer
from agents.runtime.worker import Worker
from agents.settings import Settings
from pipeline.stream import Shard
from tests.unit.agents.runtime.fakes import FakeKafka, FakeProducer, FakeReader, FakeRecord
from tests.unit.agents.runtime.hosts import STAGE, Applying

SETTINGS = Settings().model_copy(update={"batch_interval_seconds": 0.0, "web_port": 0})
DECISIONS, OUTCOMES = (TP(SETTINGS.topic(noun), 0) for noun in ("decisions", "outcomes"))


class Producer(FakeProducer):
    """One that may not start, or not stop. ``life``: what was asked of it."""

    def __init__(self, kafka: FakeKafka, refuses: Exception | None, starting: Callable[[], Any], stopping: Callable[[], Any]) -> None:
        super().__init__(kafka)
        self.life: list[str] = []
        self._refuses = refuses
        self._starting = starting
        self._stopping = stopping

    async def start(self) -> None:
        """Connect."""
        self.life.append("start")
        if self._refuses is not None:
            raise self._refuses
        await self._starting()

    async def stop(self) -> None:
        """Disconnect."""
        self.life.append("stop")
        await self._stopping()


class Consumer(BatchConsumer):
    """The batch consumer without its thread."""

    def __init__(self) -> None:
        self._settled, self._handed, self._passed = {}, {}, {}
        self._committed_offset: dict[TP, int | None] = {}
        self.commits: list[dict[TP, int]] = []
        self.forgotten: list[set[Any]] = []
        self.lags: dict[TP, int] = {}
        self.fault: BaseException | None = None
        self.led = True

    def has_coordinator(self) -> bool:
        """As the test says."""
        return self.led

    def trouble(self) -> BaseException | None:
        """As the test says."""
        return self.fault

    async def commit(self, *_: Any, **__: Any) -> bool:
        """What was settled is committed."""
        self.commits.append(dict(self._settled))
        self._committed_offset.update(self._settled)
        return True

    def committed(self, tp: TP) -> int | None:
        """What was."""
        return self._committed_offset.get(tp)

    def forget(self, tps: Iterable[TP]) -> None:
        """Note it."""
        self.forgotten.append(set(tps))
        super().forget(self.forgotten[-1])

    def answered_ms(self, tp: TP) -> int | None:
        """Nobody has asked a broker."""
        return None

    def lag(self, tp: TP) -> int:
        """As the test says."""
        return self.lags.get(tp, 0)


async def nothing() -> None:
    """Done at once."""


class App(faust.App):  # type: ignore[misc]  # faust is untyped here
    """Faust's app, which reaches for nothing."""

    consumer: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consumer = Consumer()
        self.life: list[str] = []
        self.starting: Callable[[], Any] = App.begins
        self.stopping: Callable[[], Any] = nothing
        self.consumer_generation_id = 7

    begins: Callable[[], Any] = staticmethod(nothing)
    """What its start takes."""

    async def start(self) -> None:
        """Noted."""
        self.life.append("start")
        await self.starting()

    async def stop(self) -> None:
        """Noted."""
        self.life.append("stop")
        await self.stopping()


class Stream:
    """A stream of one agent's events; it ends with them. ``noacked``: whether it was asked not to acknowledge by itself."""

    def __init__(self, events: list[Any]) -> None:
        self._events = events
        self.noacked = False

    def noack(self) -> "Stream":
        """Acknowledging is the agent's business."""
        self.noacked = True
        return self

    async def events(self) -> AsyncIterator[Any]:
        """One after the other."""
        assert self.noacked
        for event in self._events:
            yield event


@dataclass
class Event:
    """One batch as Faust hands it to the agent."""

    value: RecordBatch
    message: Any
    acked: bool = False

    def ack(self) -> None:
        """Done with it."""
        self.acked = True


@dataclass
class Offline:
    """What workers are given instead of a broker, and what they did with it."""

    kafka: FakeKafka = field(default_factory=FakeKafka)
    producers: list[Producer] = field(default_factory=list)
    refuses: dict[int, Exception] = field(default_factory=dict)
    starting: Callable[[], Any] = nothing
    stopping: Callable[[], Any] = nothing
    committed: dict[tuple[str, int], int] = field(default_factory=dict)
    renewed: list[float] = field(default_factory=list)
    readers: list[FakeReader] = field(default_factory=list)
    in_use: dict[str, int] = field(default_factory=dict)
    life: list[str] = field(default_factory=list)

    def producer(self, settings: Settings) -> Producer:
        """The next one."""
        assert settings.prefix == SETTINGS.prefix
        self.producers.append(Producer(self.kafka, self.refuses.get(len(self.producers)), self.starting, self.stopping))
        return self.producers[-1]

    def reader(self, _: Settings) -> FakeReader:
        """A reader of state."""
        self.readers.append(FakeReader(self.kafka))
        return self.readers[-1]

    async def offsets(self, _: Settings, group: str, places: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], int]:
        """What the group has committed."""
        assert group == f"{SETTINGS.prefix}-{STAGE}"
        return {place: self.committed[place] for place in places if place in self.committed}

    async def identified(self, _: Settings, names: Iterable[str]) -> Mapping[str, str]:
        """All topics are what they always were."""
        return {name: f"id of {name}" for name in names}

    async def counted(self, _: Settings, __: str) -> tuple[dict[str, int], str]:
        """How many partitions are in use."""
        return self.in_use, ""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Offline:
    """No worker of this test talks to anybody, or sets anything in the process of the tests."""
    found = Offline()
    monkeypatch.setattr(clients, "producer", found.producer)
    monkeypatch.setattr(clients, "state_producer", found.producer)
    monkeypatch.setattr(clients, "committed", found.offsets)
    monkeypatch.setattr(topics, "in_use", found.counted)
    monkeypatch.setattr(watches, "identities", found.identified)
    monkeypatch.setattr(module, "identities", found.identified)
    monkeypatch.setattr(module, "StateStore", partial(StateStore, open_reader=found.reader))
    monkeypatch.setattr(module, "end_unless_renewed", found.renewed.append)
    monkeypatch.setattr(module, "never_mind", lambda: found.renewed.append(0.0))
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.005)
    monkeypatch.setattr(faust, "App", App)
    monkeypatch.setattr(module, "calm_collector", lambda: found.life.append("calm"))
    return found


def stage(make: Callable[[], Shard] = Applying, **over: Any) -> Stage:
    """The stage act, of shards that note what they apply."""
    return Stage(STAGE, lambda _, __: make(), together=True, **over)


def batch(follows: int, *offsets: int, place: TP = DECISIONS) -> RecordBatch:
    """A batch of records that hold their offsets."""
    return RecordBatch(InputPartition(*place), [FakeRecord(offset, place.partition, None, b"%d" % offset) for offset in offsets], follows)


@dataclass
class Running:
    """A worker at work."""

    worker: Worker
    task: "asyncio.Task[int]"

    @property
    def app(self) -> Any:
        """Its Faust app."""
        return self.worker.app

    @property
    def consumer(self) -> Consumer:
        """Its consumer."""
        found = self.worker.consumer
        assert isinstance(found, Consumer)
        return found

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the worker run until a condition holds, or it has ended."""
        while not condition():
            assert not self.task.done(), f"it ended before: {self.task.result()}"
            await asyncio.sleep(0)

    async def started(self) -> "Running":
        """Once its app was started."""
        await self.until(lambda: getattr(self.worker, "app", None) is not None and self.app.life)
        return self

    async def assigned(self, *places: TP) -> "Running":
        """Once it works these partitions."""
        await self.started()
        await self.app.on_partitions_assigned.send(set(places))
        await self.until(lambda: not self.worker._partitions.unrestored())
        return self

    async def hands_out(self, *batches: RecordBatch, generation: int = 7) -> list[Event]:
        """Hand batches to the agent, as events of an assignment."""
        events = [Event(one, SimpleNamespace(generation_id=generation)) for one in batches]
        (agent,) = self.app.agents.values()
        await agent.fun(Stream(list(events)))
        return events

    async def ended(self) -> int:
        """Its exit code."""
        return await asyncio.wait_for(self.task, 30)

    async def told(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        os.kill(os.getpid(), number)
        return await self.ended()


@contextlib.asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[Running]:
    """Run a worker beside the test."""
    task = asyncio.create_task(worker.run())
    try:
        yield Running(worker, task)
    finally:
        task.cancel()
        await asyncio.wait([task])
