"""Sentences of danger and of drama in eight languages, written before any model had read them: who is woken, and for what."""

from pathlib import Path

from models import Bundle

PAGED_FROM = 0.3
"""As the default policy has it."""
ROWS = [line.split("\t") for line in Path(__file__).with_name("danger.tsv").read_text(encoding="utf-8").splitlines()]


def scores(bundle: Bundle, kind: str) -> list[float]:
    """How dangerous each sentence of a kind is found to be."""
    return bundle.judge([text for _, found, text in ROWS if found == kind]).danger.tolist()


def test_most_danger_is_heard(bundle: Bundle) -> None:
    """Somebody should be woken for more than half of the sentences of danger."""
    found = scores(bundle, "danger")
    assert len(found) == 61
    assert sum(score >= PAGED_FROM for score in found) > len(found) / 2


def test_drama_wakes_hardly_anybody(bundle: Bundle) -> None:
    """Of matches, songs and cakes that kill, burn and explode, at most one in fifteen should wake somebody."""
    found = scores(bundle, "drama")
    assert len(found) == 56
    assert sum(score >= PAGED_FROM for score in found) <= len(found) / 15
