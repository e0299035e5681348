"""In: an e-mail as RFC 5322 has it. Out: plain values of it, which a source's file maps as it does any payload.

``{"message_id", "in_reply_to", "references": [..], "date", "subject", "list_id", "auto_submitted", "content_type",
"return_path", "from": {"address", "name"}, "to": [{"address", "name"}], "text", "html"}``; what the mail does not say is absent. Of
several parts the first text that is no attachment counts; a signature and what is quoted below it stay in the text.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from functools import lru_cache
from typing import Any

from schemas.sources.malformed import Malformed
from schemas.sources.native import Native

_NEEDED = ("from", "date", "message-id", "subject", "received")
"""Bytes of which the header says none of these are no mail."""
_ADDRESS = r"[\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)+"
_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*")
_PERSON = re.compile(rf"(?:(\w+(?: \w+)*) )?<({_ADDRESS})>", re.ASCII)
_PLAIN = {
    **dict.fromkeys(("subject", "in-reply-to", "references", "list-id", "auto-submitted", "date"), _WORDS),
    **dict.fromkeys(("from", "to"), re.compile(rf"{_PERSON.pattern}|{_ADDRESS}", re.ASCII)),
    "message-id": re.compile(rf"<{_ADDRESS}>", re.ASCII),
}
"""Headers that the standard library's parser would give back as they are written, if no word of them is encoded."""
_MOST_REPEATED = 200
"""Characters of a type of content that is remembered."""


class _Sparing(policy.EmailPolicy):
    """The default policy, which parses headers anew whenever it is asked for one: of a mail's type of content twenty times."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """A header as the default policy has it: of a plain one just its text."""
        lower = name.lower()
        plain = _PLAIN.get(lower)
        if plain is not None and "=?" not in value and plain.fullmatch(value):
            return value if lower != "date" else _date(value)
        repeated = lower in ("content-type", "content-transfer-encoding") and len(value) <= _MOST_REPEATED
        return _parsed(name, value) if repeated else super().header_fetch_parse(name, value)


def _date(value: str) -> str:
    try:
        return format_datetime(parsedate_to_datetime(value))
    except ValueError:
        return value


_parsed = lru_cache(maxsize=256)(policy.default.header_fetch_parse)
_POLICY = _Sparing()


def mail(raw: bytes) -> Native | Malformed:
    """The parts of a mail that a source may read. Never raises: broken headers are absent."""
    message = message_from_bytes(raw, policy=_POLICY)
    assert isinstance(message, EmailMessage)  # what this policy makes
    if not any(name in message for name in _NEEDED):
        return Malformed("not_mail", "the record is no e-mail: no From, Date, Message-ID or Subject in its header")
    found: Native = {
        "message_id": _header(message, "message-id"),
        "in_reply_to": _header(message, "in-reply-to"),
        "references": (_header(message, "references") or "").split(),
        "date": _header(message, "date"),
        "subject": _header(message, "subject"),
        "list_id": _header(message, "list-id"),
        "auto_submitted": (_header(message, "auto-submitted") or "no").lower(),
        "content_type": message.get_content_type(),
        "return_path": _header(message, "return-path"),
        "from": next(iter(_addresses(message, "from")), None),
        "to": _addresses(message, "to"),
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
    }
    return {name: value for name, value in found.items() if value}


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        value = message.get(name)
        return None if value is None else _clean(str(value)).strip()
    except (ValueError, LookupError, AttributeError, TypeError, IndexError):  # what the standard library's parser stumbles over
        return None


def _addresses(message: EmailMessage, name: str) -> list[dict[str, Any]]:
    header = _header(message, name)
    person = None if header is None else _PERSON.fullmatch(header)
    if person is not None:
        return [{"address": person[2].lower(), "name": person[1]}]
    found = [] if header is None else getaddresses([header])
    return [{"address": address.lower(), "name": named or None} for named, address in found if "@" in address]


def _body(message: EmailMessage, kind: str) -> str | None:
    try:
        part = message.get_body((kind,))
        if part is None:
            return None
        return _clean(_content(part)).strip()
    except (ValueError, LookupError, AttributeError, TypeError):  # a broken multipart
        return None


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a charset that nobody knows
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
