"""The account that every shard keeps: what the frame promises whatever a stage does with its records."""

from collections.abc import Mapping

import orjson
import pytest

from pipeline.stream.accounted import OF_NO_RECORD, POSITION_KEY, AccountedShard, clock_header, text_header
from pipeline.stream.dead_letter import Unreadable
from pipeline.stream.stage import Batch, Record, Span, Step
from schemas.messages import Rejected
from schemas.topics import DISPOSITIONS

CODES = {name: code for code, name in enumerate(DISPOSITIONS["monitor"])}
BAD = Unreadable("not_json", "it says bad")


class Counting(AccountedShard):
    """Counts how often it worked on each record; one that says ``bad`` cannot be read, one that says ``open`` is left open."""

    stage = "monitor"

    def __init__(self) -> None:
        super().__init__("monitor/0")
        self.worked: dict[int, int] = {}

    def changes(self) -> dict[bytes, bytes | None]:
        """All that it counted."""
        return {b"worked": orjson.dumps(sorted(self.worked.items()))} if self.worked else {}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """All that it counted."""
        assert POSITION_KEY not in items, "the position is the frame's"
        self.worked = dict(orjson.loads(items.get(b"worked", b"[]")))

    def process(self, batch: Batch, now_ms: int = 0) -> Step:
        """Work on what is new."""
        step = Step()
        tracker = self.tracker(batch.topic, batch.partition)
        for record in batch.records:
            if not tracker.arrive(record.offset) or record.value == b"open":
                continue
            if record.value == b"bad":
                tracker.settle(record.offset, self.reject(batch, record, BAD, step))
                continue
            self.worked[record.offset] = self.worked.get(record.offset, 0) + 1
            tracker.settle(record.offset, "counted")
        tracker.skip_to(batch.end)
        return self.finish(step)


def batch(*offsets: int, value: bytes = b"good", topic: str = "decisions") -> Batch:
    """Records of partition 2 at these offsets."""
    return Batch(topic, 2, [Record(offset, 1_000 + offset, b"k", value) for offset in offsets])


def durable(state: dict[bytes, bytes], step: Step) -> dict[bytes, bytes]:
    """The state behind a step."""
    return state | {key: value for key, value in step.changes.items() if value is not None}


def spans(first: int, *names: str) -> list[Span]:
    """The one span that says how these offsets ended."""
    return [Span("decisions", 2, first, bytes(CODES[name] for name in names))]


def test_a_restart_repeats_the_last_spans() -> None:
    """A crash between state and ledger loses no entry: the restored shard tells its last spans again, and where to read on."""
    shard = Counting()
    state = durable({}, shard.process(batch(5, 6)))
    last = shard.process(batch(7, 8))
    assert last.spans == spans(7, "counted", "counted")
    again = Counting()
    step = again.restore(durable(state, last))
    assert step.spans == last.spans
    assert step.positions == last.positions == {("decisions", 2): 9}
    assert again.worked == {5: 1, 6: 1, 7: 1, 8: 1}


def test_a_restart_without_state_begins_anew() -> None:
    """Where nothing was written nothing is repeated, and the position is the consumer group's."""
    assert Counting().restore({}) == Step()


def test_only_the_last_spans_are_repeated() -> None:
    """A batch without spans of its own ends the repetition: what was told before it is durable."""
    shard = Counting()
    state = durable({}, shard.process(batch(5, 6)))
    state = durable(state, shard.process(batch(7, value=b"open")))
    step = Counting().restore(state)
    assert step.spans == []
    assert step.positions == {("decisions", 2): 7}


@pytest.mark.parametrize("times", [2, 3])
def test_a_record_that_arrives_again_is_settled_once(times: int) -> None:
    """In one batch, in the next one and behind a restart a settled offset is neither worked on nor told again."""
    shard = Counting()
    step = shard.process(batch(*[5] * times, 6))
    assert step.spans == spans(5, "counted", "counted")
    assert shard.process(batch(5, 6)).spans == []
    again = Counting()
    again.restore(durable({}, step))
    assert again.process(batch(5, 6, 7)).spans == spans(7, "counted")
    assert again.worked == {5: 1, 6: 1, 7: 1}


def test_what_is_settled_ahead_of_an_open_record_is_remembered() -> None:
    """A restart reads the open record again, and not what ended behind it."""
    shard = Counting()
    shard.process(batch(5, value=b"open"))
    step = shard.process(batch(6))
    assert step.spans == []
    assert step.positions == {("decisions", 2): 5}
    again = Counting()
    again.restore(durable({}, step))
    assert again.process(batch(5, 6)).spans == spans(5, "counted", "counted")
    assert again.worked == {5: 1, 6: 1}


def test_a_rejected_record_goes_out_and_is_settled() -> None:
    """It is written with its bytes and its reason, counted by its code, and the shard goes on behind it."""
    shard = Counting()
    shard.process(batch(5))
    step = shard.process(batch(6, value=b"bad"))
    (output,) = step.outputs
    message = Rejected.model_validate(orjson.loads(output.value))
    assert (output.noun, output.source) == ("rejected", "monitor/0")
    assert (message.stage, message.code, message.reason, message.raw_base64) == ("monitor", *BAD, "YmFk")
    assert (message.lineage.topic, message.lineage.partition, message.lineage.offset) == ("decisions", 2, 6)
    assert step.counts == {("rejected", "not_json"): 1}
    assert step.spans == spans(6, "rejected")
    assert step.positions == {("decisions", 2): 7}


