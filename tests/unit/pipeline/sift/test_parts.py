"""Records that hold several signals, or none: what becomes of each part, and of the record."""

import orjson
import pytest

from pipeline.stream.stage import Batch, Record
from tests.unit.pipeline.sift.world import START, endings, event, messages, records, shard

LIKE = {"kind": "commit", "commit": {"operation": "create", "collection": "app.bsky.feed.like"}}


def array(*parts: bytes) -> bytes:
    """A record of several signals."""
    return b"[" + b",".join(parts) + b"]"


def process(*records_: Record, topic: str = "posts", **over: object) -> tuple[list[str], list[tuple[str, str]], list[dict[str, object]]]:
    """(ending of each record, (id, lineage) of each piece of information, rejected messages)."""
    step = shard(topic, **over).process(Batch(topic, 0, list(records_)), START)
    pieces = [
        (str(orjson.loads(one.value)["signal"]["id"]), one.lineage) for one in step.outputs if one.noun == "information" and one.lineage
    ]
    return endings(step.spans), pieces, messages(step.outputs, "rejected")


def test_each_part_is_information_and_the_record_ends_once() -> None:
    """Lineage tells the parts apart: a part that names two subjects takes two ordinals."""
    two = event("b", "aurora air and cobalt mobile both lost my bag")
    ended, pieces, _ = process(*records([array(event("a"), two, event("c"))]))
    assert ended == ["information"]
    assert [lineage for _, lineage in pieces] == [f"posts/0/0/{ordinal}" for ordinal in range(4)]
    assert [name for name, _ in pieces] == ["a", "b", "b", "c"]


@pytest.mark.parametrize(
    ("parts", "ending", "rejected"),
    [
        ((event("a", "prize"), event("b")), "information", 0),
        ((event("a", "prize"), event("b", "nothing here")), "spam", 0),
        ((event("a", "nothing here"), b"{}"), "rejected", 1),
        ((b"{}", event("b"), b"[1]"), "information", 2),
        ((event("a"), event("a")), "information", 0),
    ],
)
def test_the_part_that_says_most_decides(parts: tuple[bytes, ...], ending: str, rejected: int) -> None:
    """A part that cannot be read is kept for a replay all the same, and says which part it was."""
    ended, _, refused = process(*records([array(*parts), event("z", "aurora air charged me twice for a seat")]))
    assert ended == [ending, "information"]
    assert len(refused) == rejected
    assert all(f"of {len(parts)}: " in str(one["reason"]) for one in refused)


def test_what_is_about_no_post_is_ignored_and_tombstones_too() -> None:
    """Neither is rejected."""
    like = Record(0, START, b"k", orjson.dumps(LIKE), (("source", b"bluesky"),))
    ended, pieces, refused = process(like, Record(1, START, b"k", None, (("source", b"signal"),)))
    assert (ended, pieces, refused) == (["ignored", "ignored"], [], [])


def test_headers_that_connect_quotes_and_records_without_one_are_read() -> None:
    """A record without a source is of the topic's own."""
    toot = {"id": "5", "created_at": "2026-03-02T12:00:00Z", "content": "aurora air is late", "account": {"id": "9"}}
    quoted = Record(0, START, b"k", orjson.dumps(toot), (("source", b'"mastodon"'),))
    bare = Record(1, START, b"k", orjson.dumps(toot | {"id": "6", "content": "aurora air charged me twice"}), ())
    ended, pieces, _ = process(quoted, bare, sources={"posts": "mastodon"})
    assert ended == ["information", "information"]
    assert [name for name, _ in pieces] == ["5", "6"]


def test_one_id_in_two_namespaces_is_two_posts() -> None:
    """Told by the payload or by a header, which outranks it."""
    same = [event("1", namespace="a.example"), event("1", namespace="b.example"), event("1", namespace="a.example")]
    assert process(*records(same))[0] == ["information", "copy", "redelivered"]
    headed = [
        Record(at, START, b"k", event("1"), (("source", b"signal"), ("namespace", name))) for at, name in enumerate((b"a", b"b", b"a"))
    ]
    assert process(*headed)[0] == ["information", "copy", "redelivered"]


def test_words_beside_the_post_are_matched() -> None:
    """Whom an alt text or a link card names, the post concerns; what is judged are the author's words, if there are any."""
    ended, pieces, _ = process(
        *records([event("1", "look at this", context="Aurora Air refuses refunds"), event("2", "", context="aurora air")])
    )
    assert ended == ["information", "information"]
    assert len(pieces) == 2
