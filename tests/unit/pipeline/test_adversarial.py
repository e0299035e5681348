"""What attacks on correlate achieve: which disguises of a copy are seen through, what must not be folded, what one author can do."""

import random

import pytest

from pipeline.duplicates import Duplicates, Text, reference
from tests.unit.pipeline.correlate_world import MINUTE, START, World, complaint, records

SAID = "the new tariff of this company robs its oldest customers, leave them before they take your money too"


def posted(number: int, words: str) -> Text:
    """A post of an author of its own."""
    return Text(words, number * 1000, f"{number:032x}", 1, number + 1, reference("x", str(number), ""), 0, 0, personal=False)


def is_folded(first: str, second: str) -> bool:
    """Whether a second author's text is folded into the first one's."""
    [_, folded] = [one for piece in Duplicates().fold([posted(0, first), posted(1, second)]) for one in piece]
    return folded.is_copy


def shuffled(text: str) -> str:
    """The same words in another order."""
    words = text.split()
    random.Random(3).shuffle(words)
    return " ".join(words)


def halves_swapped(text: str) -> str:
    """The second half of a text before the first."""
    words = text.split()
    return " ".join(words[len(words) // 2 :] + words[: len(words) // 2])


DISGUISES = [
    # what is done to the text,      disguised,                                                          folded
    ("capitals and marks",           SAID.upper().replace(",", "!!!"),                                    True),
    ("zero-width spaces",            "\u200b".join(SAID),                                                 True),
    ("soft hyphens",                 SAID.replace("e", "e\u00ad"),                                        True),
    ("direction marks",              f"\u202e{SAID}\u202c",                                               True),
    ("Cyrillic look-alikes",         SAID.translate(str.maketrans("aeocpx", "аеосрх")),                   True),
    ("Greek look-alikes",            SAID.translate(str.maketrans("oav", "οαν")),                         True),
    ("full-width letters",           "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in SAID), True),
    ("mathematical letters",         SAID.translate({97 + n: chr(0x1D41A + n) for n in range(26)}),       True),
    ("emoji between the words",      SAID.replace(" ", " 🔥 "),                                           True),
    ("emoji as padding",             "🔥" * 40 + SAID + "💣" * 40,                                        True),
    ("accents on the letters",       SAID.replace("e", "é").replace("o", "ö"),                            True),
    ("combining accents",            SAID.replace("e", "e\u0301\u0316"),                                  True),
    ("hashtags of the words",        " ".join(f"#{word}" for word in SAID.split()),                       True),
    ("another link and handle",      f"@ann {SAID} https://t.example/{'x' * 9}",                          True),
    ("a word changed",               SAID.replace("oldest", "loyal"),                                     True),
    ("a sentence added",             f"{SAID} wake up people",                                            True),
    ("halves swapped",               halves_swapped(SAID),                                                True),
    ("letters spaced out",           " ".join(SAID),                                                      False),
    ("all words shuffled",           shuffled(SAID),                                                      False),
    ("leetspeak",                    SAID.translate(str.maketrans("aeio", "4310")),                       False),
    ("padding as long as the text",  f"{SAID} {shuffled('some quite other remarks about today and my dog in the garden')}", False),
    ("another opinion",              SAID.replace("robs", "serves").replace("leave them before they take your money too",
                                     "and I have rarely been treated so well by anyone"),                  False),
    ("a comment on the quoted text", f"I do not agree with this at all RT @ann: {SAID}",                  False),
]  # fmt: skip


@pytest.mark.parametrize(("disguise", "text", "folded"), DISGUISES, ids=[row[0] for row in DISGUISES])
def test_disguises(disguise: str, text: str, folded: bool) -> None:
    """Each disguise should be seen through or not as the table says; what is not folded is still counted by its authors."""
    assert is_folded(SAID, text) is folded


def test_one_author_is_no_mass_reaction() -> None:
    """A thousand angry posts of one person within ten minutes, each different, should raise no surge."""
    calm = [complaint(f"calm-{n}", START + n * MINUTE, f"a small remark number {n} about my own day") for n in range(120)]
    chance = random.Random(2)
    storm = [
        complaint(f"s-{n}", START + 120 * MINUTE + n * 600, f"{chance.getrandbits(90):x} {chance.getrandbits(90):x}", author="one")
        for n in range(1000)
    ]
    world = World()
    world.take(records([*calm, *storm]))
    assert not world.situations("surge")
    assert len({case["id"] for case in world.situations("case") if case["events"] > 100}) == 1


def test_a_few_authors_in_turn_are_no_mass_reaction() -> None:
    """Five accounts that take turns for an hour should raise no surge either."""
    calm = [complaint(f"calm-{n}", START + n * MINUTE, f"a small remark number {n} about my own day") for n in range(120)]
    chance = random.Random(2)
    storm = [
        complaint(
            f"s-{n}", START + 120 * MINUTE + n * 6_000, " ".join(f"{chance.getrandbits(30):x}" for _ in range(9)), author=f"one-{n % 5}"
        )
        for n in range(600)
    ]
    world = World()
    world.take(records([*calm, *storm]))
    assert not world.situations("surge")
