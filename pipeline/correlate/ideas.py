"""Groups the same wish in different words, an idea once enough distinct people have it: `Dispatcher` places every request here.

A group is the words of its wishes with their counts. A new wish joins the group whose words, weighted by their rarity among all
wishes about the subject, have the highest cosine with its own. Early wordings often share no word and start groups of their own until
a wish comes that has words of several: groups that are by then as like each other as a wish and its group must be become one, unless
both have been published as ideas.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.correlate.contributions import Contributions
from pipeline.correlate.information import Piece
from pipeline.correlate.registry import Registry
from pipeline.correlate.situation import IDEA, Cause, OpenSituation, situation_id
from pipeline.correlate.wish_stems import wish_words

FACET = "request"
MOST_WORDS = 48
"""Words a group keeps, the most frequent: what few of its wishes say does not tell what it is about."""
RAREST = 8
"""By so many of its rarest words a wish finds the groups that it is compared with."""
MOST_COMPARED = 512
"""With so many groups it is compared at most: of its rarest words, those count that do not find more. Never so many in ordinary streams."""
BRIDGED = 3
"""A wish joins its group and is tried as a bridge to so many others that are half as like it as they must be."""
MOST_SAID = 64
"""Of so many wishes, the latest, a group knows the words: those of older ones stay with it when their posts are deleted."""
EMPHASIS = 1.5
"""Power of a word's count in a group: what most of its wishes say tells more of it than what each says once."""


@dataclass(frozen=True, slots=True)
class IdeaConfig:
    """``least_likeness`` 0..1 (cosine) to join a group; ``least_authors`` make it an idea; ``most_groups`` per shard."""

    least_likeness: float = 0.19
    least_authors: int = 5
    quiet_ms: int = 7 * 24 * 3_600_000
    most_groups: int = 2_000


class _Vocabulary:
    """The words of the groups about one subject: word -> id of a group -> how much it stresses the word (``weights``), word -> how often
    it occurred (``counts``), in how many wishes."""

    def __init__(self) -> None:
        self.weights: dict[str, dict[str, float]] = {}
        self.counts: dict[str, int] = {}
        self.groups = self.wishes = 0

    def add(self, group: OpenSituation, words: Mapping[str, int]) -> None:
        """Note words that a group has taken up, each so many times."""
        for word, count in words.items():
            self.weights.setdefault(word, {})[group.id] = group.words[word] ** EMPHASIS
            self.counts[word] = self.counts.get(word, 0) + count

    def remove(self, group: OpenSituation, words: Mapping[str, int]) -> None:
        """Forget words of a group as often as they occurred in it."""
        for word, count in words.items():
            del self.weights[word][group.id]
            self.counts[word] -= count
            if not self.weights[word]:
                del self.weights[word], self.counts[word]


class _Rarity(dict[str, float]):
    """How much a word tells, 0..1, given how often each occurs in so many wishes; worked out when first looked up.

    In proportion to that of a word that never occurred, so that it hardly moves while wishes of others come in.
    """

    def __init__(self, vocabulary: _Vocabulary) -> None:
        super().__init__()
        self._counts, self._wishes = vocabulary.counts, 1 + vocabulary.wishes
        self._most = math.log(1 + self._wishes)
        self._by_count: dict[int, float] = {}

    def __missing__(self, word: str) -> float:
        self.work_out((word,))
        return self[word]

    def work_out(self, words: Iterable[str]) -> None:
        """Look up many at once."""
        counts, by_count = self._counts, self._by_count
        for word in words:
            if word not in self:
                times = counts.get(word, 0)
                if times not in by_count:
                    by_count[times] = math.log(1.0 + self._wishes / (1 + times)) / self._most
                self[word] = by_count[times]


