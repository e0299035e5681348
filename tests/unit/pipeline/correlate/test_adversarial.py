"""What attacks on correlate achieve: which disguises of a copy are seen through, what must not be folded, what one author can do."""

import random

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from pipeline.near_duplicates import sketch as minhash
from pipeline.near_duplicates.index import NEW, SAME, Duplicates, Text, reference
from pipeline.near_duplicates.kernel import sign
from pipeline.near_duplicates.lsh_table import BANDS, CROWDED
from pipeline.near_duplicates.sketch import sketch
from tests.unit.pipeline.correlate.world import MINUTE, START, World, complaint, records

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
    ("tag characters",               "".join(c + "\U000e0061" for c in SAID),                             True),
    ("fillers that show nothing",    SAID.replace("a", "a\u3164").replace("e", "\u115fe"),               True),
    ("filled squares",               SAID.translate({97 + n: chr(0x1F170 + n) for n in range(26)}),       True),
    ("small capitals",               SAID.translate(str.maketrans("abcdehiklmnoprstuvwyz", "ᴀʙᴄᴅᴇʜɪᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ")), True),
    ("Armenian look-alikes",         SAID.translate(str.maketrans("onh", "օոհ")),                         True),
    ("no-break spaces",              SAID.replace(" ", "\u00a0"),                                         True),
    ("spaces of all widths",         SAID.replace(" ", " \u2003\u3000\t"),                               True),
    ("entities for letters",         SAID.replace("e", "&#101;").replace("o", "&#x6f;"),                  True),
    ("tags around the words",        " ".join(f"<b>{word}</b>" for word in SAID.split()),                 True),
    ("letters held",                 SAID.replace("o", "ooooo").replace("e", "eeee"),                     True),
    ("digits in a few words",        SAID.replace("company", "c0mpany").replace("money", "m0ney"),        True),
    ("a wrong encoding",             SAID.replace("of", "of \u2018\u2019").encode().decode("cp1252"),     True),
    ("hashtags behind",              SAID + " #leave #tariff #robbed #nomore #boycott #share",            True),
    ("another label each time",      f"MUST READ: {SAID}",                                                True),
    ("another name each time",       f"{SAID} | The Daily Truth",                                         True),
    ("slips of the pen",             SAID.replace("tariff", "tarif").replace("customers", "custommers"),  True),
    ("words run together",           SAID.replace("new tariff", "newtariff"),                             True),
    ("hashtags of the words",        " ".join(f"#{word}" for word in SAID.split()),                       True),
    ("another link and handle",      f"@ann {SAID} https://t.example/{'x' * 9}",                          True),
    ("a word changed",               SAID.replace("oldest", "loyal"),                                     True),
    ("a sentence added",             f"{SAID} wake up people",                                            True),
    ("halves swapped",               halves_swapped(SAID),                                                True),
    ("letters spaced out",           " ".join(SAID),                                                      False),
    ("dots between the letters",     ".".join(SAID),                                                      False),
    ("read backwards",               SAID[::-1],                                                          False),
    ("a negation",                   SAID.replace("robs", "never robs"),                                  False),
    ("an opposite",                  SAID.replace("new", "old").replace("oldest", "newest").replace("before", "after"), False),
    ("a question before it",         "is the crew of this ferry all right? " + SAID,                      False),
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


def colliding(band: int) -> str:
    """Four words that give any text with them the same signature in a band: whoever reads the code can find such, so a test can."""
    chance = random.Random(9)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(20_000)]
    minima = least_values(words)
    return " ".join(words[int(np.argmin(minima[:, 4 * band + place]))] for place in range(4))


def least_values(words: list[str]) -> NDArray[np.uint32]:
    """The least value of each permutation over each word's shingles, before it is cut to eight bits."""
    found = np.empty((len(words), 64), np.uint32)
    for row, word in enumerate(words):
        points = np.array([32, *map(ord, word), 32], np.int64)
        sign(points, minhash._FACTORS, minhash._ADDENDS, found[row])
    return found


def test_texts_crafted_to_collide_stay_apart() -> None:
    """Thousands of texts that are equal in one band should stay what they are, leave few findable there, and hide no true copy."""
    magic, chance = colliding(3), random.Random(4)
    said = [" ".join([magic, *(f"{chance.getrandbits(40):x}" for _ in range(8))]) for _ in range(3000)]
    signatures = sketch(said).signatures
    equal = int((signatures[:, 12:16] == signatures[0, 12:16]).all(axis=1).sum())
    assert equal > 0.9 * len(said)
    memory = Duplicates()
    folded = [one for piece in memory.fold([posted(number, text) for number, text in enumerate(said)]) for one in piece]
    assert not any(one.is_copy for one in folded)
    held = memory._current.held
    assert np.count_nonzero(held.slots) <= len(said) * (BANDS + 1) - equal + CROWDED  # all by hash and 15 bands, a handful by this one
    [copy] = [one for piece in memory.fold([posted(9_999, f"BREAKING: {said[1500]} #share")]) for one in piece]
    assert copy.row == folded[1500].row


def test_one_text_ten_thousand_times_is_one_row() -> None:
    """An author, or ten thousand, who post one text over and over should cost one remembered text."""
    for authors in (1, 10_000):
        memory = Duplicates()
        texts = [replace(posted(number, SAID), author=1 + number % authors) for number in range(10_000)]
        kinds = [one.kind for piece in memory.fold(texts) for one in piece]
        assert kinds == [NEW] + [SAME] * 9_999
        assert len(memory) == 1


def test_texts_of_one_word_and_of_ten_thousand() -> None:
    """One word is nobody's: only its author repeats it. Of a huge text the beginning counts, and none of it holds up the others."""
    words = " ".join(f"{'abcdefghij'[n % 10]}{n:x}" for n in range(10_000))
    assert not is_folded("refund", "refund")
    assert not is_folded("refund", "Refund!!")
    assert is_folded(words, words)
    assert is_folded(words, words[:-30_000])
    assert not is_folded(words, " ".join(reversed(words.split())))


@pytest.mark.parametrize(
    "piece", ["<a", "&#1", "&amp;", "@a ", "#a ", "rt @a ", "\u200b", "http://", "((((", "\U0001f1e6", "e\u0301", "â€", "- A "]
)
def test_nothing_is_too_odd_to_be_read(piece: str) -> None:
    """A text of one thing a thousand times over should be sketched in one pass as any other, and be a copy of itself only."""
    odd = piece * 2_000
    first, again = sketch([odd, odd]).exact
    assert first == again
    assert not is_folded(odd, SAID)
    assert not is_folded(SAID, odd)


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
