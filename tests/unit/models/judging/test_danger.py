"""Sentences of danger and of drama in eight languages, written before any model had read them: who is woken, and for what.

Two sets of different hands. The thresholds were chosen with the first at hand; the second was written later, and nothing was chosen by it:
as first seen, 36 of its 60 dangers reach the threshold of a page, 31 are paged (the desk must fit, too), and none of its 60 dramas.
"""

from pathlib import Path

import pytest

from models import Bundle

PAGED_FROM = 0.3
"""As the default policy has it."""
SETS = {"first": ("danger.tsv", 61, 56), "blind": ("danger_blind.tsv", 60, 60)}
"""File, sentences of danger and of drama."""


def scores(bundle: Bundle, name: str, kind: str) -> list[float]:
    """How dangerous each sentence of a kind is found to be."""
    rows = [line.split("\t") for line in Path(__file__).with_name(SETS[name][0]).read_text(encoding="utf-8").splitlines()]
    return bundle.judge([text for _, found, text in rows if found == kind]).danger.tolist()


@pytest.mark.parametrize("name", SETS)
def test_most_danger_is_heard(bundle: Bundle, name: str) -> None:
    """Somebody should be woken for more than half of the sentences of danger."""
    found = scores(bundle, name, "danger")
    assert len(found) == SETS[name][1]
    assert sum(score >= PAGED_FROM for score in found) > len(found) / 2


@pytest.mark.parametrize("name", SETS)
def test_drama_wakes_hardly_anybody(bundle: Bundle, name: str) -> None:
    """Of matches, songs and cakes that kill, burn and explode, at most one in fifteen should wake somebody."""
    found = scores(bundle, name, "drama")
    assert len(found) == SETS[name][2]
    assert sum(score >= PAGED_FROM for score in found) <= len(found) / 15
