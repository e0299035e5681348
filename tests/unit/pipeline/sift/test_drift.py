"""Histograms of what was said in; how far they moved from the beginning out, whatever the batches, restarts and models between."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sift.drift import DRIFT_KEY, LEAST_SHARE, SAMPLE_TEXTS, WINDOW_BLOCKS, Drift, stability_index
from pipeline.sift.shard import SiftShard
from pipeline.stream.accounted import POSITION_KEY
from pipeline.stream.stage import Batch, Step
from tests.unit.pipeline.sift.world import WordJudge, config, event, records

EVENTS = 1_000


class Bins:
    """Two bins of spam, one name for texts, one for languages; keys are the model's to say."""

    def __init__(self, **keys: str) -> None:
        self.keys: Mapping[str, str] = {"spam": "a", "length": "a", "language": "a", **keys}

    def of_judged(self, judged: Any) -> dict[str, Any]:
        """Below and above one half."""
        high = int((np.asarray(judged.spam) > 0.5).sum())
        return {"spam": np.array([len(judged.spam) - high, high])}

    def of_texts(self, texts: Sequence[str]) -> dict[str, Any]:
        """Short and long."""
        short = sum(len(text) < 10 for text in texts)
        return {"length": np.array([short, len(texts) - short])}

    def of_languages(self, codes: Sequence[str]) -> dict[str, Any]:
        """English and other."""
        english = codes.count("en")
        return {"language": np.array([english, len(codes) - english])}


def judged(low: int, high: int) -> Any:
    """So many of either bin."""
    return SimpleNamespace(spam=[0.1] * low + [0.9] * high)


def begun(low: int = 900, high: int = 100) -> Drift:
    """A drift whose reference is complete."""
    drift = Drift(Bins(), reference_events=EVENTS)
    drift.note(judged(low, high), [])
    return drift


def test_nothing_is_told_before_there_is_something_to_compare() -> None:
    """Neither while the reference fills, nor of a handful of events behind it."""
    drift = Drift(Bins(), reference_events=EVENTS)
    drift.note(judged(900, 99), [])
    assert drift.indices() == {}
    drift.note(judged(1, 0), [])
    assert drift.indices() == {}
    drift.note(judged(int(EVENTS * LEAST_SHARE) - 1, 0), [])
    assert drift.indices() == {}
    drift.note(judged(1, 0), [])
    assert drift.indices().keys() == {"spam"}


def test_the_same_mixture_does_not_drift_and_another_does() -> None:
    """Nine to one again: next to nothing. Half and half: far above a quarter."""
    same, other = begun(), begun()
    same.note(judged(900, 100), [])
    other.note(judged(500, 500), [])
    assert same.indices()["spam"] < 0.001
    assert other.indices()["spam"] > 0.25


def test_the_window_slides() -> None:
    """What moved back is forgotten once a window of events has followed."""
    drift = begun()
    drift.note(judged(0, EVENTS), [])
    assert drift.indices()["spam"] > 0.25
    for _ in range(WINDOW_BLOCKS):
        drift.note(judged(90, 10), [])
    assert drift.indices()["spam"] < 0.01


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=20))
def test_whatever_comes_an_index_is_finite_and_not_negative(batches: list[tuple[int, int]]) -> None:
    """Empty batches, empty bins, one bin alone: a number of 0 or more, never none."""
    drift = Drift(Bins(), reference_events=200)
    for low, high in batches:
        drift.note(judged(low, high), ["short", "a text that is longer"])
        drift.note_languages(["en"] * low)
    assert all(np.isfinite(index) and index >= -1e-12 for index in drift.indices().values())


def test_index_is_that_of_the_textbook() -> None:
    """Shares of .5 and .5 that become .9 and .1: .4 ln 1.8 - .4 ln .2 = .879."""
    assert stability_index(np.array([5e6, 5e6]), np.array([9e6, 1e6])) == pytest.approx(0.8789, abs=1e-4)
    assert stability_index(np.array([3, 4]), np.array([3, 4])) == 0