def test_positions_never_go_back() -> None:
    """Repeated, skipped and older offsets, other partitions and restarts move no position backwards."""
    shard, before = Counting(), dict[tuple[str, int], int]()
    state: dict[bytes, bytes] = {}
    told = [batch(5, 6), batch(5), batch(9), batch(2, 3), batch(20, topic="outcomes"), batch(10, value=b"open"), batch(7), batch(10, 11)]
    for found in told:
        step = shard.process(found)
        state = durable(state, step)
        shard = Counting()
        restored = shard.restore(state)
        assert restored.positions == step.positions
        assert before.keys() <= step.positions.keys()
        assert all(step.positions[place] >= position for place, position in before.items())
        before = step.positions
    assert before == {("decisions", 2): 12, ("outcomes", 2): 21}
    assert shard.worked == {5: 1, 6: 1, 9: 1, 10: 1, 11: 1, 20: 1}


def test_offsets_that_the_broker_skips_are_absent() -> None:
    """What lies between two records, or before the end that the broker tells, is accounted for."""
    shard = Counting()
    assert shard.process(batch(5, 7)).spans == spans(5, "counted", "absent", "counted")
    assert shard.process(Batch("decisions", 2, (), end=10)).spans == spans(8, "absent", "absent")


def test_a_step_without_anything_leaves_the_position_alone() -> None:
    """The wall clock coming by writes no state when nothing happened; and what was told last can still be repeated."""
    shard = Counting()
    state = durable({}, shard.process(batch(5)))
    shard.worked.clear()
    step = shard.finish(Step(), even_if_empty=False)
    assert step == Step(positions={("decisions", 2): 6})
    shard.worked[5] = 1
    state = durable(state, shard.finish(Step(), even_if_empty=False))
    assert Counting().restore(state).spans == spans(5, "counted")


def test_partitions_that_are_not_due_are_told_later() -> None:
    """A shard may let the account of a partition wait; none of it is lost."""
    shard = Counting()
    for topic in ("decisions", "outcomes"):
        tracker = shard.tracker(topic, 2)
        tracker.arrive(5)
        tracker.settle(5, "counted")
    step = shard.finish(Step(), [shard.tracker("outcomes", 2)])
    assert [span.topic for span in step.spans] == ["outcomes"]
    assert step.positions == {("decisions", 2): 5, ("outcomes", 2): 6}
    assert shard.finish(Step()).spans == spans(5, "counted")


@pytest.mark.parametrize(
    ("claimed", "clock"),
    [(b"17", 17), (b"9" * 15, 10**15 - 1), (b"9" * 16, None), (b"-1", None), (b"1.5", None), (b"", None), ("²".encode(), None)],
)
def test_a_clock_is_an_instant_or_none(claimed: bytes, clock: int | None) -> None:
    """Digits, and no more than an instant has."""
    assert clock_header({"ce_clock": claimed}) == clock


def test_absent_headers_are_empty() -> None:
    """No clock, and no text; what is no UTF-8 is still text."""
    assert clock_header({}) is None
    assert text_header({}, "ce_source") == ""
    assert text_header({"ce_source": b"\xffx"}, "ce_source") == "\ufffdx"


def test_records_are_put_aside_unseen() -> None:
    """Rejected with reason and bytes, each once; one that ended before stays as it ended, and the shard goes on behind them."""
    shard = Counting()
    shard.process(batch(5))
    step = shard.put_aside(batch(5, 6), Unreadable("poison", "it ends workers"))
    message = Rejected.model_validate_json(step.outputs[0].value)
    assert (message.code, message.reason, message.raw_base64, message.lineage.offset) == ("poison", "it ends workers", "Z29vZA==", 6)
    assert len(step.outputs) == 1
    assert step.spans == spans(6, "rejected")
    assert step.counts == {("rejected", "poison"): 1}
    assert shard.process(batch(6, 7)).spans == spans(7, "counted")
    assert shard.worked == {5: 1, 7: 1}


def test_a_rehearsal_names_each_record_before_it_is_worked() -> None:
    """Who watches knows what it was at, wherever it ends."""
    shard = Counting()
    seen: list[tuple[int, int]] = []
    shard.rehearse(batch(5, 6, 8), 0, lambda topic, partition, offset: seen.append((offset, len(shard.worked))))
    assert seen == [(5, 0), (6, 1), (8, 2), (OF_NO_RECORD, 3)]


def test_every_input_has_its_ledger_line() -> None:
    """What has ended in one step of several inputs is told of each of them, and remembered for after a crash."""
    shard = Counting()
    for topic in ("decisions", "outcomes"):
        tracker = shard.tracker(topic, 2)
        assert tracker.arrive(0)
        tracker.settle(0, "counted")
    step = shard.finish(Step())
    assert sorted(span.topic for span in step.spans) == ["decisions", "outcomes"]
    again = Counting().restore(durable({}, step))
    assert sorted(span.topic for span in again.spans) == ["decisions", "outcomes"]


def test_a_rehearsal_lets_the_clock_come_by_as_long_as_work_is_left() -> None:
    """Behind a record that leaves some over, and behind the last: as a runner does."""

    class Leaving(Counting):
        """Leaves as much over as the offset says."""

        left = 0

        def process(self, batch: Batch, now_ms: int = 0) -> Step:
            step = super().process(batch, now_ms)
            self.left = batch.records[0].offset
            step.more = self.left > 0
            return step

        def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
            assert (now_ms, caught_up) == (77, False)
            self.left -= 1
            return Step(more=True) if self.left > 0 else None

    seen: list[tuple[str, int, int]] = []
    Leaving().rehearse(batch(0, 3), 77, lambda *place: seen.append(place))
    of_no_record = ("", 0, OF_NO_RECORD)
    assert seen == [("decisions", 2, 0), ("decisions", 2, 3), *[of_no_record] * 3, of_no_record]
