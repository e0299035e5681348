"""What correlate takes out when posts are deleted or edited, and what is left."""

from typing import Any

import pytest

from pipeline.correlate.shard import CorrelateConfig
from pipeline.correlate.situation import CASE, SURGE
from tests.unit.pipeline.correlate.world import CONFIG, HOUR, MINUTE, START, World, complaint, digest, information, records, withdrawal

SAME = "my flight to Oslo is late and nobody at the gate tells us anything at all today"
OTHER = "and now my bag has not come out either, what a day this is"


def run(*messages: dict[str, Any], config: CorrelateConfig = CONFIG) -> World:
    """A world that has heard these."""
    world = World(config=config)
    world.take(records(messages))
    return world


def edited(native: str, at_ms: int, text: str, revision: int, **over: Any) -> dict[str, Any]:
    """A later version of a complaint, in place of the one before."""
    former = native if revision == 1 else f"{native}/{revision - 1}"
    return complaint(
        native, at_ms, text, id=digest(f"{native}/{revision}/aurora"), replaces=digest(f"{former}/aurora"), revision=revision, **over
    )


def left(situation: dict[str, Any]) -> tuple[Any, ...]:
    """(status, events, copies, authors, texts shown)."""
    shown = [piece["text"] for piece in situation["evidence"]]
    return situation["status"], situation["events"], situation["copies"], situation["authors"], shown


def test_a_case_of_which_nothing_is_left_is_withdrawn() -> None:
    """It ends with its only post, showing nothing; what the author says next is another case."""
    world = run(
        complaint("1", START, SAME, author="ann"), withdrawal("1", START + MINUTE), complaint("2", START + HOUR, OTHER, author="ann")
    )
    opened, gone, again = world.situations(CASE)
    assert left(gone) == ("withdrawn", 0, 0, 0, [])
    assert gone["withdrawals"] == [opened["evidence"][0]["information"]]
    assert again["id"] != opened["id"]
    assert world.dispositions() == ["case", "withdrawn", "case"]


def test_a_case_goes_on_with_what_is_left() -> None:
    """Without the first post it began with the second one."""
    world = run(
        complaint("1", START, SAME, author="ann"), complaint("2", START + HOUR, OTHER, author="ann"), withdrawal("1", START + 2 * HOUR)
    )
    assert left(world.situations(CASE)[-1]) == ("updated", 1, 0, 1, [OTHER])
    assert world.situations(CASE)[-1]["opened_at"] == "2023-11-14T23:13:20.000Z"


def test_the_next_who_said_it_is_the_first_then() -> None:
    """Its copies become what others repeat; the author of the first is counted no more, and what comes later is a copy of theirs."""
    world = run(*(complaint(str(n), START + n * MINUTE, SAME, author=f"a{n}") for n in range(3)), withdrawal("0", START + 3 * MINUTE))
    (first,) = (piece["information"] for piece in world.situations(CASE)[-1]["evidence"])
    assert left(world.situations(CASE)[-1]) == ("updated", 2, 1, 2, [SAME])
    assert first == digest("1/aurora")
    world.take(records([complaint("9", START + 4 * MINUTE, SAME, author="zoe")], first=4))
    assert world.dispositions()[-1] == "copy"


def test_nothing_is_a_copy_of_what_is_gone() -> None:
    """The same text from somebody else is that person's own case."""
    world = run(
        complaint("1", START, SAME, author="ann"), withdrawal("1", START + MINUTE), complaint("2", START + HOUR, SAME, author="bob")
    )
    assert world.dispositions() == ["case", "withdrawn", "case"]
    assert left(world.situations(CASE)[-1]) == ("opened", 1, 0, 1, [SAME])


def test_an_edit_takes_the_place_of_what_was_said() -> None:
    """The same case with the later words, counted once; what asks for nothing any more ends it."""
    world = run(
        complaint("1", START, SAME, author="ann"),
        edited("1", START + MINUTE, OTHER, 1, author="ann"),
        edited(
            "1", START + 2 * MINUTE, "all sorted, thank you", 2, author="ann", intent="praise", sentiment="positive", sentiment_score=0.9
        ),
    )
    opened, *_, later, praised, gone = world.situations(CASE)
    assert {situation["id"] for situation in world.situations(CASE)} == {opened["id"]}
    assert left(later) == ("updated", 1, 0, 1, [OTHER])
    assert (praised["events"], gone["status"]) == (1, "withdrawn")


def test_a_surge_counts_who_is_left_and_ends_with_its_crowd() -> None:
    """Every deletion lowers it; with fewer people than make a surge it is withdrawn."""
    crowd = [complaint(f"c{n}", START + HOUR + n * 2_000, f"outage number {n} of seat row {n * 7} again {n * 13}") for n in range(40)]
    calm = [information(f"n{n}", START + n * MINUTE, f"seat {n} of row {n * 3} is fine") for n in range(60)]
    gone = [withdrawal(f"c{n}", START + HOUR + 2 * MINUTE + n * 100) for n in range(38)]
    world = run(*calm, *crowd, *gone[:10])
    assert [situation["status"] for situation in world.situations(SURGE)][:1] == ["opened"]
    before = len(world.situations(SURGE))
    world.take(records(gone[10:], first=110))
    assert len(world.situations(SURGE)) > before
    last = world.situations(SURGE)[-1]
    assert (last["status"], last["events"], last["authors"]) == (
        "withdrawn",
        CONFIG.pulse.least_authors - 1,
        CONFIG.pulse.least_authors - 1,
    )


