"""What a stage's module says of itself to the worker that runs it."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.stream import Shard

MakeShard = Callable[[str, int], Shard]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    together: one shard serves partition n of all inputs (they are co-partitioned); otherwise one shard a topic and partition.
    make: (topic noun, partition) -> fresh shard. between_batches: called between batches, e.g. to look for a new policy.
    """

    name: str
    make: MakeShard
    together: bool = False
    warm_up: Callable[[], None] = lambda: None
    between_batches: Callable[[], None] = lambda: None
