"""State is written in one batch, comes back in the present format, and what a former owner writes late does not count."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from agents.kafka import stall
from agents.runtime import changelog
from agents.runtime.changelog import EPOCH_HEADER, FORMAT, FORMAT_HEADER, StateStore
from agents.settings import Settings
from schemas.errors import Unavailable, WinnowError
from tests.unit.agents.runtime.fakes import FakeKafka, FakeProducer, FakeReader, Network

SETTINGS = Settings()
TOPIC = SETTINGS.topic("act-state")


def store(kafka: FakeKafka, most_bytes: int = 1_000_000) -> StateStore:
    """The changelog as one worker sees it."""
    return StateStore(SETTINGS, "act", FakeProducer(kafka, most_bytes), open_reader=lambda _: FakeReader(kafka))


def put(kafka: FakeKafka, version: bytes, items: Mapping[bytes, bytes | None], epoch: int = 0) -> None:
    """Records as a worker of some version left them."""
    kafka.append(TOPIC, 0, [(b"0|" + k, v, [(FORMAT_HEADER[0], version), (EPOCH_HEADER, b"%d" % epoch)]) for k, v in items.items()])


async def test_the_latest_value_of_every_key_comes_back() -> None:
    """Written, overwritten and deleted; of this shard alone, though another one's name begins like it."""
    kafka = FakeKafka()
    owner = store(kafka)
    await owner.write("0", 0, {b"a": b"1", b"b": b"1", b"c": b"1"})
    await owner.write("00", 0, {b"a": b"another's"})
    await owner.write("0", 0, {b"a": b"2", b"b": None})
    assert await owner.read("0", 0) == {b"a": b"2", b"c": b"1"}


async def test_changes_are_one_batch() -> None:
    """All or none of them survive a crash: what fits no batch is refused, and nothing of it is written."""
    kafka = FakeKafka()
    producer = FakeProducer(kafka, most_bytes=100)
    owner = StateStore(SETTINGS, "act", producer, open_reader=lambda _: FakeReader(kafka))
    await owner.write("0", 0, {b"%d" % number: b"v" for number in range(10)})
    assert [len(batch.records) for batch in producer.sent] == [10]
    with pytest.raises(WinnowError, match=r"state changes of one batch of 0 \(120 bytes\) fit no record batch.*WINNOW_BATCH_RECORDS"):
        await owner.write("0", 0, {b"%d" % number: bytes(40) for number in range(3)})
    assert len(kafka.log(TOPIC)) == 10
    await owner.write("0", 0, {})
    assert len(producer.sent) == 1, "nothing to write is not written"


@pytest.mark.parametrize("done", [True, False])
async def test_a_write_ends_with_its_acknowledgement(done: bool) -> None:
    """It waits for it, and raises when it does not come."""
    kafka = FakeKafka(network=Network(held=True))
    writing = asyncio.ensure_future(store(kafka).write("0", 0, {b"k": b"v"}))
    finished, _ = await asyncio.wait({writing}, timeout=0.02)
    assert not finished
    kafka.network.take(kafka.network.requests[0]).fail(done=done)
    with pytest.raises(WinnowError, match=rf"cannot write state to {TOPIC}/0 .*input will be read again"):
        await writing


