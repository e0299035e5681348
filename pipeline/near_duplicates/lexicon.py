"""Which words a text is told apart by, and which not: a table of their hashes, which the word reader asks.

Negations turn a text round, numbers say which flight or sum is meant; common words and courtesies say nothing by themselves, and
articles, pronouns and the like can be exchanged without saying another thing. All are closed classes of a language; other words
are told apart by their letters alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.near_duplicates.word_codes import word_code
from schemas.jit import compiled
from schemas.text import near_copy
from schemas.text.hashing import FNV_PRIME, GOLDEN

TELLING, NEGATION, COMMON, NUMBER, FUNCTION, OPPOSED, COMMON_OPPOSED, DAY, COMMON_DAY = range(9)
"""Kinds of words; a telling one is in no list."""
_SLOT_BITS = 11
SLOTS = 1 << _SLOT_BITS
_SLOT_SHIFT, _SLOT_MASK = np.uint64(64 - _SLOT_BITS), np.uint64(SLOTS - 1)

_NEGATIONS = """
    no not never none nobody nothing nowhere neither nor without cannot cant dont doesnt didnt wont wouldnt shouldnt couldnt isnt arent
    wasnt werent hasnt havent hadnt aint mustnt
    nicht kein keine keinen keinem keiner nie niemals niemand nichts ne pas jamais rien aucun aucune nunca nadie nada ninguna ninguno sin
    nao nenhum nenhuma ninguem non nessuno niente niet geen nooit niemand inte ingen aldrig ikke ei nie nigdy nikt degil yok
    не нет ни никто ничего никогда нельзя нема немає δεν μην χωρις لا ليس لم لن ولا وليس ولم ولن غير بدون לא ולא אין नहीं न मत không
"""
_OPPOSED = """
    up/upwards down/downwards off out over under above below before after first last start/starts/started begin/begins/began
    end/ends/ended stop/stops/stopped good bad great terrible excellent awful wonderful horrible amazing dreadful better worse best worst
    right wrong left high/higher/highest low/lower/lowest early/earlier late/later fast/faster slow/slower cheap/cheaper expensive hot cold
    open/opens/opened/reopen/reopens/reopened close/closes/closed win/wins/won lose/loses/lost love/loves/loved hate/hates/hated
    happy unhappy glad sad angry pleased disappointed friendly unfriendly polite rude helpful unhelpful worthwhile/useful useless
    damaging/harmful harmless easy hard/difficult safe unsafe/dangerous true/real false/fake alive dead guilty innocent legal illegal
    rise/rises/rose/risen/rising fall/falls/fell/fallen/falling increase/increases/increased decrease/decreases/decreased
    grow/grows/grew/growing shrink/shrinks/shrinking jump/jumps/jumped plunge/plunges/plunged gain/gains/gained raise/raises/raised
    drop/drops/dropped lowered accept/accepts/accepted allow/allows/allowed reject/rejects/rejected refuse/refuses/refused declined
    ban/bans/banned confirm/confirms/confirmed deny/denies/denied cancel/cancels/cancelled/canceled resume/resumes/resumed
    issue/issues/issued lift/lifts/lifted arrive/arrives/arrived leave/leaves buy/buys/bought sell/sells/sold join/joins/joined quit/quits
    send/sends/sent receive/receives/received found missing full empty always sometimes support/supports/supported
    oppose/opposes/opposed agree/agrees/agreed disagree/disagrees/disagreed for against improved ruined fixed broken works
    north/northern/northbound south/southern/southbound east/eastern/eastbound west/western/westbound morning evening tonight
    yesterday today tomorrow man/men woman/women boy girl son daughter brother sister mother father husband wife
"""
"""Words that exclude each other, forms of one joined: one for another makes another text, however long. Letters do not tell.

All forms get the `word_codes.word_code` of the first, which must not be alike that of an opposite."""
_DAYS = """
    monday tuesday wednesday thursday friday saturday sunday
    january february march april june july august september october november december
"""
"""Told exactly, as numbers are: tuesday and thursday have much the same letters."""
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
_FUNCTION = """
    a an the this that these those my your our his her its their i ive im me you youre youve u ur we weve were us he hes she shes it they
    theyve theyre them is are was be been being am has have had having do does did will would there theres thats of in on at and or with
    as by to than so which who whom whose somebody someone anybody anyone everybody everyone each his ours yours mine hers theirs myself
    via de la le les un une du des et der die das ein eine einen dem den und el los las una y o il lo e di che da
"""
"""What holds a sentence together, whichever of them it is. Prepositions that turn a sentence round (from, for, off, after) are none."""
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


class Table(NamedTuple):
    """Of each of SLOTS slots the hash of a word (0: free), its kind, and what a number word counts as or the code of an opposite.

    Open addressing from the upper bits of the spread hash.
    """

    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    values: NDArray[np.uint64]


def word_hash(word: str) -> int:
    """64 bits; compiled code does the same over code points."""
    hashed = 0
    for letter in word:
        hashed = (hashed ^ ord(letter)) * int(FNV_PRIME) & (2**64 - 1)
    return hashed


def table() -> Table:
    """The table of all words above."""
    kinds = dict.fromkeys(_COMMON.split(), (COMMON, 0)) | dict.fromkeys(_FUNCTION.split(), (FUNCTION, 0))
    for pole in _OPPOSED.split():
        kinds |= {word: (COMMON_OPPOSED if word in kinds else OPPOSED, word_code(pole.split("/")[0])) for word in pole.split("/")}
    kinds |= {word: (COMMON_DAY if word in kinds else DAY, word_hash(word)) for word in _DAYS.split()}
    kinds |= {word: (NEGATION, 0) for word in near_copy.evened(_NEGATIONS).split()}
    kinds |= {word: (NUMBER, word_hash(str(number))) for number, word in enumerate(_NUMBERS.split(), 1)}
    kinds |= {word: (NUMBER, word_hash(str(number))) for number, word in zip(range(30, 101, 10), _TENS.split(), strict=True)}
    found = Table(np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.uint8), np.zeros(SLOTS, np.uint64))
    for word, (kind, value) in kinds.items():
        hashed = word_hash(word)
        slot = (hashed * int(GOLDEN) & (2**64 - 1)) >> int(_SLOT_SHIFT)
        while found.hashes[slot]:
            slot = (slot + 1) % SLOTS
        found.hashes[slot], found.kinds[slot], found.values[slot] = hashed, kind, value
    return found


@compiled(inlined=True)
def look_up(word: np.uint64, table: Table) -> tuple[int, np.uint64]:
    """(kind, value) of a word's hash; TELLING and 0 for a word that is not in the table."""
    slot = word * GOLDEN >> _SLOT_SHIFT
    while table.hashes[slot] != 0:
        if table.hashes[slot] == word:
            return int(table.kinds[slot]), table.values[slot]
        slot = (slot + np.uint64(1)) & _SLOT_MASK
    return TELLING, np.uint64(0)
