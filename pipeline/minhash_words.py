"""In: English words that a text is told apart by, or not. Out: a table of their hashes for compiled code.

Negations turn a text round, numbers say which flight or sum is meant; common words and courtesies say nothing by themselves. Texts
of other languages are told apart by their letters alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEGATION, COMMON, NUMBER = 1, 2, 3
SLOTS = 2_048
PRIME = 0x100000001B3
SPREAD = 0x9E3779B97F4A7C15

_NEGATIONS = """
    no not never none nobody nothing nowhere neither nor without cannot cant dont doesnt didnt wont wouldnt shouldnt couldnt isnt arent
    wasnt werent hasnt havent hadnt aint
"""
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
_COMMON = """
    a about after again ago all already also always am amazing an and another any anybody anyone anything are as at awesome away awful back
    bad be because been before being best better big birthday but by bye came can care cheers christmas come coming congrats
    congratulations cool could couple day days dear did do does doing done down each else enjoy even ever every everybody everyone
    everything excited fine first follow for forward friday friend friends from fun get getting give glad go god going gonna good got great
    guys had haha hahaha happy has hate have having he hello help her here hey hi him his home hope how i id if ill im in indeed
    into is it its ive job just keep kind know last later left less let lets life like little ll lmao lol look looking lot lots love
    lovely made make man many maybe me means merry mine miss monday more morning most much must my need new news next nice night now
    of off oh ok okay old omg on only or other our out over part people please pls quick really re regards right said same saturday
    saw say see seems send sent she should since so some somebody someone something soon sorry still such sunday super sure take
    talk tell than thank thanks that thats the their them then there theres these they theyre thing things think this those thursday
    time to today together tomorrow tonight too true try tuesday u up us use ve very wait waiting want was way we wednesday week weekend
    welcome well were weve what whats when where which while who why will wish with wonderful word work working wow would wtf yay year
    years yeah yep yes yesterday yet you youre your yours
"""


def word_hash(word: str) -> int:
    """64 bits; compiled code does the same over code points."""
    hashed = 0
    for letter in word:
        hashed = (hashed ^ ord(letter)) * PRIME & (2**64 - 1)
    return hashed


def table() -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint64]]:
    """(hashes, kinds, what a number word counts as) by slot: open addressing from the upper bits of the spread hash, 0 is empty."""
    kinds = dict.fromkeys(_COMMON.split(), (COMMON, 0)) | dict.fromkeys(_NEGATIONS.split(), (NEGATION, 0))
    kinds |= {word: (NUMBER, word_hash(str(number))) for number, word in enumerate(_NUMBERS.split(), 1)}
    kinds |= {word: (NUMBER, word_hash(str(number))) for number, word in zip(range(30, 101, 10), _TENS.split(), strict=True)}
    hashes, found, values = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.uint8), np.zeros(SLOTS, np.uint64)
    for word, (kind, value) in kinds.items():
        hashed = word_hash(word)
        slot = (hashed * SPREAD & (2**64 - 1)) >> 53
        while hashes[slot]:
            slot = (slot + 1) % SLOTS
        hashes[slot], found[slot], values[slot] = hashed, kind, value
    return hashes, found, values
