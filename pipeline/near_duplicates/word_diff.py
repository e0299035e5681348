"""Whether two texts that look alike say different things, by their marks and words; `lookup` asks it of each near text.

What a person would call the same text differs by typing errors, by words that only hold a sentence together, by what is put around it
when it is passed on, and here and there by a word in a long text. It is another text when a number, a name, a negation or, in a short
text, any telling word is another one; and when somebody has added something to it.

Words are `word_codes` (uint16, 0 behind the last); ``mine`` and ``theirs`` are how many the first and the second text have.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.row import IS_QUESTION, IS_REPOST, KIND, MARKS, NOT_KNOWN, kind_has, length_of, negations_of, numbers_of
from pipeline.near_duplicates.word_codes import WORDS, alike, begins, counts, excludes, is_outer, joined
from schemas.jit import compiled

WORDS_A_CHANGE = 8
"""A telling word of so many can be another one and the text still be the same."""
WORDS_AN_EXTRA = 4
"""So many telling words to each that one text has more."""
COMMENT, COMMENT_PART = 3, 5
"""So many added words are a comment, and such a part of the text they are added to."""
ASKED_WORDS = 12
"""In a text of fewer words, a word that holds the sentence together makes a statement of a question."""
MOVED_WORDS = 10
"""A text of so many telling words is the same in another order, such as with its halves swapped."""
OUTER_WORDS = 7
"""A text needs so many own words to be the same behind other labels or names."""
CUT_WORDS, CUT_PART, CUT_OF = 10, 2, 3
"""A text of so many words, and of so many parts of so many of another, may be the beginning of that one, cut off."""
SLACK = 2
"""So many words further the other text is looked at where one was cut, as words are written apart or together."""
AROUND, AROUND_PART = 2, 6
"""So many words, or such a part of the text, may stand before or behind it and make no other text."""
SPELT_WORDS = 4
"""A text needs so many words to be recognised by them behind typing errors."""
TELLING_WEIGHT, JOINED_WEIGHT = 4, 8
"""In an alignment: of a telling word, another one having 1, and of two words that are one in the other text."""

_ABOVE, _LEFT, _ONE_TO_ONE, _ONE_TO_TWO, _TWO_TO_ONE = range(5)
"""Steps of an alignment: a word of the first text alone, of the second alone, or how many words of either belong together."""


class WordTally(NamedTuple):
    """How many words are telling, and do not; how many of the telling ones exclude others in their place; how many are outer."""

    telling: int
    other: int
    excluding: int
    outer: int


_NOTHING = WordTally(0, 0, 0, 0)


@compiled(inlined=True)
def _length(codes: NDArray[np.uint16]) -> int:
    """How many words there are before the first 0."""
    length = 0
    while length < len(codes) and codes[length] != 0:
        length += 1
    return length


@compiled(inlined=True)
def _with(tally: WordTally, code: int) -> WordTally:
    """A tally and one word more."""
    if counts(code):
        return WordTally(tally.telling + 1, tally.other, tally.excluding + excludes(code), tally.outer)
    if is_outer(code):
        return WordTally(tally.telling, tally.other, tally.excluding, tally.outer + 1)
    return WordTally(tally.telling, tally.other + 1, tally.excluding, tally.outer)


@compiled(inlined=True)
def _without(whole: WordTally, part: WordTally) -> WordTally:
    return WordTally(whole.telling - part.telling, whole.other - part.other, whole.excluding - part.excluding, whole.outer - part.outer)


@compiled
def _tally(codes: NDArray[np.uint16], length: int) -> WordTally:
    """Of the first words."""
    tally = _NOTHING
    for at in range(length):
        tally = _with(tally, int(codes[at]))
    return tally


@compiled(inlined=True)
def _own(tally: WordTally) -> int:
    """Words of the text itself."""
    return tally.telling + tally.other


@compiled(inlined=True)
def _weight(code: int) -> int:
    """Of a word in an alignment: telling words before others."""
    return TELLING_WEIGHT if counts(code) else 1


@compiled
def _align(first: NDArray[np.uint16], second: NDArray[np.uint16], start: int, mine: int, theirs: int) -> NDArray[np.uint8]:
    """The best last step of an alignment of each beginning of ``first[start:mine]`` (rows) with each of ``second[start:theirs]``.

    A longest common subsequence by weight; row and column 0 stand for no words.
    """
    steps = np.empty((mine - start + 1, theirs - start + 1), np.uint8)
    best = np.zeros((mine - start + 1, theirs - start + 1), np.int64)
    for i in range(start, mine):
        for j in range(start, theirs):
            a, b = int(first[i]), int(second[j])
            row, column = i - start + 1, j - start + 1
            above, left = best[row - 1, column], best[row, column - 1]
            most, step = (above, _ABOVE) if above >= left else (left, _LEFT)
            back, across, weight, together = 1, 1, 0, _ONE_TO_ONE
            if alike(a, b):
                weight = _weight(a) + _weight(b)
            elif j > start and joined(int(second[j - 1]), b, a):
                across, weight, together = 2, JOINED_WEIGHT, _ONE_TO_TWO
            elif i > start and joined(int(first[i - 1]), a, b):
                back, weight, together = 2, JOINED_WEIGHT, _TWO_TO_ONE
            if weight > 0 and best[row - back, column - across] + weight > most:
                most, step = best[row - back, column - across] + weight, together
            best[row, column], steps[row, column] = most, step
    return steps


@compiled
def _matched(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int) -> tuple[WordTally, WordTally]:
    """Tallies of the words of either text that the other has as well, in the same order."""
    start, ours, other = 0, _NOTHING, _NOTHING
    while start < min(mine, theirs) and alike(int(first[start]), int(second[start])):
        ours, other = _with(ours, int(first[start])), _with(other, int(second[start]))
        start += 1
    while mine > start and theirs > start and alike(int(first[mine - 1]), int(second[theirs - 1])):
        mine, theirs = mine - 1, theirs - 1
        ours, other = _with(ours, int(first[mine])), _with(other, int(second[theirs]))
    if start in (mine, theirs):
        return ours, other
    steps = _align(first, second, start, mine, theirs)
    while mine > start and theirs > start:
        step = steps[mine - start, theirs - start]
        back = 0 if step == _LEFT else 2 if step == _TWO_TO_ONE else 1
        across = 0 if step == _ABOVE else 2 if step == _ONE_TO_TWO else 1
        mine, theirs = mine - back, theirs - across
        if back > 0 and across > 0:
            for at in range(mine, mine + back):
                ours = _with(ours, int(first[at]))
            for at in range(theirs, theirs + across):
                other = _with(other, int(second[at]))
    return ours, other


@compiled
def _stands_in(whole: NDArray[np.uint16], part: NDArray[np.uint16], at: int, length: int) -> bool:
    """Whether ``length`` words of one text are the ``part`` of another from ``at`` on."""
    for place in range(length):  # noqa: SIM110  # numba knows no generators
        if not alike(int(whole[at + place]), int(part[place])):
            return False
    return True


@compiled
def _only_around(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int, reposted: bool) -> bool:
    """Whether the longer text is the shorter one and something before or behind it that makes no other text of it.

    That is a word or two, or a sixth of it, or what was cut off from the end of a text of some length: of a
    repost, or in the middle of a word.
    """
    if theirs >= mine:
        more, longer, shorter, length = theirs - mine, second, first, mine
    else:
        more, longer, shorter, length = mine - theirs, first, second, theirs
        cut = reposted or begins(int(second[length - 1]), int(first[length - 1]))
        if cut and length >= CUT_WORDS and length * CUT_OF >= mine * CUT_PART and _stands_in(first, second, 0, length - 1):
            return True
    few = more <= max(AROUND, length // AROUND_PART)
    return few and (_stands_in(longer, shorter, 0, length) or _stands_in(longer, shorter, more, length))


@compiled
def _are_all_in(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int) -> bool:
    """Whether each telling word of the first text is in the second one, in whatever order."""
    for at in range(mine):
        found = not counts(int(first[at]))
        for place in range(theirs):
            found = found or alike(int(first[at]), int(second[place]))
        if not found:
            return False
    return True


@compiled
def _cut_differ(first: NDArray[np.uint16], second: NDArray[np.uint16]) -> bool:
    """Whether the second text, longer or equal, says something else than the first one, which is cut short, up to where that ends."""
    mine = max(_length(first) - 1, 1)  # its last word may be half a word
    theirs = min(_length(second), mine + (SLACK if mine >= CUT_WORDS else 0))
    ours, other = _matched(first, second, mine, theirs)
    whole = _tally(first, mine).telling
    left, left_other = whole - ours.telling, _tally(second, theirs).telling - other.telling
    changed = min(left, left_other)
    extra = max(left, left_other - theirs + mine) - changed
    return changed * WORDS_A_CHANGE > whole or extra > whole // WORDS_AN_EXTRA


@compiled
def _whole_differ(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int, asked: bool, reposted: bool) -> bool:
    """Whether two texts of which all words are known say different things."""
    whole, whole_other = _tally(first, mine), _tally(second, theirs)
    ours, other = _matched(first, second, mine, theirs)
    left, left_other = _without(whole, ours), _without(whole_other, other)
    changed, telling = min(left.telling, left_other.telling), min(whole.telling, whole_other.telling)
    if changed * WORDS_A_CHANGE > telling or (left.excluding and left_other.excluding):
        moved = telling >= MOVED_WORDS and _are_all_in(first, second, mine, theirs) and _are_all_in(second, first, theirs, mine)
        return not moved
    shorter, added = min(_own(whole), _own(whole_other)), abs(_own(whole_other) - _own(whole))
    if asked and (left.other or left_other.other) and shorter < ASKED_WORDS:  # "are they open?", "they are open"
        return True
    if left.outer and left_other.outer and shorter < OUTER_WORDS:
        return True
    extra = max(left.telling, left_other.telling) - changed
    if extra > telling // WORDS_AN_EXTRA or (added >= COMMENT and added * COMMENT_PART >= shorter):
        return not _only_around(first, second, mine, theirs, reposted)
    return False


@compiled
def _words_differ(
    first: NDArray[np.uint16],
    second: NDArray[np.uint16],
    first_cut: bool,
    second_cut: bool,
    asked: bool,
    reposted: bool,
    lengths: tuple[int, int],
) -> bool:
    """Whether the words of two near texts make them different ones; ``lengths`` are those of the texts, the codes being the beginning."""
    mine, theirs = _length(first), _length(second)
    if mine == 0 or theirs == 0:  # nothing is known
        return False
    cut = (first_cut and mine <= theirs) or (second_cut and theirs <= mine)
    if not cut and WORDS not in (mine, theirs):
        return bool(_whole_differ(first, second, mine, theirs, asked, reposted))
    if not cut and abs(lengths[0] - lengths[1]) * COMMENT_PART >= min(lengths):
        return True
    return bool(_cut_differ(first, second) if mine <= theirs else _cut_differ(second, first))


@compiled
def says_same(first: NDArray[np.uint16], second: NDArray[np.uint16]) -> bool:
    """Whether two texts have the same own words in the same order, but for typing errors, and all of them are known."""
    mine, theirs = _length(first), _length(second)
    if min(mine, theirs) < SPELT_WORDS or max(mine, theirs) == WORDS:
        return False
    whole, whole_other = _tally(first, mine), _tally(second, theirs)
    if abs(_own(whole) - _own(whole_other)) > SLACK:  # no more words than that are written apart
        return False
    ours, other = _matched(first, second, mine, theirs)
    return _own(whole) == _own(ours) and _own(whole_other) == _own(other)


@compiled
def says_other(
    first: NDArray[np.uint64], second: NDArray[np.uint64], first_codes: NDArray[np.uint16], second_codes: NDArray[np.uint16]
) -> bool:
    """Whether near texts differ where it matters: by their facts (`row`) and words."""
    mine, theirs = negations_of(first[MARKS]), negations_of(second[MARKS])
    if mine != theirs and NOT_KNOWN not in (mine, theirs):
        return True
    numbers, numbers_other = numbers_of(first[MARKS]), numbers_of(second[MARKS])
    if (numbers & ~numbers_other) != 0 and (numbers_other & ~numbers) != 0:
        return True
    asked = kind_has(first[KIND], IS_QUESTION) != kind_has(second[KIND], IS_QUESTION)
    reposted = kind_has(second[KIND], IS_REPOST)
    lengths = (length_of(first[KIND]), length_of(second[KIND]))
    return bool(_words_differ(first_codes, second_codes, mine == NOT_KNOWN, theirs == NOT_KNOWN, asked, reposted, lengths))
