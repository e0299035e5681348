"""The whole product over an iterable of records, without Kafka: the deployed stages, composed in memory.

Replay, backtest, `winnow flow`, `winnow policy diff` and the tests use it. It gives the ids and dispositions that the
deployed stages give for the same input, because it runs the same shards over the same partitions.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.ledger import Book
from pipeline.stream import Batch, Header, Output, Record, Shard, Step, partition_of


class Arrival(NamedTuple):
    """A record as a producer writes it. ``appended_ms`` is when it reached the topic, Unix ms."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[Header, ...]
    appended_ms: int


Keep = Callable[[str, int, Record], None]


@dataclass(frozen=True, slots=True)
class FlowStage:
    """A stage as the flow runs it: its inputs, and a fresh shard for (topic, partition); see `agents.runtime.Stage`."""

    name: str
    inputs: tuple[str, ...]
    make: Callable[[str, int], Shard]
    together: bool = False


class _Queue:
    __slots__ = ("next_offset", "waiting")

    def __init__(self) -> None:
        self.next_offset = 0
        self.waiting: deque[Record] = deque()

    def append(self, timestamp: int, key: bytes | None, value: bytes | None, headers: Iterable[Header]) -> None:
        self.waiting.append(Record(self.next_offset, timestamp, key, value, tuple(headers)))
        self.next_offset += 1


class Flow:
    """The stages over in-memory topics.

    stages: in the order of the flow. partitions: noun -> number; must be those of the deployment whose ids are wanted.
    batch_records: how many records a shard gets at once; changes nothing but speed. keep: told of each record (noun, partition,
    record) as it is put on its topic.
    """

    def __init__(
        self, stages: Iterable[FlowStage], partitions: Mapping[str, int], *, batch_records: int = 1_000, keep: Keep | None = None
    ) -> None:
        self.book = Book()
        self.written: dict[str, int] = {}
        self._stages = tuple(stages)
        self._partitions = dict(partitions)
        self._batch_records = batch_records
        self._keep = keep
        self._kept: dict[tuple[str, int], int] = {}
        self._readers: dict[str, list[FlowStage]] = {}
        self._queues: dict[tuple[str, str, int], _Queue] = {}
        self._shards: dict[tuple[str, str], Shard] = {}
        self._now_ms = self._started_ms = 0
        for stage in self._stages:
            for noun in stage.inputs:
                self._readers.setdefault(noun, []).append(stage)
                for partition in range(self._partitions[noun]):
                    self._queues[stage.name, noun, partition] = _Queue()
                    self._shard(stage, noun, partition)

    def run(self, arrivals: Iterable[Arrival]) -> Iterator[Output]:
        """Feed all arrivals in order, yield outputs as they come about, and finish: nothing is left waiting."""
        waiting = 0
        for arrival in arrivals:
            self._append(arrival.topic, partition_of(arrival.key, self._partitions[arrival.topic]), arrival)
            waiting += 1
            if waiting >= self._batch_records:
                yield from self.drain()
                waiting = 0
        yield from self.drain()
        yield from self.finish()

    def drain(self) -> Iterator[Output]:
        """Work off all that is queued."""
        while any(queue.waiting for queue in self._queues.values()):
            for stage in self._stages:
                yield from self._work(stage)

    def finish(self) -> Iterator[Output]:
        """Say that no more input comes: whoever waited for an idle partition goes on, stage after stage, until nothing happens."""
        busy = True
        while busy:
            busy = False
            for stage, name in list(self._shards):
                # An hour ahead of sift's last batch: idleness is judged by the wall clock.
                now_ms = self._now_ms + 3_600_000 if stage == "sift" else self._now_ms
                step = self._shards[stage, name].tick(now_ms, caught_up=True)
                if step is not None:
                    busy = busy or bool(step.outputs) or step.more
                    yield from self._visible(self._take(stage, step))
                yield from self.drain()

    def tick(self, now_ms: int) -> Iterator[Output]:
        """Let the wall clock come by: escalations fall due."""
        self._now_ms = now_ms
        yield from self.finish()

    def _append(self, noun: str, partition: int, arrival: Arrival) -> None:
        self._now_ms = max(self._now_ms, arrival.appended_ms)
        self._started_ms = self._started_ms or self._now_ms
        self._remember(noun, partition, arrival.appended_ms, arrival.key, arrival.value, arrival.headers)
        for stage in self._readers.get(noun, ()):
            self._queues[stage.name, noun, partition].append(arrival.appended_ms, arrival.key, arrival.value, arrival.headers)

    def _work(self, stage: FlowStage) -> Iterator[Output]:
        for noun in stage.inputs:
            for partition in range(self._partitions[noun]):
                queue = self._queues[stage.name, noun, partition]
                while queue.waiting:
                    records = [queue.waiting.popleft() for _ in range(min(self._batch_records, len(queue.waiting)))]
                    shard = self._shard(stage, noun, partition)
                    step = shard.process(Batch(noun, partition, records), self._now_ms)
                    yield from self._visible(self._take(stage.name, step))
                    while step.more:
                        # The flow's wall clock stands still until it is told: what falls due must not depend on batches.
                        further = shard.tick(self._started_ms, caught_up=False)
                        if further is None:
                            break
                        step = further
                        yield from self._visible(self._take(stage.name, step))

    def _take(self, stage: str, step: Step) -> list[Output]:
        """The in-memory form of the delivery rule."""
        for output in step.outputs:
            count = self._partitions.get(output.noun, 1)
            targets = range(count) if output.broadcast else (output.partition(count),)
            for partition in targets if self._keep is not None else ():
                self._remember(output.noun, partition, output.time_ms, output.key, output.value, output.headers())
            for reader in self._readers.get(output.noun, ()):
                for partition in targets:
                    self._queues[reader.name, output.noun, partition].append(output.time_ms, output.key, output.value, output.headers())
        for span in step.spans:
            self.book.add_span(stage, span)
        return step.outputs

    def _remember(
        self, noun: str, partition: int, timestamp: int, key: bytes | None, value: bytes | None, headers: Iterable[Header]
    ) -> None:
        """Hand on a record at the offset that its readers see."""
        if self._keep is not None:
            offset = self._kept.get((noun, partition), 0)
            self._kept[noun, partition] = offset + 1
            self._keep(noun, partition, Record(offset, timestamp, key, value, tuple(headers)))

    def _visible(self, outputs: Iterable[Output]) -> Iterator[Output]:
        for output in outputs:
            if not output.broadcast:
                self.written[output.noun] = self.written.get(output.noun, 0) + 1
                yield output

    def _shard(self, stage: FlowStage, noun: str, partition: int) -> Shard:
        key = (stage.name, str(partition) if stage.together else f"{noun}/{partition}")
        found = self._shards.get(key)
        if found is None:
            found = self._shards[key] = stage.make(noun, partition)
        return found
