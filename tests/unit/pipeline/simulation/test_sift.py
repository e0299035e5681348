"""A simulated stream through a real sift shard: what the truth is certain of must happen."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson

from pipeline.sift.events import SiftConfig
from pipeline.sift.lifecycle import realm_name
from pipeline.sift.shard import SiftShard
from pipeline.sift.speakers import author_hash
from pipeline.sift.subjects import invented_subjects
from pipeline.simulation.stream import Scenario, Simulated, simulate
from pipeline.stream.stage import Batch, Record
from schemas.topics import DISPOSITIONS

KEY = b"key of the test"


class NeverSpam:
    """A judge that finds every text worth reading and has no opinion otherwise."""

    version = "never-spam"

    def judge(self, texts: Sequence[str]) -> Any:
        """Zeros in every column."""
        names = ("spam", "intent_p", "sentiment_p", "sentiment_score", "urgency", "stakeholder_p", "layman_p", "desk_p", "danger")
        whole = {name: np.zeros(len(texts), np.int64) for name in ("intent", "sentiment", "stakeholder", "layman", "desk")}
        return SimpleNamespace(**{name: np.zeros(len(texts)) for name in names}, **whole)

    def language(self, texts: Sequence[str]) -> list[str]:
        """Always undetermined."""
        return ["und"] * len(texts)


def sifted(topic: str, stream: Sequence[Simulated], roster: frozenset[str]) -> tuple[list[str], list[dict[str, Any]]]:
    """Dispositions, one per record, and the information that came out."""
    shard = SiftShard(topic, 0, SiftConfig(subjects=invented_subjects(), roster=roster, author_key=KEY), NeverSpam())
    records = [Record(offset, s.at_ms, s.key, s.value, (("source", s.source.encode()),)) for offset, s in enumerate(stream)]
    endings, information = [], []
    for first in range(0, len(records), 500):
        step = shard.process(Batch(topic, 0, records[first : first + 500]), now_ms=0)
        endings += [DISPOSITIONS["sift"][code] for span in step.spans for code in span.dispositions]
        information += [orjson.loads(output.value) for output in step.outputs if output.noun == "information" and output.key]
    return endings, information


def test_certain_dispositions_happen() -> None:
    """What must be rejected is rejected, what was delivered before is redelivered, and nothing else is either."""
    scenario = Scenario(seed=3, events=4_000)
    realms = {"mastodon": realm_name("mastodon", "social.example")}  # an instance's ids are its own
    roster = frozenset(author_hash(KEY, realms.get(source, source), author) for source, author, _ in scenario.employees())
    by_topic = defaultdict(list)
    for simulated in simulate(scenario):
        by_topic[simulated.topic].append(simulated)
    seen: Counter[str] = Counter()
    for topic, stream in by_topic.items():
        endings, information = sifted(topic, stream, roster)
        assert len(endings) == len(stream)
        for simulated, ending in zip(stream, endings, strict=True):
            if ending in ("rejected", "redelivered"):
                assert simulated.truth["expected"] == ending, (simulated.truth, ending)
                seen[ending] += 1
            else:
                assert simulated.truth["expected"] is None, (simulated.truth, ending)
            if simulated.truth["kind"] == "irrelevant":
                assert ending == "irrelevant"
        hats = {(s.truth["event"], s.truth["subject"]) for s in stream if s.truth["kind"] == "dual_hat"}
        assert {(found["signal"]["id"], found["subject"]) for found in information if found["dual_hat"]} == hats
    assert seen["rejected"] > 30
    assert seen["redelivered"] > 30
