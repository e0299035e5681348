"""What situations are made of: crowds, tallies, severity, and that their state reads back."""

from typing import Any

import msgspec
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.correlate.distinct import Crowd
from pipeline.correlate.information import Piece, parse
from pipeline.correlate.situation import CASE, Cause, OpenSituation, severity, situation_id
from pipeline.correlate.tally import MOST_EVIDENCE, Tally, evidence_message
from pipeline.near_duplicates.sketch import sketch
from pipeline.stream.partitioner import partition_of
from schemas.messages import Situation as Message
from tests.unit.pipeline.correlate.world import START, complaint, digest

CAUSE = Cause("ab" * 16, "2023-11-14T22:13:20.000Z", {"topic": "posts", "partition": 0, "offset": 3}, "m1", "information/0/3")


def piece(native: str, text: str = "some words about a late flight", **over: object) -> Piece:
    """One complaint as correlate reads it."""
    found = parse(orjson.dumps(complaint(native, START, text, **over)), b"key")
    assert isinstance(found, Piece)
    found.bag = sketch([text]).bag_numbers()[0]
    return found


def tally(*pieces: Piece) -> Tally:
    """A tally of pieces by an author each."""
    counts = Tally()
    for piece in pieces:
        counts.add(piece, copy=False, reposted=False, late=False, new_author=True)
    return counts


def told(counts: Tally) -> list[dict[str, Any]]:
    """The evidence of a tally as its readers see it."""
    return orjson.loads(msgspec.json.encode(counts.evidence_messages()))  # type: ignore[no-any-return]  # JSON of a list


@given(st.lists(st.integers(0, 2**64 - 1), max_size=255))
def test_small_crowds_are_exact(authors: list[int]) -> None:
    """Below 256 members the count should be exact, in any order, with repetitions, after a restart."""
    crowd = Crowd()
    assert [crowd.add(author) for author in authors] == [author not in authors[:at] for at, author in enumerate(authors)]
    again = Crowd.load(crowd.dump())
    assert again.estimate() == crowd.estimate() == len(set(authors))
    assert not any(again.add(author) for author in authors)


@pytest.mark.parametrize("size", [300, 5_000, 100_000])
def test_large_crowds_are_estimated(size: int) -> None:
    """Beyond that the estimate should lie within 20 % (three standard errors), with bounded memory, in any order."""
    authors = [int(digest(str(number))[:16], 16) for number in range(size)]
    forward, backward = Crowd(), Crowd()
    for author in authors:
        forward.add(author)
    for author in reversed(authors):
        backward.add(author)
    assert forward.estimate() == backward.estimate() == pytest.approx(size, rel=0.2)
    assert len(forward.dump()) == 256 * 16


@pytest.mark.parametrize("size", [20, 256, 300, 3_000])
def test_a_crowd_without_some_is_that_of_the_others(size: int) -> None:
    """Whoever is taken out, one of the smallest hashes or none: the count is that of a crowd in which they never were."""
    authors = [int(digest(str(number))[:16], 16) for number in range(size)]
    crowd = Crowd()
    for author in authors:
        crowd.add(author)
    while len(authors) > 3:
        crowd.remove(gone := authors.pop(len(authors) // 3), np.array(authors, np.uint64))
        assert gone not in crowd.least
        if len(authors) % 50 == 0:
            assert crowd.least == sorted(authors)[:256]
    assert crowd.estimate() == 3


def test_severity_is_the_documented_sum() -> None:
    """The formula of the module should hold at its ends and grow with each part."""
    assert severity(1, 0.0, 0.0, 0) == 0.0
    assert severity(1024, 1.0, 1.0, 10**7) == pytest.approx(1.0)
    assert severity(10**9, 1.0, 1.0, 10**12) == 1.0
    calm = severity(8, 0.2, 0.2, 1000)
    assert all(more > calm for more in (severity(16, 0.2, 0.2, 1000), severity(8, 0.3, 0.2, 1000), severity(8, 0.2, 0.3, 1000)))
    assert severity(8, 0.2, 0.2, 10_000) > calm


def test_evidence_is_few_and_diverse() -> None:
    """Of many pieces the weightiest five that are unlike each other should stay, heaviest first."""
    same = [piece(f"s{n}", f"they lost my bag in Boston again today {n}", urgency=0.9) for n in range(9)]
    others = [piece(f"o{n}", f"{digest(str(n))} {digest(str(n + 50))}", urgency=n / 20) for n in range(9)]
    kept = told(tally(*same, *others))
    assert len(kept) == MOST_EVIDENCE
    assert sum("Boston" in piece["text"] for piece in kept) == 1
    assert "Boston" in kept[0]["text"]


def test_evidence_of_copies_is_not_kept() -> None:
    """Five copies should leave the one original as evidence."""
    counts = tally(piece("1"))
    for number in range(5):
        repost = piece(f"c{number}")
        repost.akin = True
        counts.add(repost, copy=True, reposted=True, late=False, new_author=True)
    assert len(counts.evidence) == 1
    assert (counts.events, counts.copies, counts.reposts) == (6, 5, 5)


def test_tickets_are_answered_in_their_thread() -> None:
    """A reply to a ticket should go to the ticket, one to a post to the post."""
    counts = tally(piece("1", "first words here", kind="ticket", thread="T-7"), piece("2", "other words there", thread="t"))
    assert {piece["reply_to"] for piece in told(counts)} == {"T-7", "2"}


def test_state_reads_back_to_the_same_bytes() -> None:
    """A situation read back from its state should emit the same next revision."""
    identity = situation_id(CASE, "aurora", "complaint", "x")
    situation = OpenSituation(identity, CASE, "aurora", "complaint", START, START, START + 5, CAUSE, "owner")
    situation.add(piece("1"), CAUSE, START, copy=False, reposted=False, late=False)
    situation.emit(START, "correlate/information/0")
    again = OpenSituation.load(situation.dump())
    first, second = situation.emit(START + 1, "correlate/information/0"), again.emit(START + 1, "correlate/information/0")
    assert first == second
    assert Message.model_validate_json(first.value).revision == 2


def test_state_of_another_version_is_refused() -> None:
    """State that this code cannot read should stop it with a message."""
    with pytest.raises(ValueError, match="version 99"):
        OpenSituation.load(orjson.dumps([99]))


def test_ids_follow_from_what_a_situation_is() -> None:
    """Equal parts should give the equal id, any other part another one."""
    base = ("case", "aurora", "complaint", "x")
    ids = {situation_id(*base)} | {situation_id(*base[:at], "other", *base[at + 1 :]) for at in range(4)}
    assert len(ids) == 5
    assert situation_id(*base) == situation_id(*base)
    assert all(len(identity) == 32 for identity in ids)


@pytest.mark.parametrize(("kind", "public"), [("post", True), ("review", True), ("ticket", False), ("survey", False), ("message", False)])
def test_only_posts_and_reviews_are_known_to_be_public(kind: str, public: bool) -> None:
    """Whatever the source: who answers a ticket, a message or a survey must do so in private."""
    assert evidence_message(piece("c", kind=kind, source="anything"))["public"] is public


def test_all_situations_of_a_subject_share_a_partition() -> None:
    """Who decides on a case sees the surge that it is part of; each still has a key of its own."""
    found = [
        OpenSituation(situation_id(CASE, "aurora", "", name), CASE, "aurora", "", START, START, START, CAUSE).emit(START, "source")
        for name in "abcd"
    ]
    assert len({one.key for one in found}) == 4
    assert {one.partition(64) for one in found} == {partition_of(b"aurora", 64)}
