"""Laws of the merge: one order, whatever the interleaving, the runs and the restarts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stream.merge import Merge

SOURCES = ("sift/feedback/0", "sift/posts/0", "sift/posts/1")
Item = tuple[int, str, int]


@st.composite
def upstreams(draw: st.DrawFn) -> dict[str, list[int]]:
    """Clocks of each source's records, never falling."""
    return {source: sorted(draw(st.lists(st.integers(0, 30), max_size=12))) for source in SOURCES}


def interleavings(clocks: dict[str, list[int]]) -> st.SearchStrategy[list[str]]:
    """Orders in which the records may arrive."""
    return st.permutations([source for source, found in clocks.items() for _ in found])


def feed(clocks: dict[str, list[int]], order: list[str], data: st.DataObject, *, restarts: bool) -> list[Item]:
    """All that a merge releases of records arriving in this order, in runs of any length."""
    merge: Merge[Item] = Merge(SOURCES)
    log: list[tuple[str, int, Item]] = []
    taken = dict.fromkeys(SOURCES, 0)
    released: list[Item] = []
    for source in order:
        number = taken[source]
        taken[source] += 1
        log.append((source, clocks[source][number], (clocks[source][number], source, number)))
        merge.push(*log[-1])
        released += [item for _, _, item in merge.release(data.draw(st.integers(0, 4)))]
        if restarts and data.draw(st.integers(0, 6)) == 0:
            again: Merge[Item] = Merge(SOURCES)
            again.load(merge.dump())
            for entry in log:
                if entry[2] not in released:
                    again.push(*entry)
            merge = again
    for source in SOURCES:
        merge.watermark(source, 1_000, idle=True)
    return released + [item for _, _, item in merge.release()]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_the_order_is_by_clock_and_source(data: st.DataObject) -> None:
    """However records of the sources interleave and however runs are cut, they come out by clock, source and place in the source."""
    clocks = data.draw(upstreams())
    order = data.draw(interleavings(clocks))
    assert feed(clocks, order, data, restarts=False) == sorted(
        (clock, source, number) for source, found in clocks.items() for number, clock in enumerate(found)
    )


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_restart_changes_nothing(data: st.DataObject) -> None:
    """Restarted anywhere, and fed again what was not released, a merge goes on in the same order."""
    clocks = data.draw(upstreams())
    order = data.draw(interleavings(clocks))
    assert feed(clocks, order, data, restarts=True) == sorted(
        (clock, source, number) for source, found in clocks.items() for number, clock in enumerate(found)
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_release_precedes_the_floor(data: st.DataObject) -> None:
    """Once a floor was told, nothing with an earlier clock is released."""
    clocks = data.draw(upstreams())
    merge: Merge[Item] = Merge(SOURCES)
    taken = dict.fromkeys(SOURCES, 0)
    floor = -(2**62)
    for source in data.draw(interleavings(clocks)):
        merge.push(source, clocks[source][taken[source]], (0, source, taken[source]))
        taken[source] += 1
        for clock, _, _ in merge.release(data.draw(st.integers(0, 3))):
            assert clock >= floor
        floor = max(floor, merge.floor()[0])