async def test_a_former_format_goes_every_step_of_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value by the migrations of its own format, in order, none left out; a tombstone stays one."""

    def step(number: int) -> changelog.Migration:
        return lambda stage, key, value: value + b"+%d" % number

    monkeypatch.setattr(changelog, "MIGRATIONS", {number: step(number) for number in range(FORMAT)})
    kafka = FakeKafka()
    put(kafka, b"0", {b"oldest": b"v", b"gone": b"v", b"again": b"v"})
    put(kafka, b"%d" % (FORMAT - 1), {b"old": b"v", b"gone": None})
    put(kafka, b"%d" % FORMAT, {b"again": b"w"})
    steps = b"".join(b"+%d" % number for number in range(FORMAT))
    assert await store(kafka).take_over("0", 0) == {b"oldest": b"v" + steps, b"old": b"v" + b"+%d" % (FORMAT - 1), b"again": b"w"}


@pytest.mark.parametrize("version", [b"%d" % (FORMAT + 1), b"", b"one"])
async def test_an_unknown_format_is_never_passed_over(version: bytes) -> None:
    """State that cannot be read stops the worker: place, version, what to do."""
    kafka = FakeKafka()
    put(kafka, b"%d" % FORMAT, {b"a": b"1"})
    put(kafka, version, {b"a": b"2"})
    with pytest.raises(WinnowError, match=rf"{TOPIC}/0/1 has state format .* reads 0 to {FORMAT}.*newer one"):
        await store(kafka).take_over("0", 0)


async def test_what_a_former_owner_writes_late_is_void() -> None:
    """Not only for readers: the next owner writes the keys anew, so that compaction keeps the valid values."""
    kafka = FakeKafka()
    former, owner = store(kafka), store(kafka)
    await former.take_over("0", 0)
    await former.write("0", 0, {b"a": b"1", b"b": b"1"})
    assert await owner.take_over("0", 0) == {b"a": b"1", b"b": b"1"}
    await owner.write("0", 0, {b"a": b"2", b"b": None})
    await former.write("0", 0, {b"a": b"late", b"b": b"late", b"c": b"late"})
    assert await owner.read("0", 0) == {b"a": b"2"}
    assert await store(kafka).take_over("0", 0) == {b"a": b"2"}
    kafka.compact(TOPIC)
    assert await store(kafka).read("0", 0) == {b"a": b"2"}


async def test_an_owner_writes_anew_what_a_late_write_hid() -> None:
    """Before the next take-over, and whatever the late write held: a value, a deletion, a key of its own, the claim itself."""
    kafka = FakeKafka()
    former, owner = store(kafka), store(kafka)
    await former.take_over("0", 0)
    await former.write("0", 0, {b"a": b"1", b"b": b"1"})
    await owner.take_over("0", 0)
    await owner.write("0", 0, {b"a": b"2"})
    put(kafka, b"%d" % FORMAT, {b"a": None, b"b": b"late", b"c": b"late", b"@owner": b""}, epoch=1)
    await owner.write("0", 0, {b"d": b"2"})
    await owner.look()
    await owner.guard("0", 0)
    kafka.compact(TOPIC)
    assert await owner.read("0", 0) == {b"a": b"2", b"b": b"1", b"d": b"2"}
    assert {dict(record.headers)[EPOCH_HEADER] for record in kafka.log(TOPIC)} == {b"2"}, "also who owns it survives compaction"
    before = len(kafka.log(TOPIC))
    await owner.look()
    await owner.guard("0", 0)
    assert len(kafka.log(TOPIC)) == before, "once"


async def test_a_late_write_that_hides_nothing_is_left_alone() -> None:
    """The owner has written those keys since: compaction keeps what counts."""
    kafka = FakeKafka()
    former, owner = store(kafka), store(kafka)
    await former.take_over("0", 0)
    await owner.take_over("0", 0)
    await former.write("0", 0, {b"a": b"late"})
    await owner.write("0", 0, {b"a": b"2"})
    before = len(kafka.log(TOPIC))
    await owner.look()
    await owner.guard("0", 0)
    assert len(kafka.log(TOPIC)) == before


async def test_an_owner_that_was_followed_by_another_ends() -> None:
    """It was cut off from the coordinator alone: its state topic tells it, and what it wrote is healed by who followed."""
    kafka = FakeKafka()
    former, owner = store(kafka), store(kafka)
    await former.take_over("0", 0)
    await owner.take_over("0", 0)
    await owner.write("0", 0, {b"a": b"2"})
    await former.write("0", 0, {b"a": b"1"})
    await former.look()
    with pytest.raises(WinnowError, match=rf"another worker took over act 0: its state in {TOPIC}/0 has owner 2, this one is 1"):
        await former.guard("0", 0)
    await owner.look()
    await owner.guard("0", 0)
    kafka.compact(TOPIC)
    assert await owner.read("0", 0) == {b"a": b"2"}


async def test_what_a_worker_wrote_itself_is_never_read_again() -> None:
    """Also when two shards of it share a partition: looking costs one question for the end, whatever the state's size."""
    kafka = FakeKafka()
    opened: list[FakeReader] = []

    def open_reader(_: Settings) -> FakeReader:
        opened.append(FakeReader(kafka))
        return opened[-1]

    owner = StateStore(SETTINGS, "act", FakeProducer(kafka), open_reader=open_reader)
    await owner.take_over("posts/0", 0)
    await owner.take_over("feedback/0", 0)
    for shard in ("posts/0", "feedback/0") * 3:
        await owner.write(shard, 0, {b"a": b"1", b"b": b"2"})
    await owner.look()
    for shard in ("posts/0", "feedback/0"):
        await owner.guard(shard, 0)
    opened.clear()
    for shard in ("posts/0", "feedback/0") * 3:
        await owner.write(shard, 0, {b"a": b"1", b"b": b"2"})
        await owner.look()
        await owner.guard(shard, 0)
    assert opened == []


