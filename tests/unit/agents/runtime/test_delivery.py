"""The delivery rule: outputs, then state, then ledger, then the input offset, each acknowledged before the next."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from agents.metrics import Metrics
from agents.runtime.delivery import Delivery
from agents.runtime.ports import InputPartition, SystemClock
from pipeline.stream import Deleted, Output, Span, Step, Written
from schemas.errors import WinnowError

METRICS = Metrics("act")
OUTPUT = Output(noun="actions", key=b"k", value=b"v", id="1", time_ms=0, source="s", lineage="", trace="")
STEP = Step(outputs=[OUTPUT], changes={b"k": b"v"}, spans=[Span("decisions", 0, 3, b"\x05")], positions={("decisions", 0): 4})


class Ports:
    """All ports of a delivery but the changelog: notes what was begun and what was acknowledged; whatever is in ``failing`` fails."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.failing = ""
        self.written: list[Written] = []
        self.told: list[tuple[list[Span], list[Written]]] = []
        self.told_deleted: list[list[Deleted]] = []
        self.state: dict[bytes, bytes | None] = {b"k": b"0"}
        self.held_up_after = 1_000
        self._checks = 0

    async def do(self, what: str) -> None:
        """Begin, and be acknowledged a while later."""
        self.log.append(what)
        for _ in range(3):  # whoever does not wait for the acknowledgement is ahead by then
            await asyncio.sleep(0)
        if self.failing == what:
            raise WinnowError(f"no {what}")
        self.log.append(f"{what} acknowledged")

    async def emit(self, outputs: Sequence[Output]) -> list[Written]:
        """Outputs."""
        assert outputs == STEP.outputs
        await self.do("outputs")
        return list(self.written)

    async def write(self, spans: Sequence[Span], written: Sequence[Written] = (), deleted: Sequence[Deleted] = ()) -> None:
        """The ledger."""
        self.told.append((list(spans), list(written)))
        self.told_deleted.append(list(deleted))
        await self.do("ledger")

    def settle(self, tp: InputPartition, position: int) -> None:
        """The input offset."""
        self.log.append(f"settled {tp.topic}/{tp.partition} to {position}")

    def check(self) -> None:
        """The lease, which runs out after so many looks."""
        self._checks += 1
        if self._checks > self.held_up_after:
            raise WinnowError("held up")


