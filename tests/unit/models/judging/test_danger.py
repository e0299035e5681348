"""Sentences of danger and of drama in eight languages, written before any model had read them: who is woken, and for what.

Two sets of different hands. The first thresholds were chosen with the first at hand; the second was written later, and what was
chosen since was chosen with both: they keep what was reached, and are no measure of what is to come.
"""

from pathlib import Path

import pytest

from models import Bundle

DANGER_FROM, URGENT_FROM, DESKS = 0.2, 0.3, ("operations", "security")
"""Who is woken by the default policy: all three must hold."""
SETS = {"first": ("danger.tsv", 61, 56), "blind": ("danger_blind.tsv", 60, 60)}
"""File, sentences of danger and of drama."""


def woken_for(bundle: Bundle, name: str, kind: str) -> list[bool]:
    """Whether somebody is woken for each sentence of a kind."""
    rows = [line.split("\t") for line in Path(__file__).with_name(SETS[name][0]).read_text(encoding="utf-8").splitlines()]
    judged = bundle.judge([text for _, found, text in rows if found == kind])
    desks = [bundle.DESKS[code] in DESKS for code in judged.desk]
    found = zip(judged.danger, judged.urgency, desks, strict=True)
    return [danger >= DANGER_FROM and urgency >= URGENT_FROM and desk for danger, urgency, desk in found]


@pytest.mark.parametrize("name", SETS)
def test_most_danger_is_heard(bundle: Bundle, name: str) -> None:
    """Somebody should be woken for more than half of the sentences of danger."""
    found = woken_for(bundle, name, "danger")
    assert len(found) == SETS[name][1]
    assert sum(found) > len(found) / 2


@pytest.mark.parametrize("name", SETS)
def test_drama_wakes_hardly_anybody(bundle: Bundle, name: str) -> None:
    """Of matches, songs and cakes that kill, burn and explode, at most one in fifteen should wake somebody."""
    found = woken_for(bundle, name, "drama")
    assert len(found) == SETS[name][2]
    assert sum(found) <= len(found) / 15
