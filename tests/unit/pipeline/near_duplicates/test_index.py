"""The memory of texts: what is a copy of what, for how long, within which bounds, and that a restart changes nothing."""

import random
from hashlib import blake2b

import numpy as np
import orjson
import pytest

from pipeline.near_duplicates.index import (
    HOUR_MS,
    NEAR,
    NEW,
    REDELIVERED,
    REFERENCE,
    SAME,
    Duplicates,
    DuplicatesConfig,
    Folded,
    Text,
    reference,
)

LONG = "the new app update broke the login on every phone I own"


def text(number: int, words: str, **over: object) -> Text:
    """The ``number``-th post, of an author of its own, a second after the one before."""
    values = {
        "text": words, "clock": number * 1000, "information": blake2b(b"%d" % number, digest_size=16).hexdigest(),
        "subject": 1, "author": number + 1, "native": reference("x", str(number), "s"), "refers": 0, "quotes": 0, "personal": False,
    }  # fmt: skip
    return Text(**(values | over))  # type: ignore[arg-type]  # built by name


def fold(memory: Duplicates, *texts: Text) -> list[Folded]:
    """What becomes of each, in order."""
    return [folded for piece in memory.fold(texts) for folded in piece]


def kinds(*texts: Text, config: DuplicatesConfig | None = None) -> list[int]:
    """The kinds of texts folded into a fresh memory."""
    return [folded.kind for folded in fold(Duplicates(config), *texts)]


@pytest.mark.parametrize(
    ("again", "kind"),
    [
        (LONG, SAME),
        (f"RT @ann: {LONG}", SAME),
        (LONG.upper() + "!!! https://t.co/x", SAME),
        (LONG + " really", NEAR),
        (f"this happened to me RT @ann: {LONG}", NEW),
        ("the new app update is wonderful and fast on my phone", NEW),
    ],
)
def test_what_is_a_copy(again: str, kind: int) -> None:
    """Equal after normalisation or nearly so should be a copy; a comment and another opinion should not."""
    assert kinds(text(0, LONG), text(1, again)) == [NEW, kind]


def test_a_repost_without_text_is_a_copy_by_its_reference() -> None:
    """A boost that holds no text should fold into what it names."""
    assert kinds(text(0, LONG), text(1, "", refers=reference("x", "0", "s"))) == [NEW, REFERENCE]


def test_reposts_of_an_unseen_post_fold_into_one() -> None:
    """When only reposts of a post are seen, the first should stand for it, and the post itself, come late, fold as well."""
    there = reference("x", "9", "s")
    assert kinds(text(0, "", refers=there), text(1, "", refers=there), text(9, "hello")) == [NEW, REFERENCE, REFERENCE]


def test_a_short_quote_is_a_copy_and_a_long_one_is_not() -> None:
    """A quote with fewer than three own words should fold into what it quotes."""
    there = reference("x", "0", "s")
    short, long = text(1, "this!", quotes=there), text(2, "they never test anything at all", quotes=there)
    assert kinds(text(0, LONG), short, long) == [NEW, REFERENCE, NEW]


def test_short_generic_texts_are_copies_of_the_same_author_only() -> None:
    """Two people who say "thank you!" should not be a cascade; one who says it twice should."""
    assert kinds(text(0, "thank you!"), text(1, "Thank you"), text(2, "thank you", author=1)) == [NEW, NEW, SAME]


def test_personal_texts_are_never_copies_across_authors() -> None:
    """Two tickets with the same words should stay two, each customer needs an answer."""
    assert kinds(text(0, LONG, personal=True), text(1, LONG, personal=True), text(2, LONG, personal=True, author=1)) == [NEW, NEW, SAME]


def test_the_same_text_about_another_subject_is_no_copy() -> None:
    """One post about two subjects is judged in each: the second should not be a copy of the first."""
    assert kinds(text(0, LONG), text(1, LONG, subject=2)) == [NEW, NEW]


def test_the_same_post_again_is_redelivered() -> None:
    """A post whose own reference was seen should be told apart from a copy."""
    assert kinds(text(0, LONG), text(0, LONG)) == [NEW, REDELIVERED]


