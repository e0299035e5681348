"""sift: what becomes of one event, and what is said of it."""

from typing import Any

import orjson
import pytest

from pipeline.sift.speakers import author_hash
from pipeline.sift.subjects import Subject, Subjects
from pipeline.stream.stage import WATERMARK, Batch, Record
from schemas.messages import Chaff, Information, Rejected
from tests.unit.pipeline.sift.world import HOUR, KEY, MINUTE, START, endings, event, messages, records, run, shard


def ending(value: bytes | None, topic: str = "posts", **over: Any) -> str:
    """How one event ends in a fresh shard."""
    return endings(run(records([value]), topic=topic, **over).spans)[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (event("1"), "information"),
        (event("1", "you won a prize with aurora air today"), "spam"),
        (event("1", "the weather is rather fine today"), "irrelevant"),
        (b"{", "rejected"),
        (b"", "rejected"),
        (None, "ignored"),
        (event("1", at_ms=START + HOUR), "rejected"),
    ],
)
def test_every_event_ends_in_one_way(value: bytes | None, expected: str) -> None:
    """Worth attention, spam, about nobody listened for, unreadable, gone, from the future: each has its name."""
    assert ending(value) == expected


@pytest.mark.parametrize(("threshold", "expected"), [(0.93, "spam"), (0.9301, "information")])
def test_spam_begins_at_the_threshold(threshold: float, expected: str) -> None:
    """What scores just as much as is asked for is spam."""
    assert ending(event("1", "perhaps aurora air is a good thing"), spam_threshold=threshold) == expected


def test_what_is_written_is_what_the_contract_says() -> None:
    """Information, chaff and rejected validate as the messages that forbid unknown fields."""
    done = run(
        records([event("1"), event("2", "perhaps aurora air is a good thing"), b"nonsense", event("3", "nothing about anyone here")])
    )
    assert endings(done.spans) == ["information", "spam", "rejected", "irrelevant"]
    (information,) = messages(done.outputs, "information")
    assert Information.model_validate(information).subject == "aurora"
    assert [Chaff.model_validate(found).reason for found in messages(done.outputs, "chaff")] == ["uncertain", "sampled"]
    (rejected,) = (Rejected.model_validate(found) for found in messages(done.outputs, "rejected"))
    assert (rejected.code, rejected.lineage.topic, rejected.lineage.partition, rejected.lineage.offset) == ("not_json", "posts", 0, 2)


def test_an_event_about_two_subjects_is_written_for_each() -> None:
    """One disposition, two records: keyed by subject, with ids of their own and ordinals in the lineage."""
    done = run(records([event("1", "aurora air is worse than brightbank, who would have thought")]))
    outputs = [output for output in done.outputs if output.noun == "information"]
    assert endings(done.spans) == ["information"]
    assert [output.key for output in outputs] == [b"aurora", b"brightbank"]
    assert [output.lineage for output in outputs] == ["posts/0/0/0", "posts/0/0/1"]
    assert len({output.id for output in outputs}) == 2
    assert [orjson.loads(output.value)["id"] for output in outputs] == [output.id for output in outputs]


def test_a_redelivery_is_known_by_source_and_id() -> None:
    """The same id again is a redelivery whatever it says now, in the same batch and later; the same id of another network is not."""
    stream = records(
        [event("1"), event("1", "something else about aurora air"), event("1"), event("1", "aurora air once more, elsewhere", source="x")]
    )
    for cuts in ((), (1, 2, 3)):
        done = run(stream, cuts)
        assert endings(done.spans) == ["information", "redelivered", "redelivered", "information"]


def test_copies_are_counted_and_name_the_first() -> None:
    """The same words by others are copies, told who said them first; case and punctuation do not hide them."""
    first, second = "Aurora Air lost my bag in Berlin!", "aurora air LOST my bag, in Berlin"
    done = run(records([event("1", first), event("2", second), event("3", first)]))
    found = messages(done.outputs, "information")
    assert endings(done.spans) == ["information", "copy", "copy"]
    assert [message["copies"] for message in found] == [1, 2, 3]
    assert [message["copy_of"] for message in found] == [None, found[0]["id"], found[0]["id"]]


