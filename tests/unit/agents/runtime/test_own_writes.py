"""What others append to a state partition shows between and behind our own writes."""

import pytest

from agents.runtime.own_writes import OwnWrites


@pytest.mark.parametrize(
    ("wrote", "clear_to"),
    [
        ([], 10),
        ([(10, 12)], 12),
        ([(10, 12), (12, 20)], 20),
        ([(11, 12)], 10),
        ([(10, 12), (13, 14), (14, 15)], 12),
    ],
    ids=["nothing", "one", "two", "a hole before it", "a hole between"],
)
def test_it_is_clear_up_to_the_first_hole(wrote: list[tuple[int, int]], clear_to: int) -> None:
    """A hole is what somebody else appended."""
    own = OwnWrites(0, 1, 10)
    for begin, end in wrote:
        own.wrote(begin, end)
    assert own.clear_to == clear_to


def test_behind_a_hole_that_was_looked_at_it_goes_on() -> None:
    """Also when we wrote on while somebody looked: otherwise every look would lead to another one."""
    own = OwnWrites(0, 1, 10)
    own.wrote(12, 14)
    own.wrote(14, 20)
    own.looked_to(13)
    assert own.clear_to == 20
    own.wrote(20, 21)
    assert own.clear_to == 21
    own.wrote(25, 26)
    own.wrote(28, 29)
    own.looked_to(26)
    assert own.clear_to == 26, "27 was not looked at"
