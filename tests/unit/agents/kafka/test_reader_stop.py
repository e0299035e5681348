"""Whoever stops a reader must not be told that it was cancelled itself."""

import asyncio

import pytest

from agents.kafka import clients
from agents.settings import load_settings


async def _waiting_for_a_dead_broker() -> tuple[clients.Reader, list[asyncio.Task[None]]]:
    """A reader with two fetches that wait to be tried again, as aiokafka leaves them when a broker dies."""
    reader = clients.reader(load_settings(broker="127.0.0.1:1"))
    fetches = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(2)]
    await asyncio.sleep(0)
    routine = asyncio.create_task(asyncio.sleep(3600))

    class Fetcher:
        """What `AIOKafkaConsumer.stop` closes: aiokafka 0.12's `Fetcher.close`, word for word in effect."""

        _pending_tasks = fetches

        async def close(self) -> None:
            """Cancel and await one after the other."""
            routine.cancel()
            for fetch in self._pending_tasks:
                fetch.cancel()
                await fetch

    reader._fetcher = Fetcher()
    return reader, fetches


def test_fetches_that_wait_for_a_dead_broker_do_not_cancel_who_stops() -> None:
    """The chaos run ended of it: all was well, and the end of the view of the flow raised CancelledError."""

    async def course() -> tuple[bool, bool]:
        reader, fetches = await _waiting_for_a_dead_broker()
        closed = False

        async def close() -> None:
            nonlocal closed
            closed = True

        reader._client.close = close
        stopping = asyncio.create_task(reader.stop())
        done, _ = await asyncio.wait({stopping}, timeout=10)
        assert done, "it waits for a fetch that nobody cancelled"
        await stopping
        return closed, all(fetch.cancelled() for fetch in fetches)

    assert asyncio.run(course()) == (True, True)


def test_who_is_cancelled_while_it_stops_is_told_so() -> None:
    """A real cancellation (a time-out) is no word of a fetch."""

    async def course() -> None:
        reader, _ = await _waiting_for_a_dead_broker()

        class Slow:
            """It never ends."""

            async def close(self) -> None:
                """For an hour."""
                await asyncio.sleep(3600)

        reader._fetcher = Slow()
        await asyncio.wait_for(reader.stop(), 0.01)

    with pytest.raises(TimeoutError):
        asyncio.run(course())
