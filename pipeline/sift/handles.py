"""Names within @handles: ``@aurora`` is Aurora, ``@aurora_parody`` and ``@real_aurora`` are others. `NameIndex` asks."""

from __future__ import annotations

import re

_HANDLE = re.compile(r"@([a-z0-9_]+(?:[.-][a-z0-9_]+)*|\w+)(?:@([a-z0-9-]+(?:\.[a-z0-9-]+)+))?")
_HOST = re.compile(
    r"bsky\.social|(?:[a-z0-9-]+\.)*(?:com|net|org|social|app|eu|co\.[a-z]{2}|com\.[a-z]{2}|"
    r"at|be|br|ca|ch|cn|cz|de|dk|es|fi|fr|gr|hu|ie|in|it|jp|kr|mx|nl|no|nz|pl|pt|ro|ru|se|th|tr|tw|ua|uk)"
)
"""What is put behind a name by networks whose handles are domains; another ending is part of a name with dots."""

_LONGEST = 320
"""Characters of the longest handle there is, an address with its server."""


def whole_handle(text: str, start: int, end: int) -> bool | None:
    """Whether ``text[start:end]`` (folded), with or without its ``@``, is all of a handle's name; None where it lies in no handle."""
    at = text.rfind("@", max(0, start - _LONGEST), start + 1)
    if at > 0 and text[at - 1].isalnum():  # an address, or the server behind a handle
        former = text.rfind("@", max(0, at - _LONGEST), at)
        found = None if former < 0 else _HANDLE.match(text, former, end + _LONGEST)
        return None if found is None or found.end() <= start else False
    found = None if at < 0 else _HANDLE.match(text, at, end + _LONGEST)
    if found is None or found.end() <= start:
        return None
    return start - at <= 1 and end == at + 1 + _name_length(found[1])


def _name_length(handle: str) -> int:
    """How much of it is the name: not the server of Bluesky or the domain, nor what was only put behind with a hyphen."""
    name, dot, host = handle.partition(".")
    if not dot:
        return len(handle.partition("-")[0])
    return len(name) if _HOST.fullmatch(host) else len(handle)


def bare(handle: str) -> str:
    """A handle without ``@``, in small letters.

    >>> bare("@Aurora ")
    'aurora'
    """
    return handle.strip().removeprefix("@").casefold()
