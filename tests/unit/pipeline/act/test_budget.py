"""Budgets in integers."""

from pipeline.act.budget import TOKEN, TokenBucket
from pipeline.policy.model import Attention
from tests.unit.pipeline.decide.world import HOUR, MINUTE, START

FEW = Attention.model_validate({"per_hour": 6, "burst": 2, "digest_after": "30m"})


def test_bucket_spends_its_burst_and_then_its_rate() -> None:
    """Two at once, then one every ten minutes, and never more than the burst after a long pause."""
    bucket = TokenBucket.full(FEW, START)
    assert [bucket.spend(FEW, START) for _ in range(3)] == [True, True, False]
    assert bucket.ready_at(FEW) == START + 10 * MINUTE
    assert not bucket.spend(FEW, START + 10 * MINUTE - 1)
    assert bucket.spend(FEW, START + 10 * MINUTE)
    assert [bucket.spend(FEW, START + 100 * HOUR) for _ in range(3)] == [True, True, False]


def test_time_that_runs_back_gives_no_tokens() -> None:
    """An older instant neither fills nor drains."""
    bucket = TokenBucket.full(FEW, START)
    bucket.spend(FEW, START)
    bucket.flow(FEW, START - HOUR)
    assert (bucket.level, bucket.at) == (TOKEN, START)


def test_reserve_is_left_alone() -> None:
    """Who must leave a token does not get the last one."""
    bucket = TokenBucket.full(FEW, START)
    assert [bucket.spend(FEW, START, reserve=1) for _ in range(2)] == [True, False]
    assert bucket.ready_at(FEW, reserve=1) == START + 10 * MINUTE
    assert bucket.spend(FEW, START)


def test_what_goes_out_in_any_case_takes_what_is_there() -> None:
    """Never less than nothing: a flood of grave pages does not keep ordinary actions waiting for days."""
    bucket = TokenBucket.full(FEW, START)
    for _ in range(5):
        bucket.drain(FEW, START)
    assert bucket.level == 0
