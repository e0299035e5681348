"""The work that all engines are compared by: one batch of records, and what is to be written for it."""

import time
from collections.abc import Sequence

from agents.bench.rig import PARTITIONS
from agents.settings import Settings
from agents.stages import sift
from pipeline.stream import Batch, Header, Record, Shard

Write = tuple[str, bytes | None, bytes, list[Header]]
"""A record to write: topic, key, value, headers."""


class Work:
    """The engine's copying or sift's whole job, by partition; notes when the first batch was done."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.events = 0
        self.warm = 0
        self.began = 0.0
        self._settings = settings
        self._copies = name == "engine"
        self._shards: dict[int, Shard] = {}
        self._stage = None if self._copies else sift.stage(settings, {"posts": PARTITIONS, "feedback": PARTITIONS})
        if self._stage is not None:
            self._stage.warm_up()

    def do(self, partition: int, records: Sequence[Record]) -> list[Write]:
        """Work one batch of one partition, in offset order."""
        found = self._copy(records) if self._stage is None else self._sift(partition, records)
        self.events += len(records)
        if not self.began:
            self.began, self.warm = time.monotonic(), self.events
        return found

    def _copy(self, records: Sequence[Record]) -> list[Write]:
        topic = self._settings.topic("information")
        return [(topic, record.key, record.value or b"", list(record.headers)) for record in records]

    def _sift(self, partition: int, records: Sequence[Record]) -> list[Write]:
        assert self._stage is not None
        shard = self._shards.get(partition) or self._shards.setdefault(partition, self._stage.make("posts", partition))
        step = shard.process(Batch("posts", partition, records), int(time.time() * 1000))
        return [
            (self._settings.topic(output.noun), output.key, output.value, output.headers())
            for output in step.outputs
            if not output.broadcast
        ]
