"""Sums of table rows, eight bytes at a time, against the plain ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.features.row_sums import LANES, sum_rows


def summed(table: NDArray[np.int8], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """What the kernel makes of it; what stood in the totals before is of no account."""
    total = np.full(LANES, 77, np.int32)
    sum_rows(table.view(np.uint64), rows, total)
    return total


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 3_000])
def test_sums_are_exact_whatever_the_number_of_rows(count: int) -> None:
    """Around the number at which counters are emptied, too; a row may come twice."""
    random = np.random.default_rng(count)
    table = random.integers(-128, 128, (1_000, LANES), dtype=np.int64).astype(np.int8)
    rows = random.integers(0, len(table), count, dtype=np.int32)
    assert summed(table, rows).tolist() == table[rows].sum(axis=0, dtype=np.int64).tolist()


@pytest.mark.parametrize("value", [-128, -1, 0, 127])
def test_the_ends_of_the_range_do_not_run_over(value: int) -> None:
    """As many rows as fit between two emptyings, all of the largest or the smallest value."""
    rows = np.zeros(256 * 3, np.int32)
    assert summed(np.full((1, LANES), value, np.int8), rows).tolist() == [value * len(rows)] * LANES