async def test_a_rewrite_waits_for_the_lease() -> None:
    """Who was held up between reading and writing writes nothing."""

    def lost() -> None:
        raise WinnowError("held up")

    kafka = FakeKafka()
    former, owner = store(kafka), store(kafka)
    await former.take_over("0", 0)
    await owner.take_over("0", 0)
    await former.write("0", 0, {b"a": b"late"})
    before = len(kafka.log(TOPIC))
    await owner.look()
    with pytest.raises(WinnowError, match="held up"):
        await owner.guard("0", 0, lost)
    assert len(kafka.log(TOPIC)) == before


async def until_claimed(kafka: FakeKafka, claims: int) -> None:
    """Wait until so many claims are on their way, answering all else."""
    while len(kafka.network.requests) < claims or any(request.lane[0] != TOPIC for request in kafka.network.requests):
        for request in [one for one in kafka.network.requests if one.lane[0] != TOPIC]:
            kafka.network.take(request).answer()
        await kafka.network.until_asked(len(kafka.network.requests) + 1)


async def test_what_came_while_taking_over_counts() -> None:
    """A former owner's last write lands behind what was read and before the claim: it was in time."""
    kafka = FakeKafka()
    await store(kafka).take_over("0", 0)
    kafka.network.held = True
    taking = asyncio.ensure_future(store(kafka).take_over("0", 0))
    await until_claimed(kafka, 1)
    put(kafka, b"%d" % FORMAT, {b"a": b"in time"}, epoch=1)
    kafka.network.held = False
    kafka.network.take(kafka.network.requests[0]).answer()
    assert await taking == {b"a": b"in time"}


async def test_of_two_that_take_over_at_once_the_second_gives_up() -> None:
    """With equal epochs the writes of both would count, and one of them is a former owner that does not know it."""
    kafka = FakeKafka(network=Network(held=True))
    first, second = (asyncio.ensure_future(store(kafka).take_over("0", 0)) for _ in range(2))
    await until_claimed(kafka, 2)
    kafka.network.held = False
    for request in list(kafka.network.requests):
        kafka.network.take(request).answer()
    assert await first == {}
    with pytest.raises(WinnowError, match="another worker took over act 0 at the same time"):
        await second
    assert await store(kafka).take_over("0", 0) == {}, "its successor begins an epoch of its own"


async def test_a_shard_that_is_no_longer_ours_is_not_claimed() -> None:
    """Held up while it read, a worker must not end the epoch of the one that took over meanwhile."""

    def lost() -> None:
        raise WinnowError("held up")

    kafka = FakeKafka()
    owner = store(kafka)
    await owner.take_over("0", 0)
    with pytest.raises(WinnowError, match="held up"):
        await store(kafka).take_over("0", 0, lost)
    await owner.write("0", 0, {b"a": b"1"})
    assert await owner.read("0", 0) == {b"a": b"1"}


async def test_a_mark_is_left_for_the_next_owner() -> None:
    """It is no part of the state, outlives who takes over and leaves none, and is written only when it says something new."""
    kafka = FakeKafka()
    first, second, third = store(kafka), store(kafka), store(kafka)
    assert await first.take_over("0", 0) == {}
    assert first.mark("0") == b""
    await first.leave_mark("0", 0, b"here")
    await second.take_over("0", 0)
    assert second.mark("0") == b"here"
    written = len(kafka.log(TOPIC))
    await second.leave_mark("0", 0, b"here")
    assert len(kafka.log(TOPIC)) == written
    await second.leave_mark("0", 0, b"on the way")
    await second.leave_mark("0", 0, b"there")
    await first.leave_mark("0", 0, b"too late")
    assert await third.take_over("0", 0) == {}
    assert third.mark("0") == b"there", "a former owner's comes too late"
    await third.leave_mark("0", 0, b"elsewhere")
    kafka.compact(TOPIC)
    last = store(kafka)
    assert await last.take_over("0", 0) == {}
    assert last.mark("0") == b"elsewhere"


