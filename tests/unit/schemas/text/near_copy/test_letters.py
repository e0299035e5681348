"""The first half of near_copy: letters evened out, and how far."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text import MAX_TEXT_BYTES
from schemas.text.near_copy import letters


def test_a_russian_word_is_not_read_as_a_latin_one() -> None:
    """Only in a text without other Cyrillic letters, or in a word of two alphabets, should look-alikes be Latin."""
    assert letters("не банк").decode() == "не банк"
    assert letters("Тhе банк").decode() == "the банк"
    assert letters("Тhе саr").decode() == "the car"


@given(st.text(max_size=80))
def test_letters_once_even_are_even(text: str) -> None:
    """Evening out a text that has been evened out should change nothing but capitals of look-alikes and markup that it uncovers."""
    once = letters(text.replace("&", " ").replace("<", " ")).decode()
    if "&" not in once and "<" not in once:
        assert letters(once).decode() == once


@pytest.mark.parametrize("text", ["б" + "㌖" * 4095, "д" + "م" * 4094, "aд" * 2048])
def test_a_text_made_to_grow_stays_short(text: str) -> None:
    """Characters that stand for many should not make a text longer than is compared, whatever alphabets it mixes."""
    assert len(letters(text).decode()) <= MAX_TEXT_BYTES
