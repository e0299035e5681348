"""In: the bytes of a record, as transports wrap them. Out: the plain values of the payloads inside, or what they are instead.

Read are: gzip of one or several members; a byte order mark, UTF-16; the header of a schema registry before JSON; a web form's
``payload=``; JSON lines and lists; CloudEvents in structured and batch mode; Kafka Connect's schema and payload; what Debezium says of a
row; JSON in a JSON text. What a database cannot hold is mended: half of a surrogate pair becomes U+FFFD, U+0000 is removed; numbers that
are none (NaN, Infinity) are unknown.
"""

import base64
import binascii
import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

import orjson

from schemas.sources.malformed import Ignored, Malformed, describe, malformed
from schemas.sources.native import Native

MAX_BYTES = 512 * 1024
MAX_UNPACKED_BYTES = 4 * MAX_BYTES
MAX_DEPTH = 64
MAX_WRAPPINGS = 6
"""So many wrappings may lie around one another."""

_COMPRESSED = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4", b"\x82SNAPPY\x00": "snappy", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz",
               b"PK\x03\x04": "zip", b"\xff\x06\x00\x00sNaPpY": "snappy"}  # fmt: skip
_REGISTRY_HEADER_BYTES = 5
_ESCAPES = re.compile(rb"\\\\|\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u")
_PAIR_BYTES = 12
_GZIP, _GZIP_PIECE = b"\x1f\x8b", 4096
"""Bytes that are unpacked at once: behind each end of a member no more than the rest of them is copied."""
_ROW_CHANGES = ("c", "r", "u", "d", "t", "m")
"""Debezium's words: created, read, updated, deleted, truncated, message."""
_NO_NUMBERS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|-?Infinity|NaN', re.DOTALL)
"""Texts as a whole, so that what they say stays; each byte is looked at once, also behind a quotation mark that is never closed."""
Found: TypeAlias = Native | Malformed | Ignored


def payloads(raw: bytes) -> Iterator[Found]:
    """The payloads in a record, in order, at least one. Never raises."""
    yield from _of_bytes(raw, MAX_WRAPPINGS)


def payloads_of(value: Any) -> Iterator[Found]:
    """The same for a value that is itself a part of a payload, and may be JSON in a text."""
    yield from _of_value(value, MAX_WRAPPINGS)


def _of_bytes(raw: bytes, left: int) -> Iterator[Found]:
    if left <= 0:
        yield _too_deep()
    elif not raw:
        yield Malformed("empty", "the record has no value")
    elif len(raw) > MAX_UNPACKED_BYTES:
        yield Malformed("too_large", f"the record has {len(raw)} bytes; at most {MAX_BYTES} are read, {MAX_UNPACKED_BYTES} when unpacked")
    elif (unpacked := _unpacked(raw)) is not None:
        yield from (unpacked,) if isinstance(unpacked, Malformed) else _of_bytes(unpacked, left - 1)
    else:
        yield from _of_json(raw, left)


def _of_json(raw: bytes, left: int) -> Iterator[Found]:
    """What JSON holds; several lines of JSON hold as much as each of them."""
    mended = mend(raw)
    try:
        value = _loaded(mended)
    except orjson.JSONDecodeError as error:
        lines = [line for one in mended.splitlines() if (line := one.strip())]
        yield from _of_lines(lines, left - 1) if _are_records(lines) else (_unreadable(raw, error),)
        return
    # Depth costs a walk; a text with so few brackets cannot be deep.
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        yield _too_deep()
        return
    yield from _of_value(value, left)


def _loaded(mended: bytes) -> Any:
    try:
        return orjson.loads(mended)
    except orjson.JSONDecodeError:
        if b"NaN" not in mended and b"Infinity" not in mended:
            raise
        return orjson.loads(_NO_NUMBERS.sub(lambda found: found[0] if found[0][:1] == b'"' else b"null", mended))


def _are_records(lines: list[bytes]) -> bool:
    """Whether these are lines of JSON, one or another of them cut: at its end, or the first one at its beginning."""
    whole = any(line[:1] == b"{" and line[-1:] == b"}" for line in lines)
    return len(lines) > 1 and whole and sum(line[:1] == b"{" for line in lines) >= len(lines) - 1


def _of_lines(lines: list[bytes], left: int) -> Iterator[Found]:
    """What each line holds; of what is wrong with one, which it is."""
    for number, line in enumerate(lines, 1):
        for found in _of_bytes(line, left):
            told = f"line {number} of {len(lines)}: "
            yield malformed(found.code, told + found.reason) if isinstance(found, Malformed) else found


def _of_value(value: Any, left: int) -> Iterator[Found]:
    if left <= 0:
        yield _too_deep()
    elif isinstance(value, dict):
        inner = _enclosed(value)
        if isinstance(inner, Ignored):
            yield inner
            return
        yield from (value,) if inner is None else _of_value(inner, left - 1) if not isinstance(inner, bytes) else _of_bytes(inner, left - 1)
    elif isinstance(value, list) and value:
        for one in value:
            yield from _of_value(one, left - 1)
    elif isinstance(value, list):
        yield Ignored("empty_list", "the record is a list with nothing in it")
    elif isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        yield from _of_json(value.encode("utf-8", "replace"), left - 1)
    else:
        yield Malformed("not_object", f"the record must be a JSON object, found {describe(value)}")


