"""Laws of the grace: who wakes up within it is in its place, here and behind, wherever batches are cut and workers die."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.stream.accounted import Arrived
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.ordered import OrderedShard
from pipeline.stream.stage import Batch, InputRecord, Output, Record, Step, watermark

SOURCES = ("sift/feedback/0", "sift/posts/0", "sift/posts/1")
HISTORY = 10_000_000
"""Wall time of the test: long after what happened."""
GRACE_MS = 400
SPREAD_MS = 300
"""What happened at one time arrives within this; less than the grace."""
A_CLOCK_MS = 20


class Keeper(OrderedShard[str]):
    """Keeps what it was handed, in order: as (clock of the merge, true clock, name)."""

    stage = "correlate"
    ordered = "information"
    downstream = "situations"

    def __init__(self) -> None:
        super().__init__(0, SOURCES, run_limit=3)
        self.kept: list[list[object]] = []

    def parse(self, record: InputRecord, topic: str) -> str | Unreadable:
        """The value."""
        return (record.value or b"").decode()

    def apply(self, run: Sequence[Arrived[str]], step: Step) -> list[str]:
        """Keep it."""
        self.kept += [[arrived.clock, arrived.message] for arrived in run]
        return ["case"] * len(run)

    def changes(self) -> dict[bytes, bytes | None]:
        """All of it."""
        return {b"kept": orjson.dumps(self.kept)}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Go on from there."""
        self.kept = orjson.loads(items.get(b"kept", b"[]"))


class Word(NamedTuple):
    """What a source says at a wall time: a record, or a promise when ``idle`` is given."""

    wall: int
    source: str
    clock: int
    name: str = ""
    idle: bool | None = None

    def record(self, offset: int) -> Record:
        """As it lies on the topic."""
        if self.idle is not None:
            mark = watermark("information", self.source, self.clock, idle=self.idle)
            return Record(offset, HISTORY + self.wall, None, mark.value, mark.headers())
        output = Output("information", b"k", self.name.encode(), self.name, self.clock, self.source, "posts/0/0/0", "", self.clock)
        return Record(offset, HISTORY + self.wall, output.key, output.value, output.headers())


@st.composite
def logs(draw: st.DrawFn) -> list[Word]:
    """Three sources that fall idle again and again, and wake up in time; at the end all are idle."""
    words = [Word(0, source, 0, idle=True) for source in SOURCES]
    for source in SOURCES:
        wall = 1
        for number, clock in enumerate(sorted(draw(st.lists(st.integers(1, 60), max_size=12)))):
            wall = max(wall, clock * A_CLOCK_MS + draw(st.integers(0, SPREAD_MS)))
            said = draw(st.sampled_from(("record", "record", "promise", "both", "then idle", "idle")))
            if said in ("record", "both", "then idle"):
                words.append(Word(wall, source, clock, f"{clock:02}/{source}/{number:02}"))
            if said != "record":
                words.append(Word(wall, source, clock, idle=said in ("then idle", "idle")))
    return sorted(words, key=lambda word: word.wall) + [Word(60_000, source, 61, idle=True) for source in SOURCES]


_FEEDBACK, _FIRST, _SECOND = SOURCES
PROMISED = [
    *(Word(0, source, 0, idle=True) for source in SOURCES),
    Word(40, _FEEDBACK, 2, idle=False),
    *(Word(40, _FEEDBACK, 2, f"02/{_FEEDBACK}/{number:02}") for number in (1, 2, 3)),
    Word(40, _SECOND, 1, f"01/{_SECOND}/00"),
    *(Word(41, _FEEDBACK, 2, f"02/{_FEEDBACK}/{number:02}") for number in (4, 5)),
    *(Word(60_000, source, 61, idle=True) for source in SOURCES),
]
"""A promise that who is idle may still come before, in a batch of its own: seldom drawn."""

CROWDED = [
    Word(0, _FIRST, 0, idle=True),
    *(Word(0, _FEEDBACK, 0, f"{_FEEDBACK}/{number:02}") for number in range(1, 15)),
    Word(0, _SECOND, 0, f"{_SECOND}/15"),
    *(Word(1, _FEEDBACK, 1, f"{_FEEDBACK}/{number}") for number in (16, 17, 18)),
    Word(0, _FIRST, 0, f"{_FIRST}/19"),
]
"""Many of one source, then one that wakes up behind them: seldom drawn."""

