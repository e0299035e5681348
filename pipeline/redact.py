"""Text as people write it in; the same text without mail addresses, numbers of phones, cards and accounts, and handles, out.

Numbers are recognised by their checksums (Luhn, ISO 7064 mod 97-10) and by the numbering plans of `phonenumbers`, so that prices,
dates and flight numbers stay. Where a long digit string is nothing known it goes too: a booking number names a person as well.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "BR")
"""Countries whose national way of writing a phone number is recognised; international (+49 ...) numbers always are."""

_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'\])]+", re.IGNORECASE)
_AT = r"(?:@|\s@\s|\s?(?:\(at\)|\[at\]|\{at\})\s?)"  # "cc @news.desk" is a handle
_DOT = r"(?:\.|\s?(?:\(dot\)|\[dot\]|\{dot\})\s?)"
_MAIL = re.compile(rf"(?<![\w.+'%-])[\w.+'%-]{{1,64}}{_AT}[\w-]+(?:{_DOT}[\w-]+)+", re.IGNORECASE)
_PERSONAL_PATH = re.compile(r"@|%40|/(?:profile|users?|u|people|author)/", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,+])\d(?:[ -]?\d){11,18}(?![\d])")
_DIGITS = re.compile(r"[+(]{0,2}\d(?:[\s().\-/–]{0,3}\d){6,}")
_LONG = re.compile(r"(?<![\w.,])\d{9,}(?![\w])")
_FULL_HANDLE = re.compile(r"(?<![\w/@.])@[\w.-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w/@])@\w(?:[\w.-]*\w)?")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_NO_PHONE = re.compile(
    r"(?<![\d./-])(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?![./-]?\d)|(?<![\d.+])[1-9]\d?\.\d{5,}(?![\d.])"
)
"""Dates with their year, and decimals, inside a run of digits."""

_CAPITAL = "A-ZÀ-ÖØ-ÞŁŚŠŽŻČĆÇĞİŞА-Я"
_NAME = rf"(?:(?:Dr|Mr|Mrs|Ms|Prof|Herr|Frau)\.?\s+|[{_CAPITAL}]\.\s*)*[{_CAPITAL}][\w'’-]+(?:\s+[{_CAPITAL}][\w'’-]+){{0,2}}"
_INTRODUCED = re.compile(
    r"\b((?i:my name is|my name['’]s|i am called|ich heiße|ich heisse|mein name ist|je m['’]appelle|mon nom est|me llamo|mi nombre es"
    rf"|mi chiamo|meu nome é|mijn naam is|ik heet|меня зовут)\s+){_NAME}"
)
_SIGNED = re.compile(
    r"\b((?i:regards|sincerely|yours truly|best wishes|grüßen|grüssen|grüße|gruß|cordialement|salutations|saludos|un saludo|saluti|groeten"
    rf"|groet|с уважением)[\s,.!–-]{{1,3}}){_NAME}(?=[\s.!]*$)"
)
_NAME_HINTS = (
    "name", "i am called", "heiße", "heisse", "appelle", "nom est", "llamo", "nombre es", "chiamo", "nome", "naam", "heet", "зовут",
    "regards", "sincerely", "truly", "wishes", "grüß", "grüss", "gruß", "cordialement", "salut", "saludo", "groet", "уважением",
)  # fmt: skip
"""Without one of them the two above find nothing: looking for them first is thirty times cheaper."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"(?:\x1b\[[\d;?]*[A-Za-z]|[\x00-\x1f\x7f])+")
"""Terminal sequences as a whole: what is left of one would hide a handle behind it."""


def redact(text: str) -> str:
    """The text with [email], [phone], [card], [iban], [number], [handle], [name] in place of what names a person; links keep their host.

    Names are found where people introduce themselves or sign.

    >>> redact("Call me on +49 30 901820 or write to jo@example.org, @aurora!")
    'Call me on [phone] or write to [email], [handle]!'
    """
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    text = _URL.sub(lambda match: f"[link {_host(match.group())}]", text)
    text = _FULL_HANDLE.sub("[handle]", text)
    text = _MAIL.sub("[email]", text)
    text = _HANDLE.sub("[handle]", text)
    lower = text.lower()
    if any(hint in lower for hint in _NAME_HINTS):
        text = _SIGNED.sub(r"\1[name]", _INTRODUCED.sub(r"\1[name]", text))
    if _DIGITS.search(text):
        text = _IBAN.sub(_iban, text)
        text = _CARD.sub(lambda match: "[card]" if _is_card(match.group()) else match.group(), text)
        text = _phones(text)
        text = _LONG.sub("[number]", text)
    return text


@lru_cache(maxsize=4096)
def excerpt(text: str, limit: int = 280) -> str:
    """Redacted text of at most ``limit`` characters; costs no more for a long text."""
    raw = text[: 8 * limit]
    clean = redact(raw)
    if len(raw) < len(text):  # the end may hold half a number, which is not recognised as one
        clean = clean[:-40]
    return shorten(clean, limit)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a word with an ellipsis. Cut after redaction: a cut number is not recognised."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut).rstrip() + "…"


def public_url(url: str | None) -> str | None:
    """A link to a post without its author's name: rewritten where the network allows it, None where it does not.

    >>> public_url("https://twitter.com/jane_doe/status/123?s=20")
    'https://x.com/i/status/123'
    """
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    status = re.fullmatch(r"/[^/]+/status/(\d+)/?.*", parts.path)
    if status and host.removeprefix("www.").removeprefix("mobile.") in ("x.com", "twitter.com"):
        return f"https://x.com/i/status/{status.group(1)}"
    if parts.scheme not in ("http", "https") or not host or _PERSONAL_PATH.search(parts.path):
        return None
    clean = f"{parts.scheme}://{host}{parts.path}"
    return clean if redact(parts.path) == parts.path or re.fullmatch(r"[/\w.-]*", parts.path) else None


def pseudonym(author: str, key: bytes) -> str:
    """Keyed hash of an author: ``<4 hex naming the key>.<24 hex>``, so that a change of key shows. ``key``: at most 64 bytes."""
    return f"{_key_name(key)}.{hashlib.blake2b(author.encode(), digest_size=12, key=key).hexdigest()}"


@lru_cache(maxsize=16)
def _key_name(key: bytes) -> str:
    return hashlib.blake2b(b"name of the key", digest_size=2, key=key).hexdigest()


def _host(url: str) -> str:
    try:
        host = urlsplit(url if "://" in url else f"https://{url}").hostname or "?"
    except ValueError:
        return "?"
    return host.removeprefix("www.")


def _iban(match: re.Match[str]) -> str:
    """The longest prefix of the match that is an IBAN goes; what the pattern took along from the next words stays."""
    words = match.group()
    ends = [index for index in range(len(words), 14, -1) if index == len(words) or words[index] == " "]
    for end in ends:
        compact = words[:end].replace(" ", "").upper()
        moved = compact[4:] + compact[:4]
        if 15 <= len(compact) <= 34 and int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1:
            return "[iban]" + words[end:]
    return words


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdecimal()]
    if not 12 <= len(digits) <= 19 or len(set(digits)) == 1 or digits[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _phones(text: str) -> str:
    """Numbers valid in the plan of some region, wherever they stand; dates look like some and stay."""
    spans = [
        (candidate.start() + start, candidate.start() + end)
        for candidate in _DIGITS.finditer(text)
        for start, end in _numbers(candidate.group())
    ]
    for start, end in reversed(spans):
        text = f"{text[:start]}[phone]{text[end:]}"
    return text


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
