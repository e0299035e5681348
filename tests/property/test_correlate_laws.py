"""Laws of correlate: neither batches, restarts, repetition nor the interleaving of its sources change what it says."""

import itertools
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bursts.detector import PulseConfig
from pipeline.correlate.cases import CaseConfig
from pipeline.correlate.ideas import IdeaConfig
from pipeline.correlate.shard import CorrelateConfig
from pipeline.near_duplicates.index import DuplicatesConfig
from pipeline.stream import ordered
from pipeline.stream.stage import Record
from tests.unit.pipeline.correlate.world import HOUR, MINUTE, START, World, digest, information, records, watermark, withdrawal

SOURCES = ("sift/feedback/0", "sift/posts/0", "sift/posts/1")
CONFIG = CorrelateConfig(
    author_key=b"law key of 16 by",
    duplicates=DuplicatesConfig(window_ms=HOUR, most_texts=40),
    pulse=PulseConfig(least_authors=3, alpha=1e-3, warm_up=2, end_buckets=3),
    ideas=IdeaConfig(least_authors=2),
)
"""Small windows and low thresholds, so that a few dozen records meet every rule."""
HASTY = replace(
    CONFIG,
    cases=CaseConfig(quiet_ms=10_000, most_open=3),
    ideas=IdeaConfig(least_authors=2, quiet_ms=MINUTE, most_groups=2),
)
"""What is quiet closes between two records, and what is too much before its time."""

TEXTS = [
    "my bag is lost in Boston and nobody helps", "please add a dark mode to this app", "thank you", "the app crashes when I log in", "",
    "dark mode please for the app",
]  # fmt: skip

POST = st.fixed_dictionaries(
    {
        "pause": st.sampled_from([0, 1000, 7000, MINUTE, 20 * MINUTE, 9 * HOUR]),
        "text": st.sampled_from(TEXTS),
        "author": st.sampled_from([f"a{n}" for n in range(12)]),
        "native": st.integers(0, 60),
        "thread": st.sampled_from([None, "t1", "t2"]),
        "late": st.sampled_from([0, 0, 0, MINUTE, HOUR]),
        "sentiment": st.sampled_from(["negative", "negative", "positive", "neutral"]),
        "intent": st.sampled_from(["complaint", "question", "request", "praise", "other"]),
        "urgency": st.sampled_from([0.0, 0.3, 0.9]),
        "subject": st.sampled_from(["aurora", "aurora", "cobalt"]),
        "repost_of": st.sampled_from([None, None, "3", "17"]),
        "accepted_answer": st.sampled_from([False, False, True]),
        "backfill": st.sampled_from([False, False, False, True]),
        "then_gone": st.sampled_from([None, None, None, 3, 17, 30]),
        "replaces": st.sampled_from([None, None, None, None, 3, 17]),
    }
)
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def stream(posts: list[dict[str, Any]], source: str, first: int = 0) -> list[Record]:
    """Records of one upstream shard from drawn posts."""
    messages, clock = [], START
    for post in posts:
        over = dict(post)
        clock += over.pop("pause")
        late, native, text = over.pop("late"), str(over.pop("native")), over.pop("text")
        gone, replaced = over.pop("then_gone"), over.pop("replaces")
        replaces = {} if replaced is None else {"replaces": digest(f"{replaced}/{over['subject']}"), "revision": len(messages)}
        messages.append(information(native, clock, text, created_ms=clock - late, **over, **replaces))
        if gone is not None:
            messages.append(withdrawal(str(gone), clock, over["subject"]))
    return records(messages, source=source, first=first)


def cut(items: list[Record], sizes: list[int]) -> list[list[Record]]:
    """Batches of the drawn sizes, in turn."""
    pieces, at = [], 0
    while at < len(items):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(items[at : at + size])
        at += size
    return pieces


def said(world: World) -> list[tuple[str, bytes, int, str]]:
    """What came out, in order."""
    return [(output.id, output.value, output.clock, output.lineage) for output in world.outputs]


def state(world: World) -> dict[bytes, bytes]:
    """The state but for where the frame stands."""
    return {key: value for key, value in world.state.items() if key != b"@position"}


def interleaved(streams: list[list[Record]], order: list[int]) -> list[Record]:
    """One partition's records: each source in its own order, turns as drawn, then a promise of each source for the end."""
    queues = [list(one) for one in streams]
    merged: list[Record] = []
    turn = 0
    while any(queues):
        queue = queues[order[turn % len(order)] % len(queues)]
        turn += 1
        queue = queue or next(queue for queue in queues if queue)
        merged.append(queue.pop(0))
    found = [record._replace(offset=offset) for offset, record in enumerate(merged)]
    ends = [watermark(len(found) + n, START + 10_000 * HOUR, source=source) for n, source in enumerate(SOURCES)]
    return found + ends


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@SOME
@given(st.lists(POST, min_size=1, max_size=60), SIZES, st.booleans(), st.sampled_from([CONFIG, HASTY]))
def test_batches_and_restarts_change_nothing(posts: list[dict[str, Any]], sizes: list[int], crash: bool, config: CorrelateConfig) -> None:
    """Any cut into batches, with or without a crash after each, should give the same outputs, dispositions and state."""
    items = stream(posts, SOURCES[1])
    whole, broken = World(SOURCES[1:2], config), World(SOURCES[1:2], config)
    whole.take(items)
    for piece in cut(items, sizes):
        broken.take(piece)
        if crash:
            broken.crash()
    assert said(broken) == said(whole)
    assert broken.dispositions() == whole.dispositions()
    assert state(broken) == state(whole)


