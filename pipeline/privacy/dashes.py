"""Takes any dash for a hyphen where it parts a number or a word, and gives it back where nothing was taken out of the text."""

import re

_LONG = r"\u2013-\u2015\u2043\u2212"
_DASHES = re.compile(
    rf"[\u2010-\u2012{_LONG}\u30fc](?:(?<=[\u2010-\u2012])(?=[\w(])|(?<=[\d)][{_LONG}])(?=[\w(])|(?<=\w[{_LONG}])(?=\d)"
    r"|(?<=\d\u30fc)(?=\d)|(?<=\d [^\u30fc])(?= \d))"
)
_TOKEN = re.compile(r"\[(?:email|phone|card|iban|number|handle|name|address|birth date|link [^\]\s]*)\]")


def plain_dashes(text: str) -> str:
    """The text with ``-`` for every other dash beside digits, and for hyphens within words; as long as it was.

    >>> plain_dashes("212\\u2012555\\u20140123 \\u2014 call")
    '212-555-0123 — call'
    """
    return text if text.isascii() else _DASHES.sub("-", text)


def former_dashes(clean: str, plain: str, text: str) -> str:
    """``clean``, which is ``plain`` with tokens in places, with the dashes of ``text``, of which ``plain`` was made.

    Only a ``-`` becomes another dash. What stands between two tokens is looked for from where the one before it ended, so that a
    short piece may be taken for a like one within what was taken out.

    >>> former_dashes("[phone], 9-17", "212-555-0123, 9-17", "212-555-0123, 9\\u201217")
    '[phone], 9‒17'
    """
    if plain == text:
        return clean
    parts: list[str] = []
    place = end = 0
    for token in [*_TOKEN.finditer(clean), None]:
        piece = clean[end : token.start() if token else len(clean)]
        start = plain.find(piece, place) if token else len(plain) - len(piece)
        if start < place or not plain.startswith(piece, start):
            return "".join(parts) + clean[end:]
        place = start + len(piece)
        parts.append(text[start:place])
        if token:
            parts.append(token.group())
            end = token.end()
            if plain.startswith(token.group(), place):  # it stood there before
                place += len(token.group())
    return "".join(parts)
