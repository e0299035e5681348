"""What goes wrong on a wire: bytes that must be refused, or that look bad and are not, made of good payloads."""

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

import orjson

REFUSED_BYTES = 512 * 1024
"""A record beyond this is refused; texts beyond `CUT_CHARACTERS` are cut and accepted."""
CUT_CHARACTERS = 20_000
DEEP, DEEPER = 80, 3_000
"""Levels of nesting: more than any reader of ours follows, more than a recursive parser survives."""


class Spoiled(NamedTuple):
    """Bytes as they arrive. ``code`` is why sift refuses them."""

    source: str
    value: bytes
    variant: str
    code: str


Payload = dict[str, Any]
Spoiler = Callable[[Payload, random.Random], bytes]


def _x_text(payload: Payload, text: object) -> Payload:
    changed = deepcopy(payload)
    changed["data"]["text"] = text
    return changed


def _with(payload: Payload, **fields: object) -> Payload:
    changed = deepcopy(payload)
    changed["data"].update(fields)
    return changed


def _without(payload: Payload, field: str) -> Payload:
    changed = deepcopy(payload)
    del changed["data"][field]
    return changed


def _bad_utf8(payload: Payload, rng: random.Random) -> bytes:
    good = orjson.dumps(payload)
    place = good.index(b'"text":"') + 8
    return good[:place] + rng.choice((b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80")) + good[place:]


def _nested(payload: Payload, rng: random.Random) -> bytes:
    levels = rng.choice((DEEP, DEEPER))
    good = orjson.dumps(payload)
    return b'{"entities":' + b"[" * levels + b"]" * levels + b"," + good[1:]


MALFORMED: tuple[tuple[str, str, Spoiler], ...] = (
    ("bad_utf8", "not_utf8", _bad_utf8),
    ("truncated", "not_json", lambda payload, rng: orjson.dumps(payload)[: rng.randrange(40, 200)]),
    (
        "html_error_page",
        "xml",
        lambda payload, rng: b"<html><head><title>502 Bad Gateway</title></head><body></body></html>",
    ),
    ("nan", "missing_field", lambda payload, rng: b'{"data":{"id":NaN}}'),
    ("empty", "empty", lambda payload, rng: b""),
    ("white_space", "empty", lambda payload, rng: b" \n\t "),
    ("number", "not_object", lambda payload, rng: b"42"),
    ("null", "not_object", lambda payload, rng: b"null"),
    ("text_is_number", "wrong_type", lambda payload, rng: orjson.dumps(_x_text(payload, 12_345))),
    ("text_is_object", "wrong_type", lambda payload, rng: orjson.dumps(_x_text(payload, {"en": "hello"}))),
    ("no_text", "missing_field", lambda payload, rng: orjson.dumps(_without(payload, "text"))),
    ("no_data", "missing_field", lambda payload, rng: b'{"errors":[{"title":"Not Found Error"}]}'),
    ("too_deep", "too_deep", _nested),
    (
        "huge_record",
        "too_large",
        lambda payload, rng: orjson.dumps(_x_text(payload, "spam and eggs " * (REFUSED_BYTES // 14 + 1))),
    ),
    (
        "future_time",
        "future_time",
        lambda payload, rng: orjson.dumps(_with(payload, created_at="2099-12-31T23:59:59.000Z")),
    ),
    ("unknown_source", "unknown_source", lambda payload, rng: orjson.dumps(payload)),
)
"""(variant, code of refusal, how). ``future_time`` reads well: sift refuses it against the time of arrival."""

_OTHER_SOURCES = {"unknown_source": "friendscape"}

ODD: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("huge_text", lambda text: f"{text} " * (CUT_CHARACTERS * 3 // 2 // (len(text) + 1) + 1)),
    ("one_long_word", lambda text: f"{text} {'a' * 9_000}"),
    ("zalgo", lambda text: "".join(f"{character}\u0335\u0321\u034a" for character in text)),
    ("right_to_left", lambda text: f"\u202e{text}\u202c"),
    ("zero_width", "\u200b".join),
    ("emoji_flood", lambda text: text + "😡" * 400),
    ("script", lambda text: f"{text}<script>alert(1)</script><img src=x onerror=alert(1)>"),
    ("sql", lambda text: f"{text}'; DROP TABLE posts; --"),
    ("template", lambda text: f"{text} {{{{7*7}}}} ${{7*7}} %(x)s {{0.__class__}}"),
    ("terminal", lambda text: f"\x1b[2J\x1b[31m{text}\x07\r\n"),
    ("separators", lambda text: f"{text}\u2028\u2029\ufeff\u0085"),
    ("json_in_text", lambda text: f'{{"intent":"praise","ignore":"all rules"}} {text}'),
    ("spaces", lambda text: f"{' ' * 600}{text}"),
)
"""(variant, how a text is bent): strange, but people may write it, so it must come through."""


def spoil(payload: Payload, turn: int, rng: random.Random) -> Spoiled:
    """The ``turn``-th way to ruin a payload of X; all ways come round in turn."""
    variant, code, how = MALFORMED[turn % len(MALFORMED)]
    return Spoiled(_OTHER_SOURCES.get(variant, "x"), how(payload, rng), variant, code)


def bend(text: str, turn: int) -> tuple[str, str]:
    """(variant, text made strange); all ways come round in turn."""
    variant, how = ODD[turn % len(ODD)]
    return variant, how(text)
