"""A shard that has nothing more to say says so after every word: downstream must never wait for it in vain."""

from collections.abc import Mapping, Sequence

from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.ordered import Arrived, OrderedShard, watermark
from pipeline.stream.stage import Batch, InputRecord, Output, Record, Step, header

SOURCES = ("sift/posts/0", "sift/posts/1")


class Forwarder(OrderedShard[bytes]):
    """Passes every record on."""

    stage = "correlate"
    ordered = "information"
    downstream = "situations"

    def parse(self, record: InputRecord, topic: str) -> bytes | Unreadable:
        """The value as it is."""
        return record.value or b""

    def apply(self, run: Sequence[Arrived[bytes]], step: Step) -> list[str]:
        """One output a record."""
        step.outputs += [Output("situations", b"k", one.message, "i", one.clock, self.source, one.lineage, "", one.clock) for one in run]
        return ["case"] * len(run)

    def changes(self) -> dict[bytes, bytes | None]:
        """No state."""
        return {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """No state."""


def record(offset: int, source: str, clock: int, *, idle: bool | None = None) -> Record:
    """A record of a source, or its promise when ``idle`` is given."""
    if idle is not None:
        mark = watermark("information", source, clock, idle=idle)
        return Record(offset, clock, None, mark.value, mark.headers())
    output = Output("information", b"k", b"{}", f"{source}/{offset}", clock, source, f"posts/0/{offset}/0", "", clock)
    return Record(offset, clock, output.key, output.value, output.headers())


def last_word(step: Step) -> tuple[bytes | None, bytes | None]:
    """(type, idle) of the last output downstream."""
    last = step.outputs[-1]
    found = Record(0, 0, None, None, last.headers())
    return header(found, "ce_type"), header(found, "ce_idle")


def test_idleness_is_told_again_after_every_record() -> None:
    """Records at a clock that was already told as idle are followed by another word of idleness, with the same clock or not."""
    shard = Forwarder(0, SOURCES)
    idle = (b"winnow.watermark.v1", b"1")
    first = [record(0, SOURCES[0], 100), record(1, SOURCES[0], 100, idle=True), record(2, SOURCES[1], 50, idle=True)]
    assert last_word(shard.process(Batch("information", 0, first), 0)) == idle
    late = [record(3, SOURCES[1], 60), record(4, SOURCES[1], 60, idle=True)]
    step = shard.process(Batch("information", 0, late), 0)
    assert [output.noun for output in step.outputs] == ["situations", "situations"]
    assert last_word(step) == idle


def test_nothing_is_told_twice_without_a_reason() -> None:
    """A watermark that changes nothing is not passed on."""
    shard = Forwarder(0, SOURCES)
    marks = [record(0, SOURCES[0], 100, idle=True), record(1, SOURCES[1], 100, idle=True)]
    assert last_word(shard.process(Batch("information", 0, marks), 0)) == (b"winnow.watermark.v1", b"1")
    again = [record(2, SOURCES[0], 100, idle=True)]
    assert shard.process(Batch("information", 0, again), 0).outputs == []
