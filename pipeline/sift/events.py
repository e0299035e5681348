"""Reads native records of one input partition as events that can be judged; refuses the others with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct

from pipeline.sift.subjects import Subjects, join
from pipeline.stream import InputRecord, Unreadable
from schemas.sources import Ignored, Malformed, SignalRecord, read

_UNDIGESTED = blake2b(digest_size=16)
"""What every id begins with: copied, it costs less than a new one."""


@dataclass(frozen=True, slots=True)
class SiftConfig:
    """What a deployment says about sifting. Times are milliseconds."""

    subjects: Subjects
    roster: frozenset[str] = frozenset()
    author_key: bytes = b""
    spam_threshold: float = 0.7
    uncertain_below: float = 0.97
    stakeholder_confidence: float = 0.9
    """From which confidence on words alone make a media, authority, partner, investor or employee of an author."""
    chaff_share: float = 0.01
    backfill_after_ms: int = 21_600_000
    future_tolerance_ms: int = 300_000
    remember_ms: int = 86_400_000
    remember_entries: int = 1_000_000
    idle_live_ms: int = 100
    idle_history_ms: int = 2_000
    in_flight_records: int = 8_192
    """How many records a crash may have left half written: after a restart they are judged by the same model again."""


class Event(Struct, gc=False):
    """A decoded event on its way through a batch, the ``at``-th of it. ``id_bytes``: 16 bytes of its source and native id;
    ``parent``: the traceparent that came with it, if one did. ``own``: an account of the organisation itself wrote it."""

    at: int
    record: InputRecord
    signal: SignalRecord
    id_bytes: bytes
    created_ms: int
    text: str
    subjects: tuple[str, ...]
    parent: bytes | None
    own: bool


class WhatWasRead(NamedTuple):
    """What a batch of records came to: events; records that cannot be read, with the reason; places of those that are about no post, with
    what they are."""

    events: list[Event]
    refused: list[tuple[InputRecord, Unreadable]]
    ignored: list[tuple[int, Ignored]]


class EventReader:
    """Reads what arrives on one partition."""

    def __init__(self, topic: str, config: SiftConfig) -> None:
        self._topic = topic
        self._config = config

    def read(self, records: Sequence[InputRecord]) -> WhatWasRead:
        """The events among the records; and the other records, with the reason why each is none."""
        reading = WhatWasRead([], [], [])
        found, refused, ignored = reading
        tolerance, subjects = self._config.future_tolerance_ms, self._config.subjects
        for index, record in enumerate(records):
            source = parent = None
            for name, value in record.headers:
                if name == "source":
                    source = value
                elif name == "traceparent":
                    parent = value
            decoded = read(source.decode("utf-8", "replace") if source else "signal", record.value, record.timestamp)
            if isinstance(decoded, Malformed):
                refused.append((record, Unreadable(*decoded)))
                continue
            if isinstance(decoded, Ignored):
                ignored.append((index, decoded))
                continue
            signal, created_ms = decoded
            if created_ms - record.timestamp > tolerance:
                too_far = f"created_at {signal.created_at} lies more than {tolerance // 1000} s after the record's own time"
                refused.append((record, Unreadable("future_time", too_far)))
                continue
            text = join(signal.title, signal.text) if signal.title else signal.text
            id_bytes = _identity(signal.source, signal.id)
            own = subjects.owner_of(signal) is not None
            found.append(Event(index, record, signal, id_bytes, created_ms, text, self._subjects(signal, text), parent, own))
        return reading

    def _subjects(self, signal: SignalRecord, text: str) -> tuple[str, ...]:
        subjects = self._config.subjects
        found = subjects.of_signal(signal, text)
        if not found and self._topic == "feedback" and subjects.feedback_subject:
            return (subjects.feedback_subject,)
        return found


def _identity(source: str, native_id: str) -> bytes:
    digest = _UNDIGESTED.copy()
    digest.update(f"{source}\0{native_id}".encode("utf-8", "surrogatepass"))
    return digest.digest()
