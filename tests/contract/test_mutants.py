"""`make mutants` breaks what the code says now: a name that finds nothing would never be killed, and nobody would see it."""

from pathlib import Path

import pytest

from tests.tools.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_breaks_stands_once_in_its_file(mutant: Mutant) -> None:
    """And the tests that should notice are there."""
    assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert all(Path(ROOT / test.partition("::")[0]).exists() for test in mutant.tests)
