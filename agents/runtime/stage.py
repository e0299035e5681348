"""What a stage's module says of itself to the worker that runs it."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.stream import Shard

MakeShard = Callable[[str, int], Shard]


Prepare = Callable[[Sequence[Any]], Coroutine[Any, Any, str | None]]
"""Records that are about to be worked -> None when their shard has all that it cannot fetch itself; else why that is not to be had now.
May be cancelled, and is asked again."""


async def _nothing() -> None:
    """Shards need nothing from Kafka to begin."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    together: one shard serves partition n of all inputs (they are co-partitioned); otherwise one shard a topic and partition.
    partitions: noun -> how many partitions of it are in use, of all topics that its shards depend on; beyond them nothing is worked,
    and a worker ends when they are more. Empty: all there are.
    make: (topic noun, partition) -> fresh shard. begin: awaited by a worker before it makes any, for what they have to know from Kafka.
    prepare: awaited before records are worked, again and again until it says None; None when there is nothing to prepare.
    between_batches: called between batches, e.g. to look for a new policy.
    """

    name: str
    make: MakeShard
    together: bool = False
    warm_up: Callable[[], None] = lambda: None
    begin: Callable[[], Awaitable[None]] = _nothing
    prepare: Prepare | None = None
    between_batches: Callable[[], None] = lambda: None
    partitions: Mapping[str, int] = field(default_factory=dict)
