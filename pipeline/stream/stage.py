"""The contract between stages and the agents that run them: a shard is handed a `Batch` and answers with a `Step`, see `Shard`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Protocol

from msgspec import Struct

from pipeline.stream.partitioner import partition_of
from schemas.times import iso

WATERMARK = "winnow.watermark.v1"
WITHDRAWAL = "winnow.withdrawal.v1"
"""``ce_type`` of what takes a piece of information back, on the topic of information."""

_NOUNS = {WITHDRAWAL: "information.withdrawal"}
"""Types whose schema has not the name of their topic."""

Header = tuple[str, bytes]


class InputRecord(Protocol):
    """What a stage needs of a Kafka record; aiokafka's ConsumerRecord and `Record` both are one."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[Header]: ...


class Record(NamedTuple):
    """An input record outside Kafka. ``timestamp`` is when it was appended, Unix ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header] = ()


class Batch(NamedTuple):
    """Records of one partition in offset order: the unit of work. ``topic`` is the noun.

    ``end``: the broker has nothing else before this offset (what is missing are markers of transactions); None: not known.
    """

    topic: str
    partition: int
    records: Sequence[InputRecord]
    end: int | None = None


class Output(Struct, frozen=True, gc=False):
    """One record to write. ``noun`` names the topic; ``lineage`` is ``topic/partition/offset/ordinal`` of what caused it.

    clock: of the shard that writes it (event time, Unix ms), -1 where the reader is not to order by it. It goes where the Java client
    would put its key, or ``beside``, another key that it must share a partition with; ``broadcast`` writes it to every partition.
    """

    noun: str
    key: bytes | None
    value: bytes
    id: str
    time_ms: int
    source: str
    lineage: str
    trace: str
    clock: int = -1
    type: str = ""
    broadcast: bool = False
    idle: bool = False
    ready: list[Header] | None = None
    beside: bytes | None = None

    def partition(self, partitions: int) -> int:
        """The partition that it belongs to, of so many; not of a broadcast."""
        return partition_of(self.beside or self.key or self.id.encode(), partitions)

    def headers(self, deployment: str = "") -> list[Header]:
        """CloudEvents 1.0 binary mode, W3C trace context, and three extensions: lineage, clock, idle; ``ready`` ones as they are.

        deployment: its prefix, which the source then names; `pipeline.stream.source_header` reads it.
        """
        if self.ready is not None:
            return self.ready
        kind, source, schema = _constant_headers(self.noun, self.type, self.source, deployment)
        found: list[Header] = [
            _SPECVERSION,
            ("ce_id", self.id.encode()),
            kind,
            source,
            ("ce_time", iso(self.time_ms).encode()),
            _CONTENT_TYPE,
            ("traceparent", self.trace.encode()),
            ("ce_lineage", self.lineage.encode()),
        ]
        if schema is not None:
            found.append(schema)
        if self.clock >= 0:
            found.append(("ce_clock", b"%d" % self.clock))
        if self.idle:
            found.append(_IDLE)
        return found


_SPECVERSION: Header = ("ce_specversion", b"1.0")
_CONTENT_TYPE: Header = ("content-type", b"application/json")
_IDLE: Header = ("ce_idle", b"1")


@lru_cache(maxsize=1_024)
def _constant_headers(noun: str, kind: str, source: str, deployment: str) -> tuple[Header, Header, Header | None]:
    """Headers of type, source and schema: the same for all that one shard writes to one topic."""
    named = f"/{deployment}/{source}" if deployment else source
    schema = None if kind == WATERMARK else f"urn:winnow:schema:{_NOUNS.get(kind) or noun.partition('.')[0]}:v1"
    return (
        ("ce_type", (kind or f"winnow.{noun}.v1").encode()),
        ("ce_source", named.encode()),
        None if schema is None else ("ce_dataschema", schema.encode()),
    )


class Span(NamedTuple):
    """Offsets from ``first`` on of one input partition, one disposition byte each.

    ``times`` more than 1: a long gap, whose one byte is the disposition of so many offsets.
    """

    topic: str
    partition: int
    first: int
    dispositions: bytes
    times: int = 1

    @property
    def amount(self) -> int:
        """How many offsets it tells of."""
        return len(self.dispositions) * self.times

    @property
    def end(self) -> int:
        """Offset behind the last one."""
        return self.first + self.amount

    def counts(self) -> Counter[int]:
        """Disposition byte -> number of offsets."""
        return Counter({code: amount * self.times for code, amount in Counter(self.dispositions).items()})

    def between(self, first: int, end: int) -> "Span":
        """What it says of ``first <= offset < end``, all of which it must cover."""
        if self.times > 1:
            return self._replace(first=first, times=end - first)
        return self._replace(first=first, dispositions=self.dispositions[first - self.first : end - self.first])


class Written(NamedTuple):
    """Records that a stage wrote: offsets ``first .. last`` of one partition, as the broker acknowledged them. ``topic`` is the noun."""

    topic: str
    partition: int
    first: int
    last: int


class Deleted(NamedTuple):
    """Offsets ``first .. last`` of an input partition that the broker deleted before they were read. ``topic`` is the noun."""

    topic: str
    partition: int
    first: int
    last: int


@dataclass(slots=True)
class Step:
    """What one batch (or one tick of the clock) comes to, in the order it must be made durable.

    outputs -> changes (None deletes a key) -> spans -> positions ((topic, partition) -> next offset to read).
    ``counts`` are facts for metrics: (name, labels ...) -> amount. ``reached``: (noun, Unix ms) of what came out, and when the post
    behind it was appended: how long it took is known when the step is durable. ``more``: work is left that needs no further
    input, call ``tick`` right away. ``unknown_sources``: who claims to be a shard of the stage before, and was none when this one
    was made.
    """

    outputs: list[Output] = field(default_factory=list)
    changes: dict[bytes, bytes | None] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: dict[tuple[str, ...], int] = field(default_factory=dict)
    reached: list[tuple[str, int]] = field(default_factory=list)
    more: bool = False
    unknown_sources: set[str] = field(default_factory=set)

    def count(self, *name_and_labels: str, by: int = 1) -> None:
        """Add to a fact, e.g. ``count("rejected", "bad_json")``."""
        self.counts[name_and_labels] = self.counts.get(name_and_labels, 0) + by


class Shard(Protocol):
    """One stage's work on one partition (or co-partitioned group): pure state machine, deterministic in its input.

    ``process`` must not depend on where batches are cut. ``tick`` is the wall clock coming by (Unix ms), with what is
    known of the input: ``caught_up`` when nothing is left to read. It may return None for nothing to do. ``state_lost`` comes after
    a ``restore`` that gave back less than was worked.
    """

    def restore(self, items: Mapping[bytes, bytes]) -> Step: ...
    def state_lost(self) -> None: ...
    def process(self, batch: Batch, now_ms: int) -> Step: ...
    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None: ...


def header(record: InputRecord, name: str) -> bytes | None:
    """The last value of a header, None when absent."""
    for key, value in reversed(record.headers):
        if key == name:
            return value
    return None


def trace_parent(event_id: str, span_id: str) -> str:
    """W3C traceparent whose trace id is the event's own 128-bit id: one post, one trace, also after a replay.

    ``event_id`` has 32 hex digits, ``span_id`` at least 16.
    """
    return f"00-{event_id}-{span_id[:16]}-01"


def watermark(noun: str, source: str, clock: int, *, idle: bool) -> Output:
    """A promise to every partition of ``noun``: nothing of ``source`` older than ``clock`` follows."""
    clock = max(clock, 0)
    return Output(
        noun=noun, key=None, value=b"{}", id=f"watermark/{source}/{clock}", time_ms=clock, source=source, lineage="", trace="",
        clock=clock, type=WATERMARK, broadcast=True, idle=idle,
    )  # fmt: skip
