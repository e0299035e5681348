"""Which rows are a situation's, whatever came, moved, went or was forgotten since they were last asked for."""

from random import Random

import numpy as np
import pytest

from pipeline.correlate.contributions import CASE, CHUNK, GONE, IDEA, SURGE, Contribution, Contributions

KINDS = (CASE, SURGE, IDEA)
EMPTY = Contribution(*(0.0 if name in ("urgency", "negativity", "danger") else 0 for name in Contribution._fields))


def name(number: int) -> str:
    """Id of a situation."""
    return f"{number:016x}{0:016x}"


@pytest.mark.parametrize("seed", range(5))
def test_members_are_what_a_scan_finds(seed: int) -> None:
    """Rows are added, leave, move to another situation and are forgotten, in any order: those that are kept at hand are the same."""
    random, rows, key = Random(seed), Contributions(window_ms=10_000_000, entries=2 * CHUNK), 0
    for _ in range(3_000):
        chance, kind = random.random(), random.choice(KINDS)
        if chance < 0.6:
            key += 1
            rows.add(EMPTY._replace(key=key, clock=key, case=random.randint(0, 3), surge=random.randint(0, 3), idea=random.randint(0, 3)))
        elif chance < 0.9 and (number := rows.find(random.randint(max(1, key - CHUNK), max(1, key)))) is not None:
            rows.change(number, bits=GONE)
            rows.forget(number)
        elif chance < 0.92:
            rows.move(kind, name(random.randint(1, 3)), name(random.randint(1, 3)))
        identity = random.randint(1, 3)
        scanned = rows.numbers(lambda column, kind=kind, identity=identity: column(kind) == np.uint64(identity))  # type: ignore[misc]
        assert rows.members(kind, name(identity)).tolist() == scanned.tolist()
    assert key > 3 * CHUNK