class Ideas:
    """The groups of one shard; the groups themselves are in the registry, published only once they are ideas."""

    def __init__(self, config: IdeaConfig, registry: Registry, contributions: Contributions) -> None:
        self.config = config
        self._registry = registry
        self._contributions = contributions
        self._vocabularies: dict[str, _Vocabulary] = {}

    def place(self, piece: Piece, cause: Cause, clock: int) -> OpenSituation | None:
        """The group of a wish, a new one when none is like it; None when no word of it tells what is wished for.

        The caller adds the wish to the group's tally right after. Groups that the wish shows to be one are one from then on.
        """
        words = wish_words(piece.text)[:MOST_WORDS]
        if not words:
            return None
        vocabulary = self._vocabularies.setdefault(piece.subject, _Vocabulary())
        rarity = _Rarity(vocabulary)  # as it was when the wish came: what it adds itself hardly moves it
        near = self._nearest(vocabulary, rarity, words)
        group = near[0][1] if near and near[0][0] > self.config.least_likeness else self._start(piece, cause, clock)
        self._learn(group, dict.fromkeys(words, 1), rarity)
        group.said[piece.id] = words
        _keep_latest(group.said)
        for other in [other for _, other in near[: BRIDGED + 1] if other is not group][:BRIDGED]:
            group = self._unite(group, other, rarity)
        group.due = clock + self.config.quiet_ms
        self._registry.touch(group)
        return group

    def take_out(self, group: OpenSituation, information: str) -> None:
        """Forget the words of a wish that was taken out of its group's tally."""
        vocabulary = self._vocabularies[group.subject]
        vocabulary.wishes -= 1
        for word in group.said.pop(information, ()):
            if word in group.words:
                count = group.words[word]
                vocabulary.remove(group, {word: count})
                del group.words[word]
                if count > 1:
                    group.words[word] = count - 1
                    vocabulary.add(group, {word: count - 1})
        self._measure(group, _Rarity(vocabulary))

    def matters(self, group: OpenSituation) -> bool:
        """Whether the group has become an idea, or grown by half since its last revision."""
        if group.emitted_events == 0:
            return group.crowd.estimate() >= self.config.least_authors
        return group.tally.events >= 1.5 * group.emitted_events

    def forget(self, group: OpenSituation) -> None:
        """Take a group that was closed out of the index."""
        vocabulary = self._vocabularies[group.subject]
        vocabulary.remove(group, group.words)
        vocabulary.groups -= 1
        vocabulary.wishes -= group.tally.events
        if not vocabulary.groups:
            del self._vocabularies[group.subject]

    def adopt(self, groups: Iterable[OpenSituation]) -> None:
        """Index the groups of a restored registry."""
        groups = list(groups)
        for group in groups:
            vocabulary = self._vocabularies.setdefault(group.subject, _Vocabulary())
            vocabulary.groups += 1
            vocabulary.wishes += group.tally.events
            vocabulary.add(group, group.words)
        for group in groups:
            if not group.norm:  # state of version 1
                self._measure(group, _Rarity(self._vocabularies[group.subject]))

    def is_full(self) -> bool:
        """Whether the quietest group must go before another may start."""
        return self._registry.count(IDEA) > self.config.most_groups

    def _nearest(self, vocabulary: _Vocabulary, rarity: _Rarity, words: list[str]) -> list[tuple[float, OpenSituation]]:
        """(likeness, group), the likest first, of the groups that say one of its rarest words and are at least half as like it as they
        must be.

        Words count or do not count as a whole: which of its groups a word names first depends on when this process started.
        """
        rarity.work_out(words)
        ranked = sorted(sorted(words), key=rarity.__getitem__, reverse=True)
        products: dict[str, float] = {}
        for number, word in enumerate(ranked):
            square = rarity[word] ** 2
            weights = vocabulary.weights.get(word, {})
            finds = number < RAREST and len(products) + len(weights) <= MOST_COMPARED
            for name in weights if finds else products.keys() & weights.keys():
                products[name] = products.get(name, 0.0) + weights[name] * square
        norm = math.sqrt(math.fsum([rarity[word] ** 2 for word in words]))
        groups = map(self._registry.situations.__getitem__, products)
        likely = zip([product / norm for product in products.values()], groups, strict=True)
        found = [(product / group.norm, group) for product, group in likely if 2 * product > self.config.least_likeness * group.norm]
        found.sort(key=lambda one: (-one[0], one[1].id))
        return found

    def _unite(self, group: OpenSituation, other: OpenSituation, rarity: _Rarity) -> OpenSituation:
        """One group of two that are alike, of which one at least was never published; the same group when they are not."""
        if group.revision and other.revision:
            return group
        weight = {word: count**EMPHASIS * rarity[word] for word, count in group.words.items()}
        if _product(weight, other, rarity) <= self.config.least_likeness * group.norm * other.norm:
            return group
        kept, gone = sorted((group, other), key=lambda one: (-one.revision, -one.tally.events, one.opened_ms, one.id))
        self.forget(gone)
        self._registry.forget(gone)
        kept.take_over(gone)
        _keep_latest(kept.said)
        self._contributions.move(IDEA, gone.id, kept.id)
        kept.updated_ms = max(kept.updated_ms, gone.updated_ms)
        self._learn(kept, gone.words, rarity, gone.tally.events)
        return kept

    @staticmethod
    def _measure(group: OpenSituation, rarity: _Rarity) -> None:
        """Note the length of a group's vector of words as of now; until it grows again it is compared by that."""
        rarity.work_out(group.words)
        group.norm = math.sqrt(sum([(count**EMPHASIS * rarity[word]) ** 2 for word, count in group.words.items()]))

    def _start(self, piece: Piece, cause: Cause, clock: int) -> OpenSituation:
        created = min(piece.created_ms, clock)
        identity = situation_id(IDEA, piece.subject, FACET, piece.id)
        if identity in self._registry.situations:
            return self._registry.situations[identity]
        group = OpenSituation(identity, IDEA, piece.subject, FACET, created, created, clock + self.config.quiet_ms, cause)
        self._registry.open(group)
        self._vocabularies[piece.subject].groups += 1
        return group

    def _learn(self, group: OpenSituation, words: Mapping[str, int], rarity: _Rarity, wishes: int = 1) -> None:
        """Add the words of so many wishes."""
        vocabulary = self._vocabularies[group.subject]
        vocabulary.wishes += wishes
        for word, count in words.items():
            group.words[word] = group.words.get(word, 0) + count
        vocabulary.add(group, words)
        if len(group.words) > MOST_WORDS:
            ranked = sorted(sorted(group.words), key=group.words.__getitem__, reverse=True)
            dropped = {word: group.words[word] for word in ranked[MOST_WORDS:]}
            group.words = {word: group.words[word] for word in ranked[:MOST_WORDS]}
            vocabulary.remove(group, dropped)
        self._measure(group, rarity)


def _keep_latest(said: dict[str, list[str]]) -> None:
    while len(said) > MOST_SAID:
        del said[next(iter(said))]


def _product(weight: dict[str, float], group: OpenSituation, rarity: _Rarity) -> float:
    """Inner product of weighted words and a group's vector, in the order of ``weight``: the same sum on every run."""
    counts = group.words
    return math.fsum([counts[word] ** EMPHASIS * rarity[word] * value for word, value in weight.items() if word in counts])
