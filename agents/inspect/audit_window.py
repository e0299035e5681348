"""A range of time of a deployment, as an audit reads it: offsets by the time at which records were appended, bounded in number."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import TopicPartition

from agents.kafka import Scanner
from pipeline.ledger import HORIZON_SLACK_MS
from schemas.errors import WinnowError

MOST_RECORDS = 5_000_000
"""That an audit of a range reads: all of it is held against each other in memory."""

Extents = Mapping[TopicPartition, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """What the ledger wrote between these times (Unix ms), against the outputs that it promises. until_ms: None is now.

    A stage writes its outputs before the entry that promises them, within `HORIZON_SLACK_MS`.
    """

    since_ms: int
    until_ms: int | None = None

    def __post_init__(self) -> None:
        """Raises WinnowError for a range that ends before it begins."""
        if self.until_ms is not None and self.until_ms <= self.since_ms:
            raise WinnowError("that range of time ends before it begins", hint="Say the earlier time first.")

    @property
    def outputs_from_ms(self) -> int:
        """When the first output may have been written that an entry of the range promises."""
        return self.since_ms - HORIZON_SLACK_MS

    async def clip(self, scanner: Scanner, extents: Extents, since_ms: int) -> dict[TopicPartition, tuple[int, int]]:
        """The offsets of these partitions that were appended from then to the end of the range."""
        begins = await scanner.offsets_at(extents, since_ms)
        if self.until_ms is None:
            return {place: (begins[place], end) for place, (_, end) in extents.items()}
        ends = await scanner.offsets_at(extents, self.until_ms)
        return {place: (begin, max(begin, ends[place])) for place, begin in begins.items()}


def bounded(*extents: Extents) -> None:
    """Raises WinnowError for more records than are held against each other in memory."""
    if (records := sum(end - begin for one in extents for begin, end in one.values())) > MOST_RECORDS:
        raise WinnowError(
            f"there are {records:,} records in that range, and an audit of a range reads {MOST_RECORDS:,} at most",
            hint="Choose a shorter one, or run `winnow audit` over everything.",
        )