def test_a_reference_outlives_a_restart() -> None:
    """It is written once, when complete; a shard that takes it over measures against it at once."""
    drift = Drift(Bins(), reference_events=EVENTS)
    drift.note(judged(500, 400), [])
    assert drift.changes() == {}
    drift.note(judged(400, 100), [])
    kept = drift.changes()
    assert kept == {DRIFT_KEY: b'{"spam":["a",[900,500]]}'}, "another layout needs another agents.runtime.changelog.FORMAT"
    assert drift.changes() == {}
    again = Drift(Bins(), reference_events=EVENTS)
    again.restore(kept[DRIFT_KEY])
    again.note(judged(0, EVENTS), [])
    drift.note(judged(0, EVENTS), [])
    assert again.indices() == drift.indices()


def test_a_new_model_begins_anew_where_it_judges_otherwise() -> None:
    """Another gate: spam has no past, the texts keep theirs; a reference of another model is not taken over."""
    drift = begun()
    drift.note(judged(0, 0), ["short"] * SAMPLE_TEXTS)
    drift.use(Bins(spam="b"))
    drift.note(judged(0, EVENTS), ["a text that is longer"] * SAMPLE_TEXTS)
    assert drift.indices().keys() == {"length"}
    assert drift.indices()["length"] > 0.25
    again = Drift(Bins(spam="c"), reference_events=EVENTS)
    again.restore(begun().changes()[DRIFT_KEY])
    again.note(judged(0, EVENTS - 1), [])
    assert again.indices() == {}


def test_a_partition_that_falls_silent_is_no_shift() -> None:
    """Two partitions that differ from each other, one of which gets ten times the events of the other now: each is as it was."""
    one, other = begun(900, 100), begun(100, 900)
    one.note(judged(900, 100), [])
    other.note(judged(10, 90), [])
    assert one.indices([other])["spam"] < 0.001


def test_partitions_are_counted_together() -> None:
    """Two halves that differ, and go on as they were, do not drift; one whose reference is not complete is left out."""
    one, other, young = begun(900, 100), begun(100, 900), Drift(Bins(), reference_events=EVENTS)
    one.note(judged(900, 100), [])
    other.note(judged(100, 900), [])
    young.note(judged(0, 10), [])
    assert one.indices([other, young])["spam"] < 0.001
    assert young.indices() == {}


class Watched(WordJudge):
    """A judge under another version."""

    def __init__(self, version: str) -> None:
        self.version = version


def watched(versions: list[str]) -> SiftShard:
    """A shard whose drift is watched; the models that it asked to be described are noted."""

    def watch(judge: Any) -> Bins:
        versions.append(judge.version)
        return Bins(spam=judge.version)

    return SiftShard("posts", 0, config(), Watched("one"), {"two": Watched("two")}.get, watch)


def sifted(shard: SiftShard, count: int) -> Step:
    """So many events in one batch."""
    stream = records([event(f"e{number}") for number in range(count)])
    return shard.process(Batch("posts", 0, stream), now_ms=0)


def test_a_shard_writes_its_reference_beside_its_state_and_nothing_else_changes() -> None:
    """Outputs, dispositions and other state should be those of a shard that nobody watches."""
    plain = sifted(SiftShard("posts", 0, config(), Watched("one")), 2_500)
    seen = sifted(watched([]), 2_500)
    assert DRIFT_KEY in seen.changes
    assert {key: value for key, value in seen.changes.items() if key != DRIFT_KEY} == plain.changes
    assert seen.outputs == plain.outputs
    assert seen.spans == plain.spans


def test_a_restored_shard_goes_on_from_its_reference() -> None:
    """And with the model that it had; a swap asks for the new model's histograms."""
    first = watched([])
    kept = {key: value for key, value in sifted(first, 2_500).changes.items() if value is not None}
    versions: list[str] = []
    again = watched(versions)
    again.restore(kept)
    assert again.drift is not None
    again.drift.note(judged(0, 3_000), [])
    assert again.drift.indices()["spam"] > 0.25
    again.use(Watched("two"))
    again.tick(0, caught_up=True)
    assert versions == ["one", "two"]
    assert "spam" not in again.drift.indices()
    assert POSITION_KEY in kept
