"""In: a wish. Out: the words that say what is wished for, as stems, everyday words for the same thing made one."""

from __future__ import annotations

import re
from functools import lru_cache

from schemas.text import stemmable

_WORD = re.compile(r"(?:https?://|www\.)\S+|[@][\w]+|([^\W_]{2,})")
LONGEST_WORD = 40
"""Letters of a word that are kept: longer ones are made to fill the memory."""
_STOP = frozenset(
    """
    a about add added adding after again all allow allowed along already also always am an and another any app apps are around as ask
    at back be because become been before being better both bring but button buy by call came can cannot cant choice choose come could
    create customer customers do does doing dont done each easier easy else enable end enough even every everybody everyone everything
    extra few first follow for from get getting give given go going good got great had half happy has have having he hear help helpful
    her here hey hi him his hope hoping hour hours how however huge id idea if ill im in inside instead into introduce is isnt it its
    ive just keep know last least less let lets life like list little ll long longer look lot lots love lovely made make makes making
    many may me might minute mine missing month more most move much my myself need needed needs never new nice no none not nothing now
    of off offer offered old on once one ones online only open option optional options or other others our out over own page people
    person place plan plans please plenty pls possible put quick quickly quite rather re real really reason request right same say
    see seen send service set setting settings several shall she should show showing since single so some somebody someone something
    soon standard start started still stop store such suit support supported switch take tell than thank thanks that thats the their
    them then there these they thing things think this those though through time times to today together told too travel travelling
    two under until up us use used useful user users using ve very via wait waiting want wanted was way we week well went were what
    whats when where whether which while who whole why will wish with within without wont work working works worth would write year
    years yet you your yours able ability feature automatic automatically proper separate themselves itself let end
    der die das und ich ist nicht ein eine zu den mit fur es bitte le la les de des un une et je que pour en est el los y por
    """.split()  # noqa: SIM905  # a list of words reads better as text
)
_ENDINGS = ("ability", "ation", "able", "ise", "ize", "ing", "ie", "ed", "ly", "er", "e", "y")
_VOWELS = frozenset("aeiouy")

_ALIKE = """
    bag luggage baggage suitcase
    alert warn warning notify notification notice inform reminder
    charge cost fee
    price fare cheap
    discount rebate
    spend spending expense purchase
    freeze lock block pause unfreeze unlock
    text font letter
    large big
    quiet silent silence
    gift present
    pet dog cat
    bike bicycle cyclist
    coach carriage
    invoice receipt
    fingerprint biometric
    login log sign
    dark night
    unsend undo recall retract
    family household
    delivery deliver
    track tracker
    wifi internet
    photo picture image
    car vehicle
    kid child children
    doctor physician
    film movie
"""


def wish_words(text: str) -> list[str]:
    """The words that say what is wished for, shortened to their stems, each once, in order.

    >>> wish_words("Please add dark mode, I really want a darker mode!")
    ['dark', 'mod']
    """
    found = _WORD.findall(stemmable(text))
    return list(dict.fromkeys([stem for word in found if word and (stem := _telling(word[:LONGEST_WORD]))]))


@lru_cache(maxsize=32_768)
def _telling(word: str) -> str:
    """The stem of a word, or of another for the same thing; none where every wish has it."""
    stem = "" if word in _STOP else _stem(word)
    return _SAME.get(stem, stem)


def _stem(word: str) -> str:
    """A word without its ending, so that what is counted, done or called so meets."""
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not _VOWELS.isdisjoint(word[: -len(ending)]):
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in _VOWELS else word


_SAME = {_stem(word): _stem(line.split()[0]) for line in _ALIKE.strip().splitlines() for word in line.split()}
