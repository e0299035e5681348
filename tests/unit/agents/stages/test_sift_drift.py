"""Drift of the shipped model on whole events: a stream that goes on as it began, another that does not, a restart between."""

import random
from collections.abc import Sequence

import orjson
import pytest

from agents.inspect.drift import SHIFTED
from agents.metrics.shards import read
from agents.settings import load_settings
from agents.stages import sift
from pipeline.sift.drift import DRIFT_KEY
from pipeline.sift.shard import SiftShard
from pipeline.simulation.stream import Scenario, simulate
from pipeline.stream.stage import Batch, Record
from schemas.times import iso

NOW = 1_795_000_000_000
BATCH = 500
GERMAN = ("Der Flug mit Aurora Air hatte schon wieder Verspätung", "Mein Koffer ist weg und niemand hilft mir", "Vielen Dank für nichts")


def events(count: int) -> list[Record]:
    """Posts of a simulated day, shuffled: its surges are in them, but at no time of their own."""
    scenario = Scenario(seed=3, events=4 * count, start_ms=NOW, hours=24.0)
    posts = [event for event in simulate(scenario) if event.topic == "posts"]
    found = random.Random(1).sample(posts, count)
    return [Record(at, event.at_ms, event.key, event.value, (("source", event.source.encode()),)) for at, event in enumerate(found)]


def foreign(count: int, first: int) -> list[Record]:
    """Posts in another language, from the offset ``first`` on."""
    found = []
    for at in range(first, first + count):
        text = f"{GERMAN[at % 3]}, zum {at}. Mal! @aurora"
        signal = {"id": f"g{at}", "source": "signal", "kind": "post", "author": {"id": f"a{at}"}, "text": text, "created_at": iso(NOW + at)}
        found.append(Record(at, NOW + at, b"key", orjson.dumps(signal), (("source", b"signal"),)))
    return found


def feed(shard: SiftShard, records: Sequence[Record], state: dict[bytes, bytes]) -> None:
    """Work the records in batches and keep the state."""
    for at in range(0, len(records), BATCH):
        step = shard.process(Batch("posts", 0, records[at : at + BATCH]), NOW)
        for key, value in step.changes.items():
            if value is None:
                state.pop(key, None)
            else:
                state[key] = value


def indices(shard: SiftShard) -> dict[str, float]:
    """As the worker's metrics tell them."""
    return {labels[0]: value for name, labels, value in read("sift", [shard]) if name == "winnow_drift_psi"}


def made(epoch: int = 0) -> SiftShard:
    """A shard as a worker makes it."""
    shard = sift.stage(load_settings(drift_epoch=epoch), {}).make("posts", 0)
    assert isinstance(shard, SiftShard)
    return shard


@pytest.fixture(scope="module")
def settled() -> tuple[SiftShard, dict[bytes, bytes], int]:
    """A shard that has seen its past and a present like it, its state, and where it stands.

    One event in 32 has its text measured, by id: 240 of those make a past and half a present, which 8,000 events give only by luck.
    """
    shard, state, records = made(), {}, events(10_000)
    feed(shard, records, state)
    return shard, state, len(records)


def test_a_stream_that_goes_on_as_it_began_does_not_drift(settled: tuple[SiftShard, dict[bytes, bytes], int]) -> None:
    """Every facet, its answers, and the texts should be told, all below the threshold."""
    found = indices(settled[0])
    assert found.keys() >= {"spam", "intent", "intent_answers", "sentiment", "urgency", "stakeholder", "length", "language", "rarity"}
    assert max(found.values()) < SHIFTED, found


def test_another_language_is_a_shift_also_after_a_restart(settled: tuple[SiftShard, dict[bytes, bytes], int]) -> None:
    """A new shard with the old one's state should find that its posts are in another language now, and what the model makes of it."""
    _, state, end = settled
    assert DRIFT_KEY in state
    again = made()
    again.restore(state)
    feed(again, foreign(2_000, end), dict(state))
    found = indices(again)
    assert found["language"] > SHIFTED
    assert max(found["intent_answers"], found["intent"], found["stakeholder_answers"]) > SHIFTED


def test_another_epoch_takes_the_present_for_the_past(settled: tuple[SiftShard, dict[bytes, bytes], int]) -> None:
    """Told to begin anew, a shard should not compare with what was before."""
    _, state, end = settled
    again = made(epoch=1)
    again.restore(state)
    feed(again, foreign(1_000, end), dict(state))
    assert indices(again) == {}
