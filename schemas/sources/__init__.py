"""In: a raw record and the name of its source. Out: the signal in it, or why there is none.

One adapter a network. Adding one: a module with ``read``, ``quick`` and ``NAMES``, a line in `SOURCES`, a golden payload in the contract
tests. ``read`` looks at everything and can say what is wrong. ``quick``, which msgspec does most of, answers for payloads whose types are
right, with just what ``read`` makes of them, and leaves all others to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import msgspec
import orjson

from schemas.sources import airline, appstore, bluesky, mastodon, signal, survey, x, zendesk
from schemas.sources.canonical import STRING_LIMIT, Found, Native, Reader, settle
from schemas.sources.malformed import CODES, Malformed, describe, malformed, named
from schemas.sources.typed import Quick, Signal, typed

__all__ = ["CODES", "MAX_BYTES", "MAX_DEPTH", "SOURCES", "Malformed", "Signal", "Source", "decode", "read"]

MAX_BYTES = 512 * 1024
MAX_DEPTH = 64
_BACKSLASH, _NULL = 92, b"\\u0000"


@dataclass(frozen=True, slots=True)
class Source:
    """A network Winnow can read. ``topic`` is the noun its payloads arrive on, ``title`` its name for people."""

    name: str
    topic: Literal["posts", "feedback"]
    title: str
    read: Reader = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    quick: Quick = field(repr=False)


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        source.name: source
        for source in (
            Source("signal", "posts", "Canonical Signal", signal.read, signal.NAMES, signal.quick),
            Source("x", "posts", "X (API v2)", x.read, x.NAMES, x.quick),
            Source("mastodon", "posts", "Mastodon (Status)", mastodon.read, mastodon.NAMES, mastodon.quick),
            Source("bluesky", "posts", "Bluesky (Jetstream)", bluesky.read, bluesky.NAMES, bluesky.quick),
            Source("airline-csv", "posts", "Airline tweets, a row of the CSV file", airline.read, airline.NAMES, airline.quick),
            Source("appstore", "feedback", "App Store (Connect API review)", appstore.read, appstore.NAMES, appstore.quick),
            Source("zendesk", "feedback", "Zendesk (ticket)", zendesk.read, zendesk.NAMES, zendesk.quick),
            Source("survey", "feedback", "Survey answer (NPS, CSAT)", survey.read, survey.NAMES, survey.quick),
        )
    }
)
"""Source name -> its adapter. ``topic`` is where it usually arrives; any source may be sent to either topic."""


def decode(source: str, raw: bytes | None) -> tuple[dict[str, object], int] | Malformed:
    """Read one record.

    Returns (dict with every key of `schemas.messages.Signal` in canonical types, created_at in Unix ms), or `Malformed`.
    Never raises, whatever the bytes. Texts beyond 20,000 characters are cut; unknown fields are ignored.

    >>> decode("x", b"[]")
    Malformed(code='not_object', reason='the record must be a JSON object, found a list of 0')
    """
    found = read(source, raw)
    return found if isinstance(found, Malformed) else (msgspec.to_builtins(found[0]), found[1])


def read(source: str, raw: bytes | None) -> tuple[Signal, int] | Malformed:
    """As `decode`, but the signal as structs: what a stage reads its input with."""
    adapter = SOURCES.get(source)
    if adapter is None:
        return malformed("unknown_source", f"no source is called {named(source)}; known are {', '.join(SOURCES)}")
    if not raw:
        return Malformed("empty", "the record has no value")
    quick = _read_quickly(adapter.quick, raw)
    if quick is not None:
        return quick
    settled = _read_closely(adapter, raw)
    return settled if isinstance(settled, Malformed) else (typed(settled[0]), settled[1])


def _read_quickly(quick: Quick, raw: bytes) -> tuple[Signal, int] | None:
    """None for what may break a limit or a rule. msgspec does not look into the fields that it passes over, so their limits come first;
    only a number there may be beyond what a double holds: nobody reads it.
    """
    if len(raw) > STRING_LIMIT or raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or (_BACKSLASH in raw and _NULL in raw):
        return None
    try:
        if not raw.isascii():
            raw.decode()
        return quick(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _read_closely(adapter: Source, raw: bytes) -> tuple[Found, int] | Malformed:
    native = _parse(raw)
    if isinstance(native, Malformed):
        return native
    found = adapter.read(native)
    if isinstance(found, Malformed):
        return found
    settled = settle(found, adapter.names, long=len(raw) > STRING_LIMIT)
    if _BACKSLASH in raw and _NULL in raw and not isinstance(settled, Malformed) and (path := _null_path(found)) is not None:
        return Malformed("null_bytes", f"{adapter.names.get(path, path)} contains the character U+0000")
    return settled


def _parse(raw: bytes) -> Native | Malformed:
    if len(raw) > MAX_BYTES:
        return Malformed("too_large", f"the record has {len(raw)} bytes; at most {MAX_BYTES} are read")
    try:
        native = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _unreadable(raw, error)
    # Depth costs a walk; a text with so few brackets cannot be deep.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deeper(native, MAX_DEPTH):
        return _too_deep()
    return native if type(native) is dict else Malformed("not_object", f"the record must be a JSON object, found {describe(native)}")


def _unreadable(raw: bytes, error: orjson.JSONDecodeError) -> Malformed:
    if not raw.strip():
        return Malformed("empty", "the record holds nothing but white space")
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return Malformed("not_utf8", f"byte {wrong.start} of {len(raw)} is not UTF-8")
    if "depth" in error.msg or "recursion" in error.msg.lower():
        return _too_deep()
    return Malformed(
        "not_json",
        f"the record is not JSON: wrong at character {error.pos} (line {error.lineno}, column {error.colno})",
    )


def _too_deep() -> Malformed:
    return Malformed("too_deep", f"the record nests objects and lists more than {MAX_DEPTH} levels deep")


def _is_deeper(value: object, limit: int) -> bool:
    """Whether containers nest beyond ``limit``; walks level by level, so that depth costs no stack."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > limit:
            return True
        children = (node.values() if isinstance(node, dict) else node for node in level if isinstance(node, dict | list))
        level = [child for some in children for child in some if isinstance(child, dict | list)]
    return False


def _null_path(found: Found) -> str | None:
    """Canonical path of the first string that holds U+0000: databases and C programs downstream cut or refuse it."""
    for path, value in found.items():
        if isinstance(value, str) and "\0" in value:
            return path
        if isinstance(value, dict) and (inner := _null_path(value)) is not None:
            return f"{path}.{inner}"
    return None
