"""Every batch says what it follows, so that a batch which gets lost between fetch and runner is missed."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from agents.runtime.ports import InputPartition, RecordBatch
from agents.runtime.transport import BatchConsumerThread, BatchScheduler, Fetched
from tests.unit.agents.runtime.fakes import FakeRecord

FIRST, SECOND = TP("winnow.posts.v1", 0), TP("winnow.posts.v1", 1)


def records(*offsets: int) -> list[FakeRecord]:
    """Records at these offsets."""
    return [FakeRecord(offset, 0, None, b"") for offset in offsets]


class SmallChunks(BatchScheduler):
    """Three records a batch."""

    most_records = 3


class OneByOne(BatchScheduler):
    """A record a batch."""

    most_records = 1


def test_chunks_follow_each_other_and_the_first_follows_the_fetch() -> None:
    """Partitions take turns; the hole between 14 and 17 is the broker's, as the batch behind it follows the one before it."""
    fetched = {FIRST: Fetched(records(10, 11, 12, 13, 14, 17), 8), SECOND: Fetched(records(0), 0)}
    assert list(SmallChunks().iterate(fetched)) == [
        (FIRST, RecordBatch(InputPartition(*FIRST), records(10, 11, 12), 8)),
        (SECOND, RecordBatch(InputPartition(*SECOND), records(0), 0)),
        (FIRST, RecordBatch(InputPartition(*FIRST), records(13, 14, 17), 13)),
    ]


@dataclass
class FakeConsumer:
    """aiokafka's consumer as Faust's thread uses it, and its fetcher and subscriptions."""

    answers: list[Mapping[TP, Sequence[FakeRecord]]] = field(default_factory=list)
    commits: dict[TP, int | None] = field(default_factory=dict)
    rewound: list[TP] = field(default_factory=list)
    asked: list[TP] = field(default_factory=list)
    log_start: int | None = 0
    flow_active = True
    _closed = False

    @property
    def _fetcher(self) -> "FakeConsumer":
        return self

    @property
    def _subscriptions(self) -> "FakeConsumer":
        return self

    @contextlib.contextmanager
    def fetch_context(self) -> Iterator[None]:
        """Nothing to prepare."""
        yield

    async def fetched_records(self, *_: Any, **__: Any) -> Mapping[TP, Sequence[FakeRecord]]:
        """The next answer."""
        return self.answers.pop(0)

    def assignment(self) -> set[TP]:
        """What commits are known of."""
        return set(self.commits)

    async def seek_to_committed(self, tp: TP) -> dict[TP, int | None]:
        """aiokafka stays where it is when nothing is committed."""
        return {tp: self.commits[tp]}

    async def seek_to_beginning(self, tp: TP) -> None:
        """Note it."""
        self.rewound.append(tp)

    async def beginning_offsets(self, places: Sequence[TP]) -> dict[TP, int]:
        """Where logs start, or that nobody says."""
        self.asked += places
        if self.log_start is None:
            raise KafkaTimeoutError
        return dict.fromkeys(places, self.log_start)


class Thread(BatchConsumerThread):
    """The thread before it was started: only what it remembers."""

    def __init__(self, consumer: FakeConsumer) -> None:
        self.consumer = consumer
        self._consumer = consumer
        self._fetched_to = {}

    def _ensure_consumer(self) -> FakeConsumer:
        """It is there."""
        return self.consumer

    async def follows(self) -> dict[TP, int]:
        """Fetch once, and what the answer follows."""
        return {tp: found.follows for tp, found in (await self._fetch_records(self._consumer, set(), timeout=0.0)).items()}


async def test_a_fetch_follows_the_one_before_whatever_became_of_that() -> None:
    """Faust may drop what it was handed: the next fetch says that there was something."""
    thread = Thread(FakeConsumer([{FIRST: records(0, 1)}, {SECOND: records(5)}, {FIRST: records(4), SECOND: records(9)}]))
    assert [await thread.follows() for _ in range(3)] == [{FIRST: 0}, {SECOND: 0}, {FIRST: 2, SECOND: 6}]


async def test_after_a_seek_it_follows_the_commit() -> None:
    """Reading begins anew there; where nothing was committed, at the beginning, if something was fetched already."""
    consumer = FakeConsumer([{FIRST: records(3, 4), SECOND: records(0)}, {FIRST: records(3), SECOND: records(0)}])
    consumer.commits = {FIRST: 3, SECOND: None, TP("winnow.posts.v1", 2): None}
    thread = Thread(consumer)
    await thread.follows()
    assert await thread._seek_to_committed() == consumer.commits
    assert consumer.rewound == [SECOND]
    assert await thread.follows() == {FIRST: 3, SECOND: 0}


@pytest.mark.parametrize(
    ("offsets", "log_start", "told"),
    [((0, 1, 2), 700, 0), ((3, 4), 700, 0), ((5, 6), 700, 700), ((5, 6), 0, 0), ((5, 6), None, 0)],
    ids=["no hole", "a marker", "deleted", "nothing deleted", "nobody knows"],
)
async def test_a_hole_asks_where_the_log_starts(offsets: tuple[int, ...], log_start: int | None, told: int) -> None:
    """What is missing may have been deleted; one marker is not worth a question, and a broker that does not answer holds up nothing."""
    consumer = FakeConsumer([{FIRST: records(0, 1)}, {FIRST: records(*offsets)}])
    consumer.log_start = log_start
    thread = Thread(consumer)
    await thread.follows()
    fetched = (await thread._fetch_records(consumer, set(), timeout=0.0))[FIRST]
    assert fetched.log_start == told
    assert consumer.asked == ([FIRST] if offsets[0] == 5 else [])
    assert [batch.log_start for _, batch in OneByOne().iterate({FIRST: fetched})] == [told] + [0] * (len(offsets) - 1)
