"""Takes mail addresses out of a text, as people write them when they mean to be read by people only."""

import re

from pipeline.privacy.hints import Hint
from pipeline.privacy.own_terms import NO_TERMS, OwnTerms
from pipeline.privacy.phrases import PHRASES, listed

_OPEN, _SHUT = r"\s?[(\[{<]\s?", r"\s?[)\]}>]\s?"
_DOT_WORD = r"(?:dot|punkt|punto|point|ponto|punt|kropka|nokta|точка)"
_AT_WORD = r"(?:at|arroba|arobase|chiocciola|apenstaartje|małpa|собака)"
_DOMAIN_END = r"(?:com|net|org|edu|gov|info|biz|de|fr|nl|pl|pt|br|uk|eu|io)\b"
_A = rf"(?:@@|[(\[]a[)\]])(?=(?:[\w-]{{1,63}}\.){{1,3}}{_DOMAIN_END})"
_AT = rf"(?:{_A}|@|%40|&(?:#64|#x40|commat);|\s@\s|{_OPEN}(?:{_AT_WORD}|ät|@){_SHUT})"  # "cc @news.desk" is a handle
_DOT = rf"(?:\.|&#46;|\s\.\s?(?={_DOMAIN_END}|[\w-]+\s?\.\s?{_DOMAIN_END})|[,。](?={_DOMAIN_END})|{_OPEN}(?:{_DOT_WORD}|\.){_SHUT})"
_BRACKET = re.compile(r"[(\[{<]")
_AT_IN_BRACKETS = re.compile(rf"{_OPEN}(?:{_AT_WORD}|ät|a){_SHUT}", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#64|#x40|commat);", re.IGNORECASE)
_AT_OF_MAIL = re.compile(r"@(?:(?<=[\w.+'%(\[{<-]@)|(?<=\s@)[\s)\]}>])")
"""What stands before a mail address's @, or on both sides of it: most others begin a handle."""
_AT_BLANK = re.compile(r"@\s")
_LOCAL = r"[\w.+'%-]{1,64}"
_MAIL = re.compile(
    rf"(?<![\w.+'%@-]){_LOCAL}(?:(?:\s\.\s|{_OPEN}(?:{_DOT_WORD}|\.){_SHUT}){_LOCAL}){{0,3}}{_AT}[\w-]+(?:{_DOT}[\w-]+)+", re.IGNORECASE
)
_SPOKEN = re.compile(
    rf"(?<![\w.+'%@-]){_LOCAL}(?:\s(?:{_DOT_WORD}|underscore|dash)\s{_LOCAL}){{0,4}}\s{_AT_WORD}"
    rf"\s(?!(?:the|a|an|this|that|my|your|our|each|every|one|which|what|some|any|no|least|most|first|last)\b)[\w-]+(?:\s{_DOT_WORD}\s[\w-]+){{0,3}}"
    rf"\s{_DOT_WORD}\s(?!(?:on|if|or|up|he|we|an|go|ok|oh)\b)(?:com|net|org|edu|gov|info|biz|app|dev|[^\W\d_]{{2}})\b",
    re.IGNORECASE,
)
"""An address in words: "jane dot doe at gmail dot com". It ends in a domain of countries or of the largest kinds."""

_DOT_SAID = Hint((f" {word} " for word in listed(_DOT_WORD)), begins=False)
_SAID_MAIL = re.compile(
    r"(\b(?i:e-?mail|mail|write|reach|contact)\b\W{1,3}(?:(?:me|us|to|on|at|is)\W{1,2}){0,2})"
    r"(?P<address>[a-z0-9._+-]+ AT [\w-]+(?:\.[\w-]+)+)"
)
_PROVIDER = (
    r"(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|proton(?:mail)?|gmx|web|t-online|freenet|orange|wanadoo|laposte|libero"
    r"|virgilio|naver|daum|qq|163|126|yandex|mail|rediffmail|uol|bol|terra|wp|onet|interia|ziggo|kpnmail|telenet|btinternet|aol|zoho|fastmail|seznam)"
)
_OF_MAIL_ONLY = r"(?:gmail|googlemail|outlook|hotmail|yahoo|ymail|icloud|protonmail|gmx|aol)"
_PROVIDER_END = r"(?:com|net|org|de|fr|it|es|[a-z]{2}|co\.[a-z]{2})"
_AT_PROVIDER = re.compile(
    r"(?P<said>(?:\b(?:e-?mail|mail|write|reach|contact|correo|courriel)(?:\s(?:me|us|to|at|on|is)){0,2}\s?:?\s)?)"
    rf"(?<![\w.+'%@-])(?P<name>{_LOCAL})"
    rf"\s(?:at|{_AT_WORD})\s(?:{_PROVIDER}\.{_PROVIDER_END}|{_OF_MAIL_ONLY}\s(?:com|net|de|fr|it|es))\b",
    re.IGNORECASE,
)
"""A name that no word looks like, "at" and a provider: "jane85 at gmail.com"; see `_is_name`."""
_GIVEN = frozenset(PHRASES["given_names"])
_LEAST_OF_NAME, _MOST_OF_NAME = 4, 12
_NO_LOCAL = frozenset(PHRASES["no_mail_names"])
_PROVIDER_SAID = Hint(
    [
        *(f" {at} {name}." for at in listed(_AT_WORD) for name in (*listed(_PROVIDER), "proton", "protonmail")),
        *(f" {at} {name} " for at in listed(_AT_WORD) for name in listed(_OF_MAIL_ONLY)),
    ],
    begins=False,
)
_SPACED_END = re.compile(rf"(?<![\w.+'%@-]){_LOCAL}@\s[\w-]{{2,63}}\.{_DOMAIN_END}", re.IGNORECASE)
_NO_END = re.compile(rf"(?<![\w.+'%@-]){_LOCAL}@{_PROVIDER}(?![\w.-]*\w)", re.IGNORECASE)


def without_mail(text: str, own: OwnTerms = NO_TERMS) -> str:
    """The text with [email] in place of mail addresses, but for those of the organisation.

    >>> without_mail("write to jane . doe @ example . org or jd85 at gmail.com")
    'write to [email] or [email]'
    """
    instead = own.instead("[email]")
    if (
        ("@" in text and _AT_OF_MAIL.search(text))
        or "%40" in text
        or ("&" in text and _ENTITY.search(text))
        or (_BRACKET.search(text) and _AT_IN_BRACKETS.search(text))
    ):
        text = _MAIL.sub(instead, text)
    if "@" in text and _AT_BLANK.search(text):
        text = _SPACED_END.sub(instead, text)
    if "@" in text and _AT_OF_MAIL.search(text):
        text = _NO_END.sub(instead, text)
    if _DOT_SAID(text):
        text = _SPOKEN.sub(instead, text)
    if " AT " in text:
        text = _SAID_MAIL.sub(lambda match: match[1] + ("[email]" if match["address"] not in own else match["address"]), text)
    return _AT_PROVIDER.sub(lambda match: _at_provider(match, own), text) if _PROVIDER_SAID(text) else text


def _at_provider(match: re.Match[str], own: OwnTerms) -> str:
    said, address = match["said"], match.group()[len(match["said"]) :]
    return match.group() if address in own or not _is_name(match["name"].lower(), said=bool(said)) else f"{said}[email]"


def _is_name(local: str, *, said: bool) -> bool:
    """Whether it has a digit, a dot or an underscore, begins with a given name, or is said to be of a mail address and no usual word."""
    if re.search(r"[\d._]", local):
        return True
    if local in _NO_LOCAL:
        return False
    longest = min(len(local), _MOST_OF_NAME)
    return said or any(local[:end] in _GIVEN and len(local) - end != 1 for end in range(_LEAST_OF_NAME, longest + 1))
