"""In: marks and words of two texts that look alike. Out: whether they say different things.

What a person would call the same text differs by typing errors, by words that only hold a sentence together, by what is put around it
when it is passed on, and here and there by a word in a long text. It is another text when a number, a name, a negation or, in a short
text, any telling word is another one; and when somebody has added something to it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.word_codes import alike, begins, counts, excludes, joined
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


@compiled
def _length(codes: NDArray[np.uint16]) -> int:
    length = 0
    while length < len(codes) and codes[length] != 0:
        length += 1
    return length


@compiled
def _unit(code: int) -> int:
    """What a word adds to a tally: see `_tally`."""
    if counts(code):
        return 1 | (1 << 16 if excludes(code) else 0)
    return 1 << 24 if code & 0x2000 else 1 << 8


@compiled
def _tally(codes: NDArray[np.uint16], length: int) -> int:
    """Telling words, others, those of the telling ones that exclude each other, and outer words, 8 bits each from the lowest."""
    tally = 0
    for at in range(length):
        tally += _unit(int(codes[at]))
    return tally


@compiled
def _weight(code: int) -> int:
    """Of a word in an alignment: telling words before others."""
    return 4 if counts(code) else 1


@compiled
def _matched(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int) -> tuple[int, int]:
    """Tallies of the words of either text that the other has as well, in the same order (a longest common subsequence)."""
    start, ours, other = 0, 0, 0
    while start < min(mine, theirs) and alike(int(first[start]), int(second[start])):
        ours, other = ours + _unit(int(first[start])), other + _unit(int(second[start]))
        start += 1
    while mine > start and theirs > start and alike(int(first[mine - 1]), int(second[theirs - 1])):
        mine, theirs = mine - 1, theirs - 1
        ours, other = ours + _unit(int(first[mine])), other + _unit(int(second[theirs]))
    if start in (mine, theirs):
        return ours, other
    best = np.zeros((mine - start + 1, theirs - start + 1, 3), np.int64)  # weight, tally of first, of second
    for i in range(start, mine):
        for j in range(start, theirs):
            a, b = int(first[i]), int(second[j])
            row, column = i - start + 1, j - start + 1
            back, across, weight = 1, 1, -1
            if alike(a, b):
                weight = _weight(a) + _weight(b)
            elif j > start and joined(int(second[j - 1]), b, a):
                across, weight = 2, 8
            elif i > start and joined(int(first[i - 1]), a, b):
                back, weight = 2, 8
            above, left = best[row - 1, column], best[row, column - 1]
            source = above if above[0] >= left[0] else left
            if weight > 0 and best[row - back, column - across, 0] + weight > source[0]:
                source = best[row - back, column - across]
                best[row, column, 0] = source[0] + weight
                best[row, column, 1] = source[1] + _tally(first[i - back + 1 : i + 1], back)
                best[row, column, 2] = source[2] + _tally(second[j - across + 1 : j + 1], across)
            else:
                best[row, column] = source
    last = best[mine - start, theirs - start]
    return ours + last[1], other + last[2]


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
        if cut and length >= 10 and length * 3 >= mine * 2 and _stands_in(first, second, 0, length - 1):
            return True
    return more <= max(2, length // 6) and (_stands_in(longer, shorter, 0, length) or _stands_in(longer, shorter, more, length))


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
    theirs = min(_length(second), mine + (2 if mine >= 10 else 0))
    ours, other = _matched(first, second, mine, theirs)
    whole = _tally(first, mine) & 255
    left, left_other = whole - (ours & 255), (_tally(second, theirs) & 255) - (other & 255)
    changed = min(left, left_other)
    return changed * 8 > whole or max(left, left_other - theirs + mine) - changed > whole // 4  # WORDS_A_CHANGE, WORDS_AN_EXTRA


@compiled
def _whole_differ(first: NDArray[np.uint16], second: NDArray[np.uint16], mine: int, theirs: int, asked: bool, reposted: bool) -> bool:
    """Whether two texts of which all words are known say different things."""
    ours, other = _matched(first, second, mine, theirs)
    whole, whole_other = _tally(first, mine), _tally(second, theirs)
    left, left_other = whole - ours, whole_other - other
    changed, telling = min(left & 255, left_other & 255), min(whole & 255, whole_other & 255)
    if changed * 8 > telling or (left >> 16 & 255 and left_other >> 16 & 255):  # WORDS_A_CHANGE
        moved = telling >= 10 and _are_all_in(first, second, mine, theirs) and _are_all_in(second, first, theirs, mine)  # MOVED_WORDS
        return not moved
    own, own_other = (whole & 255) + (whole >> 8 & 255), (whole_other & 255) + (whole_other >> 8 & 255)
    shorter, added = min(own, own_other), abs(own_other - own)
    asks = asked and (left | left_other) & 0xFF00 and shorter < 12  # ASKED_WORDS: "are they open?", "they are open"
    if asks or (left >> 24 and left_other >> 24 and shorter < 7):  # OUTER_WORDS
        return True
    extra = max(left & 255, left_other & 255) - changed
    if extra > telling // 4 or (added >= 3 and added * 5 >= shorter):  # WORDS_AN_EXTRA, COMMENT
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
    lengths: tuple[np.int64, np.int64],
) -> bool:
    """Whether the words of two near texts make them different ones."""
    mine, theirs = _length(first), _length(second)
    if mine == 0 or theirs == 0:  # nothing is known
        return False
    if (first_cut and mine <= theirs) or (second_cut and theirs <= mine):
        return bool(_cut_differ(first, second) if mine <= theirs else _cut_differ(second, first))
    if mine == 32 or theirs == 32:
        if abs(lengths[0] - lengths[1]) * 5 >= min(lengths):  # COMMENT_PART
            return True
        return bool(_cut_differ(first, second) if mine <= theirs else _cut_differ(second, first))
    return bool(_whole_differ(first, second, mine, theirs, asked, reposted))


@compiled
def says_same(first: NDArray[np.uint16], second: NDArray[np.uint16]) -> bool:
    """Whether two texts have the same own words in the same order, but for typing errors, and all of them are known."""
    mine, theirs = _length(first), _length(second)
    if mine < 4 or theirs < 4 or mine == 32 or theirs == 32:
        return False
    whole, whole_other = _tally(first, mine), _tally(second, theirs)
    own, own_other = (whole & 255) + (whole >> 8 & 255), (whole_other & 255) + (whole_other >> 8 & 255)
    if abs(own - own_other) > 2:  # no more words than that are written apart
        return False
    ours, other = _matched(first, second, mine, theirs)
    return (whole - ours) & 0xFFFF == 0 and (whole_other - other) & 0xFFFF == 0


@compiled
def says_other(
    first: NDArray[np.uint64], second: NDArray[np.uint64], first_codes: NDArray[np.uint16], second_codes: NDArray[np.uint16]
) -> bool:
    """Whether near texts differ where it matters: kind and marks (`duplicates_table`) and words of either."""
    mine, theirs = int(first[1] & np.uint64(255)), int(second[1] & np.uint64(255))
    if mine != theirs and 255 not in (mine, theirs):  # NOT_KNOWN
        return True
    numbers, numbers_other = first[1] >> np.uint64(8), second[1] >> np.uint64(8)
    if (numbers & ~numbers_other) != 0 and (numbers_other & ~numbers) != 0:
        return True
    asked = (first[0] ^ second[0]) & np.uint64(2) != 0  # IS_QUESTION
    reposted = second[0] & np.uint64(4) != 0  # IS_REPOST
    lengths = (np.int64(first[0] >> np.uint64(8)), np.int64(second[0] >> np.uint64(8)))  # LENGTH
    return bool(_words_differ(first_codes, second_codes, mine == 255, theirs == 255, asked, reposted, lengths))
