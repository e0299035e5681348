"""Edits and deletions in sift: what is told, what is taken back, and what is known of posts that come late, twice or not at all."""

from itertools import permutations
from typing import Any

import orjson
import pytest

from pipeline.stream.stage import WITHDRAWAL, Batch, Record
from schemas.times import iso
from tests.unit.pipeline.sift.world import HOUR, MINUTE, START, Run, endings, event, messages, records, run, shard

BOTH = "aurora air and brightbank are both down today"
ONE = "only aurora air is down for me by now"
NONE = "it was nobody that is known by name at all"


def delete(name: str, at_ms: int = START + MINUTE, **over: Any) -> bytes:
    """A deletion as a producer writes it."""
    return orjson.dumps({"id": name, "source": "signal", "operation": "delete", "created_at": iso(at_ms), **over})


def edit(name: str, text: str, revision: int, at_ms: int = START + MINUTE, **over: Any) -> bytes:
    """A later version of a post."""
    return event(name, text, at_ms, operation="update", revision=revision, **over)


def told(done: Run) -> list[tuple[str, str]]:
    """(what is told or taken back, subject) in order; ids of pieces are numbered as they come."""
    numbers: dict[str, int] = {}
    found = []
    for message in messages(done.outputs, "information"):
        if "withdraws" in message:
            found.append((f"-{numbers[message['withdraws']]}" if message["withdraws"] in numbers else "-chaff", message["subject"]))
            continue
        numbers.setdefault(message["id"], len(numbers))
        former = "" if message["replaces"] is None else f" for {numbers[message['replaces']]}"
        found.append((f"+{numbers[message['id']]}{former}", message["subject"]))
    return found


@pytest.mark.parametrize(
    ("stream", "ends", "tells"),
    [
        ([event("a", BOTH), delete("a")], ["information", "withdrawn"],
         [("+0", "aurora"), ("+1", "brightbank"), ("-0", "aurora"), ("-1", "brightbank")]),
        ([event("a"), delete("a"), delete("a")], ["information", "withdrawn", "redelivered"], [("+0", "aurora"), ("-0", "aurora")]),
        ([delete("a"), event("a"), event("a")], ["withdrawn", "withdrawn", "redelivered"], []),
        ([delete("a"), delete("a"), edit("a", ONE, 2)], ["withdrawn", "redelivered", "withdrawn"], []),
        ([event("a"), delete("a"), event("a"), edit("a", ONE, 9)], ["information", "withdrawn", "redelivered", "withdrawn"],
         [("+0", "aurora"), ("-0", "aurora")]),
        ([event("a", "you won a prize from aurora air today"), delete("a")], ["spam", "withdrawn"], [("-chaff", "aurora")]),
        ([event("a", NONE), delete("a"), edit("a", ONE, 1)], ["irrelevant", "withdrawn", "withdrawn"], [("-chaff", "")]),
        ([event("a", "you won a prize from aurora air today"), edit("a", ONE, 1)], ["spam", "updated"],
         [("+0", "aurora"), ("-chaff", "aurora")]),
        ([event("a", BOTH), edit("a", ONE, 1)], ["information", "updated"],
         [("+0", "aurora"), ("+1", "brightbank"), ("+2 for 0", "aurora"), ("-1", "brightbank")]),
        ([event("a", ONE), edit("a", BOTH, 1)], ["information", "updated"],
         [("+0", "aurora"), ("+1 for 0", "aurora"), ("+2", "brightbank")]),
        ([event("a", ONE), edit("a", NONE, 1), delete("a")], ["information", "updated", "withdrawn"],
         [("+0", "aurora"), ("-0", "aurora"), ("-chaff", "")]),
        ([event("a", NONE), edit("a", ONE, 1)], ["irrelevant", "updated"], [("+0", "aurora"), ("-chaff", "")]),
        ([edit("a", ONE, 5), event("a", BOTH), edit("a", BOTH, 3), edit("a", ONE, 5)],
         ["updated", "redelivered", "redelivered", "redelivered"], [("+0", "aurora")]),
        ([event("a", ONE), edit("a", ONE, 0), edit("a", BOTH, 0), edit("a", BOTH, 0)],
         ["information", "redelivered", "updated", "redelivered"], [("+0", "aurora"), ("+1 for 0", "aurora"), ("+2", "brightbank")]),
    ],
)  # fmt: skip
def test_what_is_told_and_taken_back(stream: list[bytes], ends: list[str], tells: list[tuple[str, str]]) -> None:
    """Each version once, the latest holds; what is deleted is taken back under each subject, and never told again."""
    done = run(records(stream))
    assert endings(done.spans) == ends
    assert told(done) == tells


