"""Takes the numbers by which states know people out of a text.

By their form and check digits (python-stdnum) where the form is one of its own; whatever it looks like where people say what it is.
"""

import re
from collections.abc import Callable
from types import ModuleType

from stdnum import luhn, verhoeff
from stdnum.br import cpf
from stdnum.ch import ssn as swiss
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.th import pin

from pipeline.privacy.hints import Hint, no_word, see
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import one_of, spelled

_BOUND, _END = r"(?<![\w.-])", r"(?![\w-])"


def _swedish(number: str) -> bool:
    return luhn.is_valid(number.replace("-", "").replace("+", "")) and 1 <= int(number[2:4]) <= 12 and 1 <= int(number[4:6]) <= 31


def _valid(plan: ModuleType, number: str) -> bool:
    """By one of the modules of stdnum, whatever separates the digits."""
    return bool(plan.is_valid(re.sub("[ ./-]", "", number)))


_FORMS: tuple[tuple[int, str, re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (digits, marks, re.compile(_BOUND + form + _END, re.IGNORECASE), check)
    for digits, marks, form, check in (
        (8, "", r"\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Z]", dni.is_valid),
        (7, "", r"[XYZ][ -]?\d{7}[ -]?[A-Z]", nie.is_valid),
        (14, "", r"[12][ .]?\d\d[ .]?[0-9]\d[ .]?[0-9][0-9AB][ .]?\d{3}[ .]?\d{3}[ ./-]?\d\d", lambda found: _valid(nir, found)),
        (7, "", r"[A-Z]{3} ?[A-Z]{3}[ -]?\d\d[A-EHLMPRST]\d\d[ -]?[A-Z]\d{3} ?[A-Z]", lambda found: _valid(codicefiscale, found)),
        (9, "", r"\d{6}[-+A]\d{3}[0-9A-Y]", hetu.is_valid),
        (6, "", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", curp.is_valid),
        (17, "", r"\d{17}[\dX]", ric.is_valid),
        (13, "-", r"\d{6}[ ]?-[ ]?[1-8]\d{6}", rrn.is_valid),
        (10, "", r"(?:\d\d)?\d{6}[-+]\d{4}", lambda found: _swedish(found[-11:]) or cpr.is_valid(found)),
        (11, ".-", r"\d{3}\.\d{3}\.\d{3}-\d\d", cpf.is_valid),
        (11, ".-", r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", lambda _: True),  # of Belgium; nothing else has that form
        (11, " ", r"\d\d \d{6} [A-Z] \d{3}", lambda _: True),  # of Germany's pension insurance
        (7, "", r"[STFGM]\d{7}[A-Z]", lambda _: True),  # of Singapore
        (13, "", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", swiss.is_valid),
        (7, ".-", r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", rut.is_valid),
        (13, "-", r"\d-\d{4}-\d{5}-\d\d-\d", pin.is_valid),
        (9, "/", r"\d{6}/\d{3,4}", rc.is_valid),
        (4, "", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", lambda _: True),  # of India's income tax: P for a person
        # national insurance, UK
        (6, "", r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]", lambda _: True),
        (12, "", r"(?<!\d[ -])[2-9]\d{3}[ -]\d{4}[ -]\d{4}(?![ -]\d)", lambda found: _valid(verhoeff, found)),
    )
)
"""How many digits each has at least, the marks that are never missing, its form, and whether one is valid."""
_DOCUMENT = Hint(spelled("documents"), then=no_word)
_CHUNK = r"[A-Z0-9.\-/]{0,20}\d[A-Z0-9.\-/]{0,20}"
_SAID = re.compile(
    rf"(?P<said>(?<!\w){one_of('documents')}"
    r"(?!\w)[^\w\n]{0,3}(?:(?:number|nummer|numéro|número|numero|numer|nr|no|n|num|is|ist|est|es|è|é|to|er|номер|رقم)(?!\w)[^\w\n]{0,3}){0,2})"
    rf"(?P<number>{_CHUNK}(?:[ ]{_CHUNK}){{0,7}}(?:[ ][A-Z])?)(?!\w)",
    re.IGNORECASE,
)
_SORT_CODE = re.compile(r"\bsort[ -]?code\b", re.IGNORECASE)
_SORTED = Hint(["sort code", "sort-code", "sortcode"])
_BANK = re.compile(
    r"(?P<said>\b(?:sort[ -]?code|a/?c|acct?|account)\W{0,3}(?:(?:is|no|number|num)\b\W{0,3}){0,2})"
    r"(?:\d{8}|\d\d[ -]?\d\d[ -]?\d\d)(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
"""Of an account in the United Kingdom, in a text that says sort code."""
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)")
LEAST_DIGITS = 5
"""Of a number that is said to be somebody's."""
_CODE = re.compile(r"(?=(?:[A-Z]*\d){3})(?=[A-Z\d]*[A-Z])[A-Z\d]{8,12}")
"""The same of a document whose number has more letters, such as a German passport's."""
_LEAST_OF_ANY = min(digits for digits, *_ in _FORMS)


def without_national_ids(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [number] in place of the numbers of identity cards, passports, tax and insurance, but for own terms.

    >>> without_national_ids("DNI 12345678Z, BSN 1234.56.782, PNR: QW3RTY")
    'DNI [number], BSN [number], PNR: QW3RTY'
    """
    if see(text).digits < _LEAST_OF_ANY:
        return text
    instead = own.instead("[number]")
    for digits, marks, form, valid in _FORMS:
        if see(text).digits >= digits and all(mark in text for mark in marks):
            text = form.sub(lambda match, valid=valid: instead(match) if valid(match.group().upper()) else match.group(), text)  # type: ignore[misc]
    if _SORTED(text) and _SORT_CODE.search(text):
        text = _BANK.sub(r"\g<said>[number]", text)
    return _SAID.sub(lambda match: _said(match, own), text) if _DOCUMENT(text) else text


def _said(match: re.Match[str], own: OwnTerms) -> str:
    number = match["number"]
    few = sum(letter.isdecimal() for letter in number) < LEAST_DIGITS and _CODE.fullmatch(number) is None
    is_harmless = few or _DATE.fullmatch(number.strip(".-/ ")) or number in own
    return match.group() if is_harmless else match["said"] + "[number]"
