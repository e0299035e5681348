"""Budgets in integers, desks, and what a digest takes."""

from pipeline.act.budget import DIGEST_RECEIPTS, DIGEST_ROWS, HELD_LIMIT, TOKEN, Held, TeamQueue, TokenBucket, receipt
from pipeline.policy.model import Attention, Team
from tests.unit.pipeline.decide.world import HOUR, MINUTE, START

FEW = Attention.model_validate({"per_hour": 6, "burst": 2, "digest_after": "30m"})
TEAM = Team(name="support", attention=FEW)


def held(number: int, severity: float = 0.5, stale: str = "", not_after: int = START + HOUR) -> Held:
    """A held item."""
    return Held(number, "d", "s", "case", "aurora", "r", severity, START, START, not_after, "line", "i", "a", 0, number, stale)


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
    assert bucket.spend(FEW, START)


def test_digest_is_due_after_its_wait_and_when_a_token_is_there() -> None:
    """The later of both."""
    desk = TeamQueue(TokenBucket.full(FEW, START), [held(0)])
    assert desk.digest_at(TEAM) == START + 30 * MINUTE
    desk.bucket = TokenBucket(-5 * TOKEN, START)
    assert desk.digest_at(TEAM) == START + HOUR


def test_digest_takes_the_most_important_first() -> None:
    """Rank: what is still true and not expired, by severity, then by arrival; a digest has a bounded number of rows."""
    desk = TeamQueue(
        TokenBucket.full(FEW, START),
        [held(0, 0.2), held(1, 0.9, "withdrawn"), held(2, 0.9), held(3, 0.5, not_after=START - 1), held(4, 0.2)],
    )
    taken = desk.take(TEAM, START)
    assert [item.number for item in taken] == [2, 0, 4, 3, 1]
    assert [receipt(item, START) for item in taken[-2:]] == ["(expired) line", "(withdrawn) line"]


def test_digest_that_cannot_tell_all_tells_the_most_important() -> None:
    """What does not fit is not the latest but the least important, and waits for the next one."""
    most = DIGEST_ROWS + DIGEST_RECEIPTS
    desk = TeamQueue(TokenBucket.full(FEW, START), [held(number, 0.2 if number < 10 else 0.5) for number in range(most + 3)])
    taken = desk.take(TEAM, START)
    assert len(taken) == most
    assert [item.number for item in taken[-8:]] == [most + 2, 0, 1, 2, 3, 4, 5, 6]
    assert [item.number for item in desk.held] == [7, 8, 9]
    assert desk.digest_at(TEAM) == START + 30 * MINUTE


def test_a_flood_does_not_wait_for_the_morning() -> None:
    """At the limit a digest comes as soon as there is a token, at night as well: what waits is bounded."""
    night = START + 10 * HOUR
    asleep = Team.model_validate({"name": "support", "hours": {"start": "08:00", "end": "20:00"}})
    desk = TeamQueue(
        TokenBucket.full(asleep.attention, night), [held(number)._replace(clock=night + number) for number in range(HELD_LIMIT - 1)]
    )
    assert desk.digest_at(asleep) == night + 10 * HOUR
    desk.held.append(held(HELD_LIMIT - 1)._replace(clock=night + HELD_LIMIT - 1))
    assert desk.digest_at(asleep) == night + HELD_LIMIT - 1
    desk.bucket = TokenBucket(0, night + 2 * HOUR)
    assert desk.digest_at(asleep) == desk.bucket.ready_at(asleep.attention) > night + 2 * HOUR


def test_promised_digest_takes_only_what_was_promised() -> None:
    """What came after the promise waits for the next one."""
    desk = TeamQueue(TokenBucket.full(FEW, START), [held(0), held(1), held(2)], frozen=2)
    assert [item.number for item in desk.take(TEAM, START)] == [0, 1]
    assert (desk.frozen, len(desk.held)) == (0, 1)


def test_item_is_found_by_number() -> None:
    """A told item is none any more."""
    desk = TeamQueue(TokenBucket.full(FEW, START), [held(3), held(7)])
    desk.mark(7, "superseded")
    assert [desk.find(number) and desk.find(number).stale for number in (3, 5, 7, 9)] == ["", None, "superseded", None]  # type: ignore[union-attr]  # looked at above


def test_a_digest_spends_a_token() -> None:
    """Reading a digest takes attention as well: the next one, or the next action, waits for its turn."""
    desk = TeamQueue(TokenBucket.full(FEW, START), [held(0)])
    desk.take(TEAM, START)
    assert [desk.bucket.spend(FEW, START) for _ in range(2)] == [True, False]
