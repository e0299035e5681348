"""A small world for tests of correlate: information as sift writes it, shards, crashes. Nothing here asserts."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from pipeline.correlate.shard import CorrelateConfig, CorrelateShard
from pipeline.stream.stage import Batch, Output, Record, Step
from schemas.times import iso
from schemas.topics import DISPOSITIONS

START = 1_700_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
SOURCE = "sift/posts/0"
CONFIG = CorrelateConfig(author_key=b"test key of 16 bytes")


def digest(text: str) -> str:
    """A 32-hex-digit id."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def information(native: str, at_ms: int, text: str = "my flight is late and nobody tells us anything", **over: Any) -> dict[str, Any]:
    """An Information dict; ``author``, ``thread``, ``repost_of`` ... go to the signal, the rest to the message."""
    author = over.pop("author", f"author-{native}")
    of_signal = (
        "thread",
        "in_reply_to",
        "repost_of",
        "quote_of",
        "accepted_answer",
        "kind",
        "source",
        "title",
        "reach",
        "revision",
        "namespace",
        "visibility",
        "repost_of_author",
        "country",
    )
    signal: dict[str, Any] = {
        "id": native, "source": "x", "kind": "post", "text": text, "created_at": iso(over.pop("created_ms", at_ms)), "title": None,
        "rating": None, "language": "en", "url": None, "thread": None, "in_reply_to": None, "repost_of": None, "quote_of": None,
        "accepted_answer": False, "subject": None, "reach": dict.fromkeys(("likes", "reposts", "replies", "quotes", "views")),
        "author": {"id": author, "handle": None, "name": None, "followers": over.pop("followers", 100),
                   "verified": over.pop("verified", False), "affiliation": None},
    }  # fmt: skip
    signal.update({name: over.pop(name) for name in of_signal if name in over})
    message: dict[str, Any] = {
        "id": digest(f"{native}/{over.get('subject', 'aurora')}"), "subject": "aurora", "signal": signal, "intent": "other",
        "sentiment": "neutral", "sentiment_score": 0.0, "urgency": 0.0, "stakeholder": "customer", "dual_hat": False, "language": "en",
        "confidence": {"spam": 0.1, "intent": 0.9, "sentiment": 0.9, "stakeholder": 0.9}, "copies": 1, "copy_of": None, "backfill": False,
        "clock": at_ms, "appended_at": iso(at_ms + 500), "lineage": {"topic": "posts", "partition": 0, "offset": 0}, "model": "m1",
    }  # fmt: skip
    message.update(over)
    return message


def complaint(native: str, at_ms: int, text: str = "my flight is late and nobody tells us anything", **over: Any) -> dict[str, Any]:
    """An urgent, negative one."""
    over = {"intent": "complaint", "sentiment": "negative", "sentiment_score": -0.8, "urgency": 0.7, **over}
    return information(native, at_ms, text, **over)


def withdrawal(native: str, at_ms: int, subject: str = "aurora") -> dict[str, Any]:
    """What takes the information of a post back."""
    lineage = {"topic": "posts", "partition": 0, "offset": 0}
    return {
        "withdraws": digest(f"{native}/{subject}"), "subject": subject, "source": "x", "clock": at_ms, "appended_at": iso(at_ms + 500),
        "lineage": lineage,
    }  # fmt: skip


def records(messages: Iterable[dict[str, Any]], *, source: str = SOURCE, first: int = 0) -> list[Record]:
    """Records of one upstream shard, clocks as sift would stamp them: the running maximum of event time."""
    found, clock = [], 0
    for offset, message in enumerate(messages, first):
        message = message | {"lineage": message["lineage"] | {"offset": offset}}  # noqa: PLW2901  # a copy of its own offset
        clock = max(clock, message["clock"])
        headers = [
            ("ce_source", source.encode()),
            ("ce_clock", b"%d" % clock),
            ("ce_lineage", f"{source.removeprefix('sift/')}/{offset}/0".encode()),
        ]
        found.append(Record(offset, message["clock"] + 600, str(message["subject"]).encode(), orjson.dumps(message), headers))
    return found


def watermark(offset: int, clock: int, *, source: str = SOURCE, idle: bool = False) -> Record:
    """A promise of sift that nothing older follows."""
    headers = [("ce_type", b"winnow.watermark.v1"), ("ce_source", source.encode()), ("ce_clock", b"%d" % clock)]
    return Record(offset, clock, None, b"{}", headers + ([("ce_idle", b"1")] if idle else []))


class World:
    """One shard whose state is kept as a changelog keeps it, and which may crash at any time."""

    def __init__(self, sources: Sequence[str] = (SOURCE,), config: CorrelateConfig = CONFIG) -> None:
        self.sources, self.config = sources, config
        self.shard = CorrelateShard(0, sources, config)
        self.state: dict[bytes, bytes] = {}
        self.outputs: list[Output] = []
        self.codes: dict[int, int] = {}

    def take(self, batch: Sequence[Record]) -> Step:
        """Process a batch and make its step durable."""
        step = self.shard.process(Batch("information", 0, batch), 0)
        self.keep(step)
        while step.more:
            more = self.shard.tick(0, caught_up=False)
            if more is None:
                break
            self.keep(more)
            step = more
        return step

    def keep(self, step: Step) -> None:
        """What the shell does with a step."""
        self.outputs += [output for output in step.outputs if not output.broadcast]
        for key, value in step.changes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        for span in step.spans:
            self.codes |= {span.first + at: code for at, code in enumerate(span.dispositions)}

    def crash(self) -> int:
        """Lose the process; a new one restores from the state. The offset from which it must be read again."""
        self.shard = CorrelateShard(0, self.sources, self.config)
        return self.shard.restore(self.state).positions.get(("information", 0), 0)

    def situations(self, kind: str | None = None) -> list[dict[str, Any]]:
        """All revisions emitted."""
        found = [orjson.loads(output.value) for output in self.outputs if output.noun == "situations"]
        return [situation for situation in found if kind in (None, situation["kind"])]

    def dispositions(self) -> list[str]:
        """By offset."""
        return [DISPOSITIONS["correlate"][self.codes[offset]] for offset in sorted(self.codes)]
