"""Offsets of what this worker appended to a state partition in; up to where it holds nothing that somebody else wrote, out.

The brokers number the records of a partition without a hole, and say where each write of ours landed. So who else writes there shows
at no cost: as a hole between our writes, or as an end beyond them. Used by `agents.runtime.changelog`.
"""


class OwnWrites:
    """One partition as the owner of one shard sees it: everything before ``clear_to`` was written by this worker, or was looked at."""

    __slots__ = ("_run", "clear_to", "epoch", "partition")

    def __init__(self, partition: int, epoch: int, clear_to: int) -> None:
        self.partition = partition
        self.epoch = epoch
        self.clear_to = clear_to
        self._run = (clear_to, clear_to)

    def wrote(self, begin: int, end: int) -> None:
        """We appended the offsets from ``begin`` to before ``end``."""
        first, behind = self._run
        self._run = (first if begin == behind else begin, end)
        self._extend()

    def looked_to(self, end: int) -> None:
        """Everything before ``end`` was looked at."""
        self.clear_to = max(self.clear_to, end)
        self._extend()

    def _extend(self) -> None:
        """What is clear grows by the last run of our writes, unless there is a hole before it."""
        first, behind = self._run
        if first <= self.clear_to:
            self.clear_to = max(self.clear_to, behind)
