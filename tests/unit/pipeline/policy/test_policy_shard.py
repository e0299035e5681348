"""How a shard of decide passes from one policy to the next, phase by phase."""

from collections.abc import Sequence

import pytest

from pipeline.decide.shard import DecideShard
from pipeline.policy.model import Policy
from pipeline.policy.policy_shard import POLICY_KEY, RUN_LIMIT, PolicyPhase
from pipeline.policy.snapshot import dump_policy
from pipeline.stream.stage import Batch, Record, Step
from tests.unit.pipeline.decide.world import POLICY, START, UPSTREAM, policy, situation, situation_records

OLD = policy()
NEW = policy(POLICY.replace("severity >= 0.75", "severity >= 0.5"))
RECORDS = situation_records([situation(f"s{number}", at_ms=START + number) for number in range(RUN_LIMIT + 1)])


def process(shard: DecideShard, records: Sequence[Record]) -> Step:
    """One batch of situations."""
    return shard.process(Batch("situations", 0, records), START)


def restored(found: Policy, by: Policy) -> DecideShard:
    """A shard that comes up by one policy, with the state of another."""
    shard = DecideShard(0, [UPSTREAM], by)
    shard.restore({POLICY_KEY: dump_policy(found)})
    return shard


def test_the_first_step_writes_the_policy_down() -> None:
    """Nothing is decided by a policy that the state does not name; once is enough."""
    shard = DecideShard(0, [UPSTREAM], OLD)
    assert shard._phase is PolicyPhase.UNWRITTEN
    first = process(shard, RECORDS[:1])
    assert first.changes[POLICY_KEY] == dump_policy(OLD)
    assert shard._phase is PolicyPhase.FOLLOWING
    assert POLICY_KEY not in process(shard, RECORDS[1:2]).changes


def test_another_policy_is_announced_one_step_before_it_is_in_force() -> None:
    """The announcing step decides nothing, and asks for the next one at once; that one decides by the new policy."""
    shard = DecideShard(0, [UPSTREAM], OLD)
    process(shard, RECORDS[:1])
    shard.use(NEW)
    announcing = process(shard, RECORDS[1:2])
    assert announcing.changes[POLICY_KEY] == dump_policy(NEW)
    assert [output for output in announcing.outputs if output.type == ""] == []
    assert announcing.more
    assert shard._phase is PolicyPhase.ANNOUNCED
    assert shard.policy is OLD
    following = shard.tick(START, caught_up=False)
    assert following is not None
    assert POLICY_KEY not in following.changes
    assert shard._phase is PolicyPhase.FOLLOWING
    assert shard.policy is NEW


def test_a_fresh_shard_announces_at_once_what_it_is_told_before_it_begins() -> None:
    """The policy that nothing was decided by need not be written down."""
    shard = DecideShard(0, [UPSTREAM], OLD)
    shard.use(NEW)
    assert process(shard, RECORDS[:1]).changes[POLICY_KEY] == dump_policy(NEW)
    assert shard._phase is PolicyPhase.ANNOUNCED


def test_a_policy_that_is_taken_back_in_time_is_not_announced() -> None:
    """Told of another one and then of its own again, it goes on as it was."""
    shard = restored(OLD, OLD)
    shard.tick(START, caught_up=True)
    shard.use(NEW)
    shard.use(OLD)
    assert POLICY_KEY not in process(shard, RECORDS[:1]).changes
    assert shard._phase is PolicyPhase.FOLLOWING


def test_a_third_policy_follows_the_announced_one() -> None:
    """What was announced is in force, for the moment, before the next one is announced."""
    shard = restored(OLD, OLD)
    shard.tick(START, caught_up=True)
    shard.use(NEW)
    process(shard, RECORDS[:1])
    shard.use(OLD)
    assert shard.policy is NEW
    assert process(shard, RECORDS[1:2]).changes[POLICY_KEY] == dump_policy(OLD)


def test_after_a_restart_the_former_policy_decides_first() -> None:
    """As many records as a crash can have left half written are decided by the policy of the state before the wanted one."""
    shard = restored(OLD, NEW)
    for records in (RECORDS[: RUN_LIMIT - 1], RECORDS[RUN_LIMIT - 1 : RUN_LIMIT]):
        assert shard._phase is PolicyPhase.REPEATING
        assert POLICY_KEY not in process(shard, records).changes
    assert shard._phase is PolicyPhase.FOLLOWING
    assert shard.policy.hash == OLD.hash
    assert process(shard, RECORDS[RUN_LIMIT:]).changes[POLICY_KEY] == dump_policy(NEW)


@pytest.mark.parametrize("caught_up", [True, False])
def test_repeating_ends_when_everything_is_read(caught_up: bool) -> None:
    """Whatever was read before the crash has been read again by then; while something is unread it goes on."""
    shard = restored(OLD, NEW)
    shard.tick(START, caught_up=caught_up)
    assert shard._phase is (PolicyPhase.FOLLOWING if caught_up else PolicyPhase.REPEATING)
    assert (POLICY_KEY in process(shard, RECORDS[:1]).changes) is caught_up


def test_a_policy_that_changes_right_after_a_restart_waits_too() -> None:
    """Whether the other policy was there at the restart or comes a moment later: what a crash left half written is decided first."""
    shard = restored(OLD, OLD)
    shard.use(NEW)
    assert POLICY_KEY not in process(shard, RECORDS[:1]).changes
    assert shard.policy is OLD
    shard.tick(START, caught_up=True)
    shard.tick(START, caught_up=True)
    assert shard._phase is PolicyPhase.ANNOUNCED
