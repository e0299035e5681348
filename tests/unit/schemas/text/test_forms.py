"""The normal forms of a text: one table says what each folds and keeps; none makes a text long."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.text import MAX_TEXT_BYTES, exact_copy, joined, model_input, near_copy, pack, publishable, searchable, stemmable
from schemas.text.near_copy import words

TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


def model_form(text: str) -> tuple[str, int]:
    """The characters that models read, and how many words."""
    out, found = np.zeros(model_input.MAX_CHARACTERS, np.uint8), np.zeros(model_input.MAX_WORDS, np.uint64)
    size, count = model_input.read(pack([text]).data, out, found, np.zeros(model_input.SHAPE, np.int64))
    return bytes(out[:size]).decode("utf-8", "replace"), count


def read_words(text: str) -> near_copy.Reading:
    """What the second half of near_copy makes of a text."""
    buffer, found = joined([near_copy.letters(text)]), near_copy.room()
    near_copy.read(buffer.data, 0, min(len(buffer.data), MAX_TEXT_BYTES), found)
    return found


def compared_form(text: str) -> str:
    """The characters that near copies are compared by."""
    found = read_words(text)
    return "".join(chr(point) for point in found.points[: found.counts[near_copy.SIZE]] if point < near_copy.TWICE)


def copied_words(text: str) -> tuple[int, int]:
    """(hash, number of words)."""
    hashes, counts = exact_copy.word_hashes(pack([text]))
    return int(hashes[0]), int(counts[0])


SAID = "Café №5, @Joe: DON’T!"

FORMS: list[tuple[Callable[[str], object], list[tuple[str, object]]]] = [
    (
        model_form,
        [
            (SAID, (" café №0, @: don't! ", 5)),
            ("ÀÉ ΑΩ ЯЖ Ђ Ğ 東", (" àé αω яж ђ Ğ 東 ", 6)),
            ("sooooo  2024\t10", (" sooo 0000 00 ", 3)),
            ("see https://a.b/c httx://d", (" see http http ", 3)),
            ("ok👍🏽 ❤️ :)", (" ok👍 ❤ :) ", 4)),
            ("#tag a_b", (" #tag a_b ", 2)),
        ],
    ),
    (
        compared_form,
        [
            (SAID, " cafe no5 dont "),
            ("ÀÉ ΑΩΣ ЯЖ Ђ Ğ", " ae αωσ яж ђ g "),
            ("sooooo h3llo 2024", " so hello 2024 "),
            ("see https://a.b/c httx://d youtu.be/x", " see httx d "),
            ("caf&eacute; <b>Ｗide</b> vi\u200bew donâ€™t", " cafe wide view dont "),
            ("vеry сlеаn", " very clean "),
            ("ok👍🏽 東京", " ok 東京 "),
            ("#tag a_b", " tag a b "),
            ("one two three rt @x quoted", " one two three "),
            ("rt @x quoted", " quoted "),
        ],
    ),
    (
        lambda text: copied_words(text)[1],
        [(SAID, 4), ("a_b", 2), ("don't", 2), ("don’t", 1), ("https://a.b", 3), ("東京 大阪", 2), ("?!", 0)],
    ),
    (
        searchable,
        [
            (SAID, "cafe no5, @joe: don't!"),
            ("STRASSE Straße ΣΑΣ Ğ İ ı Ø", "strasse strasse σασ g i i o"),
            ("a  b\u200bc\u00a0\u3000d\n\te", "a bc d e"),
            ("a\u2011b – c ‐d a_b", "a-b - c -d a_b"),
            ("H&amp;M caf&eacute; &lt;&#8217;", "h&m cafe <'"),
            ("Ｂｒｉｇｈｔ Bank™ ｱｻﾋﾅﾞ", "bright bank アサヒナ\u3099"),
            ("Cafe\u0301 😀 «ok» 東京・大阪", "cafe ; ;ok; 東京 大阪"),
            ("بَنـــك مدرسة على ٣", "بنك مدرسه علي 3"),
            ("Ёж й ΑΎΡΙΟ Արև ԱՐԵՎ", "еж и αυριο արեվ արեվ"),
            ("ᲐᲚᲘ भोरनेटी อรุณ", "ალი भोरनेटी อรุณ"),
            ("안녕 \u1100\u1161", "안녕 가"),
            ("\ud800x", ";x"),
        ],
    ),
    (stemmable, [(SAID, "café №5, @joe: dont!"), ("Straße ΣΑΣ 'cause it‘s", "straße σας cause it‘s")]),
    (
        publishable,
        [(SAID, "Café No5, @Joe: DON’T!"), ("Ｊo\u200b@x\u202e.org", "Jo@x.org"), ("a\x1b[31m\x00\n@b", "a @b"), ("ﬁ Straße", "fi Straße")],
    ),
]


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [(form, text, expected) for form, rows in FORMS for text, expected in rows],
    ids=repr,
)
def test_a_form_folds_and_keeps_what_its_table_says(form: Callable[[str], object], text: str, expected: object) -> None:
    """Each row shows a text before and behind the fold."""
    assert form(text) == expected


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Lost my BAG, again!", "lost  my bag\nagain", True),
        ("lost my bag", "lost my bäg", False),
        ("ÉTÉ", "été", False),
        ("ab c", "a bc", False),
        ("see a.b", "see a b", True),
    ],
)
def test_equal_words_are_an_exact_copy(one: str, other: str, equal: bool) -> None:
    """ASCII case, punctuation and spacing should not count; letters beyond it and where words end should."""
    assert (copied_words(one) == copied_words(other)) is equal


def test_a_word_remembers_what_was_folded() -> None:
    """Beside the letters of near_copy there should stand what parted, marked and capitalised each word."""
    found = read_words("BREAKING: lost my bag - Ann Lee (7b) #air, why?")
    facts = found.facts[: found.counts[near_copy.WORDS]].tolist()
    inner, capital, long = near_copy.IS_INNER, near_copy.IS_CAPITAL, near_copy.IS_LONG
    assert facts == [
        capital | long | near_copy.IS_LABEL,
        long,
        inner,
        inner | near_copy.IS_LABEL,
        capital | near_copy.IS_APART,
        inner | capital,
        near_copy.IS_APART | near_copy.HAS_DIGIT,
        near_copy.IS_HASHTAG,
        inner,
    ]
    assert found.counts[near_copy.FLAGS] == near_copy.ASKS


@settings(deadline=None)
@given(st.text(st.sampled_from("aé’ü🙂中あアｱﾞ안\u1112\u1161ก\u0e49ب\u064bЯй ı'ß™\u200b—´‘x\n"), max_size=30))
def test_a_searchable_text_is_what_it_is_whatever_was_read_before(text: str) -> None:
    """Folding again should change nothing, and the way that is quick for few characters should say what the other says."""
    folded = searchable(text)
    assert searchable(folded) == folded
    many = text + "中" * 20  # takes the other way
    assert searchable(many) == searchable(text + "中") + "中" * 19


@settings(deadline=None)
@given(TEXTS, st.sampled_from([1, 40]))
def test_no_form_makes_a_text_long(text: str, times: int) -> None:
    """What a form writes should be bounded by what it reads, however often that is repeated: by its work, not by chance."""
    text *= times
    size = len(text.encode())
    read = min(size, MAX_TEXT_BYTES)
    characters, count = model_form(text)
    assert len(characters.encode()) <= 3 * (read + 2)  # what a cut character leaves is shown as three bytes
    assert count <= read + 1
    assert len(near_copy.letters(text).decode()) <= MAX_TEXT_BYTES
    counts = read_words(text).counts
    assert counts[near_copy.SIZE] <= 2 * MAX_TEXT_BYTES + 2
    assert 2 * counts[near_copy.WORDS] <= counts[near_copy.SIZE]
    assert 2 * copied_words(text)[1] <= size + 1
    assert len(searchable(text)) <= 18 * len(text)
    assert len(stemmable(text)) <= 3 * len(text)
    assert len(publishable(text)) <= 18 * len(text)


class Counted:
    """Bytes that count how often they are looked at."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.looks = 0

    def __getitem__(self, at: int) -> int:
        self.looks += 1
        return self.data[at]


def test_a_text_of_dots_is_read_once() -> None:
    """Each dot may begin a link's domain: together they should look at every byte a few times, not each at all behind it."""
    data, counts = Counted(b"a." * 1000 + b" youtu.be/x"), np.zeros(words._COUNTS, np.int64)
    stands = words._stands_in_bare_link.py_func  # type: ignore[attr-defined]  # the function before it was compiled
    found = [at for at, byte in enumerate(data.data) if byte == ord(".") and stands(data, at, len(data.data), counts)]
    assert found == [data.data.index(b".be/")]
    assert data.looks <= 4 * len(data.data)
