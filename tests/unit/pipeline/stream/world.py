"""A small world for tests of monitor and learn: their input records, and a shell that crashes. Asserts only the frame's laws."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from pipeline.ledger.book import pack
from pipeline.stream.stage import Batch, Output, Record, Span
from pipeline.stream.unordered import UnorderedShard
from schemas.messages import Decision, Health, Label, LedgerEntry, ModelAnnouncement, Outcome
from schemas.times import iso
from schemas.topics import DISPOSITIONS
from tests.unit.pipeline.decide.world import digest, situation

START = 1_772_452_800_000
SECOND = 1_000
HOUR = 3_600_000
DAY = 24 * HOUR
MODELS = {"health": Health, "models": ModelAnnouncement}

Place = tuple[str, Record]
"""A topic and a record of it: one thing that a shard is handed."""


def decision(name: str, team: str = "support", at_ms: int = START, **over: Any) -> dict[str, Any]:
    """A Decision dict about a situation of its own; ``stakeholder``, ``severity`` and ``appended_ms`` go to the situation."""
    about = situation(f"situation/{name}", at_ms=at_ms, **{k: over.pop(k) for k in ("stakeholder", "severity") if k in over})
    message = {
        "id": digest(f"decision/{name}"), "situation": about, "team": team, "role": "owner", "do": "reply", "owner": "support", "peers": [],
        "escalation": [], "rule": "case", "matched": [], "facts": {}, "against": [], "policy": "p1", "mode": "live", "withdrawn": False,
        "supersedes": None, "not_after": iso(at_ms + DAY), "decided_at": iso(at_ms), "clock": at_ms,
        "appended_at": iso(at_ms), "lineage": about["lineage"], **over,
    }  # fmt: skip
    Decision.model_validate(message)
    return message


def decision_record(offset: int, message: Mapping[str, Any], *, source: str = "decide/situations/0") -> Record:
    """A record of the decisions topic, appended when it was decided."""
    headers = [("ce_source", source.encode()), ("ce_clock", b"%d" % message["clock"])]
    return Record(offset, message["clock"], message["team"].encode(), orjson.dumps(message), headers)


def outcome_record(offset: int, action_id: str, status: str, at_ms: int, team: str = "support") -> Record:
    """A record of the outcomes topic, as a team's own program writes it: without any header."""
    value = {"action_id": action_id, "team": team, "status": status, "at": iso(at_ms), "extra": 1}
    Outcome.model_validate(value)
    return Record(offset, at_ms, team.encode(), orjson.dumps(value))


def ledger_record(offset: int, stage: str, topic: str, first: int, dispositions: Sequence[str], *, partition: int = 0) -> Record:
    """A record of the ledger topic."""
    codes = bytes(DISPOSITIONS[stage].index(name) for name in dispositions)
    packed, compressed = pack(codes)
    value = {
        "stage": stage, "topic": topic, "partition": partition, "first": first, "last": first + len(codes) - 1, "packed": packed,
        "compressed": compressed, "counts": dict(Counter(dispositions)), "worker": "w/1", "at": iso(START),
    }  # fmt: skip
    LedgerEntry.model_validate(value)
    return Record(offset, START + offset, f"{stage}/{topic}/{partition}".encode(), orjson.dumps(value))


def information_record(offset: int, name: str, text: str, clock: int = START, title: str | None = None) -> Record:
    """A record of the information topic, with the fields that learning reads."""
    value = {"id": digest(name), "subject": "aurora", "signal": {"id": name, "text": text, "title": title}}
    return Record(offset, clock, b"aurora", orjson.dumps(value), [("ce_clock", b"%d" % clock)])


def chaff_record(offset: int, name: str, text: str, clock: int = START) -> Record:
    """A record of the chaff topic."""
    return Record(offset, clock, b"aurora", orjson.dumps({"id": digest(name), "text": text}), [("ce_clock", b"%d" % clock)])


def withdrawal_record(offset: int, name: str, clock: int = START) -> Record:
    """A record of the information topic that takes a piece back."""
    value = {"withdraws": digest(name), "subject": "aurora"}
    return Record(offset, clock, b"aurora", orjson.dumps(value), [("ce_clock", b"%d" % clock)])


def label_record(offset: int, name: str, value: str, at_ms: int = START, **over: Any) -> Record:
    """A record of the labels topic."""
    message = {
        "information": digest(name), "subject": "aurora", "facet": "noise", "value": value, "given_by": "team/support", "action_id": None,
        "at": iso(at_ms), **over,
    }  # fmt: skip
    Label.model_validate(message)
    return Record(offset, at_ms, b"aurora", orjson.dumps(message))


class Shell:
    """What agents do around a shard: keeps state, outputs, spans and positions; hands a topic's records out again after a crash."""

    def __init__(self, make: Callable[[], UnorderedShard[Any]]) -> None:
        self._make = make
        self.shard = make()
        self.state: dict[bytes, bytes] = {}
        self.outputs: list[Output] = []
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.spans: list[Span] = []
        self.settled: dict[tuple[str, int], str] = {}
        self.positions: dict[tuple[str, int], int] = {}
        self.log: dict[str, list[Record]] = {}

    def feed(self, *places: Place, crash: str = "") -> None:
        """Hand out records, runs of one topic as one batch. ``crash``: after "outputs" or after "state", then start again."""
        start = 0
        for end in range(1, len(places) + 1):
            if end == len(places) or places[end][0] != places[start][0]:
                self._batch(places[start][0], [record for _, record in places[start:end]], crash)
                start = end

    def _batch(self, topic: str, records: list[Record], crash: str) -> None:
        known = {record.offset for record in self.log.get(topic, [])}
        self.log.setdefault(topic, []).extend(record for record in records if record.offset not in known)
        step = self.shard.process(Batch(topic, 0, records), START)
        self.outputs += step.outputs
        for output in step.outputs:
            if output.noun in MODELS:
                MODELS[output.noun].model_validate_json(output.value)
        if crash == "outputs":
            self.restart()
            return
        for key, value in step.changes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        self.counts.update(step.counts)
        if crash == "state":
            self.restart()
            return
        self._account(step.spans)
        self.positions.update(step.positions)

    def restart(self) -> None:
        """A new process: state from the changelog, what was not settled read again."""
        self.shard = self._make()
        step = self.shard.restore(self.state)
        self._account(step.spans)
        self.positions.update(step.positions)
        for topic in sorted(self.log):
            again = [record for record in self.log[topic] if record.offset >= self.positions.get((topic, 0), 0)]
            if again:
                self._batch(topic, again, "")

    def _account(self, spans: Sequence[Span]) -> None:
        self.spans += spans
        for span in spans:
            for offset, code in enumerate(span.dispositions, span.first):
                name = DISPOSITIONS[self.shard.stage][code]
                assert self.settled.setdefault((span.topic, offset), name) == name, f"{span.topic}/{offset} has two dispositions"

    # -- what came of it ---------------------------------------------------------------------------------------------

    def dispositions(self, topic: str) -> list[str]:
        """Of all settled offsets of a topic, in order."""
        return [name for (of, _), name in sorted(self.settled.items()) if of == topic]

    def latest(self, noun: str = "health") -> dict[str, dict[str, Any]]:
        """What compaction leaves of a topic: key -> last message."""
        return {(one.key or b"").decode(): orjson.loads(one.value) for one in self.outputs if one.noun == noun}

    def remembered(self) -> dict[bytes, bytes]:
        """The state without the place in the input."""
        return {key: value for key, value in self.state.items() if key != b"@position"}
