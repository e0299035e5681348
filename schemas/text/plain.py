"""The forms that need no compiled code: a text for the stems of a wish, and for a reader."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"(?:\x1b\[[\d;?]*[A-Za-z]|[\x00-\x1f\x7f])+")
"""Terminal sequences as a whole: what is left of one would hide a handle behind it."""


def stemmable(text: str) -> str:
    """The text in small letters, its words without apostrophes.

    >>> stemmable("I Don’t, 'cause")
    'i dont, cause'
    """
    return text.lower().replace("'", "").replace("’", "")


def publishable(text: str) -> str:
    """The text as it can be shown and searched for personal data: in one way of writing, without what nobody sees.

    >>> publishable("Ｊo\\u200b@example.org\\x1b[0m!")
    'Jo@example.org !'
    """
    text = unicodedata.normalize("NFKC", text)
    return text if text.isprintable() else _CONTROL.sub(" ", _INVISIBLE.sub("", text))
