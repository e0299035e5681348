"""In: wishes (requests). Out: groups of the same wish in different words; an idea once enough distinct people have it.

A group is the words of its wishes with their counts. A new wish joins the group whose words, weighted by their rarity among all
wishes about the subject, have the highest cosine with its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.correlate_board import Board
from pipeline.correlate_heard import Heard
from pipeline.correlate_words import wish_words
from pipeline.situations import IDEA, Cause, Situation, situation_id

__all__ = ["IdeaConfig", "Ideas", "wish_words"]

FACET = "request"
MOST_WORDS = 48
"""Words a group keeps, the most frequent: what few of its wishes say does not tell what it is about."""


@dataclass(frozen=True, slots=True)
class IdeaConfig:
    """``least_likeness`` 0..1 (cosine) to join a group; ``least_authors`` make it an idea; ``most_groups`` per shard."""

    least_likeness: float = 0.22
    least_authors: int = 5
    quiet_ms: int = 7 * 24 * 3_600_000
    most_groups: int = 2_000


class _Rarity(dict[str, float]):
    """How much a word tells, 0..1, given how often each was ``said`` in so many ``wishes``; worked out when first asked for.

    In proportion to that of a word never said, so that it hardly moves while wishes of others come in.
    """

    def __init__(self, said: dict[str, int], wishes: int) -> None:
        super().__init__()
        self._said, self._wishes = said, wishes
        self._most = math.log(2.0 + wishes)

    def __missing__(self, word: str) -> float:
        found = self[word] = math.log(1.0 + (1 + self._wishes) / (1 + self._said.get(word, 0))) / self._most
        return found


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
            if not group.norm:  # state of version 1
                self._measure(group)

    def is_full(self) -> bool:
        """Whether the quietest group must go before another may start."""
        return self._count > self.config.most_groups

    def _nearest(self, subject: str, words: list[str]) -> Situation | None:
        index, said = self._groups.get(subject, {}), self._said.get(subject, {})
        wishes = self._wishes.get(subject, 0)
        rarity = _Rarity(said, wishes)
        weight = {word: rarity[word] for word in words}
        rare = sorted(words, key=lambda word: (-weight[word], word))[:8]
        norm = math.sqrt(sum([value * value for value in weight.values()]))
        best, best_likeness = None, self.config.least_likeness
        for name in sorted(set().union(*(index.get(word, ()) for word in rare))):
            group = self._board.situations[name]
            counts = group.words
            likeness = sum([counts[word] * value * value for word, value in weight.items() if word in counts]) / (norm * group.norm)
            if likeness > best_likeness:
                best, best_likeness = group, likeness
        return best

    def _measure(self, group: Situation) -> None:
        """Note the length of a group's vector of words as of now; until it grows again it is compared by that."""
        rarity = _Rarity(self._said[group.subject], self._wishes.get(group.subject, 0))
        group.norm = math.sqrt(sum([(count * rarity[word]) ** 2 for word, count in group.words.items()]))

    def _start(self, heard: Heard, cause: Cause, clock: int) -> Situation:
        created = min(heard.created_ms, clock)
        identity = situation_id(IDEA, heard.subject, FACET, heard.id)
        if identity in self._board.situations:
            return self._board.situations[identity]
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
        self._measure(group)

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
