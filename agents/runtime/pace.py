"""How long steps take in; how many records the next one gets out, so that a worker's event loop is never held for long.

Heartbeats, probes and the lease wait for the loop. What a record costs depends on what it says and on the machine, so a step is bounded by
time: the partition runner cuts batches by what records cost last, and shards that work on waiting records ask `StepPace.enough`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from agents.runtime.ports import Clock

STEP_SECONDS = 0.25
FIRST_RECORDS = 64
"""So many make the first step, when nobody knows what they cost."""
MOST_GROWTH = 8
"""A step may have so many times the records of the last one, as long as that promises no more than half of the time."""
MOST_BYTES = 8 * 1024 * 1024


class StepPace:
    """The size of one shard's steps. most_records: of one step, however quick they are."""

    def __init__(self, clock: Clock, most_records: int) -> None:
        self._clock = clock
        self._most_records = most_records
        self._started = clock.seconds()
        self.records = min(FIRST_RECORDS, most_records)

    def begin(self) -> None:
        """A step begins."""
        self._started = self._clock.seconds()

    def enough(self) -> bool:
        """Whether the step has gone on for long enough."""
        return self._clock.seconds() - self._started >= STEP_SECONDS

    def end(self, records: int) -> float:
        """A step of so many input records is over; the seconds it took."""
        seconds = self._clock.seconds() - self._started
        if seconds > STEP_SECONDS:
            self.records = max(1, min(self.records, int(records * STEP_SECONDS / seconds)))
        elif records >= self.records:
            growth = max(1.0, min(MOST_GROWTH, STEP_SECONDS / 2 / max(seconds, 1e-9)))
            self.records = min(int(growth * self.records), self._most_records)
        return seconds

    def slices(self, records: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """Records in slices, each as many as a step may have when it begins."""
        first = 0
        while first < len(records):
            last, size = first, 0
            while last < len(records) and last - first < self.records and size < MOST_BYTES:
                size += len(records[last].value or b"")
                last += 1
            yield records[first:last]
            first = last
