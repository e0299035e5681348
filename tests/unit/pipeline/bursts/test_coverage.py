"""When a shard was listening: which silence was quiet, and which was none."""

import math

from pipeline.bursts.coverage import WATCHED_BUCKETS, Coverage

DOUBT = -math.log(1e-5)


def heard(*buckets: int) -> Coverage:
    """A watch that heard something in each of these."""
    watch = Coverage()
    for bucket in buckets:
        watch.hear(bucket, DOUBT)
    return watch


def test_a_busy_shard_that_hears_nothing_was_not_listening() -> None:
    """After an hour of something every minute, a silence of ten minutes is possible, of half an hour is not."""
    assert not heard(*range(60)).hear(70, DOUBT)
    assert heard(*range(60)).hear(90, DOUBT)


def test_a_quiet_shard_may_be_silent_for_long() -> None:
    """When something is heard once an hour, seven hours of nothing should be quiet and count as watched, a day should not."""
    hourly = range(0, 60 * 48, 60)
    watch = heard(*hourly)
    before = watch.span
    assert not watch.hear(60 * 54, DOUBT)
    assert watch.span == before + 60 * 54 - hourly[-1]
    assert heard(*hourly).hear(60 * 72, DOUBT)


def test_the_first_record_says_nothing_of_what_was_before() -> None:
    """A first bucket, of whatever number, should be the beginning."""
    watch = Coverage()
    assert not watch.hear(28_000_000, DOUBT)
    assert watch.span == 1


def test_a_bucket_of_the_past_changes_nothing() -> None:
    """Buckets never fall; one that does should not count."""
    watch = heard(5, 6, 7)
    assert not watch.hear(6, DOUBT)
    assert (watch.last, watch.heard, watch.span) == (7, 3, 3)


def test_state_is_bounded_and_reads_back() -> None:
    """Of more than two weeks half should be forgotten; the state should go on identically."""
    watch = heard(*range(WATCHED_BUCKETS + 1))
    assert watch.span <= WATCHED_BUCKETS
    assert Coverage.load(watch.dump()).dump() == watch.dump()
