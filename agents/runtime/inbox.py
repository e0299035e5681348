"""Batches that wait for their runner: put in by `agents.runtime.partitions`, taken out by `agents.runtime.partition_runner`.

Once closed it is empty for good. Nothing that was put in later, or that waited for room while it closed, comes out of it: a runner
that took a batch behind one that was dropped would account for the hole as if the broker had made it.
"""

import asyncio
import contextlib
from collections import deque

from agents.runtime.ports import RecordBatch

ROOM_BATCHES = 8


class Inbox:
    """A bounded queue of batches with one reader."""

    def __init__(self) -> None:
        self.closed = False
        self._batches: deque[RecordBatch] = deque()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._closing = asyncio.Event()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._batches

    async def put(self, batch: RecordBatch) -> None:
        """Add a batch; waits for room. Dropped when the inbox is closed."""
        while not self.closed and len(self._batches) >= ROOM_BATCHES:
            self._room.clear()
            await self._room.wait()
        if not self.closed:
            self._batches.append(batch)
            self._filled.set()

    async def take(self, most_records: int, timeout_seconds: float) -> list[RecordBatch]:
        """What waits, oldest first, until it has ``most_records`` or more; nothing after the time-out and when closed."""
        if not self._batches and not self.closed:
            self._filled.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    await self._filled.wait()
        found: list[RecordBatch] = []
        records = 0
        while self._batches and records < most_records:
            found.append(self._batches.popleft())
            records += len(found[-1].records)
        self._room.set()
        return found

    async def until_closed(self) -> None:
        """Wait for `close`."""
        await self._closing.wait()

    def close(self) -> None:
        """Drop what waits, and whatever comes: it will be read again by the next owner."""
        self.closed = True
        self._closing.set()
        self._batches.clear()
        self._filled.set()
        self._room.set()
