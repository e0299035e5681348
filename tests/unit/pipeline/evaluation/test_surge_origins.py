"""What some 800 simulated mass reactions, easy and hard, are taken for: prints the confusion matrices (`pytest -s`)."""

import sys
from collections import Counter

import pytest

from tests.unit.pipeline.correlate.world import World, records
from tests.unit.pipeline.evaluation.crowds import ORIGINS, Told, surges
from tests.unit.pipeline.evaluation.crowds_harder import KINDS, harder
from tests.unit.pipeline.evaluation.crowds_unseen import UNSEEN

EACH, EACH_HARDER = 70, 16
HARD = KINDS | UNSEEN
CALLED = (*ORIGINS, "unknown", "no surge")
QUIET = ("small", "drip")
"""Campaigns of so few accounts, or so slow, that mostly no mass reaction comes of them: then there is nothing to call."""
HARDEST = "three-slogans"
"""A campaign with several texts, each half reworded: only half of them must be found out."""


def called(told: list[Told]) -> list[str]:
    """What surges are taken for, revision by revision."""
    world = World()
    world.take(records(told))
    return [situation["origin"] for situation in world.situations("surge")] or ["no surge"]


@pytest.fixture(scope="module")
def confusion() -> Counter[tuple[str, str]]:
    """(true origin, what it was taken for) -> how many."""
    found: Counter[tuple[str, str]] = Counter()
    for origin, _, told in surges(EACH):
        found[origin, called(told)[-1]] += 1
    lines = [f"{'true origin':14}" + "".join(f"{name:>13}" for name in CALLED)]
    lines += [f"{origin:14}" + "".join(f"{found[origin, name]:>13}" for name in CALLED) for origin in ORIGINS]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    return found


@pytest.fixture(scope="module")
def hard() -> Counter[tuple[str, str]]:
    """(kind, what it was taken for in the end) -> how many; under "people" what was said of them in any revision."""
    found: Counter[tuple[str, str]] = Counter()
    for kind, origin, _, told in harder(HARD, EACH_HARDER):
        revisions = called(told)
        found[kind, revisions[-1]] += 1
        if origin == "organic":
            found.update(("people", name) for name in revisions)
    lines = [f"{'kind':16}{'true origin':14}" + "".join(f"{name:>13}" for name in CALLED)]
    lines += [f"{kind:16}{origin:14}" + "".join(f"{found[kind, name]:>13}" for name in CALLED) for kind, (origin, _) in HARD.items()]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    return found


def test_every_mass_reaction_is_a_surge(confusion: Counter[tuple[str, str]]) -> None:
    """Of more than 200 hardly any should be missed."""
    assert confusion.total() == 3 * EACH >= 200
    assert sum(confusion[origin, "no surge"] for origin in ORIGINS) <= 4


@pytest.mark.parametrize("origin", ORIGINS)
def test_origins_are_told_apart(confusion: Counter[tuple[str, str]], origin: str) -> None:
    """Nine of ten of each origin should be called what they are."""
    assert confusion[origin, origin] >= 0.9 * EACH


def test_an_outrage_is_never_called_a_campaign(confusion: Counter[tuple[str, str]]) -> None:
    """Calling real people a campaign is the worst mistake, and should not happen."""
    assert confusion["organic", "coordinated"] == 0


@pytest.mark.parametrize("kind", HARD)
def test_hard_crowds_are_told_apart(hard: Counter[tuple[str, str]], kind: str) -> None:
    """Of each hard kind nine in ten that are mass reactions should be called what they are."""
    raised = EACH_HARDER - hard[kind, "no surge"]
    assert raised == EACH_HARDER or kind in QUIET
    assert hard[kind, HARD[kind][0]] >= (0.5 if kind == HARDEST else 0.9) * raised


def test_no_real_people_are_called_a_campaign(hard: Counter[tuple[str, str]]) -> None:
    """Whoever speaks for himself should not be called coordinated in any revision, nor who openly passes on in the end."""
    assert hard["people", "organic"] > 500
    assert hard["people", "coordinated"] == 0
    assert not any(hard[kind, "coordinated"] for kind, (origin, _) in HARD.items() if origin == "amplified")