@pytest.mark.parametrize("version", range(FORMAT + 1))
async def test_every_former_format_is_read(version: int) -> None:
    """Each of them was in use somewhere, and its values are read as they are."""
    kafka = FakeKafka()
    put(kafka, b"%d" % version, {b"a": b"1"})
    assert await store(kafka).take_over("0", 0) == {b"a": b"1"}


async def test_state_bears_the_time_of_its_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unix milliseconds: compaction waits an hour by it."""
    monkeypatch.setattr(changelog, "time", SimpleNamespace(time=lambda: 1_700_000_000.5))
    producer = FakeProducer(kafka := FakeKafka())
    await StateStore(SETTINGS, "act", producer, open_reader=lambda _: FakeReader(kafka)).write("0", 0, {b"a": b"1", b"b": None})
    assert [batch.timestamps for batch in producer.sent] == [[1_700_000_000_500] * 2]


@pytest.mark.parametrize("version", [b"%d" % FORMAT, b"newer"])
async def test_who_reads_state_disconnects(version: bytes) -> None:
    """Also when it cannot be read; each restore would leave a connection behind."""
    put(kafka := FakeKafka(), version, {b"a": b"1"})
    readers: list[FakeReader] = []

    def opened(_: Settings) -> FakeReader:
        readers.append(FakeReader(kafka))
        return readers[-1]

    owner = StateStore(SETTINGS, "act", FakeProducer(kafka), open_reader=opened)
    with contextlib.suppress(WinnowError):
        await owner.read("0", 0)
    assert [reader.running for reader in readers] == [False]


async def test_a_look_that_finds_no_broker_is_made_anew() -> None:
    """It raises, leaves no connection behind, and the next one connects again; one that is there is kept, until it is closed."""
    kafka = FakeKafka()
    readers: list[FakeReader] = []
    stopped: list[int] = []

    class Reader(FakeReader):
        """Does not connect at first."""

        async def start(self) -> None:
            """Once more."""
            await super().start()
            if len(readers) == 3:
                raise KafkaTimeoutError

        async def stop(self) -> None:
            """Noted."""
            await super().stop()
            stopped.append(len(readers))

    def opened(_: Settings) -> FakeReader:
        readers.append(Reader(kafka))
        return readers[-1]

    owner = StateStore(SETTINGS, "act", FakeProducer(kafka), open_reader=opened)
    await owner.look()
    assert readers == [], "nothing is owned yet"
    await owner.take_over("0", 0)
    readers[:], stopped[:] = [readers[0]] * 2, []
    with pytest.raises(KafkaTimeoutError):
        await owner.look()
    assert stopped == [3]
    for _ in range(2):
        await owner.look()
    assert len(readers) == 4
    assert readers[-1].running
    await owner.close()
    await owner.close()
    assert stopped == [3, 4]


@pytest.mark.parametrize("guarding", [False, True])
async def test_an_end_that_is_taken_back_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, guarding: bool) -> None:
    """The topic was cut back while it was read: who reads state says so, and does not take what there is for all of it."""
    put(kafka := FakeKafka(), b"%d" % FORMAT, {b"a": b"1"})
    monkeypatch.setattr(stall, "STALL_SECONDS", 0.0)
    further = 0

    class Reader(FakeReader):
        """Says that there is more than there is."""

        async def end_offsets(self, places: Iterable[Any]) -> dict[Any, int]:
            """A moment ago."""
            return {place: end + further for place, end in (await super().end_offsets(places)).items()}

    owner = StateStore(SETTINGS, "act", FakeProducer(kafka), open_reader=lambda _: Reader(kafka))
    await owner.take_over("0", 0)
    further = 5
    await owner.look()
    with pytest.raises(Unavailable, match=r"gives nothing more of winnow\.act-state\.v1/0"):
        await (owner.guard if guarding else owner.read)("0", 0)
