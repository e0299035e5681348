"""A small world for tests of sift: events as records, a judge that anyone can predict, and a shell that crashes where told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson

from pipeline.sift.events import SiftConfig
from pipeline.sift.shard import SiftShard
from pipeline.sift.subjects import invented_subjects
from pipeline.stream.accounted import POSITION_KEY
from pipeline.stream.stage import WATERMARK, Batch, Output, Record, Span, Step
from schemas.messages import Signal
from schemas.times import iso
from schemas.topics import DISPOSITIONS

START = 1_772_452_800_000
MINUTE = 60_000
HOUR = 3_600_000
KEY = b"key of the test"


class WordJudge:
    """Texts with "prize" are spam, with "perhaps" nearly so; a question mark makes a question. Language by its first letter."""

    version = "words-1"

    def judge(self, texts: Sequence[str]) -> Any:
        """Columns, one row a text."""
        n = len(texts)
        spam = np.array([0.99 if "prize" in text else 0.93 if "perhaps" in text else 0.1 for text in texts])
        return SimpleNamespace(
            spam=spam, intent=np.array([1 if "?" in text else 0 for text in texts], np.int8), intent_p=np.full(n, 0.8),
            sentiment=np.zeros(n, np.int8), sentiment_p=np.full(n, 0.7), sentiment_score=np.full(n, -0.25), urgency=np.full(n, 0.5),
            stakeholder=np.zeros(n, np.int8), stakeholder_p=np.full(n, 0.6),
            layman=np.zeros(n, np.int8), layman_p=np.full(n, 0.6), desk=np.ones(n, np.int8), desk_p=np.full(n, 0.5), danger=np.full(n, 0.1),
        )  # fmt: skip

    def language(self, texts: Sequence[str]) -> list[str]:
        """Each by its own text alone."""
        return ["de" if text.startswith("Ä") else "en" for text in texts]


def event(name: str, text: str = "the aurora air flight was late again today", at_ms: int = START, **over: Any) -> bytes:
    """A canonical signal as a producer writes it."""
    author = {"id": over.pop("author", f"author of {name}"), "affiliation": over.pop("affiliation", None)}
    message = {"id": name, "source": "signal", "kind": "post", "author": author, "text": text, "created_at": iso(at_ms), **over}
    Signal.model_validate(message)
    return orjson.dumps(message)


def records(values: Iterable[bytes | None], *, first: int = 0, at_ms: int = START) -> list[Record]:
    """Records of one partition, appended one after the other."""
    headers = (("source", b"signal"),)
    return [Record(first + index, at_ms + index, b"key", value, headers) for index, value in enumerate(values)]


def config(**over: Any) -> SiftConfig:
    """The three invented brands, and what a test changes."""
    return SiftConfig(**{"subjects": invented_subjects(), "author_key": KEY, "chaff_share": 1.0, **over})


def shard(topic: str = "posts", **over: Any) -> SiftShard:
    """A fresh shard of partition 0."""
    return SiftShard(topic, 0, config(**over), WordJudge())


def messages(outputs: Iterable[Output], noun: str) -> list[dict[str, Any]]:
    """Values of the outputs of one noun, watermarks left out."""
    return [orjson.loads(output.value) for output in outputs if output.noun == noun and output.type != WATERMARK]


def endings(spans: Iterable[Span]) -> list[str]:
    """Names of the dispositions, in order."""
    return [DISPOSITIONS["sift"][code] for span in spans for code in span.dispositions]


@dataclass(slots=True)
class Run:
    """What a shard did behind a shell that keeps state in a dict."""

    shard: SiftShard
    kept: dict[bytes, bytes] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def take(self, step: Step, *, durable: bool = True) -> None:
        """The delivery rule; not ``durable`` is a crash behind the outputs, before state and ledger."""
        self.outputs += [output for output in step.outputs if output.type != WATERMARK]
        if not durable:
            return
        for key, value in step.changes.items():
            if value is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = value
        self.spans += step.spans

    def written(self) -> list[Output]:
        """Outputs without the repetitions that crashes bring."""
        return list({output.id: output for output in self.outputs}.values())

    def memory(self) -> Mapping[bytes, bytes]:
        """State without the position, which tells of batches."""
        return {key: value for key, value in self.kept.items() if key != POSITION_KEY}


def run(stream: Sequence[Record], cuts: Iterable[int] = (), topic: str = "posts", **over: Any) -> Run:
    """A stream through a fresh shard, in batches that end at the cuts."""
    done = Run(shard(topic, **over))
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < len(stream)}), len(stream)]
    for begin, end in pairwise(bounds):
        if end > begin:
            done.take(done.shard.process(Batch(topic, 0, stream[begin:end]), now_ms=0))
    return done
