"""The merge of upstream shards into one order by clock and source."""

import pytest

from pipeline.stream.merge import ACTIVE, BEGINNING, ENDING, HISTORY_MS, IDLE, SILENT, Merge, MergeSource, SourceState


def names(merge: Merge[str]) -> list[str]:
    """What the merge releases now."""
    return [item for _, _, item in merge.release()]


def test_a_silent_source_holds_the_others_back() -> None:
    """Nothing is released that a source which has said nothing could precede."""
    merge: Merge[str] = Merge(["a", "b"])
    merge.push("a", 10, "a10")
    assert names(merge) == []
    assert not merge.ready()
    merge.push("b", 5, "b5")
    assert names(merge) == ["b5"]
    merge.watermark("b", 11, idle=False)
    assert merge.ready()
    assert names(merge) == ["a10"]


def test_equal_clocks_go_by_source() -> None:
    """Of records with one clock the source with the smaller name comes first, whichever arrived first."""
    merge: Merge[str] = Merge(["b", "a"])
    merge.push("b", 5, "b")
    merge.push("a", 5, "a")
    assert names(merge) == ["a"], "a may have more of this clock"
    merge.watermark("a", 6, idle=False)
    assert names(merge) == ["b"]


def test_an_idle_source_holds_nobody_back() -> None:
    """A source that has nothing to read is not waited for, until it speaks again."""
    merge: Merge[str] = Merge(["a", "b"])
    merge.watermark("b", 3, idle=True)
    merge.push("a", 10, "a10")
    assert names(merge) == ["a10"]
    merge.push("b", 4, "b4")
    merge.push("a", 12, "a12")
    assert [(clock, item) for clock, _, item in merge.release()] == [(10, "b4")], "heard at once, at the clock that was reached"


def test_what_was_forgotten_is_not_waited_for() -> None:
    """After a loss of state a source that said before that it is idle does not say it again; one that has spoken keeps its promise."""
    merge: Merge[str] = Merge(["a", "b", "c"])
    merge.watermark("c", 5, idle=False)
    merge.forget_silent()
    merge.push("a", 4, "a4")
    merge.push("a", 10, "a10")
    assert names(merge) == ["a4"]
    merge.push("b", 7, "b7")
    merge.watermark("c", 8, idle=False)
    assert names(merge) == ["b7"]


def test_a_clock_never_goes_back() -> None:
    """A record behind its own source's promise is lifted to it."""
    merge: Merge[str] = Merge(["a"])
    merge.push("a", 10, "first")
    merge.push("a", 7, "second")
    merge.watermark("a", 10, idle=True)
    assert [clock for clock, _, _ in merge.release()] == [10, 10]


def test_memory_comes_before_order() -> None:
    """Beyond the limit records are released although a source is silent, and that is counted."""
    merge: Merge[str] = Merge(["a", "b"], limit=2)
    for clock in range(4):
        merge.push("a", clock, f"a{clock}")
    assert names(merge) == ["a0", "a1"]
    assert merge.forced == 2
    assert merge.waiting == 2


def test_release_stops_at_the_given_number() -> None:
    """A run is bounded; the rest is ready at once."""
    merge: Merge[int] = Merge(["a"])
    for clock in range(5):
        merge.push("a", clock, clock)
    merge.watermark("a", 9, idle=True)
    assert [item for _, _, item in merge.release(2)] == [0, 1]
    assert merge.ready()
    assert [item for _, _, item in merge.release()] == [2, 3, 4]


def test_the_floor_is_what_no_later_release_precedes() -> None:
    """The floor follows the slowest source, and is idle only when all are and nothing waits."""
    merge: Merge[str] = Merge(["a", "b"])
    merge.push("a", 10, "a10")
    merge.watermark("b", 4, idle=False)
    assert merge.floor() == (4, False)
    merge.watermark("b", 20, idle=True)
    assert merge.floor() == (10, False)
    names(merge)
    merge.watermark("a", 12, idle=True)
    assert merge.floor() == (20, True)


def test_an_unknown_source_is_refused() -> None:
    """A record of a shard that does not exist is a bug of the caller, who asks first."""
    merge: Merge[str] = Merge(["a"])
    assert not merge.knows("z")
    with pytest.raises(KeyError):
        merge.push("z", 1, "z1")


