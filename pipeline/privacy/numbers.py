"""Takes numbers of phones, cards, accounts and people out of a text.

Numbers are recognised by their checksums, by the numbering plans of `phonenumbers` and by what people say
they are, so that prices, dates, flight and order numbers stay. A long digit string of which nobody says that it is an order's, a
ticket's or the like goes too: it may be a person's.
"""

import re

import phonenumbers
from stdnum import iban, luhn

from pipeline.privacy.hints import Hint, see
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import listed

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "BR")
"""Countries whose national way of writing a phone number is recognised; international (+49 ...) numbers always are."""

MOST_RUN = 64
"""Characters. A longer run of digits and separators goes as a whole, unread: finding numbers in it takes long, and nobody needs it."""
MOST_READ_RUNS = 8
"""Runs of a text that are looked up in numbering plans; behind them whatever may be a phone number goes. Bounds what a text can cost."""

_BETWEEN = r"[ .\-/_–·]"
_IBAN = re.compile(rf"(?<![^\W_])[A-Z] ?[A-Z] ?\d ?\d(?:{_BETWEEN}?[A-Z0-9]){{11,30}}", re.IGNORECASE)
_ALONE = r"(?<![\d+].)(?<!\d[.,].)"
"""Behind the first digit of a number: it is no other's end."""
_CARD = re.compile(
    rf"\d{_ALONE}(?<!\+ .)(?:(?:[ -]?\d){{11,18}}"
    r"|\d{3}(?P<by>[./_–·])\d{4}(?P=by)\d{4}(?P=by)\d{1,7}|\d{3}(?P<of>[./_–·])\d{6}(?P=of)\d{4,5})(?!\d)"
)
_WIDE = "[ /|,*·_–-]{1,3}"
_WIDE_CARD = re.compile(
    rf"[2-6]{_ALONE}\d{{3}}{_WIDE}(?:\d{{4}}{_WIDE}\d{{4}}{_WIDE}\d{{1,7}}|\d{{6}}{_WIDE}\d{{4,5}})(?!\d)",
)
"""In groups with up to three characters between them, as cards have them."""
_NO_CARD = re.compile(r"2[01]|2[89]|3[0-39]|5[09]")
_HUNDREDS = re.compile(r"(?:\d*00\D+)+\d*00")
_DIGITS = re.compile(r"[+(]{0,2}\d(?:[\s().\-/–·•_]{0,3}\d){6,}")
LEAST_DIGITS = 7
"""In such a run."""
LEAST_DIGITS_OF_CARD = 13
_PLAIN = str.maketrans("·•_", "---")
"""Separators that no numbering plan knows, as one that all do."""
_LONG = re.compile(r"(?<![0-9A-Za-z_.,])\d{9,}(?![0-9A-Za-z_])")
_SOCIAL = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])")
"""United States social security number."""
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_NO_PHONE = re.compile(
    r"(?<![\d./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?![./-]?\d)|(?<![\d.+])[1-9]\d?\.\d{5,}(?![\d.])"
)
"""Dates with their year, and decimals, inside a run of digits."""


_ROUND = re.compile(r"(?<!\d)\d{1,3}(?:[ .]\d{3})*[ .]000(?:[ .]\d{3})*(?!\d)")
"""A quantity in groups of three."""

_THING = re.compile(
    r"(?:\b(?:orders?|tickets?|invoices?|cases?"
    r"|ref|references?|tracking|parcel|(?:bag|baggage|luggage) tag|shipment|bookings?|reservation|confirmation|claims?|rma|awb|waybill"
    r"|incident|ean|isbn|sku|article|item|serial|receipt|bestellung|auftrag|rechnung|vorgang|sendung|buchung|artikel|commande|facture|dossier|colis"
    r"|réservation|billet|suivi|pedido|factura|reserva|billete|envío|ordine|fattura|prenotazione|biglietto|spedizione|bestelling|factuur"
    r"|boeking|zending|encomenda|fatura|заказ|заказа|замовлення|бронирования|билета|zamówienie|zamówienia|sipariş|rezervasyon|bilet|kargo|takip"
    r"|beställning|bokning|ordre|tilaus|varaus|objednávk[ay]|rezervace|comanda|rendelés|đơn hàng|pesanan|παραγγελία|παραγγελίας)"
    r"|(?:bestell|auftrags|rechnungs|vorgangs|sendungs|buchungs|artikel|order|ordre|ticket|factuur|boekings|beställnings|boknings)(?:nummer|nr)"
    r"|(?:tilaus|varaus)numero|订单|訂單|运单|運單|快递单|预订|預訂|机票|機票|注文|予約|伝票|追跡"
    r"|주문|예약|송장|티켓|الطلب|طلب رقم|رقم طلب|الحجز|التذكرة|الشحنة|คําสั่งซื้อ)"
    r"(?:[\s:.#°º_-]{1,2}(?:numbers?|numéro|número|numero|nummer|numaras[ıi]|nr|no|n\.o|n|id|code|is|was|num|№|č|číslo|номер|رقم)\b"
    r"|\s?(?:号码|號碼|编号|編號|番号|번호|号|號|[是为為はが는은이가])){0,3}[\s:.=#°º№\u2010-\u2015-]{0,3}(?:[\d/-]{0,14}[/-])?$",
    re.IGNORECASE,
)
"""Who says whose number it is says that it is nobody's phone."""
_NUMBERED = re.compile(r"[#№°º]|num[bm]er|num[eé]ro|número|\bn[ro]\b", re.IGNORECASE)
MOST_OF_A_THING = 13
"""Digits of a number with blanks in it that may be a thing's."""
_RESULT = re.compile(r"\d\s?[*^×+]\s?\d+\s?=\s?$")
"""Before what somebody reckoned out."""
_PLUS_APART = re.compile(r"(?:^|[^\d\s])\s?\+ $")
_FIRST_GROUP = re.compile(r"(?<=[\s#:.])\d{1,4} $")

