"""One policy at work on situations and answers, on a simulated clock; cases and differences rehearse with it.

It runs the shards that are deployed, one of each, so that `winnow policy test` and `winnow policy diff` show what will happen.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from pipeline.act import ActShard
from pipeline.decide import DecideShard
from pipeline.policy import Policy, Verdict
from pipeline.privacy import NO_TERMS, OwnTerms
from pipeline.stream import WATERMARK, Batch, Header, Output, Record, Shard, Step
from schemas.messages import Situation
from schemas.times import iso

SOURCE = "rehearsal"
_KEY = b"rehearsal: this key is no secret"
_BATCH = 1_000


class RecordedSituation(NamedTuple):
    """A situation as correlate writes it. ``clock``: event time, ``appended_ms``: when it reached its topic; both Unix ms."""

    id: str
    clock: int
    appended_ms: int
    value: bytes


class Rehearsal:
    """One policy at work. The wall clock stands still between calls of `until`. ``own``: what redaction leaves."""

    def __init__(self, policy: Policy, own: OwnTerms = NO_TERMS) -> None:
        self.policy = policy
        self._decide = DecideShard(0, (SOURCE,), policy)
        self._act = ActShard(0, (self._decide.source,), policy, _KEY, own=own)
        self._offsets = {"situations": 0, "decisions": 0, "outcomes": 0}
        self._now_ms = 0
        self.held: Counter[str] = Counter()
        """Team -> how many of its actions were held back, since somebody set it to nothing."""

    def see(self, situations: Iterable[RecordedSituation]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Decide and act on situations, in their order by clock: ("decisions" or "actions.<team>", message) as they come about."""
        waiting: list[RecordedSituation] = []
        for one in situations:
            waiting.append(one)
            if len(waiting) >= _BATCH:
                yield from self._see(waiting)
                waiting = []
        if waiting:
            yield from self._see(waiting)

    def verdict(self, situation: Mapping[str, Any]) -> Verdict:
        """What the policy says of a situation now."""
        return self._decide.verdict(situation)

    def answer(self, action_id: str, team: str, status: str, at_ms: int, reason: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """A team answers an action."""
        value = {"action_id": action_id, "team": team, "status": status, "reason": reason, "at": iso(at_ms)}
        record = self._record("outcomes", at_ms, team.encode(), orjson.dumps(value))
        made = self._worked(self._act, "outcomes", [record])
        passed_on = [self._record("outcomes", at_ms, one.key, one.value) for one in made if one.noun == "outcomes"]
        yield from _messages([*made, *self._worked(self._act, "outcomes", passed_on)])

    def until(self, now_ms: int, clock: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Let it become ``now_ms`` by the wall (escalations) and ``clock`` in event time (digests); no other input is on its way."""
        self._now_ms = now_ms
        yield from self._tick(now_ms)
        promise = self._record("situations", now_ms, None, b"{}", [*_headers(SOURCE, clock, kind=WATERMARK), ("ce_idle", b"1")])
        ended = self._worked(self._decide, "situations", [promise])  # silences, perhaps
        ended += (self._decide.tick(now_ms, caught_up=True) or Step()).outputs
        yield from self._decided(ended, {})
        yield from self._promise(now_ms, clock, idle=True)

    def finish(self, clock: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Let event time come to ``clock`` while the wall clock stands still: digests come, nothing escalates."""
        yield from self._promise(self._now_ms, clock, idle=False)

    def _promise(self, now_ms: int, clock: int, *, idle: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        found = [*_headers(self._decide.source, clock, kind=WATERMARK), *([("ce_idle", b"1")] if idle else [])]
        promise = self._record("decisions", now_ms, None, b"{}", found)
        yield from _messages(self._worked(self._act, "decisions", [promise]))
        yield from self._tick(now_ms)

    def _tick(self, now_ms: int) -> Iterator[tuple[str, dict[str, Any]]]:
        more = True
        while more:
            step = self._act.tick(now_ms, caught_up=True) or Step()
            more = step.more
            yield from _messages(step.outputs)

    def _see(self, situations: list[RecordedSituation]) -> Iterator[tuple[str, dict[str, Any]]]:
        records = [self._record("situations", one.appended_ms, None, one.value, _headers(SOURCE, one.clock)) for one in situations]
        appended = {record.offset: record.timestamp for record in records}
        yield from self._decided(self._worked(self._decide, "situations", records), appended)

    def _decided(self, outputs: list[Output], appended: Mapping[int, int]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Act on decisions. ``appended``: when (Unix ms) the situations came, by offset; what the end of a silence caused comes then."""
        made = [output for output in outputs if not output.broadcast]
        decisions = []
        for output in made:
            cause = int(output.lineage.split("/")[2])  # topic/partition/offset/ordinal
            at_ms = max(appended.get(cause, 0), output.clock)
            decisions.append(self._record("decisions", at_ms, output.key, output.value, output.headers()))
        yield from _messages(made)
        yield from _messages(self._worked(self._act, "decisions", decisions))

    def _worked(self, shard: Shard, topic: str, records: list[Record]) -> list[Output]:
        step = shard.process(Batch(topic, 0, records), self._now_ms)
        self.held.update({name[1]: count for name, count in step.counts.items() if name[0] == "held"})
        found = list(step.outputs)
        while step.more:
            step = shard.tick(self._now_ms, caught_up=False) or Step()
            found += step.outputs
        return found

    def _record(self, topic: str, appended_ms: int, key: bytes | None, value: bytes, headers: Iterable[Header] = ()) -> Record:
        offset = self._offsets[topic]
        self._offsets[topic] += 1
        return Record(offset, appended_ms, key, value, tuple(headers))


def recorded(situation: Mapping[str, Any], appended_ms: int) -> RecordedSituation:
    """A Situation message as `Rehearsal` takes it."""
    return RecordedSituation(situation["id"], situation["clock"], appended_ms, orjson.dumps(situation))


def make_situation(given: Mapping[str, Any], revision: int, opened_ms: int, now_ms: int, name: str) -> dict[str, Any]:
    """A whole Situation message from the few fields that a case states. Beside them: ``text`` (or ``texts``, each a piece of evidence),
    ``intent``, ``stakeholder``, ``source``, ``language``, ``country``, ``rating`` and ``confidence`` of what was said, ``negative_share``.
    Raises ValidationError for what no situation has.
    """
    stated = dict(given)
    texts, intent = [stated.pop("text", "it does not work")], stated.pop("intent", "complaint")
    texts = stated.pop("texts", texts)
    more: dict[str, Any] = {name: stated.pop(name) for name in ("language", "country", "rating", "confidence") if name in stated}
    stakeholder, source = stated.pop("stakeholder", "customer"), stated.pop("source", "x")
    share = float(stated.pop("negative_share", 1.0 if intent == "complaint" else 0.0))
    identity = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    events = stated.get("events", stated.get("authors", 1))
    negative = round(events * share)
    lineage = {"topic": "posts", "partition": 0, "offset": revision}
    evidence: dict[str, Any] = {
        "information": identity, "author": "0" * 32, "source": source, "text": "", "sentiment": "negative" if negative else "neutral",
        "intent": intent, "created_at": iso(now_ms), "url": None, "reply_to": "1", "public": True,
        "lineage": lineage, **more,
    }  # fmt: skip
    made = {
        "id": identity, "kind": "case", "subject": "brand", "facet": "", "status": "opened" if revision == 1 else "updated",
        "revision": revision, "opened_at": iso(opened_ms), "updated_at": iso(now_ms), "events": events, "copies": 0, "authors": 1,
        "reach": 100, "sentiment": {"negative": negative, "neutral": events - negative}, "intents": {intent: events},
        "stakeholders": {stakeholder: events}, "sources": {source: events}, "expected": 1.0, "p_value": 0.5, "severity": 0.3,
        "urgency": 0.3, "origin": "organic", "self_resolved": False, "dual_hat": False, "backfill": False, "absorbed_by": None,
        "evidence": [evidence | {"text": one} for one in texts], "clock": now_ms, "appended_at": iso(now_ms), "lineage": lineage,
        "model": "case",
    }  # fmt: skip
    made |= stated
    Situation.model_validate(made)
    return made


def _headers(source: str, clock: int, *, kind: str = "winnow.situations.v1") -> list[Header]:
    return [("ce_type", kind.encode()), ("ce_source", source.encode()), ("ce_clock", b"%d" % max(clock, 0))]


def _messages(outputs: Iterable[Output]) -> Iterator[tuple[str, dict[str, Any]]]:
    for output in outputs:
        if not output.broadcast and output.noun.startswith(("decisions", "actions.")):
            yield output.noun, orjson.loads(output.value)
