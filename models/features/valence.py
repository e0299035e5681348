"""How words are rated: a hash table from word to valence for the form kernel, of vaderSentiment's lexicon and words of our own.

vaderSentiment (MIT; Hutto & Gilbert, ICWSM 2014) holds ratings by people of 7,500 words, and emoji in words. What customers say
of services (`delayed`, `overcharged`, `stranded`) is not in it; those words and their ratings are ours, and so are those of fifteen
other languages in two files. A line is a language, tenths or a part of grammar, and words and phrases with commas between them.
`ratings.tsv` holds what is said most: its words are looked up here, and all of it teaches (`models.examples`). `rated_forms.tsv` has
2,500 to 6,000 more words of each of eleven languages, as they are inflected and slangily spelled, and is only looked up: as texts to
learn from, so many single words would tell the models that posts are short.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from schemas.jit import compiled
from schemas.text.hashing import MIX_FIRST
from schemas.text.model_input import FROWN_HASH, MAX_CHARACTERS, MAX_WORDS, SHAPE, SMILE_HASH, read

SLOT_BITS = 18
SLOTS = 1 << SLOT_BITS
NEGATION, BUT, I_WE, YOU = 100, 101, 102, 103
"""Codes beside the valences, which are tenths from -40 to 40."""

DIGEST = "32aa8f55"
"""Of the table: a lexicon that was changed judges otherwise, so it must not go unnoticed."""

_SLOT_SHIFT = np.uint64(64 - SLOT_BITS)
_TAG_SHIFT, _TAG_MASK = np.uint64(8), np.uint64(0xFFFFFFFF)

_GRAMMAR: Final[dict[int, str]] = {
    NEGATION: """no not never none nobody nothing nowhere neither nor cannot cant couldnt dont doesnt didnt isnt arent wasnt werent wont
        wouldnt shouldnt hasnt havent hadnt aint without hardly barely zero lack lacks""",
    BUT: "but however although though except",
    I_WE: "i im ive id ill me my mine myself we our us ours were weve",
    YOU: "you your yours youre u ur yall yourself",
}

_SERVICE: Final[dict[int, str]] = {
    -30: "unacceptable appalling disgraceful overcharged scammed defrauded atrocious abysmal unprofessional ripoff trash",
    -25: """stranded incompetent ridiculous overpriced unreliable misled dishonest infuriating shambles useless clueless pathetic fiasco
        nightmare rotten mislead""",
    -20: """delayed cancelled canceled crashes crashed crashing buggy broke broken outage outages undelivered unresolved ignored ignoring
        unanswered rude hangs freezes faulty defective damaged misplaced unusable glitchy laggy unhelpful downhill stolen leaking
        overheating overbooked bumped disconnected downgraded declined rejected stuck stranded dirty moldy stale soggy""",
    -15: """delay delays late lost missing waiting waited wait glitch glitches bug bugs error errors slow slower slowly down failing fails
        failed fail expired refused unable unavailable denied issue issues problem problems complaint complain complaining wrong
        overdraft charged nowhere worse lag lags cold apologize refund unsubscribe""",
    15: "smooth smoothly prompt promptly seamless intuitive responsive reliable timely upgraded refunded resolved fixed works",
    20: "kudos props thx ty tysm thanx flawless courteous knowledgeable speedy yay woohoo yummy stoked",
    25: "shoutout lifesaver yesss goated",
    30: "fantastic phenomenal outstanding exceptional unbeatable",
}

_ALSO_ELSEWHERE: Final = "die war kind sin hell gift dire"
"""English words with a rating that are everyday words of another language: `die` would make every German text a sad one."""

_PARTS: Final = {"not": NEGATION, "but": BUT, "i": I_WE, "you": YOU}
_RATINGS, _FORMS = "ratings.tsv", "rated_forms.tsv"
_UNDECOMPOSED: Final = str.maketrans("łı", "li")
_MARKED: Final = ("de", "nl")
"""Languages in which a letter without its mark is another word: `schon` is not `schön`."""
_ARABIC_PREFIXES: Final = ("و", "ال", "وال")


def service_words() -> dict[str, int]:
    """Our own ratings of English words, in tenths."""
    return {word: value for value, names in _SERVICE.items() for word in names.split()}


def _entries(file: str) -> tuple[tuple[str, int, str], ...]:
    lines = files("models.features").joinpath(file).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return tuple((language, _PARTS.get(value) or int(value), term) for language, value, terms in rows for term in terms.split(", "))


@cache
def ratings() -> tuple[tuple[str, int, str], ...]:
    """(Language, tenths or code, word or phrase) of every entry of `ratings.tsv`."""
    return _entries(_RATINGS)


@cache
def rated_forms() -> tuple[tuple[str, int, str], ...]:
    """(Language, tenths, word) of every entry of `rated_forms.tsv`."""
    return _entries(_FORMS)


def _spellings(language: str, word: str) -> Iterator[str]:
    """As people write the word: without its accents where they leave them out, with what Arabic joins to it."""
    yield word
    if language == "ar":
        yield from (prefix + word for prefix in _ARABIC_PREFIXES)
    elif language not in _MARKED and language != "ru":
        bare = "".join(one for one in unicodedata.normalize("NFD", word) if not unicodedata.combining(one))
        yield bare.translate(_UNDECOMPOSED)


def foreign_words() -> dict[str, int]:
    """Our own ratings of words outside of English, in tenths or one of the codes; of two languages' the first counts."""
    found: dict[str, int] = {}
    for language, value, term in (*ratings(), *rated_forms()):
        if " " not in term:
            for word in _spellings(language, term):
                found.setdefault(word, value)
    return found


