"""Laws of the memory: bounded, the same after a restart anywhere, and never forgetting too early."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stream.dedup import Copy, Dedup
from pipeline.stream.generations import CHUNK_ENTRIES

Entry = tuple[bytes, int, int]


@st.composite
def streams(draw: st.DrawFn) -> list[Entry]:
    """Events with unique ids, texts of a small stock (0: none), a clock that never goes back; long enough to fill chunks."""
    length = draw(st.integers(1, 1_400))
    stock = draw(st.integers(1, 40))
    random = draw(st.randoms(use_true_random=False))
    stride = draw(st.sampled_from((0, 1, 3, 50)))
    clock, found = 0, []
    for number in range(length):
        clock += random.randint(0, stride)
        found.append((number.to_bytes(16, "little"), random.randint(0, stock), clock))
    return found


memories = st.builds(dict, window_ms=st.sampled_from((10, 500, 5_000, 10**9)), entries=st.sampled_from((2, 512, 600, 1_000, 10_000)))


def write(kept: dict[bytes, bytes], seen: Dedup) -> None:
    """One batch's changes into the changelog."""
    for key, value in seen.changes().items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = value


@settings(max_examples=60, deadline=None)
@given(streams(), memories, st.data())
def test_a_restart_anywhere_changes_nothing(stream: list[Entry], memory: dict[str, int], data: st.DataObject) -> None:
    """Batches cut anywhere, a restart behind any of them: the same copies, the same ids known, the same state in the end."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=6)) | {len(stream)})
    restarts = data.draw(st.sets(st.sampled_from(cuts)))
    undisturbed, seen = Dedup(**memory), Dedup(**memory)
    expected = [undisturbed.add(*entry) for entry in stream]
    found: list[Copy] = []
    kept: dict[bytes, bytes] = {}
    whole: dict[bytes, bytes] = {}
    write(whole, undisturbed)
    begin = 0
    for cut in cuts:
        found += [seen.add(*entry) for entry in stream[begin:cut]]
        write(kept, seen)
        if cut in restarts:
            seen = Dedup(**memory)
            seen.restore(kept)
        begin = cut
    assert found == expected
    assert kept == whole
    assert [seen.has(entry[0]) for entry in stream] == [undisturbed.has(entry[0]) for entry in stream]


@settings(max_examples=60, deadline=None)
@given(streams(), memories)
def test_memory_is_bounded_and_long_enough(stream: list[Entry], memory: dict[str, int]) -> None:
    """Never more entries than asked for (two chunks at least); what is younger than half of both bounds is always known."""
    seen, kept = Dedup(**memory), dict[bytes, bytes]()
    most = max(memory["entries"], 2 * CHUNK_ENTRIES)
    for number, (event, text, clock) in enumerate(stream, 1):
        seen.add(event, text, clock)
        assert len(seen) <= most
        if number % 100 == 0:
            write(kept, seen)
            assert len(kept) <= most // CHUNK_ENTRIES + 2
            young = [known for known, _, at in stream[max(number - most // 2, 0) : number] if clock - at < memory["window_ms"] // 2]
            assert all(seen.has(known) for known in young)


@settings(max_examples=60, deadline=None)
@given(streams())
def test_without_forgetting_it_is_a_table(stream: list[Entry]) -> None:
    """A memory that is large enough says what a plain table of texts says."""
    seen, first, count = Dedup(window_ms=10**12, entries=10**6), dict[int, bytes](), Counter[int]()
    for event, text, clock in stream:
        assert not seen.has(event)
        copy = seen.add(event, text, clock)
        assert seen.has(event)
        if text:
            count[text] += 1
            assert copy == Copy(first.setdefault(text, event), count[text])
        else:
            assert copy == Copy(event, 1)
