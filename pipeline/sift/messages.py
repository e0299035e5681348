"""Writes what sift found of events: information, and a sample of the chaff."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
from msgspec import Struct

from pipeline.sift.events import Event, SiftConfig
from pipeline.sift.post_memory import Told, information_id
from pipeline.sift.speakers import Speakers
from pipeline.stream import WITHDRAWAL, Copy, Output, Step, trace_parent
from schemas.messages import Desk, Intent, Sentiment
from schemas.sources import SignalRecord
from schemas.times import iso

INTENTS = tuple(intent.value for intent in Intent)
SENTIMENTS = tuple(sentiment.value for sentiment in Sentiment)
DESKS = tuple(desk.value for desk in Desk)


class FacetColumns(Protocol):
    """Columns of length n: what a model says of n texts. Indices are into INTENTS, SENTIMENTS, STAKEHOLDERS and DESKS; ``layman`` is
    customer or prospect, whichever is likelier."""

    @property
    def spam(self) -> Any: ...
    @property
    def intent(self) -> Any: ...
    @property
    def intent_p(self) -> Any: ...
    @property
    def sentiment(self) -> Any: ...
    @property
    def sentiment_p(self) -> Any: ...
    @property
    def sentiment_score(self) -> Any: ...
    @property
    def urgency(self) -> Any: ...
    @property
    def stakeholder(self) -> Any: ...
    @property
    def stakeholder_p(self) -> Any: ...
    @property
    def layman(self) -> Any: ...
    @property
    def layman_p(self) -> Any: ...
    @property
    def desk(self) -> Any: ...
    @property
    def desk_p(self) -> Any: ...
    @property
    def danger(self) -> Any: ...


class Judge(Protocol):
    """A model bundle, as far as sifting needs it."""

    @property
    def version(self) -> str: ...
    def judge(self, texts: Sequence[str]) -> FacetColumns: ...
    def language(self, texts: Sequence[str]) -> list[str]: ...


class Kept(Struct, gc=False):
    """Information to be: the ``row``-th of what was judged, where it stands in event time (Unix ms), and what it copies. ``former``: the
    version of the post that it replaces, if one was told.
    """

    row: int
    event: Event
    clock: int
    copy: Copy
    former: Told | None = None


class _Confidence(Struct, gc=False):
    spam: float
    intent: float
    sentiment: float
    stakeholder: float
    desk: float


class _Lineage(Struct, gc=False):
    topic: str
    partition: int
    offset: int


class _Information(Struct, gc=False):
    """As `schemas.messages.Information`, its fields in the same order."""

    id: str
    subject: str
    signal: SignalRecord
    intent: str
    sentiment: str
    sentiment_score: float
    urgency: float
    stakeholder: str
    dual_hat: bool
    language: str
    confidence: _Confidence
    copies: int
    copy_of: str | None
    backfill: bool
    clock: int
    appended_at: str
    lineage: _Lineage
    model: str
    stakeholder_evidence: str
    competitor: bool
    desk: str | None
    danger: float
    replaces: str | None = None


class _Withdrawal(Struct, gc=False):
    """As `schemas.messages.Withdrawal`, its fields in the same order."""

    withdraws: str
    subject: str
    source: str
    clock: int
    appended_at: str
    lineage: _Lineage


class _Chaff(Struct, gc=False):
    """As `schemas.messages.Chaff`, its fields in the same order."""

    id: str
    subject: str
    disposition: str
    reason: str
    spam: float
    text: str
    source: str
    created_at: str
    lineage: _Lineage
    model: str


_ENCODER = msgspec.json.Encoder()


class Standpoint(NamedTuple):
    """By which model, and where in event time (Unix ms), something is said."""

    model: str
    clock: int


class Messages:
    """Writes the messages of one input partition."""

    def __init__(self, topic: str, partition: int, config: SiftConfig) -> None:
        self._topic = topic
        self._partition = partition
        self._place = f"{topic}/{partition}"
        self._source = f"sift/{self._place}"
        self._config = config
        self._speakers = Speakers(config)
        self._chaff_limit = int(config.chaff_share * 2**32)
        self._buffer = bytearray()

    def information(
        self,
        kept: Sequence[Kept],
        judged: FacetColumns,
        languages: Sequence[str],
        model: str,
        behind: Mapping[int, list[Output]],
        step: Step,
    ) -> None:
        """One message for each subject of each event; ``languages`` are those of ``kept``, in order. ``behind``: outputs that go behind so
        many of ``kept``.
        """
        columns = _columns(judged, np.array([piece.row for piece in kept]))
        step.outputs += behind.get(0, ())
        for number, (piece, facets, language) in enumerate(zip(kept, zip(*columns, strict=True), languages, strict=True), 1):
            message = self._message(piece, facets, language, model)
            for ordinal, subject in enumerate(piece.event.subjects):
                step.outputs.append(self._output(piece, message, subject, ordinal))
            if number in behind:
                step.outputs += behind[number]

    def withdrawals(self, event: Event, former: Iterable[Told], clock: int, *, but: Sequence[str] = ()) -> list[Output]:
        """What takes back what was told of posts, under all subjects ``but`` these, and their samples on chaff; an ``event`` says that they
        are gone, or edited. All of it goes to information: under a sample's key whoever learns of the sample reads it.
        """
        found: list[Output] = []
        first = len(but)  # what the event tells itself has the ordinals before
        lineage = _Lineage(self._topic, self._partition, event.record.offset)
        for told in former:
            pieces = [(told.information(subject), subject) for subject in told.subjects if subject not in but]
            if told.chaff is not None:
                pieces.append((told.version.hex(), told.chaff))
            for identity, subject in pieces:
                appended_at = iso(event.record.timestamp)
                message = _Withdrawal(identity, subject, event.signal.source, clock, appended_at, lineage)
                name = hashlib.blake2b(f"withdrawal/{identity}".encode(), digest_size=16).hexdigest()
                place = f"{self._place}/{event.record.offset}/{first + len(found)}"
                found.append(
                    Output(
                        "information", subject.encode(), self._json(message), name, event.created_ms, self._source, place,
                        trace_parent(identity, name), clock, type=WITHDRAWAL,
                    )
                )  # fmt: skip
        return found

    def chaff(self, event: Event, disposition: str, spam: float, at: Standpoint, step: Step) -> str | None:
        """A sample by id hash and the uncertain go to ``chaff``, so that misses stay visible; under which key, None for nowhere."""
        uncertain = disposition == "spam" and spam < self._config.uncertain_below
        if not uncertain and int.from_bytes(event.id_bytes[:4], "big") >= self._chaff_limit:
            return None
        subject = event.subjects[0] if event.subjects else ""
        event_id, offset = event.id_bytes.hex(), event.record.offset
        message = _Chaff(
            id=event_id,
            subject=subject,
            disposition=disposition,
            reason="uncertain" if uncertain else "sampled",
            spam=spam,
            text=event.text,
            source=event.signal.source,
            created_at=event.signal.created_at,
            lineage=_Lineage(self._topic, self._partition, offset),
            model=at.model,
        )
        step.outputs.append(
            Output(
                noun="chaff", key=subject.encode(), value=self._json(message), id=event_id, time_ms=event.created_ms, source=self._source,
                lineage=f"{self._place}/{offset}/{event.ordinal}", trace=trace_parent(event_id, event_id), clock=at.clock,
            )
        )  # fmt: skip
        return subject

    def _message(self, piece: Kept, facets: Sequence[Any], language: str, model: str) -> _Information:
        """The message of an event's first subject."""
        spam, intent, intent_p, sentiment, sentiment_p, score, urgency, desk, desk_p, danger, *speaker = facets
        event, copy = piece.event, piece.copy
        signal, record = event.signal, event.record
        who = self._speakers.of(signal, speaker)
        rating = signal.rating
        if rating is not None:
            # What authors say in numbers outranks what a model makes of their words.
            score = 2.0 * rating - 1.0
            sentiment, sentiment_p = (0 if rating <= 0.4 else 2 if rating >= 0.7 else 1), 1.0
        first = event.subjects[0]
        # By place, in the order of the fields: sixteen names cost a tenth of what the message does.
        return _Information(
            event.id_bytes.hex(),
            first,
            signal,
            INTENTS[intent],
            SENTIMENTS[sentiment],
            score,
            urgency,
            who.stakeholder,
            who.dual_hat and signal.repost_of is None,  # who passes on what somebody else says has not said it
            language,
            _Confidence(spam, intent_p, sentiment_p, who.confidence, desk_p),
            copy.ordinal,
            None if copy.ordinal == 1 else copy.first.hex(),
            record.timestamp - event.created_ms > self._config.backfill_after_ms,
            piece.clock,
            iso(record.timestamp),
            _Lineage(self._topic, self._partition, record.offset),
            model,
            who.evidence,
            first in self._config.subjects.competitors,
            DESKS[desk] if desk_p >= self._config.desk_confidence else None,
            danger,
        )

    def _output(self, piece: Kept, message: _Information, subject: str, ordinal: int) -> Output:
        """The message as it is for the first subject; the same under an id of their own for the others."""
        event = piece.event
        event_id = message.id
        if ordinal > 0:
            event_id = event.id_bytes.hex()
            message.id = information_id(event.id_bytes, subject, first=False)
            message.subject = subject
            message.competitor = subject in self._config.subjects.competitors
        former = piece.former
        message.replaces = former.information(subject) if former is not None and subject in former.subjects else None
        # By place: names would double what this costs.
        return Output(
            "information",
            subject.encode(),
            self._json(message),
            message.id,
            event.created_ms,
            self._source,
            f"{self._place}/{event.record.offset}/{event.ordinal + ordinal}",
            event.parent.decode("ascii", "replace") if event.parent else trace_parent(event_id, message.id),
            piece.clock,
        )

    def _json(self, message: Struct) -> bytes:
        # A buffer that has grown once saves growing one for each message.
        _ENCODER.encode_into(message, self._buffer)
        return bytes(self._buffer)


def _columns(judged: FacetColumns, rows: Any) -> list[list[Any]]:
    """The rows that are kept, as Python lists: NumPy scalars cost more than all of the JSON."""
    shares = (
        judged.spam, judged.intent_p, judged.sentiment_p, judged.urgency, judged.stakeholder_p, judged.layman_p, judged.desk_p,
        judged.danger,
    )  # fmt: skip
    spam, intent_p, sentiment_p, urgency, stakeholder_p, layman_p, desk_p, danger = (
        np.round(np.clip(column[rows], 0, 1).astype(float), 4).tolist() for column in shares
    )
    score = np.round(np.clip(judged.sentiment_score[rows], -1, 1).astype(float), 4).tolist()
    codes = (judged.intent, judged.sentiment, judged.stakeholder, judged.layman, judged.desk)
    intent, sentiment, stakeholder, layman, desk = (column[rows].tolist() for column in codes)
    speaker = stakeholder, stakeholder_p, layman, layman_p
    return [spam, intent, intent_p, sentiment, sentiment_p, score, urgency, desk, desk_p, danger, *speaker]
