"""In: wishes (requests). Out: groups of the same wish in different words; an idea once enough distinct people have it.

A group is the words of its wishes with their counts. A new wish joins the group whose words, weighted by their rarity among all
wishes about the subject, have the highest cosine with its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.correlate_board import Board
from pipeline.correlate_heard import Heard
from pipeline.situations import IDEA, Cause, Situation, situation_id

FACET = "request"
MOST_WORDS = 48
"""Words a group keeps, the most frequent: what few of its wishes say does not tell what it is about."""

_WORD = re.compile(r"(?:https?://|www\.)\S+|[@][\w]+|([^\W_]{2,})")
_STOP = frozenset(
    """
    a about add added adding after all allow also am an and any app are as at be been being but by can cannot cant could do does
    dont for from get give had has have having hey hi how i id if im in into is it its ive just know let like love make many may
    me might more much my need needs nice no not now of on one only option or our out please pls possible really should so some
    such thank thanks that the their them then there these they thing this to too up us use using very want was way we were what
    when where which while who why will wish with would you your great ability able feature hope hoping request der die das und
    ich ist nicht ein eine zu den mit fur es bitte le la les de des un une et je que pour en est el los y por
    """.split()  # noqa: SIM905  # a list of words reads better as text
)
_ENDINGS = ("ation", "ing", "ie", "ed", "ly", "er", "e")


@dataclass(frozen=True, slots=True)
class IdeaConfig:
    """``least_likeness`` 0..1 (cosine) to join a group; ``least_authors`` make it an idea; ``most_groups`` per shard."""

    least_likeness: float = 0.25
    least_authors: int = 5
    quiet_ms: int = 7 * 24 * 3_600_000
    most_groups: int = 2_000


def wish_words(text: str) -> list[str]:
    """The words that say what is wished for, shortened to their stems, each once, in order.

    >>> wish_words("Please add dark mode, I really want a darker mode!")
    ['dark', 'mode']
    """
    found = (match.group(1) for match in _WORD.finditer(text.lower().replace("'", "").replace("’", "")))
    return list(dict.fromkeys(_stem(word) for word in found if word and word not in _STOP))


def _stem(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class Ideas:
    """The groups of one shard; the groups themselves are on the board, told only once they are ideas."""

    def __init__(self, config: IdeaConfig, board: Board) -> None:
        self.config = config
        self._board = board
        self._groups: dict[str, dict[str, set[str]]] = {}
        self._said: dict[str, dict[str, int]] = {}
        self._wishes: dict[str, int] = {}
        self._count = 0

    def place(self, heard: Heard, cause: Cause, clock: int) -> Situation | None:
        """The group of a wish, a new one when none is like it; None when it has no telling word.

        The caller adds the wish to the group's tally right after.
        """
        words = wish_words(heard.text)[:MOST_WORDS]
        if not words:
            return None
        group = self._nearest(heard.subject, words)
        if group is None:
            group = self._start(heard, cause, clock)
        self._learn(group, words)
        group.due = clock + self.config.quiet_ms
        self._board.touch(group)
        return group

    def matters(self, group: Situation) -> bool:
        """Whether the group has become an idea, or grown by half since it was last told."""
        if group.revision == 0:
            return group.crowd.estimate() >= self.config.least_authors
        return group.tally.events >= 1.5 * group.events_told

    def forget(self, group: Situation) -> None:
        """Take a group that was closed out of the index."""
        for word, count in group.words.items():
            self._unsay(group, word, count)
        self._wishes[group.subject] -= group.tally.events
        self._count -= 1

    def adopt(self, groups: Iterable[Situation]) -> None:
        """Index the groups of a restored board."""
        for group in groups:
            for word, count in group.words.items():
                self._say(group, word, count)
            self._wishes[group.subject] = self._wishes.get(group.subject, 0) + group.tally.events
            self._count += 1

    def is_full(self) -> bool:
        """Whether the quietest group must go before another may start."""
        return self._count > self.config.most_groups

    def _nearest(self, subject: str, words: list[str]) -> Situation | None:
        index, said = self._groups.get(subject, {}), self._said.get(subject, {})
        wishes = self._wishes.get(subject, 0)
        weight = {word: math.log(1.0 + (1 + wishes) / (1 + said.get(word, 0))) for word in words}
        rare = sorted(words, key=lambda word: (-weight[word], word))[:8]
        norm = math.sqrt(sum(value * value for value in weight.values()))
        best, best_likeness = None, self.config.least_likeness
        for name in sorted(set().union(*(index.get(word, ()) for word in rare))):
            group = self._board.situations[name]
            size = max(group.tally.events, 1)
            dot = square = 0.0
            for word, count in group.words.items():
                share = count / size * math.log(1.0 + (1 + wishes) / (1 + said[word]))
                square += share * share
                if word in weight:
                    dot += share * weight[word]
            likeness = dot / (norm * math.sqrt(square)) if square else 0.0
            if likeness > best_likeness:
                best, best_likeness = group, likeness
        return best

    def _start(self, heard: Heard, cause: Cause, clock: int) -> Situation:
        created = min(heard.created_ms, clock)
        identity = situation_id(IDEA, heard.subject, FACET, heard.id)
        group = Situation(identity, IDEA, heard.subject, FACET, created, created, clock + self.config.quiet_ms, cause)
        self._board.open(group)
        self._count += 1
        return group

    def _learn(self, group: Situation, words: list[str]) -> None:
        for word in words:
            group.words[word] = group.words.get(word, 0) + 1
            self._say(group, word, 1)
        self._wishes[group.subject] = self._wishes.get(group.subject, 0) + 1
        if len(group.words) > MOST_WORDS:
            ranked = sorted(group.words.items(), key=lambda item: (-item[1], item[0]))
            group.words = dict(ranked[:MOST_WORDS])
            for word, count in ranked[MOST_WORDS:]:
                self._unsay(group, word, count)

    def _say(self, group: Situation, word: str, count: int) -> None:
        self._groups.setdefault(group.subject, {}).setdefault(word, set()).add(group.id)
        said = self._said.setdefault(group.subject, {})
        said[word] = said.get(word, 0) + count

    def _unsay(self, group: Situation, word: str, count: int) -> None:
        holders, said = self._groups[group.subject][word], self._said[group.subject]
        holders.discard(group.id)
        said[word] -= count
        if not holders:
            del self._groups[group.subject][word], said[word]
