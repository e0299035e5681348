"""Sketches of texts: what normalisation evens out, and how well likeness is estimated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.near_duplicates.sketch import sketch
from pipeline.near_duplicates.word_codes import alike as alike_words
from pipeline.near_duplicates.word_codes import joined, ones, word_code
from schemas.text.near_copy import ASKS, QUOTE, REPOST


def alike(first: str, second: str) -> float:
    """Estimated Jaccard similarity of two texts: the equal positions of their signatures, less those of 8 bits that are equal by chance."""
    one, other = sketch([first, second]).signatures
    return max(0.0, (float(np.mean(one == other)) - 1 / 256) / (1 - 1 / 256))


def equal(first: str, second: str) -> bool:
    """Whether two texts are the same after normalisation."""
    exact = sketch([first, second]).exact
    return bool(exact[0] == exact[1])


BASE = "Massive fire at the plant in West Texas tonight"


@pytest.mark.parametrize(
    "same",
    [
        "MASSIVE fire at the plant in West Texas tonight!!!",
        "Massive fire at the plant in West Texas tonight http://t.co/abc",
        "youtu.be/dQw9 Massive fire at the plant in West Texas tonight pic.twitter.com/4kLm",
        "RT @cnn: Massive fire at the plant in West Texas tonight",
        "RT @a: RT @cnn Massive fire at the plant in West Texas tonight",
        "@bob @ann Massive fire at the plant in #West #Texas tonight",
        "🔥🔥 Massive fire at the plant in West Texas tonight 😱😱😱",
        "Mas\u200bsive f\u00adire at the plant in West Texas tonight",
        "М\u0430ssive fire \u0430t the pl\u0430nt in W\u0435st Tex\u0430s tonight",
        "Ｍａｓｓｉｖｅ fire at the plant in West Texas tonight",
        "<b>Massive</b> fire&nbsp;at the plant in West Texas tonight&#33;",
        "Massiiiiive fire at the plaaant in West Texas tonighttt",
        "Massive fire at the pl4nt in W3st T3xas tonight",
    ],
    ids=[
        "case",
        "link",
        "link without http",
        "repost",
        "repost of repost",
        "handles and hashes",
        "emoji",
        "invisible",
        "look-alikes",
        "wide letters",
        "markup",
        "letters held",
        "digits for letters",
    ],
)
def test_disguises_do_not_change_the_normalised_text(same: str) -> None:
    """Case, links, handles, emoji, markup, invisible and look-alike characters should leave the exact hash as it is."""
    assert equal(BASE, same)


@pytest.mark.parametrize(
    ("other", "low", "high"),
    [
        ("Massive fire at the plant in West Texas tonight, many hurt", 0.62, 0.95),
        ("Massive fire at a plant in West Texas tonight", 0.62, 0.98),
        ("tonight Texas West in plant the at fire Massive", 0.2, 0.75),
        ("I had a quiet evening at home with my two cats", 0.0, 0.15),
    ],
    ids=["words added", "word changed", "words shuffled", "unrelated"],
)
def test_likeness_follows_how_much_is_shared(other: str, low: float, high: float) -> None:
    """Small edits should stay near, shuffled words fall below a copy's likeness, unrelated texts near zero."""
    assert low <= alike(BASE, other) <= high


def test_a_long_comment_on_a_quote_is_sketched_by_the_comment() -> None:
    """Three own words before a quoted repost should be the text; two should leave it a repost."""
    comment, short = sketch([f"this is criminal neglect RT @cnn: {BASE}", f"so sad RT @cnn: {BASE}"]), sketch(["this is criminal neglect"])
    assert comment.flags.tolist() == [QUOTE, REPOST]
    assert comment.exact[0] == short.exact[0]
    assert comment.words.tolist() == [4, 11]


def test_texts_without_letters_are_the_empty_text() -> None:
    """Punctuation, emoji and nothing at all should be one and the same text of no words."""
    found = sketch(["", "?!", "😀😀", "   "])
    assert len(set(found.exact.tolist())) == 1
    assert found.words.tolist() == [0, 0, 0, 0]


def test_ideographs_count_as_words() -> None:
    """A Chinese sentence has no spaces, yet should not be taken for a single generic word."""
    assert sketch(["航班延误了没有人告诉我们任何事情"]).words[0] >= 4


def test_estimate_is_close_to_the_true_jaccard_similarity() -> None:
    """Over many pairs the estimate should differ from the exact similarity of shingles by less than .06 on average."""
    random = np.random.default_rng(5)
    words = [f"w{number:03d}x" for number in range(300)]
    errors = []
    for _ in range(60):
        first = [words[i] for i in random.integers(0, 300, 15)]
        second = list(first)
        for at in random.integers(0, 15, random.integers(0, 10)):
            second[at] = words[random.integers(0, 300)]
        a, b = f" {' '.join(first)} ", f" {' '.join(second)} "
        mine, theirs = ({text[at : at + 5] for at in range(len(text) - 4)} for text in (a, b))
        errors.append(abs(alike(a, b) - len(mine & theirs) / len(mine | theirs)))
    assert float(np.mean(errors)) < 0.06


