"""In: a payload that makes no signal. Out: `Malformed` when it is not what its network promises, `Ignored` when it is about no post; each
with a code for machines and a reason for people."""

from typing import NamedTuple

REASON_LIMIT = 200
"""Characters. A reason names the field and the kind of thing found there, never what a person wrote."""

CODES = (
    "empty",
    "not_utf8",
    "not_json",
    "not_object",
    "too_large",
    "too_deep",
    "missing_field",
    "wrong_type",
    "bad_time",
    "out_of_range",
    "unknown_source",
    "unsupported",
    "null_bytes",
    "compressed",
    "schema_registry",
    "unknown_schema",
    "bad_schema",
    "bad_avro",
    "bad_protobuf",
    "protobuf_unsupported",
    "avro",
    "xml",
    "not_mail",
)
"""Every code there is: safe as a metric label."""

_TIME_ALPHABET = frozenset("0123456789TZW:+-. ")
_NAME_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/")


class Malformed(NamedTuple):
    """A payload that cannot become a Signal: ``code`` is one of `CODES`, ``reason`` at most `REASON_LIMIT` characters."""

    code: str
    reason: str


class Ignored(NamedTuple):
    """A payload that is well and not about a post (a like, a follow): ``code`` is the name its source file gives it, of a-z and _."""

    code: str
    reason: str


def malformed(code: str, reason: str) -> Malformed:
    """A `Malformed` whose reason is cut to the limit."""
    return Malformed(code, reason if len(reason) <= REASON_LIMIT else reason[: REASON_LIMIT - 1] + "…")


def missing(field: str) -> Malformed:
    """The field is absent, null or empty where there must be something."""
    return malformed("missing_field", f"{field} is missing or empty; it is required")


def wrong_type(field: str, expected: str, value: object) -> Malformed:
    """The field holds another JSON type than ``expected`` (told with its article: "a number"); null counts as missing."""
    if value is None:
        return missing(field)
    return malformed("wrong_type", f"{field} must be {expected}, found {describe(value)}")


def out_of_range(field: str, expected: str, value: object) -> Malformed:
    """The field has the right type and an impossible value; ``expected`` tells the possible ones."""
    return malformed("out_of_range", f"{field} must be {expected}, found {describe(value)}")


def bad_time(field: str, value: str) -> Malformed:
    """The field is text that is no ISO 8601 instant."""
    shown = repr(value) if len(value) <= 40 and _TIME_ALPHABET.issuperset(value) else describe(value)
    return malformed("bad_time", f"{field} must be an ISO 8601 instant such as 2026-02-17T07:36:05Z, found {shown}")


def named(value: object) -> str:
    """Show an identifier (a kind, a collection, a source name) if it looks like one; else only what sort of value it is."""
    if isinstance(value, str) and 0 < len(value) <= 48 and _NAME_ALPHABET.issuperset(value):
        return repr(value)
    return describe(value)


def describe(value: object) -> str:
    """What sort of JSON value this is, with its size, but without what it says.

    >>> describe("my phone number is ..."), describe(7), describe(None)
    ('a string of 22 characters', 'the number 7', 'null')
    """
    if isinstance(value, str):
        return f"a string of {len(value)} characters"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value}"[:40]
    return {type(None): "null", bool: "a boolean", dict: "an object"}.get(type(value), "something else")
