"""The whole product without Kafka: the same whatever the batches, and complete."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import orjson
import pytest

from agents.settings import load_settings
from agents.stages import build as stages
from pipeline.flow import Arrival, Flow, FlowStage
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.partitioner import partition_of
from pipeline.stream.stage import Batch, Output, Step
from schemas.messages import Action, Chaff, Decision, Information, Rejected, Situation
from schemas.topics import STAGES

MODELS = {
    "information": Information,
    "chaff": Chaff,
    "rejected": Rejected,
    "situations": Situation,
    "decisions": Decision,
    "actions": Action,
}
SCENARIO = Scenario(seed=5, events=300, start_ms=1_795_000_000_000, hours=1.0)


def arrivals() -> Iterator[Arrival]:
    """The scenario as producers write it."""
    return (Arrival(e.topic, e.key, e.value, (("source", e.source.encode()),), e.at_ms) for e in simulate(SCENARIO))


def flown(batch_records: int) -> tuple[Flow, list[Output]]:
    """All stages with the shipped models over the scenario."""
    flow = stages.flow(load_settings(), batch_records=batch_records)
    return flow, list(flow.run(arrivals()))


@pytest.fixture(scope="module")
def whole() -> tuple[Flow, list[Output]]:
    """The scenario in one piece."""
    return flown(1_000)


@pytest.mark.parametrize("batch_records", [1, 7, 64])
def test_batches_do_not_matter(whole: tuple[Flow, list[Output]], batch_records: int) -> None:
    """Any size of batch gives the same ids and the same dispositions of every offset in all stages that posts reach."""
    flow, outputs = flown(batch_records)
    nouns = {"information", "chaff", "rejected", "situations", "decisions"}
    for noun in nouns | {output.noun for output in whole[1] if output.noun.startswith("actions.")}:
        assert {output.id for output in outputs if output.noun == noun} == {output.id for output in whole[1] if output.noun == noun}, noun
    counts, expected = flow.book.counts(), whole[0].book.counts()
    for stage in ("sift", "correlate", "decide", "act"):
        # Watermarks come with batches: there may be more of them, of everything else there is the same.
        assert {k: v for k, v in counts[stage].items() if k != "watermark"} == {
            k: v for k, v in expected[stage].items() if k != "watermark"
        }


def test_every_arrival_is_accounted_for(whole: tuple[Flow, list[Output]]) -> None:
    """The books have no gap and no conflict; sift has one disposition per event; every stage took part."""
    flow, outputs = whole
    assert flow.book.gaps() == []
    assert flow.book.conflicts == []
    counts = flow.book.counts()
    assert set(counts) == set(STAGES)
    assert sum(counts["sift"].values()) == SCENARIO.events
    assert "absent" not in counts["sift"]
    assert flow.written == Counter(output.noun for output in outputs)


def test_outputs_are_what_the_contracts_say(whole: tuple[Flow, list[Output]]) -> None:
    """Every message of the six nouns validates, and its lineage leads to the topic before."""
    before = {"information": "posts|feedback", "chaff": "posts|feedback", "rejected": "posts|feedback", "situations": "information"}
    seen = set()
    for output in whole[1]:
        noun = output.noun.split(".")[0]
        if noun in MODELS:
            seen.add(noun)
            MODELS[noun].model_validate(orjson.loads(output.value))
        if noun in before:
            assert re.fullmatch(rf"({before[noun]})/\d+/\d+/\d+", output.lineage), output.lineage
    assert seen == set(MODELS)


class Echo:
    """A shard that settles nothing and writes what it read, with the partition it read it from, to another topic."""

    def __init__(self, topic: str, partition: int, target: str | None) -> None:
        self.place = f"{topic}/{partition}"
        self.target = target
        self.read: list[int] = []
        self.left = 0

    def restore(self, items: Mapping[bytes, bytes]) -> Step:
        """Nothing to restore."""
        return Step()

    def state_lost(self) -> None:
        """Nothing was remembered."""

    def process(self, batch: Batch, now_ms: int) -> Step:
        """One output a record, and a piece of work for later."""
        self.read += [record.offset for record in batch.records]
        self.left = 2
        return Step([self._output(record.key or b"", b"%d" % now_ms) for record in batch.records] if self.target else [], more=True)

    def tick(self, now_ms: int, *, caught_up: bool) -> Step | None:
        """Two more pieces after every batch."""
        if self.left == 0:
            return None
        self.left -= 1
        return Step(more=self.left > 0)

    def _output(self, key: bytes, value: bytes) -> Output:
        return Output(self.target or "", key, value, f"{self.place}/{key!r}", 0, self.place, "", "")


def test_records_go_where_kafka_would_put_them() -> None:
    """A stage's outputs arrive in the partition of their key, in order; a reader of two topics that works together has one shard."""
    made: list[Echo] = []

    def make(target: str | None) -> Echo:
        made.append(Echo("", 0, target))
        return made[-1]

    flow = Flow(
        [
            FlowStage("first", ("a",), lambda topic, partition: make("b")),
            FlowStage("second", ("b", "c"), lambda topic, partition: make(None), together=True),
        ],
        {"a": 2, "b": 4, "c": 4},
        batch_records=3,
    )
    assert len(made) == 2 + 4
    keys = [b"key %d" % number for number in range(20)]
    outputs = list(flow.run(Arrival("a", key, b"", (), 1_000) for key in keys))
    assert {output.key for output in outputs} == set(keys)
    expected = Counter(partition_of(key, 4) for key in keys)
    assert [found.read for found in made[2:]] == [list(range(expected[number])) for number in range(4)]
    assert all(found.left == 0 for found in made), "what a shard left for later was worked off"


def test_an_arrival_for_nobody_is_an_error() -> None:
    """A topic that the deployment does not have is a bug of the caller."""
    with pytest.raises(KeyError, match="nonsense"):
        list(Flow([], {"posts": 1}).run([Arrival("nonsense", b"", b"", (), 0)]))
