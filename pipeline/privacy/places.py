"""Takes street addresses and dates of birth out of a text.

Streets are found by a word for a street, a name and a number, in the order of some dozen countries: expect three of four.
"""

import re
from collections.abc import Callable

from pipeline.privacy.hints import Hint, no_word, see
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import one_of, spelled

_UPPER = "A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-ЯЁ"
_WORD = rf"[{_UPPER}][\w'’.-]{{1,24}}"
_CITY = (
    rf"(?:,?\s+(?:[A-Z]{{1,2}}-)?\d{{4,5}}\s+{_WORD}"
    rf"|,\s*{_WORD}(?:\s{_WORD})?\s+(?:[A-Z]{{1,2}}\d[A-Z\d]?\s?\d[A-Z]{{2}}|[A-Z]{{2}}\s\d{{5}}))?"
)
_NUMBER = r"\d{1,4}\s?[a-zA-Z]?(?![\w])"
_ENGLISH = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square"
    "|Terrace|Close|Crescent|Way|Gardens|Grove|Highway|Hwy|Parkway|Row|Walk|Mews"
)
_JOINED = (
    r"straße|strasse|str\.|weg|gasse|platz|allee|damm|ufer|chaussee|straat|laan|plein|gracht|kade|dreef|singel|gatan|vägen|gata|veien|vej"
    r"|gade|katu|tie"
)
_GERMAN = r"Straße|Strasse|Str\.|Weg|Gasse|Platz|Allee|Ring|Damm|Ufer"
_FRENCH = r"rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|quai|route|cours|square"
_ROMANCE = (
    r"Calle|C/|Cl\.|Avda\.?|Avenida|Av\.|Plaza|Paseo|Carrera|Cra\.|Via|Viale|V\.le"
    r"|Corso|Piazza|Vicolo|Rua|R\.|Travessa|Largo|Praça|Alameda"
)
_POLISH, _RUSSIAN = "ul|al|os|pl", "ул|пр|пер|просп|пл|наб"
_TURKISH = r"Cad\.?|Caddesi|Sok\.?|Sokak|Sokağı|Mah\.?|Mahallesi|Bulvarı|Blv\."
_STREETS = tuple(
    re.compile(pattern)
    for pattern in (
        # 12 Baker Street
        rf"(?<![\w.,])\d{{1,5}}[A-Za-z]?,?\s+(?:{_WORD}\s+){{1,3}}(?:{_ENGLISH})\b\.?(?:,?\s+(?:Apt|Unit|Flat|Suite|Ste|#)\.?\s?\w{{1,5}})?{_CITY}",
        r"\b(?i:p\.?\s?o\.?\s?box|postfach|boîte postale|apartado(?: de correos)?)\s+\d[\d ]{1,7}\b",
        # Hauptstraße 12, Kerkstraat 12
        rf"\b(?!(?i:sitz|park|stell|arbeits|steh|fenster|gang|um|heim|rück|hin|aus|ein)(?:platz|weg)\b)[{_UPPER}][\w-]{{1,24}}"
        rf"(?:{_JOINED})\s+{_NUMBER}{_CITY}",
        rf"\b{_WORD}\s(?:{_GERMAN})\s+{_NUMBER}{_CITY}",
        rf"\b(?:Am|An der|An den|Im|In der|In den|Auf der|Auf dem|Zum|Zur|Beim)\s{_WORD}\s+{_NUMBER},\s\d{{5}}\s{_WORD}",
        # 15 bis, rue des Lilas
        rf"(?<![\w.,])\d{{1,4}}(?:\s?(?:bis|ter))?,?\s+(?i:{_FRENCH})\s+"
        rf"(?:de\s(?:la\s|l['’])|des\s|du\s|de\s|d['’]|la\s|l['’])?{_WORD}(?:\s(?:de\s|des\s|du\s)?{_WORD}){{0,2}}{_CITY}",
        # Calle Mayor 5, Via Garibaldi 10, Rua Augusta 1200, ul. Polna 10/5
        rf"\b(?:{_ROMANCE})\s?(?!Rail|Twitter|Facebook)(?:(?:de|del|della|dei|da|do|das|dos|la|las|los)\s){{0,2}}{_WORD}(?:\s(?:(?:de|del|della|da|do)\s)?{_WORD}){{0,2}}"
        rf",?\s*(?:n[.º°o]{{1,2}}\s?)?{_NUMBER}(?:,\s?\d{{1,2}}[ºª°]\s?\w?)?{_CITY}",
        rf"(?<!\w)(?:{_POLISH})\.\s?{_WORD}(?:\s{_WORD})?\s\d{{1,4}}\w?(?:\s?/\s?\d{{1,4}}| m\. ?\d{{1,4}})?"
        rf"(?:,?\s+\d\d-\d{{3}}\s+{_WORD})?",
        rf"(?<!\w)(?:{_RUSSIAN})\.\s?{_WORD}(?:\s{_WORD})?,?\s?(?:д\.?|дом)?\s?\d{{1,4}}\w?(?:,?\s?(?:к|кв|корп)\.?\s?\d{{1,4}}){{0,2}}",
        # Atatürk Cad. No: 12
        rf"{_WORD}(?:\s{_WORD})?\s(?:{_TURKISH})\s*(?:No\s?[:.]?\s?)?\d{{1,4}}"
        r"(?:\s?[/]\s?\w{1,4}| D[:.]\s?\d{1,3})?",
    )
)
_POSTCODE = re.compile(r",\s\d{5}\s")


