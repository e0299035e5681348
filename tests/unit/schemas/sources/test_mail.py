"""What is read of a mail quickly is what the standard library's own parser says, however its header is written."""

from email import message_from_bytes, policy
from email.utils import getaddresses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.sources.mail import mail
from tests.unit.schemas.sources.test_decode_laws import unhurried

ONES = {"Message-ID": "message_id", "Date": "date", "Subject": "subject", "In-Reply-To": "in_reply_to", "List-Id": "list_id"}
PIECES = (
    "Jane", "Doe", "jane@mail.example", "<j.d+2@mail.example>", "@", "<", ">", ",", ";", ":", '"', "(x)", "[", "\\", ".", "..", "-", "_",
    "=?utf-8?q?J=C3=A4ne?=", "=?", "\u00e9", "\t", " ", "  ", "\r\n ", "\x01", "Sun,", "01 Mar 2026", "10:00:00", "+0000", "-0000", "GMT",
)  # fmt: skip
WRITTEN = st.sampled_from(("Jane Doe <jane@mail.example>", "jane@mail.example", "<1@mail.example>", "Mon, 1 Mar 2026 10:00:00 +0000"))
VALUES = WRITTEN | st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join)


def by_the_library(raw: bytes, name: str) -> str | None:
    """A header as the default policy has it; None for what it stumbles over."""
    try:
        value = message_from_bytes(raw, policy=policy.default).get(name)
    except (ValueError, LookupError, AttributeError, TypeError):
        return None
    return None if value is None else str(value).encode("utf-8", "replace").decode().replace("\0", "").strip()


@unhurried
@given(st.lists(st.tuples(st.sampled_from([*ONES, "From", "To"]), VALUES), min_size=1, max_size=5))
def test_headers_are_as_the_standard_library_reads_them(headers: list[tuple[str, str]]) -> None:
    """Plain ones, folded, encoded and broken ones: neither a word nor an address differs."""
    raw = ("Received: x\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\ntext").encode()
    found: Any = mail(raw)
    assert {name: found.get(key) for name, key in ONES.items()} == {name: by_the_library(raw, name) or None for name in ONES}
    for name, listed in (("From", [found.get("from")] if "from" in found else []), ("To", found.get("to", []))):
        people = [(named or None, address.lower()) for named, address in getaddresses([by_the_library(raw, name) or ""]) if "@" in address]
        assert [(one["name"], one["address"]) for one in listed] == (people[:1] if name == "From" else people)
