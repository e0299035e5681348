"""How well the memory of copies folds a stream of posts whose "RT @" says what is a copy.

The truth is independent of the memory's own normalisation: what a post says is its words without "RT @handle", handles, links and
punctuation. A retweet is a true copy when an earlier post about the subject says the same, or the same cut short by the length of
a post. Folding is right when what it folds into says the same, cut short or not, or shares ``ALIKE`` of all words: what a
person would call the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import NamedTuple

from pipeline.near_duplicates import Duplicates, DuplicatesConfig, Text, reference

ALIKE = 0.6
LEAST_WORDS = 4
"""Shorter texts are too generic to be truth about copying."""

_RETWEET = re.compile(r"^\W*RT @\w+", re.IGNORECASE)
_NOISE = re.compile(r"(?:https?:|www\.)\S*|&\w+;|(?:\bRT\s+)?@\w+:?|\b(?:htt?p?s?)\b(?=\W*$)|…", re.IGNORECASE)


class Tweet(NamedTuple):
    """One post about a subject, at a time in Unix ms."""

    id: str
    at_ms: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class RetweetsReport:
    """``retweets`` that are true copies and how many of those were folded; ``copies`` folded in all, how many of them ``alike``
    and how many word for word the ``same``."""

    posts: int
    retweets: int
    retweets_folded: int
    copies: int
    alike: int
    same: int

    @property
    def precision(self) -> float:
        """Of what was folded, the share that says what it was folded into."""
        return self.alike / max(self.copies, 1)

    @property
    def recall(self) -> float:
        """Of the true copies, the share that was folded."""
        return self.retweets_folded / max(self.retweets, 1)

    def to_json(self) -> dict[str, float]:
        """The figures as one JSON object."""
        return asdict(self) | {"precision": round(self.precision, 4), "recall": round(self.recall, 4)}


def said(text: str) -> tuple[str, ...]:
    """The words of a post that are its author's or of whom it repeats.

    >>> said("RT @ann: Don't go to West, http://t.co/x &amp; stay ...")
    ('dont', 'go', 'to', 'west', 'stay')
    """
    return tuple(re.findall(r"\w+", _NOISE.sub(" ", text).lower().replace("'", "").replace("’", "").replace("_", " ")))


def is_same(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two say the same; the last word of the shorter may be cut."""
    if first == second:
        return True
    shorter, longer = sorted((first, second), key=lambda words: (len(words), sum(map(len, words))))
    last = len(shorter) - 1
    return last >= LEAST_WORDS and shorter[:last] == longer[:last] and longer[last].startswith(shorter[last])


def assess(posts: Iterable[Tweet], config: DuplicatesConfig | None = None) -> RetweetsReport:
    """Fold a stream in its order in time, and compare with what "RT @" says."""
    stream = sorted(posts, key=lambda post: (post.at_ms, post.id))
    words = [said(post.text) for post in stream]
    sources = _sources(stream, Duplicates(config))
    true = _true_copies(stream, words)
    folded = [(at, source) for at, source in enumerate(sources) if source is not None]
    return RetweetsReport(
        posts=len(stream),
        retweets=len(true),
        retweets_folded=sum(sources[at] is not None for at in true),
        copies=len(folded),
        alike=sum(is_same(words[at], words[source]) or _overlap(words[at], words[source]) >= ALIKE for at, source in folded),
        same=sum(is_same(words[at], words[source]) for at, source in folded),
    )


def _sources(stream: list[Tweet], memory: Duplicates) -> list[int | None]:
    """For each post the one that it was folded into."""
    subjects = {name: number for number, name in enumerate(sorted({post.subject for post in stream}), 1)}
    texts = [
        Text(post.text, post.at_ms, f"{at:032x}", subjects[post.subject], at + 1, reference("x", post.id, ""), 0, 0, personal=False)
        for at, post in enumerate(stream)
    ]
    return [int(memory.information_of(one.row), 16) if one.is_copy else None for piece in memory.fold(texts) for one in piece]


def _true_copies(stream: list[Tweet], words: list[tuple[str, ...]]) -> list[int]:
    """Retweets of what was said before."""
    beginnings: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    found = []
    for at, post in enumerate(stream):
        if len(words[at]) < LEAST_WORDS:
            continue
        before = beginnings.setdefault((post.subject, words[at][:LEAST_WORDS]), [])
        if _RETWEET.match(post.text) and any(is_same(words[at], words[other]) for other in before):
            found.append(at)
        before.append(at)
    return found


def _overlap(first: tuple[str, ...], second: tuple[str, ...]) -> float:
    mine, theirs = set(first), set(second)
    return len(mine & theirs) / max(len(mine | theirs), 1)
