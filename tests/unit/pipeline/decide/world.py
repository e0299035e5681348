"""A small world for tests of decide and act: situations as correlate writes them, a shell with crashes. Asserts only determinism."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import BaseModel

from pipeline.act.shard import ActShard
from pipeline.decide.shard import DecideShard
from pipeline.policy.load import Policy, load_policy, parse_policy
from pipeline.stream.ordered import OrderedShard
from pipeline.stream.stage import WATERMARK, Batch, Header, Output, Record, Step
from schemas.messages import Action, Decision, Label, Outcome, Situation
from schemas.times import iso
from schemas.topics import DISPOSITIONS

START = 1_772_452_800_000  # Monday 2026-03-02 12:00 UTC
WALL = 1_800_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
UPSTREAM = "correlate/information/0"
DECIDE = "decide/situations/0"
KEY = b"0123456789abcdef"

POLICY = """
version: 1
subjects: {aurora: Aurora Air}
teams:
  - {name: support, contact: support-lead, attention: {per_hour: 60, burst: 100}}
  - {name: comms, contact: comms-duty, attention: {per_hour: 60, burst: 100}}
  - {name: product, attention: {per_hour: 60, burst: 100}}
rules:
  - name: surge
    when: situation.kind == 'surge'
    do: page
    owner: comms
    peers: [support]
    escalation:
      - {after: 15m, team: comms, contact: head-of-comms}
      - {after: 45m, team: product, contact: duty-manager}
    priority: 90
  - name: severe
    when: situation.kind == 'case' && situation.severity >= 0.75
    do: reply
    owner: support
    peers: [comms]
    priority: 80
    escalation:
      - {after: 30m, team: comms, contact: comms-duty}
  - name: case
    when: situation.kind == 'case' && situation.severity >= 0.25
    do: reply
    owner: support
    priority: 50
  - name: trial
    when: situation.kind == 'case' && situation.urgency > 0.9
    do: review
    owner: product
    mode: shadow
"""


def policy(text: str = POLICY) -> Policy:
    """The world's policy."""
    return parse_policy(text, "policy.yaml")


def digest(name: str) -> str:
    """A 32-hex-digit id."""
    return blake2b(name.encode(), digest_size=16).hexdigest()


def situation(name: str, revision: int = 1, at_ms: int = START, **over: Any) -> dict[str, Any]:
    """A Situation dict; ``text`` goes to its evidence, everything else replaces a field."""
    text = over.pop("text", "my bag is lost, call 030 901820 or jo@example.org @aurora")
    intent = over.pop("intent", "complaint")
    stakeholder = over.pop("stakeholder", "customer")
    lineage = {"topic": "posts", "partition": 0, "offset": revision}
    evidence = {
        "information": digest(f"information/{name}"), "author": digest(f"author/{name}"), "source": "x", "text": text,
        "sentiment": "negative", "intent": intent, "created_at": iso(at_ms), "url": "https://x.com/jane/status/42", "reply_to": "42",
        "public": True, "lineage": lineage,
    }  # fmt: skip
    message = {
        "id": digest(name), "kind": "case", "subject": "aurora", "facet": "baggage", "status": "updated" if revision > 1 else "opened",
        "revision": revision, "opened_at": iso(START), "updated_at": iso(at_ms), "events": 1, "copies": 0, "authors": 1, "reach": 10,
        "sentiment": {"negative": 1}, "intents": {intent: 1}, "stakeholders": {stakeholder: 1}, "sources": {"x": 1}, "expected": 3.0,
        "p_value": 0.5, "severity": 0.5, "urgency": 0.5, "origin": "organic", "self_resolved": False, "dual_hat": False,
        "backfill": False, "absorbed_by": None, "evidence": [evidence], "clock": at_ms, "appended_at": iso(at_ms + 500),
        "lineage": lineage, "model": "m1",
    }  # fmt: skip
    message.update(over)
    Situation.model_validate(message)
    return message


def headers(source: str, clock: int, lineage: str = "situations/0/0/0", kind: str = "winnow.situations.v1") -> list[Header]:
    """What the stage before writes beside a value."""
    return [("ce_type", kind.encode()), ("ce_source", source.encode()), ("ce_clock", b"%d" % clock), ("ce_lineage", lineage.encode())]


def situation_records(messages: Iterable[dict[str, Any]], first: int = 0) -> list[Record]:
    """Records of the situations topic."""
    return [
        Record(offset, WALL + offset, message["id"].encode(), orjson.dumps(message), headers(UPSTREAM, message["clock"]))
        for offset, message in enumerate(messages, first)
    ]


def decision_records(outputs: Iterable[Output], first: int = 0, appended: Callable[[Output], int] = lambda one: one.clock) -> list[Record]:
    """Decisions of a decide shard as records that act reads from one partition."""
    return [
        Record(offset, appended(output), output.key, output.value, output.headers())
        for offset, output in enumerate((one for one in outputs if one.noun == "decisions" and not one.broadcast), first)
    ]


