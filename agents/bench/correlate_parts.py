"""How many CPU microseconds an event each part of correlating costs, measured alone in this process. For part correlate."""

import time
from collections.abc import Iterator, Sequence

from agents.runtime import calm_collector
from pipeline.correlate import AllSeries, CorrelateConfig, CorrelateShard, Dispatcher, OpenSituation, Piece, Taken, Withdrawals, warm_up
from pipeline.near_duplicates import Duplicates, Folded, Text
from pipeline.stream import Arrived, Batch, InputRecord, Output, Record, Step, Unreadable

BATCH = 4_096
PASSES = 3
ASKED = 2_000
"""So often the clock is asked to know what that costs."""
NOUN = "information"


class Clocks:
    """Seconds of CPU by part, without what asking the clock costs: the kernel is asked, and some parts are as short as that."""

    def __init__(self) -> None:
        self._pairs = 0
        self._asking = self._pair = 0.0
        self.seconds = {"apply": 0.0}
        started = time.thread_time()
        for _ in range(ASKED):
            self.since("apply", self.start())
        self._asking, self._pair = self.seconds["apply"] / ASKED, (time.thread_time() - started) / ASKED
        self.seconds = dict.fromkeys(("parse", "duplicates", "apply", "messages", "state", "total"), 0.0)

    def start(self) -> tuple[float, int]:
        """Now, for `since`."""
        return time.thread_time(), self._pairs

    def since(self, part: str, started: tuple[float, int]) -> None:
        """Add what has passed since ``started``, but for all the asking in between."""
        passed = time.thread_time() - started[0]
        self.seconds[part] += passed - self._asking - self._pair * (self._pairs - started[1])
        self._pairs += 1


class TimedDuplicates(Duplicates):
    """The memory of texts; its time is noted once a piece."""

    def __init__(self, clocks: Clocks) -> None:
        super().__init__()
        self._clocks = clocks

    def fold(self, texts: Sequence[Text]) -> Iterator[list[Folded]]:
        """As without a clock."""
        pieces = super().fold(texts)
        while True:
            started = self._clocks.start()
            piece = next(pieces, None)
            self._clocks.since("duplicates", started)
            if piece is None:
                return
            yield piece


class TimedShard(CorrelateShard):
    """A shard of correlate whose parts note their time once a batch."""

    def __init__(self, number: int, sources: Sequence[str], clocks: Clocks) -> None:
        super().__init__(number, sources, CorrelateConfig())
        self._clocks = clocks
        self._duplicates = TimedDuplicates(clocks)
        self._dispatcher = Dispatcher(self.config, self._duplicates, self._registry)
        self._withdrawals = Withdrawals(self._dispatcher, self._duplicates, self._registry)
        self._emit, self._registry.emit = self._registry.emit, self._timed_emit  # type: ignore[method-assign]  # what is timed is swapped
        self.pieces: list[tuple[int, Piece]] = []

    def apply(self, run: Sequence[Arrived[Piece | Taken]], step: Step) -> list[str]:
        """As without a clock; what was heard is kept."""
        started = self._clocks.start()
        dispositions = super().apply(run, step)
        self._clocks.since("apply", started)
        self.pieces += [(arrived.clock, arrived.message) for arrived in run if isinstance(arrived.message, Piece)]
        return dispositions

    def parse(self, record: InputRecord, topic: str) -> Piece | Taken | Unreadable:
        """As without a clock."""
        started = self._clocks.start()
        found = super().parse(record, topic)
        self._clocks.since("parse", started)
        return found

    def _timed_emit(self, situation: OpenSituation, clock: int, step: Step, *, closed: bool = False, withdrawn: bool = False) -> None:
        started = self._clocks.start()
        self._emit(situation, clock, step, closed=closed, withdrawn=withdrawn)
        self._clocks.since("messages", started)

    def changes(self) -> dict[bytes, bytes | None]:
        """As without a clock."""
        started = self._clocks.start()
        found = super().changes()
        self._clocks.since("state", started)
        return found


def measure(outputs: Sequence[Output], partitions: int, now_ms: int) -> dict[str, float]:
    """Parts: parse; duplicates; pulse (series, with what their minutes hold); situations (which case, surge or idea it is, and its
    counts); messages (revisions as JSON); state (what changed, as bytes). ``total`` is all of a shard's work in batches, with
    merging and accounting; ``pulse_and_situations`` are these two together. Of three passes the fastest: the first one waits for
    memory that a worker has soon, and whatever else runs on the machine only adds.
    """
    warm_up()
    sources, queues = sorted({output.source for output in outputs}), _dealt(outputs, partitions)
    passes = [_measured(sources, queues, now_ms) for _ in range(PASSES)]
    return min(passes, key=lambda found: found["total"])


def _measured(sources: Sequence[str], queues: Sequence[Sequence[Record]], now_ms: int) -> dict[str, float]:
    clocks = Clocks()
    shards = [TimedShard(number, sources, clocks) for number in range(len(queues))]
    calm_collector()
    started = clocks.start()
    for shard, queue in zip(shards, queues, strict=True):
        _work(shard, queue, now_ms)
    clocks.since("total", started)
    events = sum(len(shard.pieces) for shard in shards)
    counted = time.thread_time()
    for shard in shards:
        _count(shard)
    pulse = time.thread_time() - counted
    spent = clocks.seconds
    found = {
        "parse": spent["parse"],
        "duplicates": spent["duplicates"],
        "pulse": pulse,
        "situations": spent["apply"] - spent["duplicates"] - spent["messages"] - pulse,
        "pulse_and_situations": spent["apply"] - spent["duplicates"] - spent["messages"],
        "messages": spent["messages"],
        "state": spent["state"],
        "total": spent["total"],
    }
    return {name: round(seconds / events * 1e6, 2) for name, seconds in found.items()}


def _dealt(outputs: Sequence[Output], partitions: int) -> list[list[Record]]:
    """The records of each partition of the topic."""
    queues: list[list[Record]] = [[] for _ in range(partitions)]
    for output in outputs:
        here = range(partitions) if output.broadcast else (output.partition(partitions),)
        for number in here:
            queues[number].append(Record(len(queues[number]), output.time_ms, output.key, output.value, output.headers()))
    return queues


def _work(shard: TimedShard, queue: Sequence[Record], now_ms: int) -> None:
    for first in range(0, len(queue), BATCH):
        step: Step | None = shard.process(Batch(NOUN, shard.number, queue[first : first + BATCH]), now_ms)
        while step is not None and step.more:
            step = shard.tick(now_ms, caught_up=False)


def _count(shard: TimedShard) -> None:
    """The pulse alone over the same pieces of information, none of them a copy."""
    series = AllSeries(shard.config.pulse)
    for clock, piece in shard.pieces:
        series.count(piece, clock, copy=False, reposted=False, late=False)
        series.expire(clock)