@compiled
def _place(word: np.uint64) -> tuple[int, np.uint32]:
    """(The slot where a word is looked for first, 32 bits of its hash that tell it from others, never 0)."""
    return int(np.int64((word * MIX_FIRST) >> _SLOT_SHIFT)), np.uint32((word >> _TAG_SHIFT) & _TAG_MASK) | np.uint32(1)


@compiled
def find(word: np.uint64, tags: NDArray[np.uint32], values: NDArray[np.int8]) -> int:
    """The valence or code of a word's hash, 0 for a word that has none. The table: see `lexicon`."""
    at, tag = _place(word)
    while tags[at] != 0:
        if tags[at] == tag:
            return int(values[at])
        at = (at + 1) & (SLOTS - 1)
    return 0


@compiled
def put(word: np.uint64, value: int, tags: NDArray[np.uint32], values: NDArray[np.int8]) -> None:
    """Set a word's value; the last one counts."""
    at, tag = _place(word)
    while tags[at] != 0 and tags[at] != tag:
        at = (at + 1) & (SLOTS - 1)
    tags[at], values[at] = tag, value


def _rated() -> dict[str, int]:
    """Words and emoji of the wheel, in tenths; an emoji is rated as the words that describe it."""
    folder = files("vaderSentiment")
    lines = folder.joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    rated = {word: round(10 * float(mean)) for word, mean, *_ in (line.split("\t") for line in lines if line.count("\t") >= 2)}
    for line in folder.joinpath("emoji_utf8_lexicon.txt").read_text(encoding="utf-8").splitlines():
        emoji, _, described = line.partition("\t")
        mood = sum(rated.get(word, 0) for word in described.replace("-", " ").lower().split())
        if mood:
            rated[emoji] = max(-40, min(40, mood))
    return rated


def words() -> dict[str, int]:
    """Every word with its valence in tenths, or one of the codes."""
    grammar = {word: code for code, names in _GRAMMAR.items() for word in names.split()}
    english = _rated() | service_words()
    return foreign_words() | {word: value for word, value in english.items() if word not in _ALSO_ELSEWHERE.split()} | grammar


@cache
def lexicon() -> tuple[NDArray[np.uint32], NDArray[np.int8]]:
    """The table as `find` reads it, open addressing: tags (SLOTS), 0 for a free slot, and values (SLOTS) beside them.

    Raises ModelError where the wheel is not the one expected.
    """
    tags, values = np.zeros(SLOTS, np.uint32), np.zeros(SLOTS, np.int8)
    out, hashes, shape = np.empty(MAX_CHARACTERS, np.uint8), np.empty(MAX_WORDS, np.uint64), np.empty(SHAPE, np.int64)
    for word, value in sorted(words().items()):
        _, count = read(np.frombuffer(word.encode(), np.uint8), out, hashes, shape)
        if count == 1 and value:
            put(hashes[0], value, tags, values)
    put(SMILE_HASH, 20, tags, values)
    put(FROWN_HASH, -20, tags, values)
    found = hashlib.sha256(tags.tobytes() + values.tobytes()).hexdigest()[:8]
    if found != DIGEST:
        raise ModelError(
            f"the word ratings of vaderSentiment have digest {found}, this release was made with {DIGEST}",
            hint="install vaderSentiment 3.3.2",
        )
    return tags, values
