"""What people get, against what a person would have said: judged posts beside what the whole flow made of each.

The measure follows a post to the end: not whether a label was right, but whether the right team was asked and nobody woken for nothing.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from schemas.errors import WinnowError

FACETS = ("sentiment", "intent", "stakeholder", "language")
URGENT = ("high", "critical")
LEAST = 5
"""A value that occurs less often says nothing of a facet's macro-F1."""
FORM = 'Write each as {"text": "...", "gate": "keep|irrelevant|spam", "team": "...", "urgency": "none|low|high|critical", ...}'
_CLOSED: Mapping[str, tuple[str, ...]] = {"gate": ("keep", "irrelevant", "spam"), "urgency": ("none", "low", *URGENT)}


class Wanted(NamedTuple):
    """A post and what a person would have said of it. ``facets`` holds what was judged of FACETS; ``addressed``: it was written to
    the organisation, so that being of no concern can be told from the text."""

    text: str
    gate: str
    urgency: str
    team: str
    page: bool
    sure: bool
    addressed: bool
    facets: Mapping[str, str]

    @property
    def should(self) -> bool:
        """Whether some team should react."""
        return self.gate == "keep" and self.team != "none" and self.urgency != "none"


@dataclass(slots=True)
class Got:
    """What the flow made of a post: its judgement when it was ``kept``, the owners that were asked live, whether one was paged."""

    kept: bool = False
    facets: dict[str, str] = field(default_factory=dict)
    teams: set[str] = field(default_factory=set)
    paged: bool = False


class Share(NamedTuple):
    """``hits`` of ``of``."""

    hits: int
    of: int

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.hits / self.of
        middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - width) / (1 + z * z / n)), min(1.0, (middle + width) / (1 + z * z / n))

    def to_json(self) -> dict[str, Any]:
        """Share, its interval and what it is of; the share is null when it is of nothing."""
        low, high = self.interval()
        return {"share": self.hits / self.of if self.of else None, "low": round(low, 4), "high": round(high, 4), "of": self.of}

    def line(self, name: str) -> str:
        """For a person."""
        if not self.of:
            return f"{name:<44}    -  of 0"
        low, high = self.interval()
        return f"{name:<44} {self.hits / self.of:.3f}  ({low:.2f} to {high:.2f})  of {self.of}"


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """The figures: shares by name, macro-F1 by facet."""

    posts: int
    shares: dict[str, Share]
    macro_f1: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The figures as one JSON object."""
        return {"posts": self.posts, "shares": {name: one.to_json() for name, one in self.shares.items()}, "macro_f1": self.macro_f1}

    def lines(self) -> list[str]:
        """The figures for a person."""
        told = [f"{self.posts} judged posts; share, 95 % interval, number that it is a share of"]
        told += [share.line(name) for name, share in self.shares.items()]
        return told + [f"macro-F1 of {facet:<33} {found:.3f}" for facet, found in self.macro_f1.items()]


def read_judged(lines: Iterable[str], name: str = "the file") -> Iterator[Wanted]:
    """Judged posts from JSON lines. Raises WinnowError that names the line and what is wrong with it."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise WinnowError(f"{name} line {number} is no judged post: {error}", hint=FORM) from None
            yield wanted_of(row, f"{name} line {number}")


def wanted_of(row: Any, where: str) -> Wanted:
    """One judged post. Raises WinnowError that says ``where`` it stands and what is wrong with it."""
    try:
        return _wanted(row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise WinnowError(f"{where} is no judged post: {problem}", hint=FORM) from None


def _wanted(row: Mapping[str, Any]) -> Wanted:
    for key, values in _CLOSED.items():
        if row[key] not in values:
            raise ValueError(f"{key} {row[key]!r} is none of {', '.join(values)}")
    if not isinstance(row["text"], str) or not isinstance(row["team"], str):
        raise ValueError("text and team must be strings")
    facets = {facet: str(row[facet]) for facet in FACETS if row.get(facet) is not None}
    page, sure, addressed = (bool(row.get(flag, default)) for flag, default in (("page", False), ("sure", True), ("addressed", False)))
    return Wanted(row["text"], row["gate"], row["urgency"], row["team"], page, sure, addressed, facets)


def comparable(wanted: Iterable[Wanted], *, sure_only: bool) -> list[Wanted]:
    """The posts that can be compared: one that is of no concern only where its text says so."""
    return [one for one in wanted if (one.sure or not sure_only) and (one.gate != "irrelevant" or one.addressed)]


def assess_judged(wanted: Sequence[Wanted], got: Sequence[Got]) -> JudgedReport:
    """Compare, post by post. ``got`` belongs to ``wanted`` in its order."""
    both = list(zip(wanted, got, strict=True))
    should = [(want, one) for want, one in both if want.should]
    asked = [(want, one) for want, one in both if one.teams]
    shares = {
        "asked, of posts to which a team should react": _share(want.team in one.teams for want, one in should),
        "asked, of the urgent ones": _share(want.team in one.teams for want, one in should if want.urgency in URGENT),
        "right team, of posts on which one was asked": _share(want.team in one.teams and want.gate == "keep" for want, one in asked),
        "deserved, of pages": _share(want.page for want, one in both if one.paged),
        "paged, of posts that deserve it": _share(one.paged for want, one in both if want.page),
        "undeserved pages, of all posts": _share(one.paged and not want.page for want, one in both),
        "kept, of what concerns the organisation": _share(one.kept for want, one in both if want.gate == "keep"),
        "let through, of spam": _share(one.kept for want, one in both if want.gate == "spam"),
    }
    macro = {}
    for facet in FACETS:
        pairs = [
            (want.facets[facet], one.facets.get(facet, ""))
            for want, one in both
            if one.kept and want.gate == "keep" and facet in want.facets
        ]
        if pairs:
            shares[f"{facet} right"] = _share(want == found for want, found in pairs)
            macro[facet] = _macro_f1(pairs)
    return JudgedReport(len(both), shares, macro)


def _share(answers: Iterable[bool]) -> Share:
    found = list(answers)
    return Share(sum(found), len(found))


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Over the values that occur at least LEAST times; 0 when none does."""
    occurs, said = Counter(want for want, _ in pairs), Counter(found for _, found in pairs)
    scores = [
        2 * sum(want == found == value for want, found in pairs) / (number + said[value])
        for value, number in occurs.items()
        if number >= LEAST
    ]
    return sum(scores) / len(scores) if scores else 0.0
