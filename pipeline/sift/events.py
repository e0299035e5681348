"""Reads native records of one input partition as events that can be judged; refuses the others with a reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

from pipeline.sift.lifecycle import realm_of
from pipeline.sift.post_memory import post_id
from pipeline.sift.subjects import Subjects, join
from pipeline.stream import InputRecord, Unreadable
from schemas.messages import Kind, Visibility
from schemas.registry import SchemaCache, schema_id
from schemas.sources import Ignored, Malformed, SignalRecord, read_all

_DIRECT, _MESSAGE = Visibility.DIRECT.value, Kind.MESSAGE.value


@dataclass(frozen=True, slots=True)
class SiftConfig:
    """What a deployment says about sifting. Times are milliseconds."""

    subjects: Subjects
    sources: Mapping[str, str] = field(default_factory=dict)
    """Topic -> the source of records that do not say theirs; `signal` when it is not there."""
    roster: frozenset[str] = frozenset()
    author_key: bytes = b""
    spam_threshold: float = 0.7
    uncertain_below: float = 0.97
    stakeholder_confidence: float = 0.9
    """From which confidence on words alone make a media, authority, partner, investor or employee of an author."""
    desk_confidence: float = 0.3
    """Below it is not said who would deal with a post: policies go by what else is known."""
    chaff_share: float = 0.01
    backfill_after_ms: int = 21_600_000
    future_tolerance_ms: int = 300_000
    remember_ms: int = 86_400_000
    remember_entries: int = 1_000_000
    remember_posts_ms: int = 7 * 86_400_000
    """So long a post's edits and deletion are recognised."""
    idle_live_ms: int = 100
    idle_history_ms: int = 2_000
    registry: SchemaCache | None = None
    """Schemas by id, those of every batch that is read; None without a registry."""
    in_flight_records: int = 8_192
    """How many records a crash may have left half written: after a restart they are judged by the same model again."""


class Event(Struct, gc=False):
    """A decoded event on its way through a batch, at its ``at``-th place. ``id_bytes``: 16 bytes of source, namespace and native id;
    ``parent``: the traceparent that came with it, if one did. ``own``: an account of the organisation itself wrote it. ``ordinal``: how
    many messages its record makes before its own."""

    at: int
    record: InputRecord
    signal: SignalRecord
    id_bytes: bytes
    created_ms: int
    text: str
    subjects: tuple[str, ...]
    parent: bytes | None
    own: bool
    ordinal: int = 0


class WhatWasRead(NamedTuple):
    """What a batch of records came to. A record has one place for each of its parts, which is one for most; events, and those about no
    post, are told with their place.

    events; records of which a part cannot be read, with the reason; places of what is ignored, with what it is; how many parts each record
    has, empty when each has one.
    """

    events: list[Event]
    refused: list[tuple[InputRecord, Unreadable]]
    ignored: list[tuple[int, Ignored]]
    parts: list[int]

    def fold(self, endings: list[int], rank: Callable[[int], int]) -> list[int]:
        """One ending a record, of those that its parts came to: the one of the highest rank."""
        if not self.parts:
            return endings
        places = iter(endings)
        return [next(places) if count == 1 else max(islice(places, count), key=rank) for count in self.parts]


class EventReader:
    """Reads what arrives on one partition."""

    def __init__(self, topic: str, config: SiftConfig) -> None:
        self._source = config.sources.get(topic, "signal")
        self._registry = config.registry
        self._future_tolerance_ms = config.future_tolerance_ms
        self._subjects = config.subjects
        named = config.subjects.feedback_subject if topic == "feedback" else None
        self._otherwise = (named,) if named else ()
        """The subjects of what names none."""

    def read(self, records: Sequence[InputRecord]) -> WhatWasRead:
        """The events among the records; and the other records, with the reason why each is none."""
        found: list[Event] = []
        refused: list[tuple[InputRecord, Unreadable]] = []
        ignored: list[tuple[int, Ignored]] = []
        parts: list[int] = []
        place = 0
        for record in records:
            source, parent, namespace = self._source, None, None
            for name, value in record.headers:
                if name == "source":
                    source = _text(value) if value else source
                elif name == "traceparent":
                    parent = value
                elif name == "namespace":
                    namespace = _text(value) if value else None
            raw = record.value if self._registry is None else self._plain(record.value, self._registry)
            readings = (raw,) if isinstance(raw, Malformed) else read_all(source, raw, record.timestamp, record.key)
            ordinal = 0
            for part, reading in enumerate(readings):
                if isinstance(reading, Ignored):
                    ignored.append((place, reading))
                else:
                    event = reading if isinstance(reading, Malformed) else self._event(place, record, reading, parent, namespace, ordinal)
                    if isinstance(event, Malformed):
                        refused.append((record, _unreadable(event, part, len(readings))))
                    else:
                        ordinal += len(event.subjects) or 1
                        found.append(event)
                place += 1
            parts.append(len(readings))
        return WhatWasRead(found, refused, ignored, parts if len(records) != place else [])

    def _plain(self, raw: bytes | None, registry: SchemaCache) -> bytes | Malformed | None:
        """A record's value; where a schema registry says what its bytes mean, as JSON."""
        return raw if raw is None or schema_id(raw) is None else registry.to_json(raw)

    def _event(
        self, at: int, record: InputRecord, reading: tuple[SignalRecord, int], parent: bytes | None, namespace: str | None, ordinal: int
    ) -> Event | Malformed:
        signal, created_ms = reading
        if namespace is not None:
            signal.namespace = namespace
        if created_ms - record.timestamp > self._future_tolerance_ms:
            seconds = self._future_tolerance_ms // 1000
            return Malformed("future_time", f"created_at {signal.created_at} lies more than {seconds} s after the record's own time")
        text = join(signal.title, signal.text) if signal.title else signal.text
        words = text if signal.context is None else f"{text}\n{signal.context}"
        if signal.visibility == _DIRECT:  # what one side alone can read is answered in private, whatever the network calls it
            signal.kind = _MESSAGE
        subjects = self._subjects.of_signal(signal, words) or self._otherwise
        own = self._subjects.owner_of(signal) is not None
        identity = post_id(realm_of(signal), signal.id)
        return Event(at, record, signal, identity, created_ms, text or words, subjects, parent, own, ordinal)


@lru_cache(maxsize=1_024)
def _text(header: bytes) -> str:
    """A header's text; Kafka Connect puts quotes around it, as it writes JSON there."""
    return (header[1:-1] if header[:1] == header[-1:] == b'"' else header).decode("utf-8", "replace")


def _unreadable(reading: Malformed, part: int, parts: int) -> Unreadable:
    return Unreadable(reading.code, reading.reason if parts == 1 else f"part {part + 1} of {parts}: {reading.reason}")
