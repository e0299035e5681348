"""The frame of the stages without a common order: what is accounted for, when, and what a record's clock is."""

from collections.abc import Mapping

from pipeline.stream.accounted import Arrived
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.decode import LATEST_MS
from pipeline.stream.stage import Batch, InputRecord, Output, Record, Step, watermark
from pipeline.stream.unordered import UnorderedShard


class Counter(UnorderedShard[bytes]):
    """Remembers what it was told; the account of what reads `later` may wait."""

    stage = "monitor"

    def __init__(self, number: int = 0) -> None:
        super().__init__(number)
        self.heard: list[tuple[int, int, str, bytes]] = []
        self.batches = 0

    def parse(self, record: InputRecord, topic: str) -> bytes | Unreadable:
        """The value; none is unreadable."""
        return record.value if record.value else Unreadable("empty", "the record has no value")

    def apply(self, arrived: Arrived[bytes], step: Step) -> str:
        """Counted."""
        self.heard.append((arrived.offset, arrived.clock, arrived.lineage, arrived.message))
        return "counted"

    def after_batch(self, step: Step) -> None:
        """Once a batch."""
        self.batches += 1

    def may_defer_account(self, message: bytes, topic: str) -> bool:
        """As it says itself."""
        return message == b"later"

    def changes(self) -> dict[bytes, bytes | None]:
        """No state."""
        return {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """No state."""


def record(offset: int, value: bytes | None = b"now", clock: int | None = 5) -> Record:
    """A record of decide, written at 1,000 of the wall clock."""
    headers = Output("decisions", b"k", b"", "i", 5, "decide/situations/0", f"posts/0/{offset}/0", "", 5).headers()
    kept = [(name, held) for name, held in headers if name != "ce_clock"]
    return Record(offset, 1_000, b"k", value, [*kept, *([] if clock is None else [("ce_clock", str(clock).encode())])])


def work(shard: Counter, *records: Record, end: int | None = None) -> Step:
    """One batch."""
    return shard.process(Batch("decisions", 0, list(records), end), 2_000)


def told(step: Step) -> dict[int, int]:
    """First offset of each span -> how many it tells of."""
    return {span.first: len(span.dispositions) * span.times for span in step.spans}


def test_every_record_is_heard_once_with_its_own_clock() -> None:
    """The clock of its header; that of its writing where it has none; the year 9999 where it is later. Again is not heard again."""
    shard = Counter(3)
    assert (shard.source, shard.number) == ("monitor/3", 3)
    step = work(shard, record(0), record(1, clock=None), record(2, clock=LATEST_MS + 1))
    again = work(shard, record(2), record(3))
    assert [(offset, clock) for offset, clock, *_ in shard.heard] == [(0, 5), (1, 1_000), (2, LATEST_MS), (3, 5)]
    assert shard.heard[0][2:] == ("posts/0/0/0", b"now")
    assert told(step) == {0: 3}
    assert told(again) == {3: 1}
    assert again.positions == {("decisions", 0): 4}
    assert shard.batches == 2


def test_promises_and_what_cannot_be_read_are_not_heard() -> None:
    """They end as what they are; what cannot be read goes where it can be replayed from."""
    shard = Counter()
    mark = watermark("decisions", "decide/situations/0", 5, idle=False)
    step = work(shard, Record(0, 1_000, None, mark.value, mark.headers()), record(1, value=None))
    assert shard.heard == []
    assert [output.noun for output in step.outputs] == ["rejected"]
    assert step.counts == {("rejected", "empty"): 1}
    assert told(step) == {0: 2}


def test_an_account_that_may_wait_waits_for_one_that_may_not() -> None:
    """Entries about entries would never end: alone they are told a thousand at a time."""
    shard = Counter()
    assert told(work(shard, record(0, b"later"), record(1, b"later"))) == {}
    assert told(work(shard, record(2, b"later"), record(3))) == {0: 4}
    most = [record(offset, b"later") for offset in range(4, 1_004)]
    assert told(work(shard, *most[:-1])) == {}
    assert told(work(shard, most[-1])) == {4: 1_000}


def test_a_batch_that_ends_behind_its_records_is_told() -> None:
    """Offsets that were never handed out are absent, and no record of them could be waited for."""
    assert told(work(Counter(), record(0, b"later"), end=3)) == {0: 3}
