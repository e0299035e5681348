"""Desk: who in most organisations would deal with a post, and the posts it learns from.

Posts of our own in sixteen languages, judged by people: the team that should get it first, none where nobody needs to react. What people
post on an ordinary day about nobody in particular is none, at little weight. Which of a deployment's teams a desk is says its policy.
"""

from __future__ import annotations

from pathlib import Path

from models.corpus import JudgedPost
from models.examples import JUDGED, MOODS, Examples, judged, moods
from models.facets import DESKS
from models.heads.linear import LinearFacet

JUDGED_COUNTS = 12.0
EVERYDAY_COUNTS = 4.0
"""Such posts name nobody, so they are only a little evidence of what needs no answer."""


def desk_of(post: JudgedPost) -> str | None:
    """Who deals with it; None for spam, which never gets so far, and for what investors write."""
    if post.gate == "spam" or (post.gate == "keep" and post.team == "investors"):
        return None
    return "none" if post.urgency == "none" else post.team


class DeskHead(LinearFacet):
    """Who would deal with it. What is for investors' people the stakeholder says: an output more would widen every row of the table."""

    name = "desk"
    labels = DESKS
    classes = tuple(desk for desk in DESKS if desk != "investors")
    strength = 0.2
    balanced = False
    margin = True
    abstain_below = 0.3

    def examples(self, data: Path) -> Examples:
        """Texts labelled with one of DESKS."""
        rows = Examples("desk")
        rows.add(JUDGED, judged(desk_of), JUDGED_COUNTS)
        rows.add(MOODS, ((text, "none") for text, _ in moods()), EVERYDAY_COUNTS)
        return rows
