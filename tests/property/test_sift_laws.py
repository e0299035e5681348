"""Laws of sifting: batches, crashes and repetitions change nothing, and every record ends exactly once."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.ledger.book import Book
from pipeline.stream.stage import Batch, Output, Record
from schemas.topics import DISPOSITIONS
from tests.unit.pipeline.sift.world import MINUTE, START, Run, endings, event, messages, records, run, shard

TEXTS = (
    "the aurora air flight was late again",
    "The AURORA AIR flight was late, again!",
    "is brightbank down again for you too?",
    "aurora air and brightbank are both down",
    "you won a prize from cobalt mobile today",
    "perhaps a prize by brightbank for you all",
    "nothing of interest to anyone at all",
    "thanks aurora air",
    "Ä very german text about aurora air",
)
BAD = (None, b"", b"{", b"[]", b'{"id": 1}', b"\xff\xfe", b'{"id":"7","source":"signal"}')

signals = st.builds(
    lambda number, text, minutes, rating: event(f"event {number}", text, START + minutes * MINUTE, rating=rating),
    st.integers(0, 25), st.sampled_from(TEXTS), st.integers(-90, 8), st.sampled_from((None, None, 0.0, 1.0)),
)  # fmt: skip
streams = st.lists(st.one_of(signals, signals, signals, st.sampled_from(BAD)), min_size=1, max_size=60).map(records)
cuts = st.sets(st.integers(1, 59), max_size=12)


def by_topic(outputs: list[Output]) -> dict[str, list[Output]]:
    """Outputs of each topic in order; between topics there is none."""
    return {noun: [output for output in outputs if output.noun == noun] for noun in ("information", "chaff", "rejected")}


def holes(stream: list[Record], gaps: set[int]) -> list[Record]:
    """The same with offsets that the broker never hands out before some records."""
    shifted, offset = [], 0
    for index, record in enumerate(stream):
        offset += 1 + (index in gaps)
        shifted.append(record._replace(offset=offset))
    return shifted


@settings(max_examples=80, deadline=None)
@given(streams, cuts, cuts)
def test_batches_do_not_matter(stream: list[Record], cut: set[int], gaps: set[int]) -> None:
    """However a stream is cut: the same outputs in the same order in each topic, byte for byte, the same dispositions and memory."""
    stream = holes(stream, gaps)
    whole, pieces = run(stream), run(stream, cut)
    assert by_topic(pieces.outputs) == by_topic(whole.outputs)
    assert endings(pieces.spans) == endings(whole.spans)
    assert pieces.memory() == whole.memory()
    assert pieces.shard.clock == whole.shard.clock


@settings(max_examples=60, deadline=None)
@given(streams, st.booleans())
def test_the_same_input_gives_the_same(stream: list[Record], singly: bool) -> None:
    """Two fresh shards do the same, whatever the wall clock says meanwhile."""
    size = 1 if singly else len(stream)
    one, other = shard(), shard()
    for begin in range(0, len(stream), size):
        batch = Batch("posts", 0, stream[begin : begin + size])
        assert one.process(batch, now_ms=0) == other.process(batch, now_ms=begin * 10**9)


@settings(max_examples=80, deadline=None)
@given(streams, cuts, st.data())
def test_a_crash_anywhere_changes_nothing(stream: list[Record], cut: set[int], data: st.DataObject) -> None:
    """Crashes before or behind the state was written, input read again in other batches: the same ids, values and dispositions."""
    expected = run(stream)
    done, position, crashes = Run(shard()), 0, 0
    while position < len(stream):
        end = min(data.draw(st.integers(position + 1, len(stream))), min((c for c in cut if c > position), default=len(stream)))
        step = done.shard.process(Batch("posts", 0, stream[position:end]), now_ms=0)
        crash = data.draw(st.sampled_from(("", "", "before", "behind"))) if crashes < 6 else ""
        done.take(step, durable=crash != "before")
        position = end
        if crash:
            crashes += 1
            done.shard = shard()
            restored = done.shard.restore(done.kept)
            done.spans += restored.spans
            position = max(restored.positions.get(("posts", 0), 0) - data.draw(st.integers(0, 5)), 0)
    assert {output.id: output for output in done.outputs} == {output.id: output for output in expected.outputs}
    assert by_topic(done.written()) == by_topic(expected.outputs)
    book = Book()
    for span in done.spans:
        book.add_span("sift", span)
    assert book.conflicts == []
    assert book.gaps() == []
    told = [book.disposition("sift", "posts", 0, record.offset) for record in stream]
    assert told == endings(expected.spans)


@settings(max_examples=80, deadline=None)
@given(streams, cuts, cuts)
def test_nothing_is_lost(stream: list[Record], cut: set[int], gaps: set[int]) -> None:
    """Every offset has one disposition, and every disposition has the outputs that it promises."""
    stream = holes(stream, gaps)
    done = run(stream, cut)
    assert all(one.first + len(one.dispositions) == other.first for one, other in zip(done.spans, done.spans[1:], strict=False))
    first, last = stream[0].offset, stream[-1].offset
    assert done.spans[0].first == first
    told = endings(done.spans)
    assert len(told) == last - first + 1
    ends = dict(zip(range(first, last + 1), told, strict=True))
    offsets = {record.offset for record in stream}
    assert {offset for offset, name in ends.items() if name == "absent"} == set(ends) - offsets
    assert set(told) <= set(DISPOSITIONS["sift"][1:])
    heard = Counter(message["lineage"]["offset"] for message in messages(done.outputs, "information"))
    assert set(heard) == {offset for offset, name in ends.items() if name in ("information", "copy")}
    refused = Counter(message["lineage"]["offset"] for message in messages(done.outputs, "rejected"))
    assert refused == Counter(offset for offset, name in ends.items() if name == "rejected")
    chaff = Counter(message["lineage"]["offset"] for message in messages(done.outputs, "chaff"))
    assert chaff == Counter(offset for offset, name in ends.items() if name in ("spam", "irrelevant"))
    ids = [output.id for output in done.outputs]
    assert len(ids) == len(set(ids))
