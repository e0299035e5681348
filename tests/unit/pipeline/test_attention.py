"""Budgets in integers, desks, and what a digest takes."""

from pipeline.attention import DIGEST_ROWS, TOKEN, Bucket, Desk, Held, receipt
from pipeline.policy_model import Attention, Team
from tests.unit.pipeline.decide_world import HOUR, MINUTE, START

FEW = Attention.model_validate({"per_hour": 6, "burst": 2, "digest_after": "30m"})
TEAM = Team(name="support", attention=FEW)


def held(number: int, severity: float = 0.5, stale: str = "", not_after: int = START + HOUR) -> Held:
    """A held item."""
    return Held(number, "d", "s", "case", "aurora", "r", severity, START, START, not_after, "line", "i", "a", 0, number, stale)


def test_bucket_spends_its_burst_and_then_its_rate() -> None:
    """Two at once, then one every ten minutes, and never more than the burst after a long pause."""
    bucket = Bucket.full(FEW, START)
    assert [bucket.spend(FEW, START) for _ in range(3)] == [True, True, False]
    assert bucket.ready_at(FEW) == START + 10 * MINUTE
    assert not bucket.spend(FEW, START + 10 * MINUTE - 1)
    assert bucket.spend(FEW, START + 10 * MINUTE)
    assert [bucket.spend(FEW, START + 100 * HOUR) for _ in range(3)] == [True, True, False]


def test_time_that_runs_back_gives_no_tokens() -> None:
    """An older instant neither fills nor drains."""
    bucket = Bucket.full(FEW, START)
    bucket.spend(FEW, START)
    bucket.flow(FEW, START - HOUR)
    assert (bucket.level, bucket.at) == (TOKEN, START)


def test_reserve_is_left_alone() -> None:
    """Who must leave a token does not get the last one."""
    bucket = Bucket.full(FEW, START)
    assert [bucket.spend(FEW, START, reserve=1) for _ in range(2)] == [True, False]
    assert bucket.spend(FEW, START)


def test_digest_is_due_after_its_wait_and_when_a_token_is_there() -> None:
    """The later of both."""
    desk = Desk(Bucket.full(FEW, START), [held(0)])
    assert desk.digest_at(TEAM) == START + 30 * MINUTE
    desk.bucket = Bucket(-5 * TOKEN, START)
    assert desk.digest_at(TEAM) == START + HOUR


def test_digest_takes_the_most_important_first() -> None:
    """Rank: what is still true and not expired, by severity, then by arrival; a digest has a bounded number of rows."""
    desk = Desk(
        Bucket.full(FEW, START), [held(0, 0.2), held(1, 0.9, "withdrawn"), held(2, 0.9), held(3, 0.5, not_after=START - 1), held(4, 0.2)]
    )
    taken = desk.take(TEAM, START)
    assert [item.number for item in taken] == [2, 0, 4, 3, 1]
    assert [receipt(item, START) for item in taken[-2:]] == ["(expired) line", "(withdrawn) line"]
    desk.held = [held(number) for number in range(DIGEST_ROWS + 1)]
    assert len(desk.take(TEAM, START)) == DIGEST_ROWS
    assert len(desk.held) == 1


def test_promised_digest_takes_only_what_was_promised() -> None:
    """What came after the promise waits for the next one."""
    desk = Desk(Bucket.full(FEW, START), [held(0), held(1), held(2)], frozen=2)
    assert [item.number for item in desk.take(TEAM, START)] == [0, 1]
    assert (desk.frozen, len(desk.held)) == (0, 1)


def test_item_is_found_by_number() -> None:
    """A told item is none any more."""
    desk = Desk(Bucket.full(FEW, START), [held(3), held(7)])
    desk.mark(7, "superseded")
    assert [desk.find(number) and desk.find(number).stale for number in (3, 5, 7, 9)] == ["", None, "superseded", None]  # type: ignore[union-attr]  # looked at above