def test_restart_drops_sources_that_are_gone() -> None:
    """State names sources; those that exist no more are forgotten, new ones start at the beginning."""
    before: Merge[str] = Merge(["a", "gone"])
    before.push("a", 10, "a10")
    before.watermark("gone", 50, idle=False)
    after: Merge[str] = Merge(["a", "new"])
    after.load(before.dump())
    assert not after.knows("gone")
    after.push("a", 10, "a10")
    assert names(after) == [], "new has promised nothing yet"
    after.watermark("new", 11, idle=False)
    assert names(after) == ["a10"]


def in_state(state: SourceState) -> MergeSource[str]:
    """A source that was led into a state by what it said."""
    source: MergeSource[str] = MergeSource("a", 0)
    if state in (ACTIVE, ENDING):
        source.push(10, 0, "first")
    if state in (ENDING, IDLE):
        source.watermark(10, idle=True)
    assert source.state is state
    return source


@pytest.mark.parametrize(
    ("state", "on_record", "on_watermark", "on_idle"),
    [(SILENT, ACTIVE, SILENT, IDLE), (ACTIVE, ACTIVE, ACTIVE, ENDING), (ENDING, ACTIVE, ACTIVE, ENDING), (IDLE, ACTIVE, SILENT, IDLE)],
)
def test_what_a_source_says_leads_to_its_next_state(
    state: SourceState, on_record: SourceState, on_watermark: SourceState, on_idle: SourceState
) -> None:
    """A record makes it active; a watermark settles whether more is to come, not whether something waits."""
    recorded, marked, idle = (in_state(state) for _ in range(3))
    recorded.push(20, 0, "next")
    marked.watermark(20, idle=False)
    idle.watermark(20, idle=True)
    assert (recorded.state, marked.state, idle.state) == (on_record, on_watermark, on_idle)


@pytest.mark.parametrize(("state", "after"), [(ACTIVE, SILENT), (ENDING, IDLE)])
def test_the_last_release_ends_activity(state: SourceState, after: SourceState) -> None:
    """While records wait nothing changes; behind the last one it is silent, or idle if it has said so."""
    source = in_state(state)
    source.queue.append((11, 0, "second"))
    assert source.pop() == (10, 0, "first")
    assert source.state is state
    source.pop()
    assert source.state is after


@pytest.mark.parametrize(
    ("state", "released"), [(SILENT, []), (ACTIVE, ["early", "late"]), (ENDING, ["early", "late", "later"]), (IDLE, ["late", "later"])]
)
def test_only_silence_holds_back(state: SourceState, released: list[str]) -> None:
    """Of another source's records those come out that this one cannot precede any more: none while it has said nothing."""
    merge: Merge[str] = Merge(["a", "b"])
    if state in (ACTIVE, ENDING):
        merge.push("a", 15, "early")
    if state in (ENDING, IDLE):
        merge.watermark("a", 15, idle=True)
    if state is ACTIVE:
        merge.watermark("a", 25, idle=False)
    merge.push("b", 20, "late")
    merge.push("b", 30, "later")
    assert names(merge) == released


def test_history_lets_idle_sources_wake_up() -> None:
    """When a replay begins, the source that is read first waits for the others until the grace is over, and then no longer."""
    merge: Merge[str] = Merge(["a", "b"], grace_ms=500)
    merge.watermark("a", 0, idle=True)
    until = merge.grace_until(10, appended_ms=10 + HISTORY_MS + 1, now_ms=1_000)
    assert until == 1_500
    merge.push("b", 10, "b10", grace_until_ms=until)
    assert list(merge.release(now_ms=1_499)) == []
    assert not merge.ready(1_499)
    assert merge.any_idle()
    assert merge.floor() == (BEGINNING, False), "nothing is promised while a may still wake up behind b10"
    assert merge.ready(1_500)
    assert list(merge.release(now_ms=1_500)) == [(10, "b", "b10")]
    assert merge.grace_until(10, appended_ms=10 + HISTORY_MS, now_ms=1_000) == 0, "what is no history waits for nobody that is idle"


