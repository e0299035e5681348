"""sift takes up another model: at a boundary, durably before it judges, and never for what a crash left half written."""

from typing import Any

import orjson
import pytest

from pipeline.sift.shard import MODEL_KEY, SiftShard
from pipeline.stream.stage import Batch, Step
from tests.unit.pipeline.sift.world import Run, WordJudge, config, endings, event, messages, records


class StrictJudge(WordJudge):
    """Everything is spam to it."""

    version = "strict-2"

    def judge(self, texts: Any) -> Any:
        """As the other one, but for the gate."""
        found = super().judge(texts)
        found.spam[:] = 0.99
        return found


JUDGES = {judge.version: judge for judge in (WordJudge(), StrictJudge())}
STREAM = records([event(str(number), f"the aurora air flight {number} was late") for number in range(9)])


def fresh(in_flight: int = 4) -> SiftShard:
    """A shard whose crash may leave so many records half written."""
    return SiftShard("posts", 0, config(in_flight_records=in_flight), WordJudge(), JUDGES.get)


def feed(run: Run, begin: int, end: int, *, durable: bool = True) -> None:
    """A batch, and what the worker does when more is left to do."""
    step: Step | None = run.shard.process(Batch("posts", 0, STREAM[begin:end]), now_ms=0)
    while step is not None:
        run.take(step, durable=durable)
        step = run.shard.tick(0, caught_up=False) if step.more and durable else None


def test_a_model_is_taken_up_at_the_next_boundary() -> None:
    """The batch that runs is judged by the former, the next by the new one; each piece names its judge, and the choice is kept."""
    run = Run(fresh())
    feed(run, 0, 2)
    run.shard.use(StrictJudge())
    feed(run, 2, 4)
    assert run.kept[MODEL_KEY] == b"strict-2"
    feed(run, 4, 6)
    assert endings(run.spans) == ["information"] * 4 + ["spam"] * 2
    assert {message["model"] for message in messages(run.outputs, "information")} == {"words-1"}
    assert {message["model"] for message in messages(run.outputs, "chaff")} == {"strict-2"}


def test_an_idle_partition_takes_it_up_as_well() -> None:
    """Without input the clock brings it about, before the word that nothing is there to read."""
    run = Run(fresh())
    run.shard.use(StrictJudge())
    step = run.shard.tick(10**9, caught_up=True)
    assert step is not None
    assert (step.changes, step.counts) == ({MODEL_KEY: b"strict-2"}, {("model_swapped",): 1})
    assert run.shard.model == "strict-2"
    idle = run.shard.tick(10**9, caught_up=True)
    assert idle is not None
    assert len(idle.outputs) == 1


def test_the_same_model_again_changes_nothing() -> None:
    """Being told of the model in force is no swap."""
    shard = fresh()
    shard.use(WordJudge())
    assert not shard.process(Batch("posts", 0, STREAM[:2]), now_ms=0).more


@pytest.mark.parametrize("ends", [[9], [5, 9], [4, 5, 6, 7, 8, 9]])
def test_what_a_crash_left_half_written_ends_as_it_was_written(ends: list[int]) -> None:
    """Outputs were written, then the worker died, then a new model came: however batches are cut now, the same outputs, the same ends."""
    run = Run(fresh(in_flight=6))
    feed(run, 0, 3)
    feed(run, 3, 9, durable=False)
    promised = {output.id: orjson.loads(output.value)["model"] for output in run.outputs}
    run.shard = fresh(in_flight=6)
    run.take(run.shard.restore(run.kept))
    run.shard.use(StrictJudge())
    for begin, end in zip([3, *ends], ends, strict=False):
        feed(run, begin, end)
    assert endings(run.spans)[-9:] == ["information"] * 9
    assert {output.id: orjson.loads(output.value)["model"] for output in run.outputs} == promised
    assert run.shard.model == "strict-2"


def test_a_restored_shard_goes_on_with_the_model_it_had() -> None:
    """The model that judged is found by its version; when it is gone, the deployment's own judges."""
    run = Run(fresh())
    run.shard.use(StrictJudge())
    feed(run, 0, 2)
    again = fresh()
    again.restore(run.kept)
    assert again.model == "strict-2"
    gone = SiftShard("posts", 0, config(), WordJudge(), lambda _: None)
    gone.restore(run.kept)
    assert gone.model == "words-1"
