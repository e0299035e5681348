"""Nothing is lost and nothing done twice, whatever happens to workers between any two of their steps; see `world`.

Every schedule ends with all input committed, and then each record must have been applied exactly once and in order in the state that
survives, be in the outputs under one id with one value, and have one disposition in the ledger, which also tells where each output
lies. While it runs, outputs come before state, state before ledger, and no commit is ahead of any of them.
"""

from random import Random

import pytest

from agents.runtime import partition_runner
from agents.runtime.inbox import Inbox
from agents.runtime.ports import RecordBatch
from tests.unit.agents.runtime.world import KINDS, Disturbance, Schedule, World, explore

UNDISTURBED = explore(Schedule(())).events
RANDOM_SCHEDULES = 200


def disturbed(kind: str) -> list[Schedule]:
    """One disturbance, at every step of the way."""
    return [Schedule((Disturbance(step, kind),)) for step in range(UNDISTURBED)]


def several(seed: int) -> Schedule:
    """Up to three disturbances of any kind, and a network that answers in any order."""
    random = Random(seed)
    amount = random.randint(0, 3)
    return Schedule(tuple(Disturbance(random.randrange(2 * UNDISTURBED), random.choice(KINDS)) for _ in range(amount)), seed)


def hold(schedule: Schedule) -> World:
    """What must hold holds; if not, the message says which schedule to repeat."""
    try:
        return explore(schedule)
    except AssertionError as error:
        raise AssertionError(f"{schedule}: {error}") from error


@pytest.mark.parametrize("kind", KINDS)
def test_one_disturbance_anywhere_loses_nothing(kind: str) -> None:
    """Between every two callbacks and answers of an undisturbed run."""
    workers = {len(hold(schedule).hosts) for schedule in disturbed(kind)}
    assert kind == "rebalance" or max(workers) > 1, "another worker has taken over in some of them"


@pytest.mark.parametrize("block", range(5))
def test_several_disturbances_lose_nothing(block: int) -> None:
    """One owner after the other is disturbed, while answers come early, late and in any order."""
    for seed in range(block * RANDOM_SCHEDULES, (block + 1) * RANDOM_SCHEDULES):
        hold(several(seed))


def test_a_batch_that_gets_lost_ends_the_worker() -> None:
    """What was fetched and never arrived is no hole of the broker: the worker ends, and the next one reads it again."""
    world = hold(Schedule((Disturbance(20, "dropped"),)))
    first, second = world.hosts
    assert isinstance(first.failure, partition_runner.LostInput)
    assert "were fetched and never worked" in str(first.failure)
    assert second.failure is None


class LeakyInbox(Inbox):
    """A batch that waited for room comes in although the inbox was closed."""

    async def put(self, batch: RecordBatch) -> None:
        """As `Inbox.put`, but for the last look."""
        await super().put(batch)
        if self.closed:
            self._batches.append(batch)


def test_a_closed_inbox_that_leaks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The explorer sees what it is there for: batches worked behind others that were dropped."""
    monkeypatch.setattr(partition_runner, "Inbox", LeakyInbox)
    found = 0
    for schedule in disturbed("revoke")[::4]:
        try:
            explore(schedule)
        except AssertionError:
            found += 1
    assert found > 5
