"""The first half of the form `near_copy`: a text as people send it becomes UTF-8 of even letters, for the pass over its words.

Markup, letters broken by a wrong encoding, accents, look-alike letters and invisible characters do not make another text.
"""

from __future__ import annotations

import html
import re
import unicodedata

from schemas.text.buffer import MAX_TEXT_BYTES

_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]\w{1,7});")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e0fff"
)
_ACCENTS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_VOWEL_SIGNS = "\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
"""Of Hebrew and Arabic, where they are seldom written; and the stroke that lengthens a line."""
_DROPPED = re.compile(f"[{_INVISIBLE}{_ACCENTS}{_VOWEL_SIGNS}]")
"""Accents as well: with them or without, a text is the same. One by one: that is twice as fast as runs of them."""
_CASED = re.compile("[\u00c0-\u02af\u0460-\u0587\u10a0-\u10ff\u13a0-\u13ff\u1c80-\u1cbf\u1e00-\u1fff\u2c00-\u2dff\ua640-\ua7ff]")
"""Letters with a case that `schemas.text.characters.lower` does not know; the case of others is left to it, as it tells names."""

_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕԁһԛԝӏɡɑıαβεηικνορτυχհոսօᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
    + "".join(chr(first + letter) for first in (0x1F150, 0x1F170) for letter in range(26)),
    "abekmhopctyxijsdhqwlgaiabenikvoptuxhnuoabcdefghijklmnoprstuvwyz" + 2 * "abcdefghijklmnopqrstuvwxyz",
)
"""Letters that look like Latin ones, so that a campaign cannot hide behind them (Unicode TR 39): Cyrillic, Greek, Armenian, small capitals,
and those in filled circles and squares, which have no compatibility form."""
_FOREIGN = re.compile("[\u0131\u0251-\u02ff\u0370-\u058f\u1d00-\u1d22\ua730\ua731\U0001f150-\U0001f189]")
_DECEPTIVE = "".join(map(chr, _LOOKALIKES))
_GENUINE = re.compile(f"(?![{_DECEPTIVE}\u03c2\u03c3])[\u0370-\u052f\u0561-\u0587]")
_WORD = re.compile(r"\w+")
_MIXED = re.compile(f"[a-z][{_DECEPTIVE}]|[{_DECEPTIVE}][a-z]")
"""In a word of two alphabets: the only ones disguised in a text that is written in Cyrillic or Greek."""

_BYTES = {bytes([code]).decode("cp1252", "ignore") or chr(code): code for code in range(0x80, 0x100)}
_LATER = f"[{re.escape(''.join(character for character, code in _BYTES.items() if code < 0xC0))}]"
_BROKEN = re.compile(f"[\u00c2\u00c3]{_LATER}|\u00e2\u20ac{_LATER}|\u00f0\u0178{_LATER}{{2}}")
"""Accented letters, typographic marks and emoji in UTF-8, each byte taken for a character; the first is one of these four."""


def letters(text: str) -> bytes:
    """A text without markup, evened out.

    >>> letters("<p>Caf\\u00e9 &amp; bar</p>")
    b' Cafe & bar '
    """
    text = text[:MAX_TEXT_BYTES]
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return text.encode() if text.isascii() else _latinised(text)


def evened(text: str) -> str:
    """Compatibility forms, accents and invisible characters of a text evened out, its case and alphabet left."""
    parted = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    return parted if parted.isascii() else unicodedata.normalize("NFC", parted)


def _latinised(text: str) -> bytes:
    """A text that is not ASCII, mended, evened out and without disguise, as UTF-8."""
    if "\u00c3" in text or "\u00c2" in text or "\u00e2" in text or "\u00f0" in text:
        text = _BROKEN.sub(_mended, text)
    joined = evened(text)[:MAX_TEXT_BYTES]  # one character may have become eighteen
    if joined.isascii():
        return joined.encode()
    if _CASED.search(joined):
        joined = joined.casefold()
    if _FOREIGN.search(joined):
        joined = _undisguised(joined)
    return joined.encode("utf-8", "replace")


def _undisguised(text: str) -> str:
    """Look-alikes as Latin letters: all of them, or only in words of two alphabets where the text is truly in another one."""
    folded = text.casefold()
    if not _GENUINE.search(folded):
        return folded.translate(_LOOKALIKES)
    return _WORD.sub(_unmixed, folded) if _MIXED.search(folded) else text


def _unmixed(word: re.Match[str]) -> str:
    return word[0].translate(_LOOKALIKES) if _MIXED.search(word[0]) else word[0]


def _mended(found: re.Match[str]) -> str:
    """UTF-8 that somebody has read as Windows-1252, read rightly; what is no such thing is left."""
    try:
        return bytes(_BYTES[character] for character in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]
