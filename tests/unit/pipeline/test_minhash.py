"""Sketches of texts: what normalisation evens out, and how well likeness is estimated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.minhash import QUOTE, REPOST, likeness, sketch


def alike(first: str, second: str) -> float:
    """Estimated likeness of two texts."""
    return likeness(*sketch([first, second]).signatures)


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
        "RT @cnn: Massive fire at the plant in West Texas tonight",
        "RT @a: RT @cnn Massive fire at the plant in West Texas tonight",
        "@bob @ann Massive fire at the plant in #West #Texas tonight",
        "🔥🔥 Massive fire at the plant in West Texas tonight 😱😱😱",
        "Mas\u200bsive f\u00adire at the plant in West Texas tonight",
        "М\u0430ssive fire \u0430t the pl\u0430nt in W\u0435st Tex\u0430s tonight",
        "Ｍａｓｓｉｖｅ fire at the plant in West Texas tonight",
    ],
    ids=["case", "link", "repost", "repost of repost", "handles and hashes", "emoji", "invisible", "look-alikes", "wide letters"],
)
def test_disguises_do_not_change_the_normalised_text(same: str) -> None:
    """Case, links, handles, emoji, invisible and look-alike characters should leave the exact hash as it is."""
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
