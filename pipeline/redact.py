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
_MAIL = re.compile(r"[\w.+'%-]+\s?(?:@|\(at\)|\[at\]|\{at\})\s?[\w-]+(?:\s?(?:\.|\(dot\)|\[dot\]|\{dot\})\s?[\w-]+)+", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b", re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){11,18}(?![\d])")
_DIGITS = re.compile(r"\d(?:[\s().\-/–]{0,3}\d){6,}")
_LONG = re.compile(r"(?<![\w.,])\d{9,}(?![\w])")
_HANDLE = re.compile(r"(?<![\w/@])@[\w](?:[\w.-]*\w)?(?:@[\w-]+(?:\.[\w-]+)+)?")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def redact(text: str) -> str:
    """The text with [email], [phone], [card], [iban], [number], [handle] in place of what names a person; links keep their host.

    >>> redact("Call me on +49 30 901820 or write to jo@example.org, @aurora!")
    'Call me on [phone] or write to [email], [handle]!'
    """
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    text = _URL.sub(lambda match: f"[link {_host(match.group())}]", text)
    text = _MAIL.sub("[email]", text)
    text = _HANDLE.sub("[handle]", text)
    if _DIGITS.search(text):
        text = _IBAN.sub(_iban, text)
        text = _CARD.sub(lambda match: "[card]" if _is_card(match.group()) else match.group(), text)
        text = _phones(text)
        text = _LONG.sub("[number]", text)
    return text


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
    if parts.scheme not in ("http", "https") or not host or re.search(r"@|%40|/(?:profile|users?|u|people|author)/", parts.path, re.IGNORECASE):
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
    spans: list[tuple[int, int]] = []
    for region in REGIONS:
        if not _DIGITS.search(text):
            break
        for match in phonenumbers.PhoneNumberMatcher(text, region):
            if not _DATE.fullmatch(match.raw_string.strip()):
                spans.append((match.start, match.end))
    for start, end in sorted(_disjoint(spans), reverse=True):
        text = f"{text[:start]}[phone]{text[end:]}"
    return text


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