plans = st.lists(st.tuples(st.integers(1, 6), st.sampled_from(("go on", "crash", "lost", "tick"))), max_size=30)


@settings(max_examples=200, deadline=None)
@given(logs(), plans)
@example(PROMISED, [])
def test_who_wakes_up_within_the_grace_is_in_its_place(words: list[Word], plan: list[tuple[int, str]]) -> None:
    """All is handed on by event time, at its own event time; what was promised to the stages behind held."""
    log = [word.record(offset) for offset, word in enumerate(words)]
    state: dict[bytes, bytes | None] = {}
    shard, read, promised = _started(state)
    steps = iter(plan)
    while read < len(log):
        size, fault = next(steps, (4, "go on"))
        records = log[read : read + size]
        now_ms = records[-1].timestamp
        known = len(shard.kept)
        step = shard.process(Batch("information", 0, records), now_ms)
        read += len(records)
        while step.more or fault == "tick":
            state.update(step.changes)
            fault = "" if fault == "tick" else fault
            step = shard.tick(now_ms, caught_up=False) or Step()
        assert all(clock >= promised for clock, _ in shard.kept[known:]), f"{promised} was promised, then came {shard.kept[known:]}"
        promised = max(promised, shard.merge.floor()[0])
        if fault != "lost":
            state.update(step.changes)
        if fault in ("lost", "crash"):
            shard, read, promised = _started(state)
    for _ in range(len(log)):
        shard.tick(HISTORY + 100_000, caught_up=True)
    names = sorted(word.name for word in words if word.name)
    assert [name for _, name in shard.kept] == names
    assert [clock for clock, _ in shard.kept] == [int(name[:2]) for name in names], "nobody was lifted to another one's time"


class OneByOne(Keeper):
    """As act: what may be worked on is, before the next word is taken in."""

    one_by_one = True


@st.composite
def live_logs(draw: st.DrawFn) -> list[Word]:
    """Three sources whose words lie on the topic in any order; who falls idle holds nobody back, and may wake up behind all others."""
    words = []
    clocks = dict.fromkeys(SOURCES, 0)
    for number in range(draw(st.integers(0, 30))):
        source = draw(st.sampled_from(SOURCES))
        clock = clocks[source] = clocks[source] + draw(st.integers(0, 9))
        idle = draw(st.sampled_from((None, None, True, False)))
        words.append(Word(clock, source, clock, "" if idle is not None else f"{source}/{number}", idle))
    return words


@settings(max_examples=150, deadline=None)
@given(live_logs(), plans)
@example(CROWDED, [])
def test_one_by_one_the_order_follows_from_the_topic_alone(words: list[Word], plan: list[tuple[int, str]]) -> None:
    """Without a grace, wherever batches are cut and workers die: the same order, at the same clocks."""
    log = [word.record(offset)._replace(timestamp=word.clock) for offset, word in enumerate(words)]
    assert _worked(log, plan) == _worked(log, [(len(log), "go on")]) == _worked(log, [(1, "crash")] * len(log))


def _worked(log: list[Record], plan: list[tuple[int, str]]) -> list[list[object]]:
    """What was kept of the topic by workers that batch and die as planned."""
    state: dict[bytes, bytes | None] = {}
    shard, read, _ = _started(state, OneByOne)
    steps = iter(plan)
    while read < len(log):
        size, fault = next(steps, (4, "go on"))
        step = shard.process(Batch("information", 0, log[read : read + size]), 0)
        read += size
        while step.more:
            state.update(step.changes)
            step = shard.tick(0, caught_up=False) or Step()
        if fault != "lost":
            state.update(step.changes)
        if fault in ("lost", "crash"):
            shard, read, _ = _started(state, OneByOne)
    return shard.kept


def _started(state: Mapping[bytes, bytes | None], kind: type[Keeper] = Keeper) -> tuple[Keeper, int, int]:
    """A worker that took over this state: its shard, where it reads on, and what is promised so far: nothing."""
    shard = kind().with_grace(GRACE_MS / 1000)
    step = shard.restore({key: value for key, value in state.items() if value is not None})
    return shard, step.positions.get(("information", 0), 0), 0