@pytest.mark.parametrize("scope", ["account", "thread"])
def test_all_of_an_account_or_a_conversation_is_taken_back(scope: str) -> None:
    """What was said until then, also what comes late; not what is said afterwards, and not what others say."""
    mine = {"author": "ann", "thread": "t1", "kind": "ticket"}
    stream = [
        event("a", **mine),
        event("b", ONE, **mine),
        event("c", BOTH, author="bob", thread="t2", kind="ticket"),
        orjson.dumps({"id": "ann" if scope == "account" else "t1", "source": "signal", "operation": "delete", "scope": scope,
                      "author": {"id": "ann"}, "thread": "t1", "created_at": iso(START + MINUTE)}),
        event("late", "aurora air never came to my door", START - HOUR, **mine),
        event("again", "aurora air never came to our door", START + 2 * MINUTE, **mine),
    ]  # fmt: skip
    done = run(records(stream))
    assert endings(done.spans) == ["information", "information", "information", "withdrawn", "withdrawn", "information"]
    assert [one for one in told(done) if one[0].startswith("-")] == [("-0", "aurora"), ("-1", "aurora")]


@pytest.mark.parametrize("kind", ["post", "ticket"])
@pytest.mark.parametrize("named", [True, False], ids=["by its thread", "by its id"])
def test_the_post_that_began_a_conversation_goes_with_it(kind: str, named: bool) -> None:
    """Once, whatever its kind, and however the deletion calls the conversation; of public posts the answers are their authors' own."""
    gone = {"id": "gone" if named else "a", "thread": "a"} if named else {"id": "a"}
    stream = [
        event("a", thread="a", kind=kind),
        event("b", ONE, thread="a", kind=kind, author="bob"),
        orjson.dumps({"source": "signal", "operation": "delete", "scope": "thread", "created_at": iso(START + MINUTE), **gone}),
    ]
    done = run(records([*stream, stream[-1]]))
    taken = [("-0", "aurora")] if kind == "post" else [("-0", "aurora"), ("-1", "aurora")]
    assert endings(done.spans) == ["information", "information", "withdrawn", "redelivered"]
    assert [one for one in told(done) if one[0].startswith("-")] == taken


def test_ids_of_two_installations_do_not_collide() -> None:
    """Two posts with one id in two namespaces are two; a deletion takes its own, or both when it does not say where."""
    stream = [event("5", ONE, namespace="a.example"), event("5", BOTH, namespace="b.example"), delete("5", namespace="b.example")]
    done = run(records(stream))
    assert endings(done.spans) == ["information", "information", "withdrawn"]
    assert [one for one in told(done) if one[0].startswith("-")] == [("-1", "aurora"), ("-2", "brightbank")]
    whole = run(
        records([*stream, delete("5"), event("6", namespace="c.example", at_ms=START), delete("7"), event("7", namespace="d.example")])
    )
    assert told(whole)[-2:] == [("-0", "aurora"), ("+3", "aurora")]
    assert endings(whole.spans)[-4:] == ["withdrawn", "information", "withdrawn", "withdrawn"]


