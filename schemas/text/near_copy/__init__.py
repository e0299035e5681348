"""The form by which texts are compared that people would call the same: small letters and digits, words parted by one space.

First, in Python, `letters` takes out markup, letters broken by a wrong encoding, accents, invisible characters, and disguise: letters
that look like Latin ones become Latin. Then, compiled, `read` folds case, drops punctuation, emoji, links and @handles, makes one of
three equal letters on end, and letters of digits among letters; apostrophes drop out of words. It notes of each word what it folds away
(hashtag, capital, what parts it from its neighbours), of the text whether it asks, reposts or comments; what is quoted is not read.
Digits, the order of words and other scripts stay; a character of a script without spaces stands twice, as it weighs more than a letter.
"""

from schemas.text.near_copy.characters import FIRST_EAST_ASIAN, TWICE
from schemas.text.near_copy.letters import evened, letters
from schemas.text.near_copy.words import (
    ASKS,
    FLAGS,
    HAS_DIGIT,
    IS_APART,
    IS_CAPITAL,
    IS_HASHTAG,
    IS_INNER,
    IS_LABEL,
    IS_LONG,
    OWN_WORDS,
    QUOTE,
    REPOST,
    SIZE,
    UNSPACED,
    WORDS,
    Reading,
    about_words,
    read,
    room,
)

__all__ = [
    "ASKS",
    "FIRST_EAST_ASIAN",
    "FLAGS",
    "HAS_DIGIT",
    "IS_APART",
    "IS_CAPITAL",
    "IS_HASHTAG",
    "IS_INNER",
    "IS_LABEL",
    "IS_LONG",
    "OWN_WORDS",
    "QUOTE",
    "REPOST",
    "SIZE",
    "TWICE",
    "UNSPACED",
    "WORDS",
    "Reading",
    "about_words",
    "evened",
    "letters",
    "read",
    "room",
]
