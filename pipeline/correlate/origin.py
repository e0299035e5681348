"""The origin of a crowd, organic, amplified or coordinated, from counts of what it consists of: every revision of a situation states it.

What an operator does about it decides what is what. *Organic*: people speak for themselves, however alike; deal with the matter.
*Amplified*: most only pass on, openly, what one outlet or one person said; answer that one. *Coordinated*: a few hands let many
accounts say one thing as if each had thought of it; report them. The worst mistake is to call people a campaign, so every doubt is
in their favour.
"""

from __future__ import annotations

from msgspec import Struct

from schemas.messages import Origin

LEAST_AUTHORS = 5
LEAST_WORDS = 10
"""Texts of fewer words are nobody's: everybody asks "is it just me or is it down?" and wishes a happy birthday."""
KIN_WORDS = 6
"""Two texts of one hand share at least so many words."""
KIN_SHARE = 0.3
"""And so much of all their words: reworded ones share .35 to .6, people's own words about one event .25 at most."""
SAME_SHARE = 0.5
"""What is passed on word for word, or cut short, shares so much."""
_UNKNOWN, _ORGANIC, _AMPLIFIED, _COORDINATED = (
    origin.value for origin in (Origin.UNKNOWN, Origin.ORGANIC, Origin.AMPLIFIED, Origin.COORDINATED)
)


class Kin:
    """Whether texts about a subject are reworded from one another, by comparing each with the three that went before."""

    __slots__ = ("_first", "_second", "_third")

    def __init__(self, first: int = 0, second: int = 0, third: int = 0) -> None:
        self._first, self._second, self._third = first, second, third

    def compare(self, bag: int, *, reposted: bool) -> bool:
        """Whether a text (its words as bits) is akin to one of the last three: people's own words in between do not hide what goes
        round. What is ``reposted`` must be the same, but for being cut short; who passes on this and that speaks for nobody else."""
        least, share = (1, SAME_SHARE) if reposted else (KIN_WORDS, KIN_SHARE)
        akin = False
        for other in (self._third, self._second, self._first):
            both = (bag & other).bit_count()
            if both >= least:
                either = (bag | other).bit_count()
                if both > share * either and (reposted or either >= LEAST_WORDS):
                    akin = True
                    break
        self._first, self._second, self._third = self._second, self._third, bag
        return akin

    def dump(self) -> list[str]:
        """JSON-ready state; nothing where nothing was compared."""
        bags = self._first, self._second, self._third
        return [f"{bag:x}" for bag in bags] if any(bags) else []

    @classmethod
    def load(cls, dumped: list[str]) -> Kin:
        """What `dump` wrote."""
        return cls(*(int(bag, 16) for bag in dumped))


class Makeup(Struct, gc=False):
    """Counts of a crowd. ``reposts``: what others pass on as well, openly ("RT @", by reference). ``alike``: the same or akin to what
    others said, as if it were one's own; of those ``sourced`` carry a link or are by media and known voices, and ``again`` are by an
    author counted before."""

    authors: int
    events: int
    reposts: int
    alike: int
    sourced: int
    again: int


def origin_of(crowd: Makeup) -> str:
    """The origin (`schemas.messages.Origin`); unknown for fewer than five authors.

    Organic unless two fifths of it repeat and a third of its authors take part in that: one who floods is no crowd. Coordinated if
    most of what repeats hides where it comes from, or if the same accounts say it again and again, which nobody does who shares news.
    """
    if crowd.authors < LEAST_AUTHORS:
        return _UNKNOWN
    repeated = crowd.reposts + crowd.alike
    if 5 * repeated < 2 * crowd.events or 3 * (repeated - crowd.again) < crowd.authors:
        return _ORGANIC
    hidden = crowd.alike - crowd.sourced
    insisting = 4 * crowd.alike >= repeated and 10 * crowd.again >= 3 * crowd.alike
    return _COORDINATED if 2 * hidden > repeated or insisting else _AMPLIFIED
