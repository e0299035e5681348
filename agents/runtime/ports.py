"""What a partition runner and its delivery ask of the world. A worker gives them Kafka, Faust and the clock; tests give them fakes.

`agents.runtime.partition_runner`, `agents.runtime.partitions` and `agents.runtime.delivery` know nothing else of it.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from pipeline.stream import Deleted, Output, Span, Written


class InputPartition(NamedTuple):
    """One partition of one Kafka topic. Equal to Faust's and aiokafka's tuples of the same."""

    topic: str
    partition: int


class RecordBatch(NamedTuple):
    """Records of one partition in offset order (aiokafka ConsumerRecord), as they were fetched.

    ``follows``: the end of what was fetched before them, or where reading began: what is missing between there and the first
    record, the broker does not have. What is missing before it was fetched and dropped by us. ``log_start``: where the log started
    when records were found missing; 0 when none were, or only a marker.
    """

    tp: InputPartition
    records: list[Any]
    follows: int = 0
    log_start: int = 0


class InputSource(Protocol):
    """The input: `agents.runtime.transport.BatchConsumer` in a worker."""

    def settle(self, tp: InputPartition, position: int) -> None:
        """Everything of ``tp`` before ``position`` is durable: it may be committed."""

    def handed(self, tp: InputPartition) -> int | None:
        """Offset behind the last record handed out since assignment; None when there was none."""

    def end_reached(self, tp: InputPartition) -> bool:
        """Whether the broker has nothing beyond what was handed out, as of its last answer."""

    def trailing(self, tp: InputPartition, worked_to: int) -> int | None:
        """Where ``tp`` ends, when the broker has no record between ``worked_to`` and its end; None otherwise."""

    async def commit(self) -> Any:
        """Commit what was settled."""

    def forget(self, tps: Iterable[InputPartition]) -> None:
        """Partitions are no longer ours."""


class CommittedOffsets(Protocol):
    """The offsets that the group has committed: `agents.kafka.clients.committed` in a worker."""

    def __call__(self, places: Iterable[tuple[str, int]]) -> Awaitable[Mapping[tuple[str, int], int]]:
        """Next offset by partition; those never committed are left out."""


class Outputs(Protocol):
    """Where outputs go: `agents.runtime.outputs.Emitter` in a worker."""

    async def emit(self, outputs: Sequence[Output]) -> list[Written]:
        """Write all of them; returns when they are acknowledged, raises when one is not. Where those lie that a stage has to read."""


class Changelog(Protocol):
    """Where state goes and comes from: `agents.runtime.changelog.StateStore` in a worker."""

    topic: str

    async def take_over(self, shard: str, partition: int, still_ours: Callable[[], None]) -> Mapping[bytes, bytes]:
        """Become the owner of a shard; its state. still_ours: raises when it may be somebody else's."""

    def blank(self, shard: str) -> bool:
        """Whether nobody had ever written state of this shard when it was taken over."""

    def mark(self, shard: str) -> bytes:
        """What the former owner of a shard that was taken over had left for the next one."""

    async def leave_mark(self, shard: str, partition: int, mark: bytes) -> None:
        """Leave something for the next owner."""

    async def write(self, shard: str, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """Write changes, all or none; returns when they are acknowledged, raises when they are not."""

    async def guard(self, shard: str, partition: int, still_ours: Callable[[], None]) -> None:
        """Write anew what a former owner has written over; raises when a later one has taken over."""


class Ledger(Protocol):
    """The account of every input offset: `agents.runtime.ledger_writer.LedgerWriter` in a worker."""

    async def write(self, spans: Sequence[Span], written: Sequence[Written] = (), deleted: Sequence[Deleted] = ()) -> None:
        """Write spans, and with the first of them what was written and what was deleted unread; returns when they are acknowledged,
        raises when one is not.
        """


class Lease(Protocol):
    """Whether the partitions are still ours, as far as a worker can tell: `agents.runtime.lease.SessionLease`."""

    def check(self) -> None:
        """Raise when they may be somebody else's."""


class Clock(Protocol):
    """What time it is."""

    def now_ms(self) -> int:
        """Wall clock, Unix ms."""

    def seconds(self) -> float:
        """A clock that never goes back."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Wall clock, Unix ms."""
        return int(time.time() * 1000)

    def seconds(self) -> float:
        """A clock that never goes back."""
        return time.monotonic()
