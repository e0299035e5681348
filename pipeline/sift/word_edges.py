"""Where a word begins and ends, script by script, in text as `schemas.text.searchable` leaves it. `Subjects` asks for every name it meets.

Latin, Greek, Cyrillic and most others: where no letter, digit or mark touches it. A change of script ends a word ("Auroraの"). Chinese,
Thai, Lao, Khmer and Burmese write without spaces: any place between two characters, none within a written syllable. Katakana: no other
katakana. Hiragana: particles only. Korean: particles behind. Arabic and Hebrew: clitics before (wa-, bi-, al- ...).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

LATIN, CYRILLIC, HEBREW, ARABIC, THAI, SYLLABIC, HANGUL, HIRAGANA, KATAKANA, HAN, DIGIT, OTHER, NONE = range(13)
"""Scripts that differ in their edges; ``SYLLABIC``: Lao, Khmer, Burmese. ``NONE`` is no part of a word."""

_UNSPACED = frozenset({THAI, SYLLABIC, HIRAGANA, KATAKANA, HAN})
_BLOCKS = (
    (0x0000, LATIN), (0x0370, OTHER), (0x0400, CYRILLIC), (0x0530, OTHER), (0x0590, HEBREW), (0x0600, ARABIC), (0x0700, OTHER),
    (0x0750, ARABIC), (0x0780, OTHER), (0x08A0, ARABIC), (0x0900, OTHER), (0x0E00, THAI), (0x0E80, SYLLABIC), (0x0F00, OTHER),
    (0x1000, SYLLABIC), (0x10A0, OTHER), (0x1100, HANGUL), (0x1200, OTHER), (0x1780, SYLLABIC), (0x1800, OTHER), (0x1E00, LATIN),
    (0x1F00, OTHER), (0x2C60, LATIN), (0x2C80, OTHER), (0x2E80, HAN), (0x3041, HIRAGANA), (0x30A0, KATAKANA), (0x3100, OTHER),
    (0x3130, HANGUL), (0x3190, OTHER), (0x31F0, KATAKANA), (0x3200, OTHER), (0x3400, HAN), (0xA000, OTHER), (0xAC00, HANGUL),
    (0xD7FC, OTHER), (0xF900, HAN), (0xFB00, OTHER), (0x20000, HAN), (0x32000, OTHER),
)  # fmt: skip
_STARTS = [start for start, _ in _BLOCKS]

_THAI_BEFORE = frozenset("เแโใไ")
"""Vowels that are written before the consonant of their syllable."""
_THAI_BEHIND = frozenset("ะาำๅ")
_JOSA = (
    "은|는|이|가|을|를|의|에|에서|에게|에게서|한테|한테서|께|께서|로|으로|로서|으로서|로써|와|과|도|만|까지|부터|마다|처럼|보다|조차|마저|밖에|나|이나|랑|이랑|하고|"
    "라|이라|라고|이라고|라는|이라는|라면|이라면|며|이며|고|이고|지만|이지만|인데|인|입니다|입니까|이에요|예요|이야|야|이다|다|였다|이었다|든지|이든지|뿐|대로|같은|같이|여|이여|"
    "아|님|측|들|랑은|요|네|네요|이네요|죠|이죠|때문에|덕분에"
)
_KOREAN_TAIL = re.compile(f"(?:님|측|들)?(?:(?:{_JOSA})(?:는|은|도|만|의|요|서|까지|부터|를|을|가|나)?)?$")
_LONGEST_TAIL = 12
_CLITICS = {ARABIC: re.compile("[وف]?(?:[بكلس]?(?:ال)?|لل)"), HEBREW: re.compile("ו?(?:כש|מש|לכש|[שכ])?[בלמהכ]?ה?")}
_KANA_BEHIND = frozenset("はがをにへとでのもやかよねさなだっじまならでし")
_KANA_BEFORE = frozenset("はがをにへとでのもやいたなてるうらねよ")


@lru_cache(maxsize=4_096)
def script(character: str) -> int:
    """Which of the scripts above a character belongs to."""
    kind = unicodedata.category(character)
    if kind[0] == "N":
        return DIGIT
    if kind[0] not in "LM":
        return NONE
    return _BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1]


@lru_cache(maxsize=4_096)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def ends_word(text: str, end: int, length: int) -> bool:
    """Whether the ``length`` characters before ``end`` end where a word does."""
    if end == len(text):
        return True
    follows, own = text[end], script(text[end - 1])
    after = script(follows)
    if NONE in (after, own):
        return True
    if _is_mark(follows):
        return False
    if own == HANGUL or (after == HANGUL and own == DIGIT):
        return after != DIGIT and (after != HANGUL or _is_korean_tail(text, end))
    if own != after:
        return follows != "ー" and (DIGIT not in (own, after) or own in _UNSPACED or after in _UNSPACED)
    return _parts_behind(own, follows, length)


def _parts_behind(own: int, follows: str, length: int) -> bool:
    """Whether a word can end before a character of its own script."""
    if own == HIRAGANA:
        return follows in _KANA_BEHIND
    return own == SYLLABIC or (own == HAN and length > 1) or (own == THAI and follows not in _THAI_BEHIND)


def begins_word(text: str, start: int, length: int) -> bool:
    """Whether the ``length`` characters from ``start`` begin where a word does."""
    if start == 0:
        return True
    before, own = text[start - 1], script(text[start])
    behind = script(before)
    if NONE in (behind, own):
        return True
    if own != behind:
        return DIGIT not in (own, behind) or own in _UNSPACED or behind in _UNSPACED
    if own in _CLITICS:
        return _follows_clitics(text, start, _CLITICS[own])
    if own == HIRAGANA:
        return before in _KANA_BEFORE
    return own == SYLLABIC or (own == HAN and length > 1) or (own == THAI and before not in _THAI_BEFORE)


def _is_korean_tail(text: str, end: int) -> bool:
    """Whether the letters of Hangul from ``end`` on are nothing but particles."""
    stop, last = end, min(len(text), end + _LONGEST_TAIL)
    while stop < last and script(text[stop]) == HANGUL:
        stop += 1
    return _KOREAN_TAIL.match(text[end:stop]) is not None


def _follows_clitics(text: str, start: int, clitics: re.Pattern[str]) -> bool:
    """Whether the letters of the same script right before ``start`` are nothing but clitics."""
    own, begin = script(text[start]), start
    while begin > max(0, start - _LONGEST_TAIL) and script(text[begin - 1]) == own:
        begin -= 1
    return clitics.fullmatch(text, begin, start) is not None