@pytest.mark.parametrize("crash", [False, True])
def test_a_withdrawal_of_what_is_not_known_changes_nothing(crash: bool) -> None:
    """Not even twice, nor after a restart."""
    world = run(complaint("1", START, SAME, author="ann"), withdrawal("7", START), withdrawal("1", START + 1))
    told = len(world.situations())
    if crash:
        world.crash()
    world.take(records([withdrawal("1", START + 2)], first=3))
    assert len(world.situations()) == told
    assert world.dispositions()[-1] == "withdrawn"


def test_who_may_read_and_where_ids_hold_comes_with_a_piece() -> None:
    """What followers alone can read is not public; the same author id in two installations are two authors."""
    world = run(
        complaint("1", START, SAME, author="ann", namespace="a.example"),
        complaint("1", START + MINUTE, OTHER, author="ann", namespace="b.example", visibility="followers", id=digest("other")),
    )
    one, other = world.situations(CASE)
    assert one["id"] != other["id"]
    assert (one["evidence"][0]["public"], other["evidence"][0]["public"]) == (True, False)


def test_a_share_is_the_originals_words_and_author() -> None:
    """Who answers, answers the original; its reach counts once, beside that of each who passes it on; the case is its author's."""
    text = "aurora air cancelled my flight and nobody answers the phone"
    noticed = {"likes": 0, "reposts": 900, "replies": 0, "quotes": 0, "views": None}
    shares = [
        complaint(f"s{n}", START + n * MINUTE, text, author=f"fan{n}", followers=10, repost_of="33", repost_of_author="ann", reach=noticed)
        for n in range(1, 11)
    ]
    alone = run(shares[0]).situations(CASE)[-1]
    assert (alone["evidence"][0]["reply_to"], alone["evidence"][0]["url"], alone["reach"]) == ("33", None, 910)
    own = run(complaint("33", START, text, author="ann", followers=1)).situations(CASE)[-1]
    assert alone["evidence"][0]["author"] == own["evidence"][0]["author"]
    world = run(complaint("33", START, text, author="ann", followers=1), *shares, complaint("34", START + HOUR, OTHER, author="ann"))
    last = world.situations(CASE)[-1]
    assert {one["id"] for one in world.situations(CASE)} == {last["id"]}
    assert (last["reach"], last["authors"]) == (1 + 10 * 10 + 900, 11)


def kept(world: World) -> bytes:
    """All keys and values of the state."""
    return b"\n".join(part for item in world.state.items() for part in item)


@pytest.mark.parametrize("edits", [0, 2])
def test_a_case_that_goes_on_forgets_the_ids_of_who_is_gone(edits: int) -> None:
    """Who said the same keeps it open: then neither the posts nor the conversation of the erased find it, nor is their hash anywhere."""
    hers = [complaint("erika1", START, SAME, author="erika", thread="erikathread")]
    hers += [edited("erika1", START + n * 1_000, f"{SAME} {n}", n, author="erika", thread="erikathread") for n in range(1, edits + 1)]
    last = f"erika1/{edits}" if edits else "erika1"  # what a withdrawal names
    world = run(*hers, complaint("2", START + MINUTE, f"{SAME} {edits}" if edits else SAME, author="bob"))
    assert world.dispositions()[-1] == "copy"
    assert b"erika" in kept(world)
    author = world.situations(CASE)[0]["evidence"][0]["author"]
    half = int(author[:16], 16).to_bytes(8, "little")
    assert half in kept(world)
    world.take(records([withdrawal(last, START + HOUR)], first=len(hers) + 1))
    assert b"erika" not in kept(world)
    assert author.encode() not in kept(world)
    assert half not in kept(world)
    assert left(world.situations(CASE)[-1])[:2] == ("updated", 1)
    follow_up = complaint("3", START + 2 * HOUR, OTHER, author="bob")
    world.take(records([follow_up], first=len(hers) + 2))
    ids = [digest(f"{native}/aurora") for native in ("erika1", *(f"erika1/{n}" for n in range(1, edits + 1)))]
    assert [one for one in ids if one.encode() in kept(world)] == []


def test_a_case_is_still_found_by_what_is_left_of_it() -> None:
    """One of two posts goes: answers to the other one, and its conversation, still lead to the case."""
    first = complaint("1", START, SAME, author="ann", thread="t1")
    second = complaint("2", START + MINUTE, OTHER, author="ann", thread="t2")
    world = run(first, second, withdrawal("1", START + HOUR))
    answer = {"author": "bob", "intent": "other", "sentiment": "neutral", "sentiment_score": 0.0}
    for number, told in enumerate(({"in_reply_to": "2"}, {"thread": "t2"})):
        text = f"have you tried the desk number {number}"
        world.take(records([information(f"a{number}", START + HOUR + MINUTE, text, **told, **answer)], first=3 + number))
        assert world.dispositions()[-1] == "case"
    world.take(records([information("a9", START + HOUR + MINUTE, "have you tried something else", in_reply_to="1", **answer)], first=5))
    assert world.dispositions()[-1] == "observed"