def test_short_texts_are_everybodys() -> None:
    """Equal texts of few words are no copies of each other."""
    done = run(records([event("1", "thanks aurora air"), event("2", "thanks aurora air")]))
    assert endings(done.spans) == ["information", "information"]


def test_spam_is_no_original() -> None:
    """Words that were first said in what was thrown away make no copy of the next one."""
    texts = ["aurora air lost my bag in Berlin" for _ in range(2)]
    done = run(records([event("1", texts[0], subject="nobody's"), event("2", "a prize for you from aurora air now"), event("3", texts[1])]))
    assert endings(done.spans) == ["information", "spam", "copy"]
    done = run(records([event("1", "a text about nobody at all here"), event("2", "a text about nobody at all here", subject="aurora")]))
    assert endings(done.spans) == ["irrelevant", "information"]


def test_a_rating_outranks_the_model() -> None:
    """What authors say in numbers decides the sentiment, with full confidence."""
    stars = {0.0: ("negative", -1.0), 0.5: ("neutral", 0.0), 1.0: ("positive", 1.0)}
    done = run(records([event(str(rating), f"aurora air rated {rating} by me", rating=rating) for rating in stars]))
    found = [(m["sentiment"], m["sentiment_score"], m["confidence"]["sentiment"]) for m in messages(done.outputs, "information")]
    assert found == [(*expected, 1.0) for expected in stars.values()]


def test_employees_are_known_by_hash() -> None:
    """An author on the roster has two hats, in one network only."""
    roster = frozenset({author_hash(KEY, "signal", "ada")})
    done = run(records([event("1", author="ada"), event("2", author="bob"), event("3", author="ada", source="x")]), roster=roster)
    assert [(m["dual_hat"], m["stakeholder"] == "employee") for m in messages(done.outputs, "information")] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip


def test_the_authors_hash_needs_the_key() -> None:
    """Another key, network or author gives another hash; a lone surrogate in an id is hashed, not refused."""
    hashes = {author_hash(key, source, author) for key in (b"", b"k") for source in ("x", "y") for author in ("a", "b", "\ud800")}
    assert len(hashes) == 12
    assert {len(found) for found in hashes} == {32}


def test_old_news_is_marked_backfill() -> None:
    """Events older than the bound when they were appended are history, those at the bound are not."""
    stream = records([event("1", at_ms=START - 6 * HOUR), event("2", "aurora air again, long ago", at_ms=START - 6 * HOUR - MINUTE)])
    done = run(stream, backfill_after_ms=6 * HOUR + 10)
    assert [message["backfill"] for message in messages(done.outputs, "information")] == [False, True]


def test_the_clock_never_goes_back() -> None:
    """The clock is the running maximum of event time; redelivered and rejected events do not move it."""
    values = [
        event("1"),
        event("2", "aurora air two minutes on", at_ms=START + 2 * MINUTE),
        event("3", "aurora air one minute on", at_ms=START + MINUTE),
    ]
    values += [
        event("3", at_ms=START + 4 * MINUTE),
        event("9", at_ms=START + HOUR),
        event("4", "aurora air three minutes on", at_ms=START + 3 * MINUTE),
    ]
    done = run(records(values))
    assert endings(done.spans) == ["information"] * 3 + ["redelivered", "rejected", "information"]
    assert [message["clock"] - START for message in messages(done.outputs, "information")] == [0, 2 * MINUTE, 2 * MINUTE, 3 * MINUTE]
    assert done.shard.clock == START + 3 * MINUTE


def test_feedback_without_a_name_has_a_default_subject() -> None:
    """A hint adds to what the words name, and comes first; feedback that names none goes to the deployment's own."""
    subjects = Subjects(
        [Subject(id="a", name="A", terms=("alpha",), hints=("app-a",)), Subject(id="b", name="B", terms=("beta",))], feedback_subject="b"
    )
    values = [event("1", "nothing named in here"), event("2", "alpha and beta"), event("3", "beta is what I mean", subject="APP-A")]
    done = run(records(values), topic="feedback", subjects=subjects)
    assert [message["subject"] for message in messages(done.outputs, "information")] == ["b", "a", "b", "a", "b"]
    assert ending(event("1", "nothing named in here"), subjects=subjects) == "irrelevant"


