"""Native posts and feedback in; information worth attention, a sample of the chaff and the rejected out: the wheat from the chaff."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import orjson

from pipeline.drift import DRIFT_KEY, SAMPLED, Drift, Histograms
from pipeline.merge import BEGINNING
from pipeline.ordered import POSITION_KEY, watermark
from pipeline.rejects import Unreadable, rejected
from pipeline.seen import Copy, Seen, hash_texts
from pipeline.settlement import Settlement, dump_spans, load_spans
from pipeline.stage import Batch, InputRecord, Output, Step, header, trace_parent
from pipeline.subjects import Subjects, join
from schemas.messages import Intent, Sentiment, Stakeholder
from schemas.sources import Malformed, decode
from schemas.times import iso
from schemas.topics import DISPOSITIONS

INTENTS = tuple(intent.value for intent in Intent)
SENTIMENTS = tuple(sentiment.value for sentiment in Sentiment)
STAKEHOLDERS = tuple(stakeholder.value for stakeholder in Stakeholder)
_CODES = {name: code for code, name in enumerate(DISPOSITIONS["sift"])}
_REDELIVERED, _SPAM, _IRRELEVANT, _COPY, _INFORMATION = (
    _CODES[name] for name in ("redelivered", "spam", "irrelevant", "copy", "information")
)
_LIVE_MS = 60_000
MODEL_KEY = b"@model"
"""State key: version of the model that judges from here on. Written, durably, before its first judgement."""


class Judgement(Protocol):
    """Columns of length n: what a model says of n texts. Indices are into INTENTS, SENTIMENTS and STAKEHOLDERS."""

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


class Judge(Protocol):
    """A model bundle, as far as sifting needs it."""

    @property
    def version(self) -> str: ...
    def judge(self, texts: Sequence[str]) -> Judgement: ...
    def language(self, texts: Sequence[str]) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class SiftConfig:
    """What a deployment says about sifting. Times are milliseconds."""

    subjects: Subjects
    roster: frozenset[str] = frozenset()
    author_key: bytes = b""
    spam_threshold: float = 0.9
    uncertain_below: float = 0.97
    chaff_share: float = 0.01
    backfill_after_ms: int = 21_600_000
    future_tolerance_ms: int = 300_000
    remember_ms: int = 86_400_000
    remember_entries: int = 1_000_000
    idle_live_ms: int = 100
    idle_history_ms: int = 2_000
    in_flight_records: int = 8_192
    """How many records a crash may have left half written: after a restart they are judged by the same model again."""


class _Read(NamedTuple):
    """A decoded event on its way through a batch, the ``at``-th of it."""

    at: int
    record: InputRecord
    signal: dict[str, Any]
    id_bytes: bytes
    created_ms: int
    text: str
    subjects: tuple[str, ...]


class _Kept(NamedTuple):
    """Information to be: the ``row``-th of what was judged, where it stands in event time (Unix ms), and what it copies."""

    row: int
    event: _Read
    clock: int
    copy: Copy


@dataclass(slots=True)
class _Idle:
    announced: bool = False
    last_batch_ms: int = 0
    live: bool = True
    unannounced: int = field(default=BEGINNING)


def author_hash(key: bytes, source: str, author_id: str) -> str:
    """Keyed hash of an author: the same person, without the name (blake2b, 32 hex digits)."""
    return hashlib.blake2b(f"{source}\0{author_id}".encode("utf-8", "surrogatepass"), digest_size=16, key=key[:64]).hexdigest()


class SiftShard:
    """Sifting of one input partition.

    judge: the model that a fresh shard begins with. find: a model by its version, None when it is gone; a shard that is restored
    goes on with the one it had. watch: how a model's drift is watched; not at all when None.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        config: SiftConfig,
        judge: Judge,
        find: Callable[[str], Judge | None] = lambda _: None,
        watch: Callable[[Judge], Histograms] | None = None,
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.source = f"sift/{topic}/{partition}"
        self.clock = BEGINNING
        self._config = config
        self._judge = self._wanted = judge
        self._find = find
        self._watch = watch
        self.drift = None if watch is None else Drift(watch(judge))
        self._again = 0
        self._seen = Seen(window_ms=config.remember_ms, entries=config.remember_entries)
        self._settlement = Settlement("sift", topic, partition)
        self._last_spans: list[list[Any]] = []
        self._idle = _Idle()
        self._chaff_limit = int(config.chaff_share * 2**32)

    @property
    def model(self) -> str:
        """Version of the model that judges now."""
        return self._judge.version

    def use(self, judge: Judge) -> None:
        """Take another model at the next boundary between two batches.

        The choice becomes durable before the model judges, and waits until whatever a crash may have left half written was judged
        again: an event whose outputs are written can not end otherwise because the model changed in between.
        """
        self._wanted = judge

    def _take(self, judge: Judge) -> None:
        self._judge = judge
        if self.drift is not None and self._watch is not None:
            self.drift.use(self._watch(judge))

    def _swap(self, *, caught_up: bool) -> Step | None:
        if self._wanted.version == self._judge.version or (self._again > 0 and not caught_up):
            return None
        self._take(self._wanted)
        step = Step(changes={MODEL_KEY: self._judge.version.encode()})
        step.count("model_swapped")
        return step

    # -- state -------------------------------------------------------------------------------------------------------

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Take over state; the step repeats the last ledger spans, which a crash may have kept from being written."""
        step = Step()
        position = items.get(POSITION_KEY)
        if position is not None:
            saved = orjson.loads(position)
            self._settlement.load(saved["settlement"])
            self.clock = saved["clock"]
            self._last_spans = saved["spans"]
            step.spans = load_spans(self._last_spans)
            step.positions[self.topic, self.partition] = saved["settlement"][0]
        self._seen.restore({key: value for key, value in items.items() if key not in (POSITION_KEY, MODEL_KEY, DRIFT_KEY)})
        self._again = self._config.in_flight_records
        version = items.get(MODEL_KEY, b"").decode()
        if version and version != self._judge.version:
            self._wanted = self._find(version) or self._judge
            self._take(self._wanted)
        if self.drift is not None:
            self.drift.restore(items.get(DRIFT_KEY))
        return step

    def _finish(self, step: Step) -> Step:
        span = self._settlement.take()
        if span is not None:
            step.spans.append(span)
        assert self._settlement.position is not None
        step.positions[self.topic, self.partition] = self._settlement.position
        self._last_spans = dump_spans(step.spans)
        step.changes.update(self._seen.changes())
        if self.drift is not None:
            step.changes.update(self.drift.changes())
        step.changes[POSITION_KEY] = orjson.dumps({"settlement": self._settlement.dump(), "clock": self.clock, "spans": self._last_spans})
        return step

    # -- work --------------------------------------------------------------------------------------------------------

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Sift a batch: one disposition per record."""
        step = Step()
        if not batch.records:
            self._settlement.reach(batch.end)
            return self._finish(step)
        block = self._settlement.follows(batch.records[0].offset, batch.records[-1].offset, len(batch.records))
        records = batch.records if block else [record for record in batch.records if self._settlement.arrive(record.offset)]
        if not records:
            return step
        endings: list[int] = [0] * len(records)
        read = self._read(records, endings, step)
        if read:
            self._judge_and_write(read, endings, step)
        if block:
            self._settlement.settle_block(records[0].offset, bytes(endings))
        else:
            for record, ending in zip(records, endings, strict=True):
                self._settlement.settle(record.offset, DISPOSITIONS["sift"][ending])
        self._idle = _Idle(False, now_ms, bool(read) and records[-1].timestamp - read[-1].created_ms < _LIVE_MS)
        if self.clock != BEGINNING:
            step.outputs.append(watermark("information", self.source, self.clock, idle=False))
        self._again = max(0, self._again - len(records))
        step.more = self._wanted.version != self._judge.version and self._again == 0  # `tick` is next, and swaps
        return self._finish(step)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Take up another model; or say once that this partition has nothing to read, so that it holds nobody back."""
        swapped = self._swap(caught_up=caught_up)
        if swapped is not None:
            return swapped
        wait = self._config.idle_live_ms if self._idle.live else self._config.idle_history_ms
        if not caught_up or self._idle.announced or now_ms - self._idle.last_batch_ms < wait:
            return None
        self._idle.announced = True
        return Step(outputs=[watermark("information", self.source, self.clock, idle=True)])

    def _read(self, records: Sequence[InputRecord], endings: list[int], step: Step) -> list[_Read]:
        """Decode and refuse; what is left can be judged."""
        read: list[_Read] = []
        tolerance = self._config.future_tolerance_ms
        for index, record in enumerate(records):
            source = (header(record, "source") or b"signal").decode("utf-8", "replace")
            decoded = decode(source, record.value)
            if isinstance(decoded, Malformed):
                self._reject(record, Unreadable(*decoded), step)
                endings[index] = _CODES["rejected"]
                continue
            signal, created_ms = decoded
            if created_ms - record.timestamp > tolerance:
                too_far = f"created_at {signal['created_at']} lies more than {tolerance // 1000} s after the record's own time"
                why = Unreadable("future_time", too_far)
                self._reject(record, why, step)
                endings[index] = _CODES["rejected"]
                continue
            key = f"{signal['source']}\0{signal['id']}".encode("utf-8", "surrogatepass")
            id_bytes = hashlib.blake2b(key, digest_size=16).digest()
            text = join(signal["title"], str(signal["text"]))
            read.append(_Read(index, record, signal, id_bytes, created_ms, text, self._subjects(signal, text)))
        return read

    def _subjects(self, signal: Mapping[str, Any], text: str) -> tuple[str, ...]:
        subjects = self._config.subjects
        hinted = subjects.of_hint(signal["subject"])
        if hinted is not None:
            return (hinted,)
        found = subjects.of_text(text)
        if not found and self.topic == "feedback" and subjects.feedback_subject:
            return (subjects.feedback_subject,)
        return found

    def _judge_and_write(self, read: Sequence[_Read], endings: list[int], step: Step) -> None:
        """Judge all at once, then go one by one: what is remembered of an event must not depend on where batches are cut."""
        judged = self._judge.judge([event.text for event in read])
        if self.drift is not None:
            self.drift.note(judged, [event.text for event in read if event.id_bytes[0] % SAMPLED == 0])
        texts = hash_texts([event.text for event in read])
        spam = judged.spam.tolist()
        kept: list[_Kept] = []
        for row, event in enumerate(read):
            if self._seen.has(event.id_bytes):
                endings[event.at] = _REDELIVERED
                continue
            self.clock = max(self.clock, event.created_ms)
            chaff = _SPAM if spam[row] >= self._config.spam_threshold else 0 if event.subjects else _IRRELEVANT
            copy = self._seen.add(event.id_bytes, 0 if chaff else texts[row], self.clock)
            if chaff:
                self._keep_chaff(event, chaff, spam[row], step)
            else:
                kept.append(_Kept(row, event, self.clock, copy))
            endings[event.at] = chaff or (_INFORMATION if copy.ordinal == 1 else _COPY)
        if kept:
            self._write(kept, judged, step)

    def _write(self, kept: Sequence[_Kept], judged: Judgement, step: Step) -> None:
        columns = _columns(judged, np.array([piece.row for piece in kept]))
        unknown = [place for place, piece in enumerate(kept) if not piece.event.signal["language"]]
        languages = self._judge.language([kept[place].event.text for place in unknown]) if unknown else []
        detected = dict(zip(unknown, languages, strict=True))
        if self.drift is not None:
            self.drift.note_languages([piece.event.signal["language"] or detected[place] for place, piece in enumerate(kept)])
        for place, (piece, facets) in enumerate(zip(kept, zip(*columns, strict=True), strict=True)):
            body = orjson.dumps(self._information(piece, facets, detected.get(place)))
            for ordinal, subject in enumerate(piece.event.subjects):
                step.outputs.append(self._output(piece, body, subject, ordinal))

    def _information(self, piece: _Kept, facets: Sequence[Any], detected: str | None) -> dict[str, Any]:
        spam, intent, intent_p, sentiment, sentiment_p, score, urgency, stakeholder, stakeholder_p = facets
        event, copy = piece.event, piece.copy
        signal = event.signal
        employee = bool(self._config.roster) and (
            author_hash(self._config.author_key, signal["source"], signal["author"]["id"]) in self._config.roster
        )
        rating = signal["rating"]
        if rating is not None:
            # What authors say in numbers outranks what a model makes of their words.
            score = 2.0 * rating - 1.0
            sentiment, sentiment_p = (0 if rating <= 0.4 else 2 if rating >= 0.7 else 1), 1.0
        record = event.record
        return {
            "signal": signal,
            "intent": INTENTS[intent],
            "sentiment": SENTIMENTS[sentiment],
            "sentiment_score": score,
            "urgency": urgency,
            "stakeholder": "employee" if employee else STAKEHOLDERS[stakeholder],
            "dual_hat": employee,
            "language": signal["language"] or detected or "und",
            "confidence": {
                "spam": spam, "intent": intent_p, "sentiment": sentiment_p, "stakeholder": 1.0 if employee else stakeholder_p,
            },
            "copies": copy.ordinal,
            "copy_of": None if copy.ordinal == 1 else copy.first.hex(),
            "backfill": record.timestamp - event.created_ms > self._config.backfill_after_ms,
            "clock": piece.clock,
            "appended_at": iso(record.timestamp),
            "lineage": {"topic": self.topic, "partition": self.partition, "offset": record.offset},
            "model": self._judge.version,
        }  # fmt: skip

    def _output(self, piece: _Kept, body: bytes, subject: str, ordinal: int) -> Output:
        """The same JSON object for every subject, but for the two fields put before it; ids of subjects need no escapes."""
        event = piece.event
        event_id = event.id_bytes.hex()
        name = event_id if ordinal == 0 else hashlib.blake2b(f"{event_id}/{subject}".encode(), digest_size=16).hexdigest()
        given = header(event.record, "traceparent")
        return Output(
            noun="information",
            key=subject.encode(),
            value=b'{"id":"%b","subject":"%b",%b' % (name.encode(), subject.encode(), body[1:]),
            id=name,
            time_ms=event.created_ms,
            source=self.source,
            lineage=f"{self.topic}/{self.partition}/{event.record.offset}/{ordinal}",
            trace=given.decode("ascii", "replace") if given else trace_parent(event_id, name),
            clock=piece.clock,
        )

    def _keep_chaff(self, event: _Read, ending: int, spam: float, step: Step) -> None:
        """A sample by id hash and the uncertain go to ``chaff``, so that misses stay visible."""
        disposition = DISPOSITIONS["sift"][ending]
        uncertain = disposition == "spam" and spam < self._config.uncertain_below
        if not uncertain and int.from_bytes(event.id_bytes[:4], "big") >= self._chaff_limit:
            return
        subject = event.subjects[0] if event.subjects else ""
        event_id = event.id_bytes.hex()
        message = {
            "id": event_id, "subject": subject, "disposition": disposition, "reason": "uncertain" if uncertain else "sampled",
            "spam": spam, "text": event.text, "source": event.signal["source"], "created_at": event.signal["created_at"],
            "lineage": {"topic": self.topic, "partition": self.partition, "offset": event.record.offset}, "model": self._judge.version,
        }  # fmt: skip
        step.outputs.append(
            Output(
                noun="chaff", key=subject.encode(), value=orjson.dumps(message), id=event_id, time_ms=event.created_ms, source=self.source,
                lineage=f"{self.topic}/{self.partition}/{event.record.offset}/0", trace=trace_parent(event_id, event_id), clock=self.clock,
            )
        )  # fmt: skip

    def _reject(self, record: InputRecord, why: Unreadable, step: Step) -> None:
        step.outputs.append(rejected("sift", self.source, self.topic, self.partition, record, why))
        step.count("rejected", why.code)


def _columns(judged: Judgement, rows: Any) -> list[list[Any]]:
    """The rows that are kept, as Python lists: NumPy scalars cost more than all of the JSON."""
    shares = (judged.spam, judged.intent_p, judged.sentiment_p, judged.urgency, judged.stakeholder_p)
    spam, intent_p, sentiment_p, urgency, stakeholder_p = (
        np.round(np.clip(column[rows], 0, 1).astype(float), 4).tolist() for column in shares
    )
    score = np.round(np.clip(judged.sentiment_score[rows], -1, 1).astype(float), 4).tolist()
    intent, sentiment, stakeholder = (column[rows].tolist() for column in (judged.intent, judged.sentiment, judged.stakeholder))
    return [spam, intent, intent_p, sentiment, sentiment_p, score, urgency, stakeholder, stakeholder_p]
