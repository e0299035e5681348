"""country: codes of countries as networks write them, told in one way."""

import pytest

from schemas.sources.countries import ALPHA_2, country


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("usa", "US"), (" GBR ", "GB"), ("UK", "GB"), ("XKS", "XK"), ("XKX", "XK"),
        ("CHE", "CH"), ("CHN", "CN"), ("AUT", "AT"), ("AUS", "AU"), ("SVN", "SI"), ("SVK", "SK"),
        ("Germany", None), ("", None), ("D", None), ("pt-BR", None), ("en", None), ("ZZ", None),
    ],
)  # fmt: skip
def test_a_code_of_two_or_three_letters_is_told_in_two(written: str, expected: str | None) -> None:
    """Whatever it is written in; names, languages and codes of no country are unknown."""
    assert country(written) == expected


def test_every_country_is_there_once() -> None:
    """All 249 of ISO 3166-1 and Kosovo, each with a code of three letters of its own."""
    assert len(set(ALPHA_2)) == len(ALPHA_2) == 250
    assert all(len(code) == 2 and code.isalpha() and country(code) == code for code in ALPHA_2)