_SAID_PHONE = re.compile(
    r"(?:(?:\b(?:call|text|txt|sms|phone|mobile|cell|whats ?app|wa|tel|telephone|ring|dial|fax|number|line|telefon|handy|mobil|nummer|anruf"
    r"|erreichbar|tél|téléphone|appelez|portable|numéro|teléfono|móvil|celular|cel|llámame|llamar|número|cellulare|chiamami|numero|bel"
    r"|telefoon|mobiel|telemóvel|ligue|liguem|tlf|soita|puhelin|hringdu|helista|sunați|zadzwoń|numer|volejte|hívj|számom|arayın|numaram"
    r"|звоните|телефон|номер|gọi)\b(?:[\W_]{1,3}(?!it\b)\w{1,3}\b){0,3}|(?:電話|电话|手机|โทร|전화|연락처|رقم)\w{0,3})[\s.:,=–-]{0,3}(?<!\w-))$",
    re.IGNORECASE,
)
"""Words before a number that say it is one to call, with at most three short ones in between: "ring til mig på"."""

_DIGIT_WORD = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPELLED = re.compile(rf"\b(?:{_DIGIT_WORD}|\d{{1,4}})(?:[\s,.-]{{1,2}}(?:{_DIGIT_WORD}|\d{{1,4}})){{3,14}}\b", re.IGNORECASE)
_SAID_DIGIT = Hint(listed(_DIGIT_WORD), then=lambda behind: behind in " ,.-")
_DIGIT_WORDS = re.compile(rf"\b{_DIGIT_WORD}[\s,.-]{{1,2}}(?:{_DIGIT_WORD}|\d{{1,4}})\b", re.IGNORECASE)


