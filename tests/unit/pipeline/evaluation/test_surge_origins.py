"""What more than 200 simulated mass reactions are taken for: prints the confusion matrix (`pytest -s`)."""

import sys
from collections import Counter

import pytest

from tests.unit.pipeline.correlate_world import World, records
from tests.unit.pipeline.evaluation.crowds import ORIGINS, surges

EACH = 70


@pytest.fixture(scope="module")
def confusion() -> Counter[tuple[str, str]]:
    """(true origin, what it was taken for) -> how many."""
    found: Counter[tuple[str, str]] = Counter()
    for origin, _, told in surges(EACH):
        world = World()
        world.take(records(told))
        taken = [situation["origin"] for situation in world.situations("surge")]
        found[origin, taken[-1] if taken else "no surge"] += 1
    columns = (*ORIGINS, "unknown", "no surge")
    lines = [f"{'true origin':14}" + "".join(f"{name:>13}" for name in columns)]
    lines += [f"{origin:14}" + "".join(f"{found[origin, name]:>13}" for name in columns) for origin in ORIGINS]
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