@given(st.lists(st.text(max_size=200), max_size=6), st.text(max_size=50))
def test_a_sketch_depends_on_its_own_text_only(others: list[str], text: str) -> None:
    """Whatever stands beside a text in the batch should not change its sketch."""
    alone, among = sketch([text]), sketch([*others, text])
    assert (alone.signatures[0] == among.signatures[-1]).all()
    assert alone.exact[0] == among.exact[-1]


def test_a_huge_text_is_cut() -> None:
    """What follows the first 4 KiB of a text should not count, so that one record cannot hold up a batch."""
    assert equal("word " * 1000 + "tail", "word " * 1000 + "another end")


def test_bag_holds_the_first_words_as_bits() -> None:
    """Words should meet in the bag wherever they stand, handles and punctuation should not count, and a long text should not fill it."""
    first, second, other, long = sketch(
        ["Lost my bag!", "@air my BAG, lost", "refund the ticket", " ".join(f"w{n}" for n in range(5_000))]
    ).bag_numbers()
    assert first == second
    assert first & other == 0
    assert first.bit_count() == 3
    assert 40 <= long.bit_count() <= 64


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "\u0627\u0644\u062e\u0650\u062f\u0645\u0629 \u0633\u064a\u0626\u0629 \u062c\u062f\u0627\u064b",
            "\u0627\u0644\u062e\u062f\u0645\u0629 \u0633\u064a\u0626\u0629 \u062c\u062f\u0627",
        ),
        ("\u300c\u3082\u3046\u6765\u306a\u3044\u300d\u3068\u8a00\u3046", "\u300e\u3082\u3046\u6765\u306a\u3044\u300f\u3068\u8a00\u3046"),
        ("Вода в кране снова ржавая", "ВОДА В КРАНЕ СНОВА РЖАВАЯ!"),
        ("they donâ€™t answer", "they don’t answer"),
        ("le café de la gare", "le cafÃ© de la gare"),
        ("wait, what", "wait؟ what"),
    ],
    ids=["vowel signs", "brackets", "Cyrillic capitals", "broken apostrophe", "broken accent", "Arabic mark"],
)
def test_other_scripts_and_broken_letters_are_evened_out(first: str, second: str) -> None:
    """Signs that are seldom written, marks of other scripts and letters broken by a wrong encoding should not matter."""
    assert equal(first, second)


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        (f"BREAKING: {BASE}", BASE),
        (f"{BASE} - Morning Courier", BASE),
        (f"{BASE} (Reuters) #fire #texas", BASE),
        (f"#fire #texas {BASE}", BASE),
    ],
    ids=["label", "name behind", "agency and hashtags", "hashtags before"],
)
def test_what_stands_around_a_text_is_not_signed(whole: str, part: str) -> None:
    """Labels, names of who passes a text on and outer hashtags should leave the signature, but not the exact hash."""
    assert alike(whole, part) == 1.0
    assert not equal(whole, part)


@pytest.mark.parametrize(
    "whole",
    [f"{BASE} - nobody was hurt", f"{BASE} pray for #Texas", "Day 3: no heat", "Thanks - Ann Abara", f"#this {BASE.lower()}"],
    ids=["a clause", "a hashtag that ends the sentence", "too little left", "a short text with a name", "a hashtag that begins it"],
)
def test_what_belongs_to_a_text_is_signed(whole: str) -> None:
    """A clause, a hashtag within a sentence and what is most of a short text should count: leaving it out makes another text."""
    codes = sketch([whole]).codes[0]
    assert not (codes & 0x2000).any()


def test_questions_are_told() -> None:
    """A question mark in any script should be noted, but for one in a link."""
    found = sketch(["is it open?", "it is open", "هل هو مفتوح؟", "see http://a.example/?q=1"]).flags & ASKS
    assert found.tolist() == [ASKS, 0, ASKS, 0]


@pytest.mark.parametrize("word", ["village", "evacuated", "restaurant", "Фонарь".lower(), "straße"])
def test_a_slip_leaves_a_word_alike(word: str) -> None:
    """A letter left out, doubled or swapped with its neighbour, but for the first, should leave a word what it is."""
    for at in range(1, len(word) - 1):
        slips = (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :])
        assert all(alike_words(word_code(word), word_code(slip)) for slip in slips)


@pytest.mark.parametrize(("first", "second"), [("love", "hate"), ("man", "woman"), ("lost", "last"), ("selby", "york"), ("food", "view")])
def test_other_words_are_not_alike(first: str, second: str) -> None:
    """Words of other letters, or another first one, should be told apart."""
    assert not alike_words(word_code(first), word_code(second))
    assert not alike_words(word_code(second), word_code(first))


def test_two_words_written_as_one_are_joined() -> None:
    """Of "car park" and "carpark" it should be known that they are the same, of "car pool" not."""
    car, park, pool, whole = (word_code(word) for word in ("car", "park", "pool", "carpark"))
    assert joined(car, park, whole)
    assert not joined(car, pool, whole)


@given(st.integers(0, 1023))
def test_bits_are_counted(value: int) -> None:
    """The count of a word's letters should be that of its set bits."""
    assert ones(value) == value.bit_count()