def _words(alternatives: str, before: str = "", behind: str = "") -> list[str]:
    return [f"{before}{word.replace('?', '').replace(chr(92), '')}{behind}" for word in alternatives.split("|")]


_STREET_HINTS: tuple[Callable[[str], object], ...] = (
    Hint(_words(_ENGLISH, " "), begins=False, then=no_word),
    Hint(["box ", "postfach ", "boîte postale ", "apartado ", "correos "], begins=False, then=str.isdecimal),
    Hint(_words(_JOINED, behind=" "), begins=False, then=str.isdecimal),
    Hint(_words(_GERMAN, " ", " "), begins=False, then=str.isdecimal),
    _POSTCODE.search,
    Hint(_words(_FRENCH, " ", " "), begins=False),
    Hint(_words(_ROMANCE.replace(r"\.?", ""))),
    Hint(_words(_POLISH, behind=".")),
    Hint(_words(_RUSSIAN, behind=".")),
    Hint(_words(_TURKISH.replace(r"\.?", ""), " "), begins=False),
)
"""What stands in whatever the pattern of the same place matches."""

_MONTH_DATE = (
    r"\d{1,2}(?:st|nd|rd|th|\.|er)?\s(?:de\s|of\s)?[^\W\d_]{3,10}\.?,?\s(?:de\s)?\d{2,4}"
    r"|[^\W\d_]{3,10}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}"
)
_DAY = rf"(?:\d{{1,4}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?\d{{1,4}}|\d{{4}}\s?[年년]\s?\d{{1,2}}\s?[月월]\s?\d{{1,2}}\s?[日일]?|{_MONTH_DATE})"
_BORN = Hint(spelled("births"))
_BIRTH = re.compile(
    rf"((?<!\w){one_of('births')}\W{{0,3}}(?:(?:is|was|ist|war|est|es|è|é|to|jest)\s)?){_DAY}(?!\w)",
    re.IGNORECASE,
)


def without_places(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [address] in place of streets with their number, and [birth date] of days on which people say they were born.

    >>> without_places("born on 12 March 1985, at 12 Baker Street")
    'born on [birth date], at [address]'
    """
    if not see(text).digits:
        return text
    if _BORN(text):
        text = _BIRTH.sub(r"\1[birth date]", text)
    instead = own.instead("[address]")
    for street, may_stand in zip(_STREETS, _STREET_HINTS, strict=True):
        if may_stand(text):
            text = street.sub(instead, text)
    return text
