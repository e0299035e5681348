"""The queue of a runner: bounded, in order, and empty for good once it is closed."""

import asyncio

from agents.runtime.inbox import ROOM_BATCHES, Inbox
from agents.runtime.ports import InputPartition, RecordBatch

PLACE = InputPartition("winnow.decisions.v1", 0)


def batch(number: int, records: int = 1) -> RecordBatch:
    """A batch that can be told from others."""
    return RecordBatch(PLACE, [number] * records)


async def filled(amount: int) -> Inbox:
    """An inbox in which so many batches wait."""
    inbox = Inbox()
    for number in range(amount):
        await inbox.put(batch(number))
    return inbox


async def test_batches_come_out_in_order_up_to_the_limit() -> None:
    """The batch that passes the limit is still taken whole, the one behind it waits."""
    inbox = await filled(5)
    assert await inbox.take(3, 1.0) == [batch(0), batch(1), batch(2)]
    assert await inbox.take(3, 1.0) == [batch(3), batch(4)]
    await inbox.put(batch(5, records=10))
    await inbox.put(batch(6))
    assert await inbox.take(3, 1.0) == [batch(5, records=10)]
    assert not inbox.empty


async def test_nothing_comes_after_the_time_out() -> None:
    """The runner has a clock to look at."""
    inbox = Inbox()
    assert await inbox.take(3, 0.01) == []
    assert inbox.empty


async def test_a_full_inbox_holds_up_who_brings_more() -> None:
    """Until the runner has taken some."""
    inbox = await filled(ROOM_BATCHES)
    putting = asyncio.ensure_future(inbox.put(batch(99)))
    done, _ = await asyncio.wait({putting}, timeout=0.01)
    assert not done
    assert len(await inbox.take(ROOM_BATCHES, 1.0)) == ROOM_BATCHES
    await putting
    assert await inbox.take(1, 1.0) == [batch(99)]


async def test_closed_it_lets_nothing_in_that_waited() -> None:
    """What waited for room goes nowhere, though there is room now: the batches before it are dropped."""
    inbox = await filled(ROOM_BATCHES)
    putting = asyncio.ensure_future(inbox.put(batch(99)))
    await asyncio.sleep(0)
    inbox.close()
    await asyncio.wait_for(putting, 1.0)
    await inbox.put(batch(100))
    assert await inbox.take(1, 1.0) == []
    assert inbox.empty


async def test_closing_wakes_the_runner() -> None:
    """It does not sit out its time."""
    inbox = Inbox()
    taking = asyncio.ensure_future(inbox.take(1, 60.0))
    await asyncio.sleep(0)
    inbox.close()
    assert await asyncio.wait_for(taking, 1.0) == []
