"""Takes the names of accounts out of a text, in the forms of every network, and links to profiles."""

import re
from urllib.parse import urlsplit

from pipeline.privacy.hints import Hint, see
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import PHRASES, one_of, spelled

_TLD = (
    r"(?:com|org|net|me|io|co|tv|app|social|gg|be|ly|info|biz|eu|de|at|ch|fr|es|it|nl|pl|pt|br|ru|tr|uk|us|ca|au|in|jp|cn|kr|se|no|dk|fi|cz|gr"
    r"|ie)"
)
_URL = re.compile(
    rf"\b(?:(?:https?://|www\.)|(?<![@\w.-])(?=(?:[a-z0-9-]{{1,63}}\.){{1,4}}{_TLD}/[^\s/]))[^\s<>\"'\])]+",
    re.IGNORECASE,
)
"""Also without a scheme, when a path follows: "t.me/jane"."""

_FULL = re.compile(r"(?<![\w/@.])@(?P<name>[\w.-]{1,64})@[\w-]+(?:\.[\w-]+)+")
_AT = re.compile(r"(?<![\w/@])@(?P<name>\w(?:[\w.-]*\w)?)")
_REDDIT = re.compile(r"(?<![\w/])/?u(?:ser)?/(?!s\b)(?P<name>[\w-]{3,20})(?![\w/])")
_BLUESKY = re.compile(r"(?<![\w.-])(?P<name>[\w-]{1,64})\.bsky\.social\b", re.IGNORECASE)
_DISCORD = re.compile(r"(?<![\w.#-])(?P<name>[^\W\d][\w.]{1,31}#\d{4})(?!\w|[ ./-]{1,3}\d{3})")
"""Jane#1234, but for the head of a longer number."""
_NUMBERED = frozenset(PHRASES["numbered"])
_SAID = re.compile(
    rf"(?<!\w)(?P<net>{one_of('networks')})"
    r"(?:\s(?:id|is|name|handle|user|account|as|under)){0,2}(?P<mark>\s?[:=]\s?|\s)(?P<name>(?:live:)?[a-z0-9_][\w.-]{2,40}[\w])",
    re.IGNORECASE,
)
_NETWORK = Hint(spelled("networks"), then=lambda behind: behind in " :=")
_DOT_WITHIN = re.compile(r"\.[\w.-]")
_VERSION = re.compile(r"v?\d+(?:\.\d+)*[a-z]?|(?:ios|android|version)\W?\d[\d.]*|\d+\w{0,4}", re.IGNORECASE)


def without_links(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [link host] in place of links, whose paths name people and things."""
    if not (("/" in text and ("://" in text or "." in text)) or "www." in see(text).folded):
        return text
    return _URL.sub(lambda match: match.group() if match.group() in own else f"[link {_host(match.group())}]", text)


def without_handles(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [handle] in place of names of accounts, but for those of the organisation.

    >>> without_handles("@aurora ask u/jane_d or telegram: jane_85", OwnTerms(["@aurora"]))
    '@aurora ask [handle] or telegram: [handle]'
    """

    def instead(match: re.Match[str]) -> str:
        name = match["name"]
        full = _FULL.match(match.string, match.start()) if own else None  # its server goes with it
        is_own = own.has_account(name) or own.has_account(name.removesuffix(".bsky.social")) or (full and full.group() in own)
        return match.group() if is_own else "[handle]"

    if "@" in text:
        text = _AT.sub(instead, _FULL.sub(instead, text))
    if "u/" in text or "user/" in text:
        text = _REDDIT.sub(instead, text)
    if ".bsky." in see(text).folded:
        text = _BLUESKY.sub(instead, text)
    if "#" in text and see(text).digits >= 4:
        text = _DISCORD.sub(lambda match: match.group() if match["name"][:-5].lower() in _NUMBERED else instead(match), text)
    if _NETWORK(text) and (see(text).digits or "_" in text or not text.isascii() or _DOT_WITHIN.search(text)):
        text = _SAID.sub(lambda match: _said(match, own), text)
    return text


def _said(match: re.Match[str], own: OwnTerms) -> str:
    """Behind the name of a network: what no word looks like, with a digit, an underscore or a dot in it."""
    name = match["name"]
    odd = any(letter.isalpha() for letter in name) and any(letter.isdigit() or letter in "_." for letter in name)
    if not odd or own.has_account(name) or _VERSION.fullmatch(name) or (match["net"].lower() == "line" and not match["mark"].strip()):
        return match.group()
    return match.group()[: match.start("name") - match.start()] + "[handle]"


def _host(url: str) -> str:
    try:
        host = urlsplit(url if "://" in url else f"https://{url}").hostname or "?"
    except ValueError:
        return "?"
    return host.removeprefix("www.")
