"""The second half of the form `near_copy`: one pass over a text's even letters that writes its words, and notes what it folds away.

A text is read into a `Reading`; as `lost <b>MY</b> bag, #air` it holds afterwards, SIZE being 17 and WORDS 4:

    points     |_|l|o|s|t|_|m|y|_|b|a|g|_|a|i|r|_|      code points, a space (_) before, between and behind the words
    starts       1         6     9       13      17     where each word begins, and where one behind the last would
    facts        LONG      |     INNER   HASH, INNER    bits of each word
                           CAPITAL, INNER
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.jit import compiled
from schemas.text.buffer import MAX_TEXT_BYTES
from schemas.text.characters import (
    APOSTROPHE,
    AT,
    BAR,
    COLON,
    COMMA,
    FIRST_BEYOND_ASCII,
    FULL_STOP,
    HASH,
    HYPHEN,
    NINE,
    OPEN_PARENTHESIS,
    QUESTION,
    SHUT_BRACKET,
    SLASH,
    SMALL_A,
    SPACE,
    decode,
    handle_end,
    is_capital,
    is_small,
)
from schemas.text.links import HTTP, link_end, starts_link
from schemas.text.near_copy.characters import (
    FIRST_EAST_ASIAN,
    FIRST_WITHOUT_CASE,
    SMALL_FORM,
    TWICE,
    is_symbol,
    is_unspaced,
    letter_of,
    small_form,
)

IS_HASHTAG, IS_APART, IS_LABEL, IS_CAPITAL, IS_INNER, IS_LONG, HAS_DIGIT = (1 << bit for bit in range(7))
"""Of a word: it is a hashtag; a dash or bar parts it from what is before; a colon, dash or bracket follows; it starts with a capital;
it stands within a sentence; it has four letters or more; it has a digit."""

REPOST, QUOTE, ASKS = (1 << bit for bit in range(3))
"""Of a text: it starts as a repost; it is a comment on a quoted one; it has a question mark."""

OWN_WORDS = 3
"""So many words before a quoted "RT @handle" are a comment, which is compared on its own; fewer make it a copy."""

SIZE, WORDS, FLAGS, UNSPACED = range(4)
"""Places in the counts of a reading: of its points, of its words, what it is, how many characters are of scripts without spaces."""
_RUN, _DIGITS, _DIGIT_AT, _IS_INNER, _NEXT, _NO_LINK_BEFORE = range(4, 10)
"""And of the pass itself: how often the letter before stands on end, digits of the word, where the last of them is, whether the next
word stands within a sentence, its facts so far, and up to where no bare link is."""
_COUNTS = 10

_NOWHERE = -9
_ENOUGH_LETTERS = 4
"""Of a long word."""
_HELD = 3
"""So many equal letters on end are one."""
_MOST_OF_DOMAIN = 8
"""Letters between the last dot of a link and its slash: two at least."""
_CHARACTERS, _THEIR_WORDS = 5, 2
"""Of a script without spaces so many characters are about so many words."""

_REPEAT = np.frombuffer(b" rt ", np.uint8)
_ARABIC_QUESTION, _TYPOGRAPHIC_APOSTROPHE, _LENTICULAR_BRACKET = map(ord, "\u061f\u2019\u3011")
_EN_DASH, _EM_DASH, _GUILLEMET, _MIDDLE_DOT, _BULLET = map(ord, "\u2013\u2014\u00bb\u00b7\u2022")


class Reading(NamedTuple):
    """What a pass writes, see the module: points, starts and facts of the words, counts."""

    points: NDArray[np.int64]
    starts: NDArray[np.int64]
    facts: NDArray[np.uint8]
    counts: NDArray[np.int64]


@compiled
def room() -> Reading:
    """Room to read any text into, one after the other."""
    words = MAX_TEXT_BYTES + 2
    return Reading(
        np.empty(2 * MAX_TEXT_BYTES + words, np.int64), np.empty(words, np.int64), np.empty(words, np.uint8), np.empty(_COUNTS, np.int64)
    )


@compiled
def about_words(words: int, unspaced: int) -> int:
    """How many words a text has, so many of its characters being of scripts without spaces."""
    return words + unspaced * _THEIR_WORDS // _CHARACTERS


@compiled(inlined=True)
def _start_word(text: Reading, size: int, words: int, capital: bool) -> int:
    """Begin the word behind ``size`` points and ``words`` words; returns how many words there are now."""
    counts = text.counts
    text.starts[words] = size
    text.facts[words] = counts[_NEXT] | (IS_INNER if counts[_IS_INNER] else 0) | (IS_CAPITAL if capital else 0)
    counts[_NEXT], counts[_DIGITS], counts[_DIGIT_AT], counts[_IS_INNER] = 0, 0, _NOWHERE, 1
    return words + 1


@compiled(inlined=True)
def _put(points: NDArray[np.int64], size: int, point: int, run: int) -> int:
    """Write the ``run``-th equal letter on end behind ``points[:size]``; returns the new size."""
    if run < _HELD:
        points[size] = point
        return size + 1
    return size - 1 if run == _HELD else size


@compiled(inlined=True)
def _read_ascii(data: NDArray[np.uint8], at: int, stop: int, text: Reading, size: int, last: int) -> tuple[int, int, int]:
    """Read letters and digits up to anything else: (where that is, size, last letter).

    A digit between letters that looks like a letter becomes it.
    """
    points, counts = text.points, text.counts
    run, digits, digit_at = counts[_RUN], counts[_DIGITS], counts[_DIGIT_AT]
    while at < stop and SMALL_FORM[data[at]] != 0:
        small = int(SMALL_FORM[data[at]])
        if small <= NINE:
            digits, digit_at, run = digits + 1, size, 0
        else:
            if size == digit_at + 2 and last >= SMALL_A and is_small(points[digit_at - 1]):
                letter = letter_of(points[digit_at])
                digits -= letter != points[digit_at]
                points[digit_at], digit_at = letter, _NOWHERE
            run = run + 1 if small == last else 1
        size = _put(points, size, small, run)
        last = small
        at += 1
    counts[_RUN], counts[_DIGITS], counts[_DIGIT_AT] = run, digits, digit_at
    return at, size, last


@compiled(inlined=True)
def _end_ascii(text: Reading, size: int, words: int) -> None:
    """Note of the last word, which ends in ASCII, whether it is long and has digits."""
    is_long = size - text.starts[words - 1] >= _ENOUGH_LETTERS
    text.facts[words - 1] |= (IS_LONG if is_long else 0) | (HAS_DIGIT if text.counts[_DIGITS] else 0)


@compiled
def _read_letter(point: int, text: Reading, size: int, words: int, last: int) -> tuple[int, int, int]:
    """Read a letter beyond ASCII: (size, words, last letter)."""
    points, counts = text.points, text.counts
    small = small_form(point)
    if last == SPACE:
        words = _start_word(text, size, words, small != point or point >= FIRST_WITHOUT_CASE)
    counts[_RUN] = counts[_RUN] + 1 if small == last and point < FIRST_EAST_ASIAN else 1
    size = _put(points, size, small, counts[_RUN])
    counts[UNSPACED] += is_unspaced(point)
    if point >= FIRST_EAST_ASIAN:
        points[size] = point + TWICE
        size += 1
    if size - text.starts[words - 1] >= _ENOUGH_LETTERS:
        text.facts[words - 1] |= IS_LONG
    return size, words, small


@compiled(inlined=True)
def _end_word(points: NDArray[np.int64], size: int, last: int) -> int:
    """Write a space unless one stands there; returns the new size."""
    if last == SPACE:
        return size
    points[size] = SPACE
    return size + 1


@compiled
def _stands_behind_rt(points: NDArray[np.int64], size: int) -> bool:
    """Whether the last word is the "rt" of a repost."""
    if size < len(_REPEAT):
        return False
    for place in range(len(_REPEAT)):  # noqa: SIM110  # numba knows no generators
        if points[size - len(_REPEAT) + place] != _REPEAT[place]:
            return False
    return True


@compiled
def _note_handle(text: Reading, size: int, words: int) -> tuple[int, int]:
    """Note a handle behind ``words`` words: (size, words) without the "rt" that may stand before it.

    That makes the text a repost, or with words enough before it a comment on what follows.
    """
    counts = text.counts
    if not _stands_behind_rt(text.points, size):
        return size, words
    words -= 1
    if about_words(words, counts[UNSPACED]) >= OWN_WORDS:
        counts[FLAGS] |= QUOTE
    else:
        counts[FLAGS] |= REPOST
        counts[_IS_INNER] = 0
    return int(text.starts[words]), words


@compiled
def _stands_in_bare_link(data: NDArray[np.uint8], at: int, stop: int, counts: NDArray[np.int64]) -> bool:
    """Whether the dot at ``at`` stands in a link without http: "youtu.be/x", that is a name of two letters or more before a slash."""
    if at < counts[_NO_LINK_BEFORE]:  # an earlier dot was asked: otherwise a text of dots would be read once for each
        return False
    letters = 0
    while at < stop and (data[at] in (HYPHEN, FULL_STOP) or SMALL_FORM[data[at]] != 0):
        letters = letters + 1 if SMALL_FORM[data[at]] >= SMALL_A else 0
        at += 1
    counts[_NO_LINK_BEFORE] = at
    return bool(at < stop and data[at] == SLASH and 2 <= letters <= _MOST_OF_DOMAIN)


@compiled
def _parting(point: int, is_behind_space: bool, is_before_space: bool) -> int:
    """What a symbol says of the words around it: IS_APART of the next, IS_LABEL of the former."""
    if point == OPEN_PARENTHESIS:
        return IS_APART
    if point in (SHUT_BRACKET, _LENTICULAR_BRACKET) or (point == COLON and is_before_space):
        return IS_LABEL
    is_dash = point in (HYPHEN, _EN_DASH, _EM_DASH, SLASH, _GUILLEMET, _MIDDLE_DOT, _BULLET)
    if point == BAR or (is_dash and is_behind_space and is_before_space):
        return IS_APART | IS_LABEL
    return 0


@compiled(inlined=True)
def _note_symbol(point: int, is_behind_space: bool, is_before_space: bool, text: Reading, words: int) -> None:
    """Note what a symbol between words tells of the one before, the next one, and the text."""
    counts = text.counts
    counts[_NEXT] &= IS_APART
    if point == SPACE:  # of a character that is cut
        return
    parting = _parting(point, is_behind_space, is_before_space)
    if parting & IS_LABEL and words > 0:
        text.facts[words - 1] |= IS_LABEL
    counts[_NEXT] |= parting & IS_APART | (IS_HASHTAG if point == HASH else 0)
    counts[_IS_INNER] = counts[_IS_INNER] != 0 and point in (COMMA, HASH)
    if point in (QUESTION, _ARABIC_QUESTION):
        counts[FLAGS] |= ASKS


@compiled
def read(data: NDArray[np.uint8], first: int, stop: int, text: Reading) -> None:
    """Read ``data[first:stop]``, which is `letters` of a text, into ``text``."""
    points, counts = text.points, text.counts
    counts[:] = 0
    counts[_DIGIT_AT] = _NOWHERE
    points[0] = SPACE
    at, size, words, last = first, 1, 0, SPACE
    while at < stop and not counts[FLAGS] & QUOTE:
        is_between = last == SPACE
        if SMALL_FORM[data[at]] != 0:
            if is_between and starts_link(data, at, stop, HTTP):
                at = link_end(data, at, stop)
                continue
            if is_between:
                words = _start_word(text, size, words, is_capital(data[at]))
            at, size, last = _read_ascii(data, at, stop, text, size, last)
            if at >= stop or data[at] < FIRST_BEYOND_ASCII:
                _end_ascii(text, size, words)
            continue
        if data[at] == SPACE:  # as every other symbol, only sooner
            size, last = _end_word(points, size, last), SPACE
            counts[_NEXT] &= IS_APART
            at += 1
            continue
        point, length = decode(data, at, stop)
        after = at + length
        if point == AT and is_between and handle_end(data, at, stop) > after:
            size, words = _note_handle(text, size, words)
            after = handle_end(data, at, stop)
        elif not is_symbol(point):
            size, words, last = _read_letter(point, text, size, words, last)
        elif point == FULL_STOP and not is_between and _stands_in_bare_link(data, at, stop, counts):
            words -= 1
            size, last = text.starts[words], SPACE
            after = link_end(data, at, stop)
        elif point not in (APOSTROPHE, _TYPOGRAPHIC_APOSTROPHE):  # don't and dont are one word
            size, last = _end_word(points, size, last), SPACE
            _note_symbol(point, at > first and data[at - 1] <= SPACE, after >= stop or data[after] <= SPACE, text, words)
        at = after
    size = _end_word(points, size, last)
    text.starts[words] = size
    counts[SIZE], counts[WORDS] = size, words
