"""Words in, ratings out: what the table holds of English and of fifteen other languages."""

import numpy as np
import pytest

from models.features.form import weigh
from models.features.valence import lexicon, rated_forms, ratings
from schemas.text.model_input import MAX_CHARACTERS, MAX_WORDS, SHAPE, read


def weighed(text: str) -> tuple[int, int]:
    """Tenths of good and of bad in a text."""
    out, hashes, shape = np.empty(MAX_CHARACTERS, np.uint8), np.empty(MAX_WORDS, np.uint64), np.empty(SHAPE, np.int64)
    _, count = read(np.frombuffer(text.encode(), np.uint8), out, hashes, shape)
    good, bad, *_ = weigh(hashes[:count], *lexicon())
    return int(good), int(bad)


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("C'était GÉNIAL", 25, 0),
        ("felicitations", 25, 0),
        ("Schönen Tag", 25, 0),
        ("schon da", 0, 0),
        ("katastrophe", 0, 30),
        ("ВОРЫ", 0, 30),
        ("والزبالة", 0, 30),
        ("kotu", 0, 25),
    ],
)
def test_a_rated_word_counts_as_people_write_it(text: str, good: int, bad: int) -> None:
    """Capitals, accents left out and joined articles should change nothing; where an accent makes another word, it should."""
    assert weighed(text) == (good, bad)


def test_a_negation_turns_what_follows_in_any_language() -> None:
    """`ist nicht gut` should be as bad as three quarters of the good."""
    assert weighed("das ist nicht gut") == (0, 12)
    assert weighed("это не хорошо") == (0, 12)


def test_an_article_is_no_sad_word() -> None:
    """English words that are everyday words elsewhere should have no rating."""
    assert weighed("die Katze war bei dem Kind") == (0, 0)


def test_every_rating_is_one() -> None:
    """Ratings should lie from -40 to 40 and not be 0, no entry should be empty or stand twice in its language."""
    entries = [(language, term) for language, _, term in ratings()]
    assert len(entries) == len(set(entries))
    assert all(term == term.strip() and term for _, term in entries)
    assert all(value and (abs(value) <= 40 or 100 <= value <= 103) for _, value, _ in ratings())


def test_every_form_is_one_word_with_a_rating() -> None:
    """What is only looked up should be single words, none twice in its language nor in the file that teaches, rated by tenths."""
    entries = [(language, word) for language, _, word in rated_forms()]
    assert len(entries) == len(set(entries)) > 40_000
    assert not {(language, term) for language, _, term in ratings()} & set(entries)
    assert all(word == word.strip().lower() and word and " " not in word for _, word in entries)
    assert all(value and abs(value) <= 40 for _, value, _ in rated_forms())


def test_inflected_and_spoken_forms_count() -> None:
    """Posts are not written in dictionary forms."""
    assert weighed("ces pubs sont dégueulasses et mensongères")[1] > 20
    assert weighed("yaar ekdum bakwass")[1] > 20
    assert weighed("wspaniałego dnia, cudowni ludzie")[0] > 20
