"""What a stage's module says of itself to the worker that runs it."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.stage import Shard

MakeShard = Callable[[str, int], Shard]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    together: one shard serves partition n of all inputs (they are co-partitioned); otherwise one shard a topic and partition.
    threads: how many shards may work beside the event loop at a time, 0 for in it. Worth it where much of a batch is kernels
    that let go of Python's lock; nothing that such shards share may change but in `between_batches` and by one assignment.
    make: (topic noun, partition) -> fresh shard. between_batches: called between batches, e.g. to look for a new policy.
    """

    name: str
    make: MakeShard
    together: bool = False
    threads: int = 0
    warm_up: Callable[[], None] = lambda: None
    between_batches: Callable[[], None] = lambda: None
