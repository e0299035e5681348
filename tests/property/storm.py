"""A storm of edits and deletions: posts of a few hours, and the same as if those that were deleted had never been. Nothing here asserts."""

from collections.abc import Iterable, Iterator, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import orjson

from pipeline.act.shard import ActShard
from pipeline.correlate.ideas import IdeaConfig
from pipeline.correlate.shard import CorrelateConfig, CorrelateShard
from pipeline.decide.shard import DecideShard
from pipeline.flow import Arrival, Flow, FlowStage
from pipeline.policy.load import parse_policy
from pipeline.sift.events import SiftConfig
from pipeline.sift.shard import SiftShard
from pipeline.sift.subjects import invented_subjects
from pipeline.stream.stage import Batch, InputRecord, Output, Shard, Step
from schemas.messages import Intent, Sentiment
from schemas.times import iso
from schemas.topics import INPUTS, TOPICS, upstream

START = 1_772_452_800_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
KEY = b"key of the storm"
PARTITIONS = {spec.noun: 1 for spec in TOPICS.values()} | {"posts": 2, "information": 2}
POLICY = """
version: 1
subjects: {aurora: Aurora Air, brightbank: Brightbank}
teams:
  - {name: support, attention: {per_hour: 60000, burst: 60000}}
  - {name: comms, contact: duty, attention: {per_hour: 60000, burst: 60000}}
  - {name: product, attention: {per_hour: 60, burst: 1, digest_after: 20m}}
rules:
  - {name: crowd, when: "situation.kind == 'surge'", do: page, owner: comms, peers: [support], priority: 90,
     escalation: [{after: 15m, team: support, contact: lead}]}
  - {name: urgent, when: "situation.kind == 'case' && situation.urgency > 0.8", do: reply, owner: support, peers: [comms], priority: 80,
     escalation: [{after: 30m, team: comms, contact: duty}]}
  - {name: case, when: "situation.kind == 'case'", do: reply, owner: support, priority: 50}
  - {name: idea, when: "situation.kind == 'idea'", do: idea, owner: product, priority: 40}
"""
_PLACES = (
    "Oslo",
    "Lima",
    "Kyoto",
    "Cairo",
    "Turin",
    "Perth",
    "Quito",
    "Porto",
    "Bergen",
    "Riga",
    "Izmir",
    "Lagos",
    "Accra",
    "Hanoi",
    "Leeds",
)
_THINGS = (
    "bag",
    "flight",
    "refund",
    "seat",
    "ticket",
    "meal",
    "booking",
    "stroller",
    "upgrade",
    "voucher",
    "gate",
    "crew",
    "invoice",
    "pram",
)
_STATES = ("lost", "late", "broken", "missing", "wrong", "closed", "refused", "cancelled", "dirty", "double", "unpaid", "silent", "ignored")
BRANDS = ("aurora air", "brightbank")
WISHING = ("please", "an")
_WISHES = (
    "please add a dark mode to the aurora air app",
    "an aurora air app with offline boarding passes please",
    "please add family seats to aurora air bookings",
)


class WordJudge:
    """Reads what a post says off its first word: ``urgent``, ``calm``, ``thanks``, ``please``, ``prize``."""

    version = "words-1"

    def judge(self, texts: Sequence[str]) -> Any:
        """Columns, one row a text."""
        firsts = [text.split(" ", 1)[0] for text in texts]
        wish, thanks, urgent = ([first in names for first in firsts] for names in (WISHING, ("thanks",), ("urgent",)))
        n = len(texts)
        intent = np.where(wish, _at(Intent, "request"), np.where(thanks, _at(Intent, "praise"), _at(Intent, "complaint")))
        mood = np.where(wish, _at(Sentiment, "neutral"), np.where(thanks, _at(Sentiment, "positive"), _at(Sentiment, "negative")))
        return SimpleNamespace(
            spam=np.array([0.99 if first == "prize" else 0.1 for first in firsts]), intent=intent, intent_p=np.full(n, 0.9),
            sentiment=mood, sentiment_p=np.full(n, 0.9), sentiment_score=np.where(mood == _at(Sentiment, "negative"), -0.8, 0.2),
            urgency=np.where(urgent, 0.9, 0.3), stakeholder=np.zeros(n, np.int8), stakeholder_p=np.full(n, 0.6),
            layman=np.zeros(n, np.int8), layman_p=np.full(n, 0.6), desk=np.zeros(n, np.int8), desk_p=np.zeros(n), danger=np.zeros(n),
        )  # fmt: skip

    def language(self, texts: Sequence[str]) -> list[str]:
        """English, all of them."""
        return ["en"] * len(texts)


