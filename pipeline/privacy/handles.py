"""Takes the names of accounts out of a text, in the forms of every network, and links to profiles."""

import re
from urllib.parse import urlsplit

from pipeline.privacy.phrases import one_of

_TLD = (
    r"(?:com|org|net|me|io|co|tv|app|social|gg|be|ly|info|biz|eu|de|at|ch|fr|es|it|nl|pl|pt|br|ru|tr|uk|us|ca|au|in|jp|cn|kr|se|no|dk|fi|cz|gr"
    r"|ie)"
)
_URL = re.compile(
    rf"\b(?:(?:https?://|www\.)|(?<![@\w.-])(?=(?:[a-z0-9-]{{1,63}}\.){{1,4}}{_TLD}/[^\s/]))[^\s<>\"'\])]+",
    re.IGNORECASE,
)
"""Also without a scheme, when a path follows: "t.me/jane"."""

_FULL = re.compile(r"(?<![\w/@.])@[\w.-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_AT = re.compile(r"(?<![\w/@])@\w(?:[\w.-]*\w)?")
_REDDIT = re.compile(r"(?<![\w/])/?u(?:ser)?/(?!s\b)[\w-]{3,20}(?![\w/])")
_BLUESKY = re.compile(r"(?<![\w.-])[\w-]{1,64}\.bsky\.social\b", re.IGNORECASE)
_DISCORD = re.compile(
    r"(?<![\w.#-])(?!(?i:orders?|tickets?|case|issue|bug|pr|no|nr|ref|item|flight|invoice)#)[^\W\d][\w.]{1,31}#\d{4}(?!\w)"
)
_SAID = re.compile(
    rf"(?<!\w)(?P<net>{one_of('networks')})"
    r"(?:\s(?:id|is|name|handle|user|account|as|under)){0,2}(?P<mark>\s?[:=]\s?|\s)(?P<name>(?:live:)?[a-z0-9_][\w.-]{2,40}[\w])",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d+(?:\.\d+)*[a-z]?|(?:ios|android|version)\W?\d[\d.]*|\d+\w{0,4}", re.IGNORECASE)


def without_links(text: str) -> str:
    """The text with [link host] in place of links, whose paths name people and things."""
    return _URL.sub(lambda match: f"[link {_host(match.group())}]", text)


def without_handles(text: str, kept: frozenset[str] = frozenset()) -> str:
    """The text with [handle] in place of names of accounts. ``kept``: those in lower case, without @, that are the organisation's own.

    >>> without_handles("@aurora ask u/jane_d or telegram: jane_85", frozenset({"aurora"}))
    '@aurora ask [handle] or telegram: [handle]'
    """
    text = _FULL.sub("[handle]", text)
    text = _AT.sub(lambda match: match.group() if match.group()[1:].lower() in kept else "[handle]", text)
    text = _BLUESKY.sub("[handle]", _REDDIT.sub("[handle]", text))
    text = _DISCORD.sub("[handle]", text)
    return _SAID.sub(_said, text)


def _said(match: re.Match[str]) -> str:
    """Behind the name of a network: what no word looks like, with a digit, an underscore or a dot in it."""
    name = match["name"]
    odd = any(letter.isalpha() for letter in name) and any(letter.isdigit() or letter in "_." for letter in name)
    if not odd or _VERSION.fullmatch(name) or (match["net"].lower() == "line" and not match["mark"].strip()):
        return match.group()
    return match.group()[: match.start("name") - match.start()] + "[handle]"


def _host(url: str) -> str:
    try:
        host = urlsplit(url if "://" in url else f"https://{url}").hostname or "?"
    except ValueError:
        return "?"
    return host.removeprefix("www.")
