"""Posts of our own that people judged (`models.corpus`), as examples of one facet; those held out are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from models.corpus import JudgedPost, held_out, load_posts

JUDGED = "posts of our own, judged"
"""The source that cards name."""


def judged(label: Callable[[JudgedPost], str | None]) -> Iterable[tuple[str, str]]:
    """(Text, label) of every post that may be learned from and for which ``label`` has an answer."""
    for post in load_posts():
        if not held_out(post.id) and (found := label(post)) is not None:
            yield post.text, found