class Said(NamedTuple):
    """One thing that a producer writes. ``post`` names the post, ``secret`` what no later action may hold once it is deleted."""

    at_ms: int
    order: int
    post: str
    value: bytes
    secret: str


class Storm(NamedTuple):
    """All that is written, in the order in which it is, which posts are deleted, and when."""

    said: list[Said]
    deleted: dict[str, int]

    def arrivals(self, *, spared: bool = False) -> Iterator[Arrival]:
        """What producers write; ``spared``: as if what is deleted had never been posted."""
        for one in self.said:
            if not (spared and one.post in self.deleted):
                yield Arrival("posts", one.post.encode(), one.value, (("source", b"signal"),), one.at_ms + 500)


def storm(seed: int, posts: int, *, ends: bool = True) -> Storm:
    """Single complaints, people who write again, wishes, praise, spam, and a crowd; a third of the posts is edited, a fifth deleted, of
    which every tenth before it comes. ``ends``: nine days later all is over."""
    random = Random(seed)
    said: list[Said] = []
    deleted: dict[str, int] = {}
    for number in range(posts):
        post = f"p{number}"
        at_ms, author, text = _post(random, number, posts)
        secret = f"x{random.getrandbits(60):015x}x"
        said.append(_write(post, author, _marked(text, secret), at_ms, secret, 0))
        if random.random() < 1 / 3:
            for revision in range(1, 1 + random.choice((1, 1, 2))):
                edited = _edited(random, text)
                later = at_ms + revision * random.randint(5, 900) * SECOND
                said.append(_write(post, author, _marked(edited, secret), later, secret, revision))
        if random.random() < 1 / 5:
            early = random.random() < 0.1
            within = 240 if number < posts // 8 else 5_400  # what the crowd takes back it takes back while it lasts
            gone_ms = at_ms - 30 * SECOND if early else at_ms + random.randint(2, within) * SECOND
            deleted[post] = gone_ms
            value = {"id": post, "source": "signal", "operation": "delete", "created_at": iso(gone_ms)}
            said += [Said(gone_ms + repeat, len(said), post, orjson.dumps(value), secret) for repeat in range(random.choice((1, 1, 2)))]
    last = [_write(f"p{posts + n}", f"a{n}", f"thanks {brand} {n}", START + 9 * 24 * HOUR, "", 0) for n, brand in enumerate(BRANDS * 8)]
    return Storm(sorted(said) + (last if ends else []), deleted)


def _post(random: Random, number: int, posts: int) -> tuple[int, str, str]:
    kind = random.random()
    at_ms = START + int(random.random() * 5 * HOUR)
    author = f"a{random.randrange(posts)}"
    brand = random.choice(BRANDS)
    words = f"{random.choice(_STATES)} {random.choice(_THINGS)} in {random.choice(_PLACES)} {_name(random)} {_name(random)} {_name(random)}"
    if number < posts // 8:  # the crowd
        return START + 3 * HOUR + int(random.random() * 12 * MINUTE), f"c{number}", f"calm aurora air {words}"
    if kind < 0.1:
        return at_ms, author, f"{random.choice(_WISHES)}"
    if kind < 0.16:
        return at_ms, author, f"thanks {brand} for the {words}"
    if kind < 0.2:
        return at_ms, author, f"prize by {brand} {words}"
    return at_ms, author, f"{random.choice(('calm', 'calm', 'urgent'))} {brand} {words}"


def _edited(random: Random, text: str) -> str:
    first, _, rest = text.partition(" ")
    if first in WISHING:
        return f"{text} please"
    swapped = {"calm": "urgent", "urgent": "calm"}.get(first, first) if random.random() < 0.5 else first
    return f"{swapped} {rest} {_name(random)} {_name(random)}"


