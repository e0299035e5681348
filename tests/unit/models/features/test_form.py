"""A text's shape and the ratings of its words, as the form block sees them."""

import numpy as np
import pytest

from models.features import vectorise as features
from models.features.form import FORM_ROWS, PROPERTIES, ROOM
from models.features.valence import BUT, I_WE, NEGATION, SLOTS, YOU, find, lexicon, service_words, words

GOOD, BAD, BALANCE, LINKS, HASHTAGS, CAPITALS, BANGS, DIGITS, MONEY, EMOJI, OPENING = 16, 17, 18, 2, 4, 5, 7, 9, 11, 13, 14


def form(text: str) -> dict[int, int]:
    """Each property's bucket."""
    rows, ends = features.rows_of([text])
    return {int(row) // ROOM: int(row) % ROOM for row in rows[ends[0, 1] : ends[0, 2]] - features.FORM_FIRST}


def test_every_text_with_words_has_every_property_once() -> None:
    """One bucket of each property, inside the block; a text without a word has none."""
    assert sorted(form("hello there")) == list(range(PROPERTIES))
    assert PROPERTIES * ROOM <= FORM_ROWS
    assert form("") == form("   ") == {}


@pytest.mark.parametrize(
    ("more", "less", "of"),
    [
        ("I love this", "I see this", GOOD),
        ("this is awful", "this is", BAD),
        ("see http://a.b/c and www.d.e", "see and", LINKS),
        ("#free #win now", "free win now", HASHTAGS),
        ("WIN IT NOW", "win it now", CAPITALS),
        ("win!!!!", "win", BANGS),
        ("call 09061701", "call 09", DIGITS),
        ("only £5", "only 5", MONEY),
        ("only $5", "only 5", MONEY),
        ("only €5", "only 5", MONEY),
        ("late \U0001f621", "late", EMOJI),
    ],
)
def test_more_of_a_property_is_a_higher_bucket(more: str, less: str, of: int) -> None:
    """What is written more strongly should be told apart from what is not."""
    assert form(more)[of] > form(less)[of]


def test_what_a_text_opens_with_is_told_apart() -> None:
    """A link, a handle, a hashtag, a repeat and a plain word are five openings."""
    openings = [form(text)[OPENING] for text in ("well", "http://a.b/c see", "@acme well", "#well done", "RT @acme: well")]
    assert sorted(openings) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("this is good", "this is not good"),
        ("I hate it", "I don't hate it"),
        (":) ok", ":( ok"),
        ("\U0001f60d", "\U0001f621"),
        ("on time", "delayed"),
    ],
)
def test_feelings_are_weighed_with_their_negation(text: str, opposite: str) -> None:
    """A negation should turn what follows it, and emoticons, emoji and words of service have feelings too."""
    assert form(text)[BALANCE] != form(opposite)[BALANCE]


def test_a_negation_does_not_reach_beyond_the_second_word() -> None:
    """`don't buy this, worst phone` is bad all the same."""
    assert form("don't buy this, worst phone ever")[BALANCE] < form("buy this phone")[BALANCE]


def test_a_skin_tone_and_a_selector_make_no_difference() -> None:
    """An emoji should be one word in every dress, and part company with the word that it adjoins."""
    plain, dressed = features.rows_of(["ok \U0001f44d"]), features.rows_of(["ok \U0001f44d\U0001f3fd"])
    assert np.array_equal(plain[0], dressed[0])
    joined, apart = features.rows_of(["ok\U0001f44d"]), features.rows_of(["ok \U0001f44d"])
    ends = joined[1][0], apart[1][0]
    assert np.array_equal(joined[0][ends[0][0] : ends[0][1]], apart[0][ends[1][0] : ends[1][1]])


def test_the_table_holds_what_the_lexicon_says() -> None:
    """Every one-word entry should be found with its value, codes included, and a stranger not at all."""
    tags, values = lexicon()
    assert 0 < (tags != 0).sum() < SLOTS / 2
    assert set(words().values()) >= {NEGATION, BUT, I_WE, YOU}
    assert all(-40 <= value <= 40 for value in service_words().values())
    assert find(np.uint64(12345678901234567), tags, values) == 0
