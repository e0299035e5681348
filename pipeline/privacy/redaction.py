"""Takes mail addresses, numbers, handles and names out of a text as people write it: whatever leaves on an action goes through here.

Numbers are the business of `pipeline.privacy.numbers`.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.privacy.numbers import without_numbers
from schemas.text import publishable

_URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'\])]+", re.IGNORECASE)
_OPEN, _SHUT = r"\s?[(\[{<]\s?", r"\s?[)\]}>]\s?"
_DOT_WORD = r"(?:dot|punkt|punto|point|ponto|punt|точка)"
_AT_WORD = r"(?:at|arroba|arobase|chiocciola|apenstaartje|собака)"
_AT = rf"(?:@|\s@\s|{_OPEN}(?:{_AT_WORD}|ät|@){_SHUT})"  # "cc @news.desk" is a handle
_DOT = rf"(?:\.|{_OPEN}(?:{_DOT_WORD}|\.){_SHUT})"
_MAIL = re.compile(rf"(?<![\w.+'%-])[\w.+'%-]{{1,64}}{_AT}[\w-]+(?:{_DOT}[\w-]+)+", re.IGNORECASE)
_SPOKEN = re.compile(
    rf"(?<![\w.+'%@-])[\w.+'%-]{{1,64}}(?:\s(?:{_DOT_WORD}|underscore|dash)\s[\w.+'%-]{{1,64}}){{0,4}}\s{_AT_WORD}"
    rf"\s(?!(?:the|a|an|this|that|my|your|our|each|every|one|which|what|some|any|no|least|most|first|last)\b)[\w-]+(?:\s{_DOT_WORD}\s[\w-]+){{0,3}}"
    rf"\s{_DOT_WORD}\s(?!(?:on|if|or|up|he|we|an|go|ok|oh)\b)(?:com|net|org|edu|gov|info|biz|app|dev|[^\W\d_]{{2}})\b",
    re.IGNORECASE,
)
"""An address in words: "jane dot doe at gmail dot com". It ends in a domain of countries or of the largest kinds."""

_DOT_WORDS = ("dot", "punkt", "punto", "point", "ponto", "punt", "точка")
_SAID_MAIL = re.compile(
    r"(\b(?i:e-?mail|mail|write|reach|contact)\b\W{1,3}(?:(?:me|us|to|on|at|is)\W{1,2}){0,2})[a-z0-9._+-]+ AT [\w-]+(?:\.[\w-]+)+"
)
_PERSONAL_PATH = re.compile(r"@|%40|/(?:profile|users?|u|people|author)/", re.IGNORECASE)
_FULL_HANDLE = re.compile(r"(?<![\w/@.])@[\w.-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w/@])@\w(?:[\w.-]*\w)?")
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


def redact(text: str) -> str:
    """The text with [email], [phone], [card], [iban], [number], [handle], [name] in place of what names a person; links keep their host.

    Names are found where people introduce themselves or sign.

    >>> redact("Call me on +49 30 901820 or write to jo@example.org, @aurora!")
    'Call me on [phone] or write to [email], [handle]!'
    """
    text = publishable(text)
    text = _URL.sub(lambda match: f"[link {_host(match.group())}]", text)
    text = _FULL_HANDLE.sub("[handle]", text)
    text = _MAIL.sub("[email]", text)
    lower = text.lower()
    if any(word in lower for word in _DOT_WORDS):
        text = _SPOKEN.sub("[email]", text)
    if " AT " in text:
        text = _SAID_MAIL.sub(r"\1[email]", text)
    text = _HANDLE.sub("[handle]", text)
    if any(hint in lower for hint in _NAME_HINTS):
        text = _SIGNED.sub(r"\1[name]", _INTRODUCED.sub(r"\1[name]", text))
    return without_numbers(text)


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