def outcome_record(offset: int, action_id: str, team: str, status: str, **over: Any) -> Record:
    """A record of the outcomes topic, ``key`` being the team unless told otherwise."""
    key, at_ms = over.pop("key", team), over.pop("at_ms", WALL + offset)
    value = {"action_id": action_id, "team": team, "status": status, "at": iso(at_ms), **over}
    Outcome.model_validate(value)
    return Record(offset, at_ms, key.encode(), orjson.dumps(value))


def watermark_record(offset: int, source: str, clock: int, *, idle: bool = False) -> Record:
    """A promise of an upstream shard."""
    found = headers(source, clock, kind=WATERMARK)
    return Record(offset, WALL, None, b"{}", [*found, ("ce_idle", b"1")] if idle else found)


class Shell:
    """What agents do around a shard: keeps state and outputs, crashes on demand, reads again what was not settled.

    An output that is written twice must be the same: that is what makes a repeated one harmless.
    """

    def __init__(self, make: Callable[[], OrderedShard[Any]]) -> None:
        self._make = make
        self.state: dict[bytes, bytes] = {}
        self.outputs: dict[tuple[str, str], Output] = {}
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.log: dict[str, list[Record]] = {}
        self.read: dict[str, int] = {}
        self.settled: dict[tuple[str, int], str] = {}
        self.restart()

    def feed(self, topic: str, records: Sequence[Record], now_ms: int = WALL) -> None:
        """Append to a topic and process it as one batch."""
        self.log.setdefault(topic, []).extend(records)
        self.poll(topic, len(records), now_ms)

    def poll(self, topic: str, most: int, now_ms: int = WALL, *, crash: bool = False) -> None:
        """Process at most so many unread records; ``crash``: outputs get out, then everything in memory is lost."""
        position = self.read.get(topic, 0)
        records = self.log.get(topic, [])[position : position + most]
        step = self.shard.process(Batch(topic, 0, records), now_ms)
        self.read[topic] = position + len(records)
        self._done(step, crash=crash)
        while step.more and not crash:
            step = self.tick(now_ms)

    def tick(self, now_ms: int, *, caught_up: bool = True, crash: bool = False) -> Step:
        """Let the wall clock come by once."""
        step = self.shard.tick(now_ms, caught_up=caught_up) or Step()
        self._done(step, crash=crash)
        return step

    def settle(self, now_ms: int) -> None:
        """Let the wall clock come by until nothing is left to do."""
        while self.tick(now_ms).more:
            pass

    def restart(self) -> None:
        """A new process: state from the changelog, reading from where input was settled."""
        self.shard = self._make()
        step = self.shard.restore(self.state)
        self._keep(step)
        self.read = {topic: position for (topic, _), position in step.positions.items()}

    def _done(self, step: Step, *, crash: bool) -> None:
        for output in step.outputs:
            known = self.outputs.setdefault((output.noun, output.id), output)
            if output.type != WATERMARK:
                assert known == output, f"{output.id} was written twice and differs"
        if crash:
            self.restart()
            return
        self._keep(step)
        for span in step.spans:
            for offset, code in enumerate(span.dispositions, span.first):
                before = self.settled.setdefault((span.topic, offset), DISPOSITIONS[self.shard.stage][code])
                assert before == DISPOSITIONS[self.shard.stage][code], f"{span.topic}/{offset} has two dispositions"
        self.counts.update(step.counts)

    def _keep(self, step: Step) -> None:
        for key, value in step.changes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value

    # -- what came of it ---------------------------------------------------------------------------------------------

    def dispositions(self, topic: str) -> list[str]:
        """Of all settled offsets of a topic, in order, watermarks left out."""
        return [name for (of, _), name in sorted(self.settled.items()) if of == topic and name != "watermark"]

    def messages(self, noun: str) -> list[dict[str, Any]]:
        """Written messages of a topic, each checked against the contract. ``actions``: of all teams."""
        models: dict[str, type[BaseModel]] = {"decisions": Decision, "labels": Label, "outcomes": Outcome}
        found = []
        for output in self.outputs.values():
            if output.type != WATERMARK and (output.noun == noun or output.noun.partition(".")[0] == noun):
                model = models.get(noun, Action)
                model.model_validate_json(output.value)
                found.append(orjson.loads(output.value))
        return found


def decide_shell(with_policy: Policy | None = None) -> Shell:
    """A decide shard in a shell."""
    chosen = with_policy or policy()
    return Shell(lambda: DecideShard(0, [UPSTREAM], chosen))


def act_shell(with_policy: Policy | None = None) -> Shell:
    """An act shard in a shell."""
    chosen = with_policy or policy()
    return Shell(lambda: ActShard(0, [DECIDE], chosen, KEY))


def decided(messages: Sequence[dict[str, Any]], with_policy: Policy | None = None) -> list[Output]:
    """What decide writes for these situations."""
    shell = decide_shell(with_policy)
    shell.feed("situations", situation_records(messages))
    return list(shell.outputs.values())


DEFAULT = load_policy(None)