def test_texts_are_forgotten_after_two_windows() -> None:
    """A text should be remembered for one window at least, and be forgotten after two."""
    config = DuplicatesConfig(window_ms=HOUR_MS)
    assert kinds(text(0, LONG), text(1, LONG, clock=HOUR_MS), config=config) == [NEW, SAME]
    assert kinds(text(0, LONG), text(1, LONG, clock=2 * HOUR_MS), config=config) == [NEW, NEW]


def test_a_living_cascade_is_not_forgotten() -> None:
    """A text that is copied in every window should stay remembered under the same information."""
    memory = Duplicates(DuplicatesConfig(window_ms=HOUR_MS))
    for hour in range(8):
        (folded,) = fold(memory, text(hour, LONG, clock=hour * HOUR_MS))
        assert memory.information_of(folded.row) == blake2b(b"0", digest_size=16).hexdigest()


def test_memory_is_bounded() -> None:
    """However many different texts come within a window, no more than the limit should be kept, state included."""
    memory, state = Duplicates(DuplicatesConfig(most_texts=1000)), {}
    for start in range(0, 5000, 500):
        fold(memory, *(text(number, f"text {number} {number * 7919} of {number * 104729} kinds") for number in range(start, start + 500)))
        assert len(memory) <= 1000
        for key, value in memory.changes().items():
            state.pop(key, None) if value is None else state.update({key: value})
    assert sum(map(len, state.values())) < 1000 * 300


def test_crafted_collisions_do_not_slow_it_down() -> None:
    """Thousands of texts that share a beginning but differ should leave no more than a handful findable per band."""
    memory = Duplicates()
    start = "limited offer only today for all our loyal customers everywhere in the world "
    ends = [f"{number * 7919 % 9973} {number * 104729 % 99991} {number}" * 8 for number in range(3000)]
    found = fold(memory, *(text(number, start + end) for number, end in enumerate(ends)))
    assert {folded.kind for folded in found} <= {NEW, NEAR}
    assert len(memory) == sum(folded.kind == NEW for folded in found)


def stream(count: int) -> list[Text]:
    """A random mix of new texts, copies, near copies and reposts, a minute apart."""
    chance = random.Random(7)
    words = ["delay", "bag", "gate", "crew", "lost", "rude", "queue", "refund", "seat", "hotel", "storm", "plane", "late", "phone"]
    found: list[Text] = []
    for number in range(count):
        old = chance.choice(found) if found and chance.random() < 0.4 else None
        said = old.text + chance.choice(["", "!", " again"]) if old else " ".join(chance.choices(words, k=chance.randint(1, 12)))
        found.append(text(number, said, clock=number * 60_000, refers=old.native if old and chance.random() < 0.2 else 0))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_batches_and_restarts_change_nothing(seed: int) -> None:
    """Folding in one piece should equal folding in random pieces with a restart from the written state after each."""
    texts, chance = stream(600), random.Random(seed)
    config = DuplicatesConfig(window_ms=HOUR_MS, most_texts=200)
    whole = [(folded.kind, folded.reposted) for folded in fold(Duplicates(config), *texts)]
    memory, state, pieces, at = Duplicates(config), {}, [], 0
    while at < len(texts):
        size = chance.choice([1, 2, 7, 100])
        pieces += [(folded.kind, folded.reposted) for folded in fold(memory, *texts[at : at + size])]
        for key, value in memory.changes().items():
            state.pop(key, None) if value is None else state.update({key: value})
        memory = Duplicates(config)
        memory.restore(state)
        assert memory.changes() == {}
        at += size
    assert pieces == whole


def test_cases_of_texts_survive_a_restart() -> None:
    """The case that a text belongs to should be read back from the state."""
    memory, case = Duplicates(), "ab" * 16
    (folded,) = fold(memory, text(0, LONG))
    memory.set_case(folded.row, case)
    again = Duplicates()
    again.restore({key: value for key, value in memory.changes().items() if value is not None})
    (copy,) = fold(again, text(1, LONG))
    assert again.case_of(copy.row) == case