def _name(random: Random) -> str:
    return "".join(random.choice("bcdfgklmnprstvz") + random.choice("aeiou") for _ in range(4))


def _marked(text: str, secret: str) -> str:
    """A text with what tells it from all others behind its first word; of wishes that is no word."""
    first, _, rest = text.partition(" ")
    return f"{text} @{secret}" if first in WISHING else f"{first} {secret} {rest}"


def _write(post: str, author: str, text: str, at_ms: int, secret: str, revision: int) -> Said:
    value: dict[str, Any] = {
        "id": post, "source": "signal", "kind": "post", "author": {"id": author, "followers": int(author[1:]) % 700 + 1}, "text": text,
        "created_at": iso(at_ms),
    }  # fmt: skip
    if revision:
        value |= {"operation": "update", "revision": revision}
    return Said(at_ms, int(post[1:]), post, orjson.dumps(value), secret)


def _at(names: Any, value: str) -> int:
    return [member.value for member in names].index(value)


class Crashing:
    """A shard that loses its process every now and then: another one goes on from its state and reads again what was not done."""

    def __init__(self, make: Any, random: Random | None) -> None:
        self._make, self._random = make, random
        self.shard: Shard = make()
        self.crashes = 0
        self._kept: dict[bytes, bytes] = {}
        self._log: dict[tuple[str, int], list[InputRecord]] = {}

    def process(self, batch: Batch, now_ms: int) -> Step:
        """Work a batch; before it, now and then, crash."""
        whole = Step()
        if self._random is not None and self._random.random() < 0.1:
            self.shard, self.crashes = self._make(), self.crashes + 1
            positions = self._take(self.shard.restore(self._kept), whole).positions
            for (topic, partition), log in self._log.items():
                again = [record for record in log if record.offset >= positions.get((topic, partition), 0) - 3]
                if again:
                    self._take(self.shard.process(Batch(topic, partition, again), now_ms), whole)
        self._log.setdefault((batch.topic, batch.partition), []).extend(batch.records)
        self._take(self.shard.process(batch, now_ms), whole)
        return whole

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """The wall clock comes by."""
        step = self.shard.tick(now_ms, caught_up=caught_up)
        return None if step is None else self._take(step, Step())

    def restore(self, items: Any) -> Step:
        """A fresh one."""
        return self.shard.restore(items)

    def state_lost(self) -> None:
        """Nothing is."""

    def texts(self) -> bytes:
        """All of the state."""
        return b"\n".join(self._kept.values())

    def _take(self, step: Step, whole: Step) -> Step:
        """Make a step durable; what it wrote and told is part of the whole."""
        for key, value in step.changes.items():
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value
        whole.outputs += step.outputs
        whole.spans += step.spans
        whole.more = step.more
        return step


def shards(random: Random | None, made: list[Crashing]) -> list[FlowStage]:
    """The stages up to act; all that is made is put into ``made``."""
    sift = SiftConfig(subjects=invented_subjects(), author_key=KEY)
    correlate = CorrelateConfig(author_key=KEY, ideas=IdeaConfig(least_authors=3))
    policy = parse_policy(POLICY, "policy.yaml")
    makers: dict[str, Any] = {
        "sift": lambda topic, number: SiftShard(topic, number, sift, WordJudge()),
        "correlate": lambda _, number: CorrelateShard(number, upstream("correlate", PARTITIONS), correlate),
        "decide": lambda _, number: DecideShard(number, upstream("decide", PARTITIONS), policy),
        "act": lambda _, number: ActShard(number, upstream("act", PARTITIONS), policy, KEY),
    }

    def maker(stage: str) -> Any:
        def make(topic: str, number: int) -> Crashing:
            made.append(Crashing(lambda: makers[stage](topic, number), random))
            return made[-1]

        return make

    return [FlowStage(stage, INPUTS[stage], maker(stage), stage == "act") for stage in makers]


def run(arrivals: Iterable[Arrival], random: Random | None, batch_records: int) -> tuple[list[Output], Flow, list[Crashing]]:
    """All outputs of a stream; with ``random`` processes crash."""
    made: list[Crashing] = []
    flow = Flow(shards(random, made), PARTITIONS, batch_records=batch_records)
    return list(flow.run(arrivals)), flow, made