def test_a_source_that_wakes_in_its_grace_comes_first() -> None:
    """The record that history waited for is released in its place."""
    merge: Merge[str] = Merge(["a", "b"], grace_ms=500)
    merge.watermark("a", 0, idle=True)
    merge.push("b", 10, "b10", grace_until_ms=1_500)
    merge.watermark("b", 10, idle=True)
    merge.push("a", 5, "a5", grace_until_ms=1_500)
    merge.watermark("a", 5, idle=True)
    assert [item for _, _, item in merge.release(now_ms=1_100)] == ["a5"], "a is idle again and b10 has its grace"
    assert [item for _, _, item in merge.release(now_ms=1_500)] == ["b10"]


def test_restored_promises_have_their_grace_before_them_again() -> None:
    """How long ago they were made is not known: with a source idle they are passed on when a whole grace is over, not before, but then."""
    merge: Merge[str] = Merge(["a", "b"], grace_ms=1_000)
    merge.load({"": [7, False], "a": [100, False], "b": [50, True]})
    assert list(merge.release(now_ms=10_000)) == []
    assert merge.floor() == (7, False)
    assert list(merge.release(now_ms=10_999)) == []
    assert merge.floor() == (7, False)
    assert list(merge.release(now_ms=11_000)) == []
    assert merge.floor() == (100, False)


def firm_at(source: MergeSource[str], now_ms: int) -> int:
    """What is firm of its promises by then."""
    source.confirm(now_ms)
    return source.firm


def test_promises_without_end_do_get_firm() -> None:
    """The first has its own grace, those since wait behind it: a source that promises all the time does not put it off."""
    source = MergeSource[str]("a", 0)
    for clock, until in ((5, 100), (6, 150)):
        source.watermark(clock, idle=True)
        source.promise(until)
    assert [firm_at(source, now) for now in (99, 100, 149, 150, 1_000)] == [BEGINNING, 5, 5, 6, 6]


def test_a_promise_that_says_nothing_new_delays_no_other() -> None:
    """The next one that does begins a grace of its own."""
    source = MergeSource[str]("a", 0)
    source.watermark(5, idle=True)
    source.promise(100)
    assert firm_at(source, 100) == 5
    source.promise(200)
    for clock, until in ((6, 250), (7, 300)):
        source.watermark(clock, idle=True)
        source.promise(until)
    assert [firm_at(source, now) for now in (200, 249, 250, 300)] == [5, 5, 6, 7]


def test_what_came_more_than_a_minute_late_is_history() -> None:
    """A minute itself is not."""
    merge: Merge[str] = Merge(["a"], grace_ms=500)
    assert [merge.grace_until(7, 7 + late, 1_000) for late in (0, 60_000, 60_001)] == [0, 0, 1_500]


def test_two_hundred_thousand_may_wait() -> None:
    """One more is released before its time."""
    merge: Merge[int] = Merge(["a", "b"])
    for clock in range(200_000):
        merge.push("a", clock, clock)
    assert not merge.ready()
    merge.push("a", 200_000, 200_000)
    assert [item for _, _, item in merge.release()] == [0]
    assert merge.forced == 1


def test_a_merge_without_a_word_has_promised_nothing() -> None:
    """Neither itself nor its sources, and nobody is idle."""
    assert Merge[str](["b", "a"]).dump() == {"": [BEGINNING, False], "a": [BEGINNING, False], "b": [BEGINNING, False]}


def test_before_the_first_release_no_grace_is_over() -> None:
    """What time it is was not told yet."""
    merge: Merge[str] = Merge(["a"])
    merge.watermark("a", 5, idle=True, grace_until_ms=1)
    assert merge.floor() == (BEGINNING, True)
    assert list(merge.release(now_ms=1)) == []
    assert merge.floor() == (5, True)


def test_the_beginning_is_what_states_have() -> None:
    """It stands in the promises that a shard has written: another number would be a clock."""
    assert BEGINNING == -(2**62)
    assert Merge[str](["a"]).dump()["a"] == [-(2**62), False]


def test_a_promise_that_is_no_history_is_firm_at_once() -> None:
    """Also while another source is idle: it needs no grace unless one is given."""
    merge: Merge[str] = Merge(["a", "b"])
    merge.watermark("b", 50, idle=True)
    merge.watermark("a", 100, idle=False)
    assert list(merge.release(now_ms=0)) == []
    assert merge.floor().clock == 100