def test_state_of_another_version_is_refused() -> None:
    """State that this code cannot read should stop it with a message, not be misread."""
    with pytest.raises(ValueError, match="version 9"):
        Duplicates().restore({b"dup": orjson.dumps([9, 0, 0])})


FLIGHT = "flight 2417 to Oslo is delayed again and nobody at the gate knows anything"


@pytest.mark.parametrize(
    ("again", "kind"),
    [
        (FLIGHT.replace("2417", "883"), NEW),
        (FLIGHT.replace("2417 ", ""), NEAR),
        ("RT @ann: " + FLIGHT[:-12] + "…", NEAR),
        (FLIGHT.replace("is delayed", "is not delayed"), NEW),
        (FLIGHT + ", same with me in Rome last week", NEW),
        (FLIGHT.replace("knows", "know"), NEAR),
    ],
)
def test_near_texts_that_say_other_things_are_no_copies(again: str, kind: int) -> None:
    """Another number, one more negation or a comment should make another text; a number dropped, a cut or a slip should not."""
    assert kinds(text(0, FLIGHT), text(1, again)) == [NEW, kind]


def test_courtesies_of_everybody_are_no_cascade() -> None:
    """However many words: of two people they should be two texts, of one person a copy, and with something to say as well."""
    thanks = "thank you so much for everything you do"
    assert kinds(text(0, thanks), text(1, thanks)) == [NEW, NEW]
    assert kinds(text(0, thanks), text(1, thanks, author=1)) == [NEW, SAME]
    assert kinds(text(0, thanks + " captain Abara"), text(1, thanks + " captain Abara")) == [NEW, SAME]


@pytest.mark.parametrize("version", [1, 2])
def test_state_of_former_releases_is_read(version: int) -> None:
    """Rows that know nothing of numbers, or of words in their order, should be found again by equal and by near texts."""
    memory = Duplicates()
    fold(memory, text(0, FLIGHT), text(1, LONG))
    state = {key: value for key, value in memory.changes().items() if value is not None}
    known = {1: 7, 2: 10}[version]
    for key, value in state.items():
        if key.startswith(b"dup/text/"):
            rows = np.frombuffer(value, [("signature", np.uint8, 64), ("facts", np.uint64, 8), ("codes", np.uint16, 32)], offset=1)
            former = np.zeros(len(rows), [("signature", np.uint8, 64), ("facts", np.uint64, known)])
            former["signature"] = rows["signature"]
            former["facts"][:, : min(known, 8)] = rows["facts"][:, : min(known, 8)]
            state[key] = bytes([version]) + former.tobytes()
    again = Duplicates()
    again.restore(state)
    assert [folded.kind for folded in fold(again, text(2, FLIGHT), text(3, LONG + " really"))] == [SAME, NEAR]
    with pytest.raises(ValueError, match="version"):
        Duplicates().restore(state | {key: b"\x09" + value[1:] for key, value in state.items() if key.startswith(b"dup/text/")})


NEWS = "Council votes to keep the swimming pool open after a long night"


