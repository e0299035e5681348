"""In: an e-mail as RFC 5322 has it. Out: plain values of it, which a source's file maps as it does any payload.

``{"message_id", "in_reply_to", "references": [..], "date", "subject", "list_id", "auto_submitted", "from": {"address", "name"},
"to": [{"address", "name"}], "text", "html"}``; what the mail does not say is absent. Of several parts the first text that is no
attachment counts; a signature and what is quoted below it stay in the text.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from schemas.sources.malformed import Malformed
from schemas.sources.native import Native

_NEEDED = ("from", "date", "message-id", "subject", "received")
"""Bytes of which the header says none of these are no mail."""


def mail(raw: bytes) -> Native | Malformed:
    """The parts of a mail that a source may read. Never raises: broken headers are absent."""
    message = message_from_bytes(raw, policy=policy.default)
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
    found = [] if header is None else getaddresses([header])
    return [{"address": address.lower(), "name": named or None} for named, address in found if "@" in address]


def _body(message: EmailMessage, kind: str) -> str | None:
    try:
        part = message.get_body((kind,))
        if part is None:
            return None
        return _clean(str(part.get_content())).strip()
    except (ValueError, LookupError, AttributeError, TypeError):  # an unknown charset, a broken multipart
        return None


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
