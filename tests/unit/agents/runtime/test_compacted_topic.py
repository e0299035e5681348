"""A small topic is read whole, then followed: in order, once, and again from its beginning when the connection is lost."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from agents.kafka import clients, stall
from agents.runtime import compacted_topic
from agents.runtime.compacted_topic import CompactedTopic
from agents.settings import Settings
from tests.unit.agents.runtime.fakes import FakeKafka, FakeReader, FakeRecord

TOPIC = Settings().topic("models")


class Reader(FakeReader):
    """A reader of several partitions, of which it reads those that are not paused. ``life``: what was asked of it."""

    def __init__(self, kafka: FakeKafka, life: list[str]) -> None:
        super().__init__(kafka)
        self.life = life
        self.paused: set[Any] = set()
        self.fails = False
        self.beyond = 0
        self.looks = 0

    async def stop(self) -> None:
        """Noted."""
        await super().stop()
        self.life.append("stop")

    def pause(self, *places: Any) -> None:
        """Fetch nothing of these."""
        self.paused |= set(places)

    def resume(self, *places: Any) -> None:
        """Fetch of these again."""
        self.paused -= set(places)
        self.life.append(f"reads {sorted(place.partition for place in places)}")

    def seek(self, place: Any, offset: int) -> None:
        """Noted where it begins."""
        super().seek(place, offset)
        self.life.append(f"{place.partition} from {offset}")

    async def end_offsets(self, places: Any) -> dict[Any, int]:
        """Where logs end, unless the broker is gone, or ended before they were cut back."""
        self.looks += 1
        if self.fails:
            raise KafkaTimeoutError
        return {place: end + self.beyond for place, end in (await super().end_offsets(places)).items()}

    async def getmany(self, *_: Any, timeout_ms: int, max_records: int = 0) -> Mapping[Any, list[FakeRecord]]:
        """Some records of each that is read."""
        assert (timeout_ms, max_records) == (500, 1_000)
        assert self.running
        found: dict[Any, list[FakeRecord]] = {}
        for place in self._positions:
            if place not in self.paused:
                found |= await super().getmany(place, timeout_ms=timeout_ms)
        return found


class Admin:
    """Says how many partitions there are; ``counts`` are its answers in turn, the last one for good."""

    def __init__(self, counts: list[int], life: list[str]) -> None:
        self._counts = counts
        self._life = life
        self._running = False

    async def start(self) -> None:
        """Connect."""
        self._running = True

    async def close(self) -> None:
        """Disconnect."""
        self._life.append("closed")

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        """One of them."""
        assert (names, self._running) == ([TOPIC], True)
        count = self._counts.pop(0) if len(self._counts) > 1 else self._counts[0]
        return [{"partitions": list(range(count))}]


class World:
    """A topic, who follows it, and what that one has heard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kafka = FakeKafka()
        self.life: list[str] = []
        self.counts = [2]
        self.bug = ""
        self.beyond = 0
        self.readers: list[Reader] = []
        self.heard: list[tuple[int, bytes | None]] = []
        self.caught_up: list[int] = []
        monkeypatch.setattr(compacted_topic, "LOOK_SECONDS", 0.001)
        monkeypatch.setattr(clients, "reader", self._reader)
        monkeypatch.setattr(clients, "admin", lambda _: Admin(self.counts, self.life))
        self.topic = CompactedTopic(Settings(), "models", lambda record: self.heard.append((record.partition, record.value)), self._known)

    def _reader(self, _: Settings) -> Reader:
        self.readers.append(Reader(self.kafka, self.life))
        self.readers[-1].beyond = self.beyond
        return self.readers[-1]

    async def _known(self) -> None:
        if self.bug:
            raise ZeroDivisionError(self.bug)
        self.caught_up.append(len(self.heard))

    def write(self, partition: int, *values: bytes) -> None:
        """Append records."""
        self.kafka.append(TOPIC, partition, [(b"k", value, ()) for value in values])

    async def until(self, caught_up: int) -> None:
        """Wait until it has caught up so often."""
        await self._until(lambda: len(self.caught_up) >= caught_up)

    async def looked(self) -> None:
        """Wait until the last reader has asked some times more where the topic ends."""
        enough = self.readers[-1].looks + 3
        await self._until(lambda: self.readers[-1].looks >= enough)

    @staticmethod
    async def _until(condition: Callable[[], bool]) -> None:
        deadline = asyncio.get_running_loop().time() + 30
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, "it never came to that"
            await asyncio.sleep(0)


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ends with its follower."""
    found = World(monkeypatch)
    yield found
    assert found.topic._task is not None
    found.topic._task.cancel()
    await asyncio.wait([found.topic._task])


async def test_all_is_read_before_it_is_caught_up(world: World) -> None:
    """Every partition, in the order of each; then what is added, without what was read before, and nothing when nothing is."""
    world.write(0, *(b"%d" % number for number in range(7)))
    world.write(1, b"a")
    world.topic.follow()
    await world.until(1)
    assert [value for partition, value in world.heard if partition == 0] == [b"%d" % number for number in range(7)]
    assert (1, b"a") in world.heard
    assert world.caught_up == [8]
    assert world.readers[0].paused == {TopicPartition(TOPIC, 0), TopicPartition(TOPIC, 1)}, "a fetch costs more than a look"
    world.write(1, b"b", b"c")
    await world.until(2)
    assert world.heard[8:] == [(1, b"b"), (1, b"c")]
    await world.looked()
    assert world.caught_up == [8, 10]
    assert world.life == ["closed", "0 from 0", "1 from 0", "reads [0, 1]", "1 from 1", "reads [1]"]


async def test_an_empty_topic_is_caught_up_at_once(world: World) -> None:
    """Once: who waits for the first word of it goes on."""
    world.topic.follow()
    await world.until(1)
    await world.looked()
    assert (world.caught_up, world.heard) == ([0], [])


async def test_it_is_followed_once(world: World) -> None:
    """However often somebody begins to."""
    world.topic.follow()
    world.topic.follow()
    await world.until(1)
    assert len(world.readers) == 1
    assert world.topic._task is not None
    assert world.topic._task.get_name() == "models"


async def test_reading_begins_where_the_log_does(world: World) -> None:
    """What was compacted away at its beginning is not asked for."""
    world.write(0, *(b"%d" % number for number in range(5)))
    world.kafka.compact(TOPIC)
    world.topic.follow()
    await world.until(1)
    assert world.heard == [(0, b"4")]
    assert "0 from 4" in world.life


async def test_a_lost_connection_is_made_anew(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """All is read again: who follows knows what it has. The former connection is closed."""
    world.write(0, b"a")
    world.topic.follow()
    await world.until(1)
    world.readers[0].fails = True
    world.write(0, b"b")
    await world.until(2)
    assert world.heard == [(0, b"a"), (0, b"a"), (0, b"b")]
    assert [reader.running for reader in world.readers] == [False, True]
    assert "cannot read the topic of models, will try again" in caplog.text


async def test_a_topic_that_is_not_there_is_waited_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """It says so, again and again, until somebody has made it."""
    world.counts = [0, 0, 1]
    world.write(0, b"a")
    world.topic.follow()
    await world.until(1)
    assert world.heard == [(0, b"a")]
    assert caplog.text.count(f"{TOPIC} does not exist") == 2
    assert world.life.count("closed") == 3
    assert [reader.running for reader in world.readers] == [False, False, True]


async def test_a_bug_makes_nobody_deaf(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be taken up is told with its traceback and tried again; a silence written later counts."""
    world.write(0, b"a")
    world.topic.follow()
    await world.until(1)
    world.bug = "of taking up"
    world.write(0, b"b")
    await world._until(lambda: "of taking up" in caplog.text)
    assert "what the topic of models says cannot be taken up" in caplog.text
    world.bug = ""
    world.write(1, b"c")
    await world._until(lambda: bool(world.heard) and world.heard[-1] == (1, b"c"))
    await world.until(2)
    assert not any(reader.running for reader in world.readers[:-1])


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not from behind its end, where the former one was read to."""
    world.write(0, b"a", b"b", b"c")
    world.topic.follow()
    await world.until(1)
    world.kafka.logs.clear()
    world.write(0, b"new")
    await world._until(lambda: world.heard[3:] == [(0, b"new")])
    assert "made anew" in caplog.text


async def test_an_end_that_is_taken_back_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The topic was cut back between the look and the reading: it is read anew."""
    monkeypatch.setattr(stall, "STALL_SECONDS", 0.0)
    world.write(0, b"a")
    world.beyond = 3
    world.topic.follow()
    await world._until(lambda: len(world.readers) > 1)
    assert world.caught_up == []
    world.beyond = 0
    await world.until(1)
    assert world.heard[-1] == (0, b"a")