def _enclosed(value: Native) -> Any:
    """What a known wrapping holds, None when the value is none."""
    if "specversion" in value and "type" in value and "source" in value:
        if isinstance(encoded := value.get("data_base64"), str):
            try:
                return base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                return encoded
        return value.get("data")
    if value.keys() == {"schema", "payload"}:
        return value["payload"] if value["payload"] is not None else Ignored("tombstone", "Kafka Connect: the record has no value")
    if "after" in value and isinstance(value.get("source"), dict) and value.get("op") in _ROW_CHANGES:
        return value["after"] if value["after"] is not None else Ignored("deleted_row", "Debezium: the row is gone, and says nothing")
    return None


def _unpacked(raw: bytes) -> bytes | Malformed | None:
    """What lies behind compression, a byte order mark, a registry's header, a form's field; a named refusal; None for plain bytes."""
    if raw[:1] in {b"{", b"["}:
        return None
    unpackers = (_gunzipped, _unmarked, _behind_registry, _of_form, _named)
    return next((found for unpack in unpackers if (found := unpack(raw)) is not None), None)


def _unmarked(raw: bytes) -> bytes | Malformed | None:
    if raw.startswith(BOM_UTF8):
        return raw[len(BOM_UTF8) :]
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16").encode()
        except UnicodeError:
            return Malformed("not_utf8", "the record begins like UTF-16 and is none")
    return None


def _behind_registry(raw: bytes) -> bytes | Malformed | None:
    """A schema registry's clients write a zero byte and the schema's id, four bytes, before the value."""
    if raw[0] or len(raw) <= _REGISTRY_HEADER_BYTES:
        return None
    body = raw[_REGISTRY_HEADER_BYTES:]
    if body.lstrip()[:1] in {b"{", b"["}:
        return body
    schema = int.from_bytes(raw[1:_REGISTRY_HEADER_BYTES], "big")
    return Malformed(
        "schema_registry",
        f"the record is Avro or Protobuf with the schema {schema} of a registry; name it in WINNOW_SCHEMA_REGISTRY_URL, or write JSON",
    )


def _of_form(raw: bytes) -> bytes | None:
    """A web hook's body may be a form with the JSON in one field."""
    if not raw.startswith(b"payload="):
        return None
    return unquote_to_bytes(raw.removeprefix(b"payload=").partition(b"&")[0].replace(b"+", b" "))


def _named(raw: bytes) -> Malformed | None:
    for magic, name in _COMPRESSED.items():
        if raw.startswith(magic):
            return Malformed("compressed", f"the record's value is {name}; gzip is read, and what the producer compresses for the broker")
    if raw.startswith(b"Obj\x01"):
        return Malformed("avro", "the record is an Avro file; write JSON")
    if raw.lstrip()[:1] == b"<":
        return Malformed("xml", "the record is XML or HTML; write JSON")
    return None


def _gunzipped(raw: bytes) -> bytes | Malformed | None:
    """All members of it, one behind the other, as far as the limit and a byte beyond."""
    if not raw.startswith(_GZIP):
        return None
    unpacked, reader = bytearray(), zlib.decompressobj(wbits=31)
    for at in range(0, len(raw), _GZIP_PIECE):
        piece = raw[at : at + _GZIP_PIECE]
        while piece := piece.lstrip(b"\0\r\n") if reader.eof else piece:  # zeros may fill it up, a line's end may close it
            if reader.eof:
                reader = zlib.decompressobj(wbits=31)
            try:
                unpacked += reader.decompress(piece, MAX_UNPACKED_BYTES + 1 - len(unpacked))
            except zlib.error:
                return Malformed("compressed", "the record begins like gzip and is damaged")
            if len(unpacked) > MAX_UNPACKED_BYTES:
                return bytes(unpacked)
            piece = reader.unused_data
    if not reader.eof:
        return Malformed("compressed", "the record is gzip that ends too early")
    return bytes(unpacked) or Malformed("empty", "the record is gzip with nothing in it")


def mend(raw: bytes) -> bytes:
    r"""JSON without the escapes that no text may hold.

    >>> mend(rb'"a\ud83d b\u0000 \\ud83d \ud83d\ude00"')
    b'"a\\ufffd b \\\\ud83d \\ud83d\\ude00"'
    """
    return _ESCAPES.sub(_mended, raw) if b"\\u" in raw else raw


def _mended(found: re.Match[bytes]) -> bytes:
    escape = found[0]
    if escape == b"\\u0000":
        return b""
    return escape if len(escape) in {2, _PAIR_BYTES} else rb"\ufffd"


def _unreadable(raw: bytes, error: orjson.JSONDecodeError) -> Malformed:
    if not raw.strip():
        return Malformed("empty", "the record holds nothing but white space")
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return Malformed("not_utf8", f"byte {wrong.start} of {len(raw)} is not UTF-8")
    if "depth" in error.msg or "recursion" in error.msg.lower():
        return _too_deep()
    return malformed("not_json", f"the record is not JSON: wrong at character {error.pos} (line {error.lineno}, column {error.colno})")


def _too_deep() -> Malformed:
    return Malformed("too_deep", f"the record nests objects and lists more than {MAX_DEPTH} levels deep, or {MAX_WRAPPINGS} wrappings")


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