@pytest.mark.parametrize(
    ("again", "kind"),
    [
        ("BREAKING: " + NEWS, NEAR),
        ("[local] " + NEWS + " - The Morning Courier", NEAR),
        (NEWS + " | Valley Times | Culture http://t.co/x", NEAR),
        (NEWS + " #pool #swim #council #goodnews", NEAR),
        ("#pool #news " + NEWS, NEAR),
        ("Good news! " + NEWS, NEAR),
        (NEWS + " - I will swim to that tomorrow", NEW),
        ("About time that they listened to us: " + NEWS, NEW),
    ],
)
def test_what_is_put_around_a_text_is_not_the_text(again: str, kind: int) -> None:
    """A label, the name of who passes it on, hashtags and a word or two should leave a copy; a remark should not."""
    assert kinds(text(0, NEWS), text(1, again)) == [NEW, kind]


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("the bridge to the old harbour is open again", "is the bridge to the old harbour open again?", NEW),
        (
            "petrol in the north of the country is going up again next week",
            "petrol in the north of the country is going down again next week",
            NEW,
        ),
        ("the train from Leeds to York is full again", "the train from York to Leeds is full again", NEW),
        ("we will meet Marlene at the gate of the harbour", "we will meet Roberto at the gate of the harbour", NEW),
        ("they grew their own food and the crowd was glad", "they raised their own food and the crowd was happy", NEW),
        ("car park at the old mill is closed", "carpark at the old mill is closed", NEAR),
        ("please bring blankets to the school tonight", "pls bring blankets to the school tonight", NEAR),
        ("the vilage hall is on fire, stay away from it", "the village hall is on fire, stay away from it", NEAR),
        ("the airline lost both of our bags on our honeymoon", "the airline has lost both our bags on our honeymoon", NEAR),
    ],
    ids=["question", "opposite", "other way", "name", "other words", "joined", "abbreviated", "mistyped", "small words"],
)
def test_words_decide_where_letters_are_alike(first: str, second: str, kind: int) -> None:
    """A question, an opposite, another order or name should be another text; a slip or a small word the same."""
    assert kinds(text(0, first), text(1, second)) == [NEW, kind]


@pytest.mark.parametrize(
    ("cut", "kind"),
    [
        ("RT @ann: {}", NEAR),  # as old clients did, without a mark
        ("{}", NEW),  # somebody quoted it and went on; the bare words say less
    ],
)
def test_a_beginning_is_a_copy_where_it_was_passed_on(cut: str, kind: int) -> None:
    """Most of a text should be a copy of it as a repost, and another text without."""
    said = "the lighthouse will be open to visitors every weekend in May and there is cake"
    assert kinds(text(0, said + ", so I go there"), text(1, cut.format(said))) == [NEW, kind]


def test_short_texts_with_several_slips_are_copies() -> None:
    """Where all words are the same but for slips, few letters in common should do; another word should not pass for a slip."""
    said = "the harbour bakery is giving away bread"
    assert kinds(text(0, said), text(1, "the harbuor bakery is givng away bread")) == [NEW, NEAR]
    assert kinds(text(0, said), text(1, "the harbour bakery is giving away cake")) == [NEW, NEW]


def test_a_long_text_with_a_long_end_of_its_own_is_no_copy() -> None:
    """Where only the first words are kept, how many there are should still tell that something was added."""
    said = " ".join(f"word{chr(97 + n)}{chr(97 + n * 7 % 26)} of" for n in range(20))
    assert kinds(text(0, said), text(1, said + " indeed")) == [NEW, NEAR]
    added = " and I was there myself and can tell you more about it"
    assert kinds(text(0, said), text(1, said + added)) == [NEW, NEW]


def test_what_is_withdrawn_is_no_longer_known_by_words_or_id() -> None:
    """Neither its codes nor its id are in the state; others stay, and nothing is a copy of it, before and after a restart."""
    memory = Duplicates()
    fold(memory, text(0, LONG), text(1, "the queue at the airport was two hours long this morning"))
    kept = dict(memory.changes())
    gone, stays = (int(blake2b(b"%d" % number, digest_size=16).hexdigest()[:16], 16).to_bytes(8, "little") for number in (0, 1))
    codes = memory._current.held.codes[0].tobytes().rstrip(b"\0")
    assert all(one in b"".join(filter(None, kept.values())) for one in (gone, stays, codes))
    memory.withdraw(text(0, LONG).information, np.array([text(0, LONG).native], np.uint64), None)
    kept |= memory.changes()
    state = b"".join(filter(None, kept.values()))
    assert [one in state for one in (gone, stays, codes)] == [False, True, False]
    again = Duplicates()
    again.restore({key: value for key, value in kept.items() if value is not None})
    for one in (memory, again):
        assert [found.kind for found in fold(one, text(2, LONG), text(3, "the queue at the airport was two hours long this morning"))] == [
            NEW,
            SAME,
        ]