def without_numbers(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [phone], [card], [iban] and [number] in place of the numbers that may be a person's, but for own terms.

    >>> without_numbers("order 9876543210, my number is 32 12 34 56")
    'order 9876543210, my number is [phone]'
    """
    if _SAID_DIGIT(text) and _DIGIT_WORDS.search(text):
        text = _SPELLED.sub(_spelled, text)
    if see(text).digits >= LEAST_DIGITS_OF_CARD:
        text = _WIDE_CARD.sub(lambda match: "[card]" if _is_wide_card(match.group()) and match.group() not in own else match.group(), text)
    if see(text).digits >= LEAST_DIGITS and _DIGITS.search(text):
        text = _IBAN.sub(_iban, text)
        text = _CARD.sub(lambda match: "[card]" if _is_card(match.group()) and match.group() not in own else match.group(), text)
        text = _SOCIAL.sub(lambda match: match.group() if _is_of_a_thing(match) or match.group() in own else "[number]", text)
        text = _phones(text, own)
        text = _LONG.sub(lambda match: match.group() if _is_of_a_thing(match) or match.group() in own else "[number]", text)
    return text


def _iban(match: re.Match[str]) -> str:
    """What of the match is an IBAN, by country and check digits, goes; what the pattern took along from the next words stays."""
    words, compact = match.group(), ""
    for end, letter in enumerate(words, 1):
        if letter.isalnum():
            compact += letter.upper()
            if len(compact) >= 15 and iban.is_valid(compact, check_country=False) and not words[end : end + 1].isalnum():
                return "[iban]" + words[end:]
    return words


def _is_card(text: str) -> bool:
    digits = "".join(str(int(letter)) for letter in text if letter.isdecimal())  # of any script
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and digits[0] in "23456" and luhn.is_valid(digits)


def _is_wide_card(text: str) -> bool:
    """Of what stands in wide groups: no years, no round prices."""
    return _is_card(text) and _NO_CARD.match(text) is None and _HUNDREDS.fullmatch(text) is None


def _phones(text: str, own: OwnTerms) -> str:
    """Numbers valid in the plan of some region, wherever they stand, and those said to be one; dates look like some and stay."""
    spans, read = [], 0
    for candidate in _DIGITS.finditer(text):
        before, found = text[max(candidate.start() - 48, 0) : candidate.start()], candidate.group().translate(_PLAIN)
        if len(found) > MOST_RUN:
            spans.append(candidate.span())
            continue
        if _of_a_thing(before, found) or re.fullmatch("[A-Za-z]{2}", before[-1:] + text[candidate.end() : candidate.end() + 1]):
            continue
        read += 1
        inside = _found(before, found) if read <= MOST_READ_RUNS else []
        if not inside and _may_be_phone(found) and (read > MOST_READ_RUNS or _SAID_PHONE.search(before)):
            inside = [(0, len(found))]
        spans += [(candidate.start() + start, candidate.start() + end) for start, end in inside]
    if own:
        spans = [(start, end) for start, end in spans if text[start:end] not in own]
    for start, end in reversed(spans):
        text = f"{text[:start]}[phone]{text[end:]}"
    return text


def _of_a_thing(before: str, digits: str) -> bool:
    """Whether a number is, by the word before it, one of an order, a ticket or the like: one with blanks in it, if "no." is said, too."""
    if "+" in digits or "(" in digits:
        return False
    said = _THING.search(before)
    if said is None:
        return _RESULT.search(before) is not None
    return not re.search(r"\s", digits) or (
        _NUMBERED.search(said.group()) is not None and sum(map(str.isdecimal, digits)) <= MOST_OF_A_THING
    )


def _may_be_phone(candidate: str) -> bool:
    digits = sum(letter.isdecimal() for letter in candidate)
    plain = digits == len(candidate)
    return (
        7 <= digits <= (11 if plain else 15)
        and not _DATE.fullmatch(candidate)
        and not _NO_PHONE.search(candidate)
        and not _ROUND.search(candidate)
    )


def _is_of_a_thing(match: re.Match[str]) -> bool:
    before = match.string[max(match.start() - 48, 0) : match.start()]
    if _THING.search(before):
        return True
    if (group := _FIRST_GROUP.search(before)) and (said := _THING.search(before[: group.start()])):
        return _NUMBERED.search(said.group()) is not None
    return _RESULT.search(before) is not None


def _spelled(match: re.Match[str]) -> str:
    """A number partly in words, when there are as many digits in it as a phone number has."""
    words = re.findall(r"[a-z]+|\d", match.group().lower())
    length = sum(2 if word == "double" else 3 if word == "triple" else 1 for word in words) - sum(
        word in ("double", "triple") for word in words
    )
    return "[phone]" if length >= 7 and sum(word.isalpha() for word in words) >= 3 else match.group()


def _found(before: str, candidate: str) -> list[tuple[int, int]]:
    """Where phone numbers stand in a run; from the plus on, where a blank parts that from a number valid with it, or said to be one."""
    if candidate[0].isdecimal() and _PLUS_APART.search(before):
        said = _SAID_PHONE.search(before.removesuffix("+ ")) is not None
        strictness = phonenumbers.Leniency.POSSIBLE if said else phonenumbers.Leniency.VALID
        for match in phonenumbers.PhoneNumberMatcher(f"+{candidate}", None, leniency=strictness):
            if match.start == 0:
                return [(-2, match.end - 1), *_around(candidate, 0, match.end - 1)]
    return _numbers(candidate)


def _numbers(candidate: str) -> list[tuple[int, int]]:
    """Where phone numbers stand in a run of digits and separators."""
    if _DATE.fullmatch(candidate):
        return []
    harmless = _NO_PHONE.search(candidate)
    if harmless is not None:
        return _around(candidate, *harmless.span())
    found: list[tuple[int, int]] = []
    for region in REGIONS:
        here = _in_region(candidate, region)
        if _covered(here) > _covered(found):
            found = here
        if _covered(found) == len(candidate):
            break
    if candidate.startswith("+") and (not found or found[0][0] > 0) and 10 <= sum(letter.isdigit() for letter in candidate) <= 15:
        return [(0, len(candidate))]  # an international way of writing that is no longer, or not yet, in the plans
    if not found:
        return []
    return sorted([*found, *_around(candidate, found[0][0], found[-1][1])])


def _around(candidate: str, start: int, end: int) -> list[tuple[int, int]]:
    """Numbers before ``start`` and after ``end``."""
    behind = [(first + end, last + end) for first, last in _numbers(candidate[end:])] if _DIGITS.search(candidate, end) else []
    return [*(_numbers(candidate[:start]) if _DIGITS.search(candidate[:start]) else []), *behind]


def _covered(spans: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _in_region(candidate: str, region: str) -> list[tuple[int, int]]:
    strictness = phonenumbers.Leniency.POSSIBLE if "+" in candidate else phonenumbers.Leniency.VALID
    found = [(match.start, match.end) for match in phonenumbers.PhoneNumberMatcher(candidate, region, leniency=strictness)]
    return [(start, end) for start, end in found if not _DATE.fullmatch(candidate[start:end].strip())]