@SOME
@given(st.lists(POST, min_size=1, max_size=60), st.integers(1, 5), st.lists(st.booleans(), min_size=1, max_size=5))
def test_steps_that_are_cut_short_change_nothing(posts: list[dict[str, Any]], run: int, enough: list[bool]) -> None:
    """However often the time of a step is up, the same comes out, in the same order, and the same is remembered."""
    items = stream(posts, SOURCES[1])
    items.append(watermark(len(items), START + 10_000 * HOUR, source=SOURCES[1]))
    whole, broken = World(SOURCES[1:2], CONFIG), World(SOURCES[1:2], CONFIG)
    whole.take(items)
    answers = itertools.cycle(enough)
    broken.shard.enough = lambda: next(answers)
    with patch.object(ordered, "RUN_RECORDS", run):
        broken.take(items)
    assert said(broken) == said(whole)
    assert broken.dispositions() == whole.dispositions()
    assert state(broken) == state(whole)


@SOME
@given(st.lists(st.lists(POST, max_size=25), min_size=3, max_size=3), st.lists(st.integers(0, 2), min_size=1, max_size=30), SIZES)
def test_interleaving_of_sources_changes_nothing_but_places(posts: list[list[dict[str, Any]]], order: list[int], sizes: list[int]) -> None:
    """However the network mixes three upstream shards, and wherever it crashes, the same revisions should come out in the same order."""
    streams = [stream(one, source) for one, source in zip(posts, SOURCES, strict=True)]
    plain, mixed = World(SOURCES, CONFIG), World(SOURCES, CONFIG)
    plain.take(interleaved(streams, [0]))
    items = interleaved(streams, order)
    for piece in cut(items, sizes):
        mixed.take(piece)
    assert [line[:3] for line in said(mixed)] == [line[:3] for line in said(plain)]


@SOME
@given(st.lists(st.lists(POST, max_size=20), min_size=3, max_size=3), st.lists(st.integers(0, 2), min_size=1, max_size=30), SIZES)
def test_a_crash_while_records_wait_changes_nothing(posts: list[list[dict[str, Any]]], order: list[int], sizes: list[int]) -> None:
    """Records that waited for other sources are read again after a crash and should be applied once, in the same order."""
    items = interleaved([stream(one, source) for one, source in zip(posts, SOURCES, strict=True)], order)
    whole, broken = World(SOURCES, CONFIG), World(SOURCES, CONFIG)
    whole.take(items)
    for piece in cut(items, sizes):
        broken.take(piece)
        position = broken.crash()
        broken.take(items[position : piece[-1].offset + 1])
    assert said(broken) == said(whole)
    assert broken.dispositions() == whole.dispositions()


@SOME
@given(st.lists(POST, min_size=1, max_size=50), st.integers(0, 49))
def test_what_upstream_repeats_is_said_once(posts: list[dict[str, Any]], back: int) -> None:
    """When sift wrote its last records twice, the second time should be ``redelivered`` throughout and change no output."""
    items = stream(posts, SOURCES[1])
    again = items[max(0, len(items) - 1 - back) :]
    repeated = items + [record._replace(offset=len(items) + n) for n, record in enumerate(again)]
    once, twice = World(SOURCES[1:2], CONFIG), World(SOURCES[1:2], CONFIG)
    once.take(items)
    twice.take(repeated)
    assert twice.dispositions() == once.dispositions() + ["redelivered"] * len(again)
    assert said(twice) == said(once)


@SOME
@given(st.lists(POST, min_size=1, max_size=60), SIZES)
def test_every_offset_ends_once_and_revisions_grow_by_one(posts: list[dict[str, Any]], sizes: list[int]) -> None:
    """Spans should cover the offsets without gap or overlap, revisions count 1, 2, 3 ..., clocks never fall."""
    world, spans = World(SOURCES[1:2], CONFIG), []
    items = stream(posts, SOURCES[1])
    for piece in cut(items, sizes):
        spans += world.take(piece).spans
    assert [offset for span in spans for offset in range(span.first, span.first + len(span.dispositions))] == list(range(len(items)))
    seen: dict[str, int] = {}
    for situation in world.situations():
        assert situation["revision"] == seen.get(situation["id"], 0) + 1
        seen[situation["id"]] = situation["revision"]
    clocks = [output.clock for output in world.outputs]
    assert clocks == sorted(clocks)


@SOME
@given(st.binary(max_size=300))
def test_any_bytes_are_accounted_for(value: bytes) -> None:
    """Whatever a record holds, it should end with a disposition and raise nothing."""
    world = World(SOURCES[1:2], CONFIG)
    world.take([records([information("1", START)], source=SOURCES[1])[0]._replace(value=value)])
    assert world.dispositions() == ["rejected"]