class ChangelogPort:
    """The changelog."""

    topic = "act-state"

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def take_over(self, shard: str, partition: int, still_ours: Callable[[], None]) -> Mapping[bytes, bytes]:
        """Asks whether the shard is still ours."""
        still_ours()
        return {key: value for key, value in self._ports.state.items() if value is not None}

    def mark(self, shard: str) -> bytes:
        """Nothing was left."""
        return b""

    async def leave_mark(self, shard: str, partition: int, mark: bytes) -> None:
        """For the next owner."""
        self._ports.log.append(f"mark {shard}/{partition} {mark!r}")

    async def write(self, shard: str, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """State."""
        assert (shard, partition) == ("0", 0)
        await self._ports.do("state")
        self._ports.state |= changes


@pytest.fixture
def ports() -> Ports:
    """Everything works."""
    return Ports()


@pytest.fixture
def delivery(ports: Ports) -> Delivery:
    """A delivery over these ports."""
    return made(ports)


def made(ports: Ports) -> Delivery:
    """A worker's delivery."""
    return Delivery(
        outputs=ports, changelog=ChangelogPort(ports), ledger=ports, lease=ports, metrics=METRICS, clock=SystemClock(),
        kafka_name=lambda noun: f"winnow.{noun}.v1",
    )  # fmt: skip


RULE = ["outputs", "outputs acknowledged", "state", "state acknowledged", "ledger", "ledger acknowledged"]
SETTLED = "settled winnow.decisions.v1/0 to 4"


async def test_each_is_acknowledged_before_the_next_begins(ports: Ports, delivery: Delivery) -> None:
    """The order in which a crash anywhere leaves nothing undone that counts as done."""
    await delivery.make_durable("0", 0, STEP, source(ports))
    assert ports.log == [*RULE, SETTLED]
    assert ports.state == STEP.changes
    assert ports.told == [(STEP.spans, [])]


@pytest.mark.parametrize("failing", ["outputs", "state", "ledger"])
async def test_nothing_follows_what_failed(ports: Ports, delivery: Delivery, failing: str) -> None:
    """A failure is raised, and nothing behind it is begun: above all the input offset stays."""
    ports.failing = failing
    with pytest.raises(WinnowError, match=f"no {failing}"):
        await delivery.make_durable("0", 0, STEP, source(ports))
    assert ports.log == RULE[: RULE.index(failing) + 1]


@pytest.mark.parametrize(("looks", "written"), [(0, []), (1, ["outputs", "outputs acknowledged"])])
async def test_who_was_held_up_writes_no_more(ports: Ports, delivery: Delivery, looks: int, written: list[str]) -> None:
    """The lease is looked at before outputs, and again before state, as the outputs may have taken long."""
    ports.held_up_after = looks
    with pytest.raises(WinnowError, match="held up"):
        await delivery.make_durable("0", 0, STEP, source(ports))
    assert ports.log == written


async def test_resuming_repeats_the_ledger_before_it_settles(ports: Ports, delivery: Delivery) -> None:
    """A crash may have come between state and ledger: the spans of the state are written again, and only then does the offset count."""
    await delivery.resume("0", 0, STEP, source(ports), {})
    assert ports.log == [*RULE[2:], SETTLED]


@pytest.mark.parametrize("failing", ["state", "ledger"])
async def test_resuming_settles_nothing_that_failed(ports: Ports, delivery: Delivery, failing: str) -> None:
    """As for any other step."""
    ports.failing = failing
    with pytest.raises(WinnowError):
        await delivery.resume("0", 0, STEP, source(ports), {})
    assert SETTLED not in ports.log


async def test_who_was_held_up_takes_nothing_over(ports: Ports, delivery: Delivery) -> None:
    """A claim that comes late would end the epoch of the rightful owner, and so would what is written after a restore."""
    assert await delivery.take_over("0", 0) == {b"k": b"0"}
    ports.held_up_after = 0
    with pytest.raises(WinnowError, match="held up"):
        await delivery.take_over("0", 0)
    with pytest.raises(WinnowError, match="held up"):
        await delivery.resume("0", 0, STEP, source(ports), {})
    assert ports.log == []


FIRST, SECOND = Written("labels", 0, 7, 9), Written("labels", 1, 3, 3)
SILENT = Step(outputs=[OUTPUT])


async def test_what_was_written_is_told_with_the_next_spans(ports: Ports, delivery: Delivery) -> None:
    """A step without spans has no entry of its own: what it wrote is told with the spans that follow it, and once."""
    ports.written = [FIRST]
    await delivery.make_durable("0", 0, SILENT, source(ports))
    ports.written = [SECOND]
    await delivery.make_durable("0", 0, STEP, source(ports))
    ports.written = []
    await delivery.make_durable("0", 0, STEP, source(ports))
    assert [written for spans, written in ports.told if spans] == [[FIRST, SECOND], []]


@pytest.mark.parametrize("failing", ["", "ledger"], ids=["told", "not told"])
async def test_a_crash_loses_nothing_of_what_was_written(ports: Ports, delivery: Delivery, failing: str) -> None:
    """It is in the state before it is in the ledger: a successor, whose shard knows nothing of it, tells it with the last spans again."""
    ports.written = [FIRST]
    await delivery.make_durable("0", 0, SILENT, source(ports))
    ports.written, ports.failing = [SECOND], failing
    with pytest.raises(WinnowError) if failing else contextlib.nullcontext():
        await delivery.make_durable("0", 0, STEP, source(ports))
    ports.failing = ""
    successor = made(ports)
    assert await successor.take_over("0", 0) == {b"k": b"v"}
    await successor.resume("0", 0, STEP, source(ports), {})
    assert ports.told[-1] == (STEP.spans, [FIRST, SECOND])


GONE = Deleted("outcomes", 0, 5, 44)


async def test_what_was_deleted_unread_is_told_with_the_next_span_and_forgotten(ports: Ports, delivery: Delivery) -> None:
    """Once in the ledger it leaves the state, with the next step."""
    delivery.note_deleted("0", GONE)
    await delivery.make_durable("0", 0, SILENT, source(ports))
    assert ports.state[b"@deleted"] == b'[["outcomes",0,5,44]]', "no span has told it yet"
    await delivery.make_durable("0", 0, STEP, source(ports))
    await delivery.make_durable("0", 0, STEP, source(ports))
    assert ports.told_deleted == [[GONE], [GONE], []]
    assert ports.state[b"@deleted"] is None
    ports.state.pop(b"@deleted")
    await delivery.make_durable("0", 0, STEP, source(ports))
    assert b"@deleted" not in ports.state, "it is taken out once"


async def test_a_crash_forgets_nothing_that_was_deleted_unread(ports: Ports, delivery: Delivery) -> None:
    """The position is behind it by then, so that a successor would not find it again: it tells it from the state."""
    delivery.note_deleted("0", GONE)
    ports.failing = "ledger"
    with pytest.raises(WinnowError):
        await delivery.make_durable("0", 0, STEP, source(ports))
    ports.failing = ""
    successor = made(ports)
    assert await successor.take_over("0", 0) == {b"k": b"v"}
    await successor.resume("0", 0, STEP, source(ports), {})
    assert ports.told_deleted[-1] == [GONE]
    await successor.make_durable("0", 0, STEP, source(ports))
    assert ports.told_deleted[-1] == []
    assert ports.state[b"@deleted"] is None


def source(ports: Ports) -> Any:
    """Only settling is asked of it here."""
    return ports


async def test_who_may_have_lost_a_shard_leaves_no_mark(ports: Ports, delivery: Delivery) -> None:
    """It would speak for the owner that came after."""
    await delivery.leave_mark("0", 0, b"m")
    assert ports.log == ["mark 0/0 b'm'"]
    ports.held_up_after = 0
    with pytest.raises(WinnowError, match="held up"):
        await delivery.leave_mark("0", 0, b"n")
    assert ports.log == ["mark 0/0 b'm'"]


async def test_which_topics_were_worked_is_remembered(ports: Ports, delivery: Delivery) -> None:
    """By who restores, a successor is told, its shard is not, and what stays so is not written again."""
    await delivery.take_over("0", 0)
    assert delivery.topics("0") == {}
    await delivery.resume("0", 0, Step(changes={b"k": b"v"}), source(ports), {"decisions": "one"})
    assert ports.state == {b"k": b"v", b"@topics": b'{"decisions":"one"}'}
    successor = made(ports)
    assert await successor.take_over("0", 0) == {b"k": b"v"}
    assert successor.topics("0") == {"decisions": "one"}
    ports.state.clear()
    await successor.resume("0", 0, Step(changes={b"k": b"w"}), source(ports), {"decisions": "one"})
    assert ports.state == {b"k": b"w"}
    await successor.resume("0", 0, Step(), source(ports), {"outcomes": "two"})
    assert ports.state[b"@topics"] == b'{"decisions":"one","outcomes":"two"}', "what nobody told of now is not forgotten"