def test_chaff_is_sampled_by_id() -> None:
    """The share chooses by id: the same events every time, none at 0, all at 1."""
    stream = records([event(str(number), "about nobody at all") for number in range(400)])
    kept = {share: [found["id"] for found in messages(run(stream, chaff_share=share).outputs, "chaff")] for share in (0.0, 0.25, 1.0)}
    assert kept[0.0] == []
    assert len(kept[1.0]) == 400
    assert 60 <= len(kept[0.25]) <= 140
    assert set(kept[0.25]) == set([found["id"] for found in messages(run(stream, [7, 200], chaff_share=0.25).outputs, "chaff")])


def test_an_unknown_source_is_told_what_comes_near() -> None:
    """The rejection says what may have been meant."""
    step = shard().process(Batch("posts", 0, [Record(0, START, b"k", event("1"), (("source", b"mastodom"),))]), 0)
    (found,) = messages(step.outputs, "rejected")
    assert found["code"] == "unknown_source"
    assert "mastodon?" in found["reason"]
    assert step.counts == {("rejected", "unknown_source"): 1}


def test_a_given_trace_goes_on() -> None:
    """A producer's traceparent is kept; without one the trace is the event's own id."""
    given = b"00-11111111111111111111111111111111-2222222222222222-01"
    stream = [
        Record(0, START, b"k", event("1"), (("source", b"signal"), ("traceparent", given))),
        *records([event("2", "aurora air the second")], first=1),
    ]
    first, second = (output for output in run(stream).outputs if output.noun == "information")
    assert first.trace == given.decode()
    assert second.trace.split("-")[1] == second.id


def test_idleness_is_announced_once() -> None:
    """A caught-up partition says so once per batch, sooner when its events are fresh than when they are history."""
    live = shard(idle_live_ms=100, idle_history_ms=2_000)
    live.process(Batch("posts", 0, records([event("1")])), now_ms=START)
    assert live.tick(START + 99, caught_up=True) is None
    assert live.tick(START + 150, caught_up=False) is None
    step = live.tick(START + 150, caught_up=True)
    assert step is not None
    assert [(output.type, output.idle, output.clock, output.broadcast) for output in step.outputs] == [(WATERMARK, True, START, True)]
    assert live.tick(START + 9_000, caught_up=True) is None
    live.process(Batch("posts", 0, records([event("2", "aurora air, an hour ago", at_ms=START - HOUR)], first=1)), now_ms=START + 10_000)
    assert live.tick(START + 11_999, caught_up=True) is None
    assert live.tick(START + 12_000, caught_up=True) is not None


def test_a_restored_shard_repeats_its_last_spans() -> None:
    """A crash may have kept the last ledger entry from being written: a restored shard tells it again, from where it stands."""
    done = run(records([event("1"), b"bad", event("2", "aurora air the second time")]), [2])
    again = shard()
    step = again.restore(done.kept)
    assert step.spans == [done.spans[-1]]
    assert step.positions == {("posts", 0): 3}
    assert again.clock == done.shard.clock
    assert again.process(Batch("posts", 0, records([event("1"), b"bad"])), 0).outputs == [], "read again, nothing is done again"

    """An event that is forgotten between two batches is forgotten within one as well."""
    times = (0, 30, 60)
    values = [event(str(n), f"aurora air number {n} of several", at_ms=START + minutes * MINUTE) for n, minutes in enumerate(times)]
    stream = records([*values, values[0]], at_ms=START + HOUR)
    over: dict[str, Any] = {"remember_ms": 40 * MINUTE}
    assert endings(run(stream, (), **over).spans) == endings(run(stream, (1, 2, 3), **over).spans)
