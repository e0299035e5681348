"""What an alarm means while a surge is on about the same subject, as one table of decisions; `surges.Surges.relation` asks it.

One outbreak is one surge, whatever the feelings it stirs, and the stronger feeling gives it its name: what began with the surge is part of
it. What comes later is an outbreak of its own only if it is strong beside the surge that is on, and twice as strong if it is counted in
that surge anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from pipeline.correlate.series_window import WHOLE
from schemas.messages import Sentiment

_NEUTRAL = Sentiment.NEUTRAL.value


class Relation(Enum):
    """What an alarm is to the surge that is on: a side of it, which is counted in it; the outbreak's better name, under which a new surge
    takes the one that is on over; or an outbreak of its own beside it."""

    SIDE = "side"
    SUCCESSOR = "successor"
    SEPARATE = "separate"


class Rise(NamedTuple):
    """An alarm of the series of one ``feeling`` (`series_window.WHOLE`: of all) beside a surge named by ``surge_feeling``.

    ``together``: it began within the longest window of the surge. ``counted``: what its series holds is part of the surge already.
    ``authors`` made it rise; ``surge_authors`` had the surge's feeling in the same time.
    """

    feeling: str
    surge_feeling: str
    together: bool
    counted: bool
    authors: int
    surge_authors: int


Row = tuple[str, Callable[[Rise], bool], Relation]

ROWS: tuple[Row, ...] = (
    # The alarm's feeling beside the surge's: the first row that holds decides.
    ("of all feelings", lambda rise: rise.feeling == WHOLE, Relation.SIDE),
    ("of the surge's own feeling", lambda rise: rise.feeling == rise.surge_feeling, Relation.SIDE),
    ("of a feeling, in a neutral surge", lambda rise: rise.surge_feeling == _NEUTRAL, Relation.SUCCESSOR),
    ("neutral, in a surge of a feeling", lambda rise: rise.feeling == _NEUTRAL, Relation.SIDE),
    # Another feeling than the surge's, neither of them neutral.
    ("together, stronger", lambda rise: rise.together and rise.authors > rise.surge_authors, Relation.SUCCESSOR),
    ("together, no stronger", lambda rise: rise.together, Relation.SIDE),
    ("later, counted, over twice as strong", lambda rise: rise.counted and rise.authors > 2 * rise.surge_authors, Relation.SEPARATE),
    ("later, counted, no more than that", lambda rise: rise.counted, Relation.SIDE),
    ("later, not counted, under half as strong", lambda rise: 2 * rise.authors < rise.surge_authors, Relation.SIDE),
    ("later, not counted, at least half as strong", lambda _: True, Relation.SEPARATE),
)
"""What holds of the alarm, and what it is then."""


def relation_of(rise: Rise) -> Relation:
    """What the first row that holds says."""
    return next(relation for _, holds, relation in ROWS if holds(rise))
