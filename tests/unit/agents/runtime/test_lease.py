"""A worker that was held up must not write: another one may have its partitions."""

import pytest

from agents.runtime.lease import SessionLease
from schemas.errors import WinnowError


class Seconds:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """As set."""
        return self.now


@pytest.fixture
def clock() -> Seconds:
    """A clock that is set."""
    return Seconds()


def test_it_holds_three_quarters_of_a_session(clock: Seconds) -> None:
    """The last heartbeat may be a quarter older than the last renewal: what the coordinator counts is never more than a session."""
    lease = SessionLease(10.0, seconds=clock)
    clock.now += 7.5
    lease.check()
    clock.now += 0.1
    with pytest.raises(WinnowError, match=r"held up for 7\.6 s, so another worker may have these partitions: nothing more is written"):
        lease.check()


def test_renewed_in_time_it_holds_on(clock: Seconds) -> None:
    """Every second, for as long as the loop runs."""
    lease = SessionLease(10.0, seconds=clock)
    for _ in range(30):
        clock.now += 1.0
        lease.renew()
        lease.check()
    assert lease.age() == 0.0


def test_once_run_out_it_cannot_be_renewed(clock: Seconds) -> None:
    """The renewal that comes late, before anybody has checked, makes nothing good."""
    lease = SessionLease(10.0, seconds=clock)
    clock.now += 60.0
    lease.renew()
    assert lease.age() == 60.0
    with pytest.raises(WinnowError, match="held up for 60"):
        lease.check()