def test_only_what_lies_on_chaff_is_taken_back_from_there() -> None:
    """Under the key of the sample, also with all that an account wrote, also after a restart; of what was not sampled nothing is told."""
    gone = orjson.dumps({"id": "ann", "source": "signal", "operation": "delete", "scope": "account", "author": {"id": "ann"},
                         "created_at": iso(START + MINUTE)})  # fmt: skip
    stream = [event("a", NONE, author="ann"), event("b", "you won a prize from aurora air today", author="ann"), gone]
    done = run(records(stream[:2]))
    again = Run(shard(), kept=dict(done.kept))
    again.shard.restore(again.kept)
    again.take(again.shard.process(Batch("posts", 0, records(stream[2:], first=2)), now_ms=0))
    backs = messages(again.outputs, "information")
    assert [(one["withdraws"], one["subject"]) for one in backs] == [(one["id"], one["subject"]) for one in messages(done.outputs, "chaff")]
    assert [output.key for output in again.outputs] == [output.key for output in done.outputs if output.noun == "chaff"]
    assert not run(records(stream), chaff_share=0.0).outputs


def test_an_edit_behind_the_deletion_of_chaff_tells_nothing() -> None:
    """Also where nothing is remembered of the chaff, of which no sample was kept."""
    done = run(records([event("a", NONE), delete("a"), edit("a", ONE, 1), delete("a")]), chaff_share=0.0)
    assert endings(done.spans) == ["irrelevant", "withdrawn", "withdrawn", "redelivered"]
    assert not done.outputs


def test_a_withdrawal_follows_what_it_takes_back() -> None:
    """On the topic of information, by type, under the same key, not before it in event time or in a batch."""
    done = run(records([event("a"), delete("a", START - HOUR), event("b", ONE)]))
    first, back, last = (output for output in done.outputs if output.noun == "information")
    assert (back.type, back.key, back.clock >= first.clock) == (WITHDRAWAL, first.key, True)
    assert back.lineage == "posts/0/1/0"
    assert last.clock >= back.clock


def test_a_direct_post_is_a_message() -> None:
    """Whatever its network calls it."""
    (found,) = messages(run(records([event("a", visibility="direct")])).outputs, "information")
    assert found["signal"]["kind"] == "message"


def test_an_employee_who_passes_a_complaint_on_has_not_made_it() -> None:
    """Dual hat is who speaks himself."""
    hat = {"affiliation": "Aurora Air", "author": "emp"}
    own, shared = messages(run(records([event("a", **hat), event("b", ONE, repost_of="33", **hat)])).outputs, "information")
    assert (own["dual_hat"], shared["dual_hat"]) == (True, False)


def erased(values: list[bytes], first: int = 0) -> list[Record]:
    """Records of which the deletions are erasures."""
    return [record._replace(headers=(*record.headers, ("reason", b"erasure"))) for record in records(values, first=first)]


@pytest.mark.parametrize(("how", "shares"), [(records, 0), (erased, 1)])
def test_an_erasure_takes_shares_along(how: Any, shares: int) -> None:
    """Of the post, and those that come late; not one of another realm or of other words. After other deletions who shared has reacted."""
    shared = {"author": "bob", "repost_of": "a", "repost_of_author": "ann"}
    stream = [
        event("a", BOTH, author="ann"),
        event("s1", ONE, **shared),
        event("s2", ONE, namespace="else.example", **shared),
        event("s3", ONE, author="bob", quote_of="a"),
        delete("a"),
        event("s4", ONE, at_ms=START + MINUTE, **shared),
        delete("a"),
    ]
    done = run(how(stream))
    assert endings(done.spans)[-3:] == ["withdrawn", "withdrawn" if shares else "copy", "redelivered"]
    taken = sorted(one for one in told(done) if one[0].startswith("-"))
    assert taken == [("-0", "aurora"), ("-1", "brightbank"), ("-2", "aurora")][: 2 + shares]


