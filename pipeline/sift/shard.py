"""The first stage: of native posts and feedback it passes on what is worth attention, with a sample of what it leaves out.

One `SiftShard` for each input partition; `agents.stages.sift` makes them. What it makes of a record are the dispositions of sift in
`schemas.topics`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pipeline.sift.drift import DRIFT_KEY, SAMPLED, Drift, DriftHistograms
from pipeline.sift.events import Event, EventReader, SiftConfig
from pipeline.sift.lifecycle import Lifecycle
from pipeline.sift.messages import FacetColumns, Judge, Kept, Messages, Standpoint
from pipeline.sift.post_memory import Told
from pipeline.stream import BEGINNING, AccountedShard, Batch, Dedup, InputRecord, Output, Step, hash_texts, watermark
from schemas.messages import Operation
from schemas.topics import DISPOSITIONS, UNSETTLED

_CODES = {name: code for code, name in enumerate(DISPOSITIONS["sift"])}
_REJECTED, _REDELIVERED, _SPAM, _IRRELEVANT, _COPY, _INFORMATION, _OWN, _WITHDRAWN, _UPDATED, _IGNORED = (
    _CODES[name]
    for name in ("rejected", "redelivered", "spam", "irrelevant", "copy", "information", "own", "withdrawn", "updated", "ignored")
)
_BY_WEIGHT = (
    UNSETTLED, "absent", "ignored", "redelivered", "irrelevant", "spam", "own", "rejected", "copy", "withdrawn", "updated", "information",
)  # fmt: skip
_RANK = tuple(map(_BY_WEIGHT.index, DISPOSITIONS["sift"]))
"""How much an ending says of a record that has several parts: the ledger has the highest."""
_CREATE, _DELETE = Operation.CREATE.value, Operation.DELETE.value
_KEPT = (_INFORMATION, _COPY)
SEEN_KEY = b"seen/"
_LIVE_MS = 60_000
MODEL_KEY = b"@model"
"""State key: version of the model that judges from here on. Written, durably, before its first judgement."""


@dataclass(slots=True)
class _Written:
    """What a batch comes to: pieces that are kept, and outputs that go ``behind`` so many of them."""

    kept: list[Kept] = field(default_factory=list)
    behind: dict[int, list[Output]] = field(default_factory=dict)

    def add(self, outputs: list[Output]) -> None:
        """Put outputs behind what is kept so far."""
        if outputs:
            self.behind.setdefault(len(self.kept), []).extend(outputs)


@dataclass(slots=True)
class _Idle:
    announced: bool = False
    last_batch_ms: int = 0
    live: bool = True


class SiftShard(AccountedShard):
    """Sifting of one input partition.

    judge: the model that a fresh shard begins with. find: a model by its version, None when it is gone; a shard that is restored
    goes on with the one it had. watch: how a model's drift is watched; not at all when None.
    """

    stage: ClassVar[str] = "sift"

    def __init__(
        self,
        topic: str,
        partition: int,
        config: SiftConfig,
        judge: Judge,
        find: Callable[[str], Judge | None] = lambda _: None,
        watch: Callable[[Judge], DriftHistograms] | None = None,
    ) -> None:
        super().__init__(f"sift/{topic}/{partition}")
        self.clock = BEGINNING
        self._tracker = self.tracker(topic, partition)
        self._config = config
        self._judge = self._wanted = judge
        self._find = find
        self._watch = watch
        self.drift = None if watch is None else Drift(watch(judge))
        self._repeats_left = 0
        self._seen = Dedup(window_ms=config.remember_ms, entries=config.remember_entries)
        self._lives = Lifecycle(config.remember_posts_ms, config.remember_ms, config.remember_entries)
        self._idle = _Idle()
        self._reader = EventReader(topic, config)
        self._messages = Messages(topic, partition, config)

    # -- the model ---------------------------------------------------------------------------------------------------

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

    def _judge_by(self, judge: Judge) -> None:
        self._judge = judge
        if self.drift is not None and self._watch is not None:
            self.drift.use(self._watch(judge))

    def _change_model(self, *, caught_up: bool) -> Step | None:
        if self._wanted.version == self._judge.version or (self._repeats_left > 0 and not caught_up):
            return None
        self._judge_by(self._wanted)
        step = Step(changes={MODEL_KEY: self._judge.version.encode()})
        step.count("model_swapped")
        return step

    # -- state -------------------------------------------------------------------------------------------------------

    def changes(self) -> dict[bytes, bytes | None]:
        """State keys changed since the last call: the events seen, what became of posts, and the drift."""
        found = {**self._seen.changes(), **self._lives.changes()}
        return found if self.drift is None else {**found, **self.drift.changes()}

    def restore_items(self, items: Mapping[bytes, bytes]) -> None:
        """Take over the state that `changes` wrote, and the model that judged."""
        self._seen.restore({key: value for key, value in items.items() if key.startswith(SEEN_KEY)})
        self._lives.restore(items)
        self._repeats_left = self._config.in_flight_records
        version = items.get(MODEL_KEY, b"").decode()
        if version and version != self._judge.version:
            self._wanted = self._find(version) or self._judge
            self._judge_by(self._wanted)
        if self.drift is not None:
            self.drift.restore(items.get(DRIFT_KEY))

    def dump_position(self) -> dict[str, Any]:
        """Where it stands in its one partition, and the clock there."""
        return {"settlement": self._tracker.dump(), "clock": self.clock}

    def load_position(self, saved: Mapping[str, Any]) -> None:
        """Take over what `dump_position` wrote."""
        self._tracker.load(saved["settlement"])
        self.clock = saved["clock"]

    # -- work --------------------------------------------------------------------------------------------------------

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Sift a batch: one disposition per record."""
        step = Step()
        if not batch.records:
            self._tracker.skip_to(batch.end)
            return self.finish(step)
        block = self._tracker.follows(batch.records[0].offset, batch.records[-1].offset, len(batch.records))
        records = batch.records if block else [record for record in batch.records if self._tracker.arrive(record.offset)]
        if not records:
            return step
        found = self._reader.read(records)
        read = found.events
        for record, why in found.refused:
            self.reject(batch, record, why, step)
        endings: list[int] = [_REJECTED] * (sum(found.parts) or len(records))
        for at, _ in found.ignored:
            endings[at] = _IGNORED
        if read:
            self._judge_and_write(read, endings, step)
        self._settle(records, found.fold(endings, _RANK.__getitem__), block=block)
        self._idle = _Idle(False, now_ms, bool(read) and records[-1].timestamp - read[-1].created_ms < _LIVE_MS)
        if self.clock != BEGINNING:
            step.outputs.append(watermark("information", self.source, self.clock, idle=False))
        self._repeats_left = max(0, self._repeats_left - len(records))
        step.more = self._wanted.version != self._judge.version and self._repeats_left == 0  # `tick` is next, and changes the model
        return self.finish(step)

    def _settle(self, records: Sequence[InputRecord], endings: Sequence[int], *, block: bool) -> None:
        if block:
            self._tracker.settle_block(records[0].offset, bytes(endings))
            return
        for record, ending in zip(records, endings, strict=True):
            self._tracker.settle(record.offset, DISPOSITIONS["sift"][ending])

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Take up another model; or say once that this partition has nothing to read, so that it holds nobody back."""
        changed = self._change_model(caught_up=caught_up)
        if changed is not None:
            return changed
        wait = self._config.idle_live_ms if self._idle.live else self._config.idle_history_ms
        if not caught_up or self._idle.announced or now_ms - self._idle.last_batch_ms < wait:
            return None
        self._idle.announced = True
        return Step(outputs=[watermark("information", self.source, self.clock, idle=True)])

    def _judge_and_write(self, read: Sequence[Event], endings: list[int], step: Step) -> None:
        """Judge all at once, then go one by one: what is remembered of an event must not depend on where batches are cut."""
        heard = [event for event in read if event.signal.operation != _DELETE]
        texts = [event.text for event in heard]
        judged = self._judge.judge(texts)
        if self.drift is not None:
            self.drift.note(judged, [event.text for event in heard if event.id_bytes[0] % SAMPLED == 0])
        written = _Written()
        hashes, spam, row = hash_texts(texts), judged.spam.tolist(), 0
        for event in read:
            if event.signal.operation == _DELETE:
                endings[event.at] = self._delete(event, written)
            else:
                endings[event.at] = self._hear(event, row, hashes[row], spam[row], written, step)
                row += 1
        if written.kept:
            self._write(written, judged, step)
        else:
            step.outputs += written.behind.get(0, ())

    def _hear(self, event: Event, row: int, text: int, spam: float, written: _Written, step: Step) -> int:
        """Sift one post, the ``row``-th of those judged (``text``: hash of it); the code of its disposition."""
        is_news = event.signal.operation == _CREATE
        if is_news and self._seen.has(event.id_bytes):
            return _REDELIVERED
        if self._lives.is_gone(event):
            return self._come_too_late(event, written)
        if is_news:
            return self._hear_news(event, row, text, spam, written, step)
        return self._hear_edit(event, row, text, spam, written, step)

    def _hear_news(self, event: Event, row: int, text: int, spam: float, written: _Written, step: Step) -> int:
        """A post's first version."""
        self.clock = max(self.clock, event.created_ms)
        ending, sample = self._sift(event, row, text, spam, None, written, step)
        if ending in _KEPT:
            self._lives.told(event, event.id_bytes, text, event.subjects, self.clock)
        elif sample is not None:  # for its deletion: an edit of what was not told is news whatever it says
            self._lives.told(event, event.id_bytes, 0, (), self.clock, sample)
        return ending

    def _hear_edit(self, event: Event, row: int, text: int, spam: float, written: _Written, step: Step) -> int:
        """A further version, which gets an id of its own; what was told of the former one is taken back."""
        post = event.id_bytes
        version = self._lives.version(event, text)
        if version is None:
            return _REDELIVERED
        event.id_bytes, former = version
        self.clock = max(self.clock, event.created_ms)
        if not self._seen.has(post):
            self._seen.add(post, 0, self.clock)  # should the first version come now, it is none
        ending, sample = self._sift(event, row, text, spam, former, written, step)
        if ending == _OWN:
            return _OWN
        subjects = event.subjects if ending in _KEPT else ()
        self._lives.told(event, post, text, subjects, self.clock, sample)
        if former is not None:
            written.add(self._messages.withdrawals(event, [former], self.clock, but=subjects))
        return _UPDATED

    def _sift(
        self, event: Event, row: int, text: int, spam: float, former: Told | None, written: _Written, step: Step
    ) -> tuple[int, str | None]:
        """Keep a version of a post, or let it go as our own or as chaff: what that is called, and the key of its sample in ``chaff``."""
        if event.own:
            self._seen.add(event.id_bytes, 0, self.clock)
            return _OWN, None
        is_spam = spam >= self._config.spam_threshold
        if is_spam or not event.subjects:
            ending = _SPAM if is_spam else _IRRELEVANT
            self._seen.add(event.id_bytes, 0, self.clock)
            return ending, self._messages.chaff(event, DISPOSITIONS["sift"][ending], spam, Standpoint(self.model, self.clock), step)
        copy = self._seen.add(event.id_bytes, text, self.clock)
        written.kept.append(Kept(row, event, self.clock, copy, former))
        return _INFORMATION if copy.ordinal == 1 else _COPY, None

    def _come_too_late(self, event: Event, written: _Written) -> int:
        """A post whose deletion came before it is never told; was it told before it was known to be what is gone, it is taken back."""
        self.clock = max(self.clock, event.created_ms)
        if not self._seen.has(event.id_bytes):
            self._seen.add(event.id_bytes, 0, self.clock)
        written.add(self._messages.withdrawals(event, self._lives.come_too_late(event, self.clock), self.clock))
        return _WITHDRAWN

    def _delete(self, event: Event, written: _Written) -> int:
        """Take back what was told of what is gone; the code of its disposition."""
        clock = max(self.clock, event.created_ms)
        former = self._lives.delete(event, clock, seen=self._seen.has(event.id_bytes))
        if former is None:
            return _REDELIVERED
        self.clock = clock
        written.add(self._messages.withdrawals(event, former, clock))
        return _WITHDRAWN

    def _write(self, written: _Written, judged: FacetColumns, step: Step) -> None:
        kept = written.kept
        said = [piece.event.signal.language or "" for piece in kept]
        unknown = [place for place, language in enumerate(said) if not language]
        for place, found in zip(unknown, self._judge.language([kept[place].event.text for place in unknown]), strict=True):
            said[place] = found
        if self.drift is not None:
            self.drift.note_languages(said)
        self._messages.information(kept, judged, said, self.model, written.behind, step)