@pytest.mark.parametrize(("how", "shares"), [(records, 0), (erased, 1)])
def test_an_erasure_of_an_account_takes_shares_of_its_posts_along(how: Any, shares: int) -> None:
    """Whichever they are of, until then; once."""
    gone = orjson.dumps({"id": "ann", "source": "signal", "operation": "delete", "scope": "account", "author": {"id": "ann"},
                         "created_at": iso(START + MINUTE)})  # fmt: skip
    first = event("s1", ONE, author="bob", repost_of="a", repost_of_author="ann")
    late = event("s2", BOTH, author="eve", repost_of="b", repost_of_author="ann")
    done = run(how([first, gone, late, gone]))
    assert endings(done.spans) == ["information", "withdrawn", "withdrawn" if shares else "information", "redelivered"]
    assert [one for one in told(done) if one[0].startswith("-")] == [("-0", "aurora")][:shares]


def test_a_share_is_erased_whose_original_was_never_told() -> None:
    """After a restart as before, also one that comes late."""
    shared = {"author": "bob", "repost_of": "gone", "namespace": "a.example"}
    done = run(records([event("s1", ONE, **shared)]))
    again = Run(shard(), kept=dict(done.kept))
    again.shard.restore(again.kept)
    stream = [delete("gone", namespace="a.example"), event("s2", ONE, **shared)]
    again.take(again.shard.process(Batch("posts", 0, erased(stream, first=1)), now_ms=0))
    assert endings(again.spans) == ["withdrawn", "withdrawn"]
    assert len([one for one in messages(again.outputs, "information") if "withdraws" in one]) == 1


def chain(*names: str) -> bytes:
    """The latest of a post's versions, each of which has an id of its own; the first one's stands for all."""
    return edit(names[0], f"{ONE}, said {len(names)} times", len(names) - 1, versions=list(names))


@pytest.mark.parametrize("share", [0.0, 1.0], ids=["chaff is not kept", "chaff is kept"])
@pytest.mark.parametrize("first", [BOTH, NONE], ids=["told", "chaff"])
@pytest.mark.parametrize("gone", ["a", "b", "c"])
@pytest.mark.parametrize("place", [{}, {"namespace": "a.example"}], ids=["one network", "an installation"])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_deletion_of_any_version_takes_the_post(restarts: bool, place: dict[str, str], gone: str, first: str, share: float) -> None:
    """In whichever order the post, its edits and the deletion come, also with a restart between any two: of the words nothing is left."""
    post = {"a": event("a", first, **place), "ab": chain("a", "b"), "abc": chain("a", "b", "c")}
    post = {name: orjson.dumps({**orjson.loads(value), **place}) for name, value in post.items()}
    for stream in permutations([*post.values(), delete(gone)]):
        done = Run(shard(chaff_share=share))
        for offset, record in enumerate(records(stream)):
            if restarts and offset:
                done.shard = shard(chaff_share=share)
                done.shard.restore(dict(done.kept))
            done.take(done.shard.process(Batch("posts", 0, [record]), now_ms=0))
        left: set[tuple[str, str]] = set()
        for message in [*messages(done.outputs, "chaff"), *messages(done.outputs, "information")]:
            if "withdraws" in message:
                left.discard((message["withdraws"], message["subject"]))
                continue
            left.add((message["id"], message["subject"]))
            left.discard((message.get("replaces"), message["subject"]))
        assert not left, stream


def test_a_deletion_of_a_version_is_known_afterwards() -> None:
    """By whichever id it comes again, nothing is told twice; versions of another post, or of another realm, are left alone."""
    other = edit("z", BOTH, 1, versions=["z", "y"])
    abroad = orjson.dumps({**orjson.loads(chain("a", "b")), "namespace": "b.example"})
    done = run(records([chain("a", "b"), other, delete("b"), delete("b"), delete("a"), chain("a", "b", "c"), event("a")]))
    assert endings(done.spans) == ["updated", "updated", "withdrawn", "redelivered", "redelivered", "withdrawn", "redelivered"]
    assert told(done)[-1:] == [("-0", "aurora")]
    assert [one for one, _ in told(run(records([abroad, delete("b", namespace="c.example")])))] == ["+0"]
